"""The tables of a hedged book, as finished text for the terminal and for the HTML report."""

from __future__ import annotations

from dataclasses import replace

from hedgebook.engine.option_ledger.result import OptionRun
from hedgebook.engine.option_ledger.trades import CONTRACT_SHARES
from hedgebook.strategies.book.path import Decision
from hedgebook.strategies.book.result import BookRun, WindowRun
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.counted import counted

from ..page.numbers import UNDEFINED, day, number, percent, pnl_decimals
from ..page.table import Table, columns

PART_NAMES = {
    "book": "Book",
    "hedge": "Hedge: price moves",
    "trading": "Hedge: trading costs",
    "borrow": "Hedge: borrow fees",
    "interest": "Hedge: interest on its cash",
}
MAX_INSTRUMENTS = 4


def effect_table(run: BookRun) -> Table:
    """What the hedge did to risk: the book alone beside the book with its hedge."""
    effect = run.effect
    deepest = [min(window.drawdowns[k] for window in run.windows) for k in range(2)]
    gains = [run.pnl[name] for name in ("alone", "together")]
    cents = pnl_decimals(run.base_usd)
    benchmark = run.asked.benchmark or run.market.universe.benchmark
    rows = (
        ("P&L, USD", *(number(x, cents) for x in gains)),
        ("P&L, percent of the base", *(percent(x / run.base_usd) for x in gains)),
        ("Volatility a year", percent(effect.volatility_book), percent(effect.volatility_hedged)),
        ("Largest drawdown", *(percent(x) for x in deepest)),
        ("Worst session", *(percent(x) for x in run.worst_sessions)),
        (f"Beta to {benchmark}", number(effect.beta_book), number(effect.beta_hedged)),
    )
    several = len(run.windows) > 1
    windows = f" of {len(run.windows)} windows" if several else ""
    taken = percent(effect.effectiveness, 1)
    note = f"Variance hedged: {taken}, over {counted(effect.sessions, 'session')}{windows}, out of sample."
    if several:
        note += " Drawdown: the deepest of any window."
    if run.ruined:
        note += f" {UNDEFINED}: undefined, as NAV was zero or below: {'; '.join(run.ruined)}."
    return Table("Book alone and hedged", columns("", "Book alone", "Hedged"), rows, note)


def parts_table(run: BookRun) -> Table:
    """P&L of book, hedge and costs, which add up to the change of the hedged NAV."""
    cents = pnl_decimals(run.base_usd)
    rows = [
        (name, number(run.pnl[part], cents), percent(run.pnl[part] / run.base_usd)) for part, name in PART_NAMES.items()
    ]
    whole = run.pnl["together"]
    total = ("Change of the hedged NAV", number(whole, cents), percent(whole / run.base_usd))
    turnover = run.traded_usd / sum(w.capital.base for w in run.windows)
    cost = 1e4 * run.cost_usd / run.traded_usd if run.traded_usd else float("nan")
    note = (
        f"Percent of the base, {number(run.base_usd, 0)} USD. Traded to hedge: {number(run.traded_usd, 0)} USD, "
        f"{number(turnover)} times the base. Costs, borrow and interest together: {number(run.cost_usd, 0)} USD, "
        f"{number(cost)} bp of the traded value; negative: earned."
    )
    return Table("Where the P&L came from", columns("", "USD", "Percent"), (*rows, total), note, totals=1)


def worst_days_table(run: BookRun, count: int = 10) -> Table:
    """The book's worst sessions, side by side with what the hedge did on them."""
    cents = pnl_decimals(run.base_usd)
    rows = []
    for row in run.worst_days(count).to_dict("records"):
        amounts = (number(row[name], cents) for name in ("book", "hedge", "together"))
        rows.append((day(row["session"]), *amounts, percent(row["book_return"]), percent(row["together_return"])))
    names = ("Session", "Book USD", "Hedge USD", "Together USD", "Book", "Together")
    note = "Worst first, by the book's return. Hedge: net of its costs. Percent of the book's value the close before."
    return Table(f"The book's {len(rows)} worst sessions", columns(*names), tuple(rows), note)


def decisions_table(run: WindowRun, *, full: bool = False) -> Table:
    """What was decided at which close, in percent of the book's gross value; full: every instrument.

    What was asked, and what was set in all, stand only where they differ from the columns behind them.
    """
    names = list(run.instruments)
    if not full and len(names) > MAX_INSTRUMENTS:
        size = {name: sum(abs(d.target_usd.get(name, 0.0)) for d in run.decisions) for name in names}
        names = sorted(names, key=lambda name: -size[name])[: MAX_INSTRUMENTS - 1]
    rest = len(run.instruments) - len(names)

    def line(d: Decision) -> tuple[str, ...]:
        shown = (_share(d.target_usd.get(name), d) for name in names)
        asked = _share(sum(d.asked_usd.values()), d)
        return (day(d.session), number(d.book_usd, 0), asked, _share(sum(d.target_usd.values()), d), *shown)

    rows = tuple(line(d) for d in run.decisions)
    heads = ("Close of", "Book USD", "Asked", "Set", *names)
    alike = {2} if all(row[2] == row[3] for row in rows) else set()
    if len(names) == 1 and not rest and all(row[3] == row[4] for row in rows):
        alike.add(3)
    kept = [j for j in range(len(heads)) if j not in alike]
    note = "At the close; percent of the book's gross value, negative is short. "
    note += "All that was asked was set." if 2 in alike else "Asked: before the cap."
    if rest:
        note += f" {rest} more instruments are in the total."
    shown = tuple(tuple(row[j] for j in kept) for row in rows)
    return Table("Hedges set", columns(*(heads[j] for j in kept), keep=("Set",)), shown, note)


def _share(usd: float | None, decision: Decision) -> str:
    if usd is None or not decision.book_usd:
        return UNDEFINED
    return percent(usd / decision.book_usd, 1)


def windows_table(run: BookRun) -> Table:
    """Each window by itself, and all of them together."""
    cents = pnl_decimals(run.base_usd)
    rows: list[tuple[str, ...]] = [
        (
            window.name,
            day(window.sessions[0]),
            percent(window.effect.effectiveness, 1),
            number(float(window.pnl["alone"].sum()), cents),
            number(float((window.pnl["together"] - window.pnl["book"]).sum()), cents),
            number(float(window.pnl["together"].sum()), cents),
        )
        for window in run.windows
    ]
    rest = run.pnl["together"] - run.pnl["book"]
    amounts = (number(x, cents) for x in (run.pnl["alone"], rest, run.pnl["together"]))
    rows.append(("Together", "", percent(run.effect.effectiveness, 1), *amounts))
    names = ("Window", "From", "Effective", "Book", "Hedge", "Together")
    sessions = sorted({len(window.sessions) for window in run.windows})
    note = (
        f"{' or '.join(map(str, sessions))} sessions each, the book set anew at the close before each. Hedge: net "
        "of its costs. Together: effectiveness over the sessions of all windows."
    )
    return Table("By event, USD", columns(*names, left=2, keep=("Together",)), tuple(rows), note, totals=1)


def holdings_table(run: BookRun) -> Table:
    """The book at the start of the first window."""
    window = run.windows[0]
    market = run.market
    row = window.window.start - 1
    holdings = replace(run.book, options={}).holdings(market, row)
    prices = holdings.prices(market, row)
    value = {ticker: shares * prices[ticker] for ticker, shares in holdings.shares.items()}
    options = _held_options(window)
    gross = sum(map(abs, value.values())) + sum(abs(usd) for *_, usd in options)
    rows = [
        (
            ticker,
            market.bucket_of(ticker) or "other",
            number(holdings.shares[ticker]),
            number(prices[ticker]),
            number(usd, 0),
            percent(usd / gross, 1),
        )
        for ticker, usd in value.items()
    ]
    rows += [
        (
            str(one),
            market.bucket_of(one.ticker) or "other",
            number(size),
            number(mid),
            number(usd, 0),
            percent(usd / gross, 1),
        )
        for one, size, mid, usd in options
    ]
    capital = window.capital
    rows.append(("Net", "", "", "", number(capital.net, 0), percent(capital.net / gross, 1)))
    rows.append(("Gross", "", "", "", number(gross, 0), percent(1.0, 1)))
    rows.append(("Cash", "", "", "", number(capital.cash, 0), percent(capital.cash / gross, 1)))
    names = ("Ticker", "Bucket", "Shares", "Price", "USD", "Of gross")
    note = f"At the close of {day(window.opening)}. Percentages of P&L are taken of {number(capital.base, 0)} USD."
    if options:
        note += " Options in contracts, their prices a share."
    return Table("The book", columns(*names, left=2), tuple(rows), note, totals=3)


def _held_options(window: WindowRun) -> list[tuple[Listed, float, float, float]]:
    """Contracts of the book before the first session: how many, their mid, and USD that they are worth."""
    alone = window.alone
    if not isinstance(alone, OptionRun):
        return []
    stocks = len(alone.market.tickers)
    shares, mids = alone.start_shares[stocks:], alone.start_price[stocks:]
    return [
        (one, float(n) / CONTRACT_SHARES, float(mid), float(n * mid))
        for one, n, mid in zip(alone.contracts, shares, mids, strict=True)
        if n
    ]
