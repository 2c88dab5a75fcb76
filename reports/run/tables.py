"""The tables of a run, as finished text for the terminal and for the HTML report."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from hedgebook.engine.account.margin import OnMarginCall
from hedgebook.engine.account.shorts import OnRule201
from hedgebook.engine.backtest import Booked, Cause, Reason, causes
from hedgebook.engine.backtest import columns as cause_columns
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.frictions.costs import TABLES, Costs
from hedgebook.engine.risk.frequency import FEWEST_FOR_ANNUAL
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.universes.calendar import SESSIONS_PER_YEAR
from hedgebook.universes.counted import counted

from ..page.numbers import UNDEFINED, count, day, number, percent, pnl_decimals
from ..page.table import Table, columns

TRADING = causes(Booked.TRADING)
# Of the P&L of a ticker, what is neither a move of its price nor paid by its fills.
OTHER = ~(Booked.MOVE | Booked.TRADING)
# Tables of costs that the note below the rates puts in words of its own; borrow has a column.
IN_WORDS = ("impact", "borrow", "cash", "liquidity")
MAX_CALLS = 5
MAX_FILLS = 200
MAX_TICKERS = 40
FILL_COLUMNS = ("Session", "Mark", "Ticker", "Shares", "Reference", "Fill")


def headline_table(run: StrategyRun) -> Table:
    """The figures that a reader asks for first."""
    m, backtest = run.metrics, run.backtest
    cents = pnl_decimals(backtest.capital)
    enough = m.sessions >= FEWEST_FOR_ANNUAL
    rows = (
        ("Total return", percent(backtest.final_nav / backtest.capital - 1.0)),
        ("P&L", f"{number(backtest.final_nav - backtest.capital, cents)} USD"),
        ("Final NAV", f"{number(backtest.final_nav, cents)} USD"),
        ("Costs and interest", f"{number(sum(backtest.costs_paid.values()), cents)} USD"),
        ("Largest drawdown", percent(m.max_drawdown)),
        ("Worst session", percent(m.worst_session)),
        ("Best session", percent(m.best_session)),
        ("Sessions up", percent(m.hit_rate)),
        *((("Growth a year", percent(m.cagr)), *_annual_rows(run)) if enough else ()),
        *(_held_rows(run) if enough and run.trade_plan is None and run.traded else ()),
    )
    note = f"{m.sessions:,} sessions; ± is one standard error." if m.sessions > 1 else "One session."
    note += _undefined(run, rows) + stale_note(backtest)
    return Table("Headline figures", columns("Figure", "Value"), rows, note)


def _undefined(run: StrategyRun, rows: tuple[tuple[str, str], ...]) -> str:
    if not any(value == UNDEFINED for _, value in rows):
        return ""
    reason = run.backtest.no_track
    if reason is not None:
        return f" {UNDEFINED}: not defined. {reason[:1].upper()}{reason[1:]}."
    return f" {UNDEFINED}: not defined for so few sessions, without a move, or without a loss."


def _annual_rows(run: StrategyRun) -> tuple[tuple[str, str], ...]:
    m = run.metrics
    sharpe = number(m.sharpe) if np.isnan(m.sharpe) else f"{number(m.sharpe)} ± {number(m.sharpe_stderr)}"
    return (
        ("Volatility a year", percent(m.volatility_annual)),
        ("Sharpe ± error", sharpe),
        ("Sortino", number(m.sortino)),
        ("Calmar", number(m.calmar)),
    )


def _held_rows(run: StrategyRun) -> tuple[tuple[str, str], ...]:
    """What a strategy that goes on held on average, and what it turned over."""
    held = run.holdings
    return (
        ("Gross, mean", percent(held["gross"].mean(), 1)),
        ("Net, mean", percent(held["net"].mean(), 1)),
        ("Turnover a year", percent(held["turnover"].mean() * SESSIONS_PER_YEAR, 0)),
    )


def annual_table(run: StrategyRun) -> Table:
    """The annual figures of a run with too few sessions for a headline of them; empty where there are enough."""
    m = run.metrics
    if m.sessions >= FEWEST_FOR_ANNUAL:
        return Table("", columns("Figure", "Value"), ())
    sessions = f"{m.sessions} session{'s' if m.sessions != 1 else ''}"
    rows = (("Growth a year", percent(m.cagr, 0)), *_annual_rows(run))
    note = f"As if {sessions} made a year of 252: not what a year would bring. Fewer than {FEWEST_FOR_ANNUAL} sessions."
    return Table(f"Annualised from {sessions}", columns("Figure", "Value"), rows, note + _undefined(run, rows))


def pnl_table(run: StrategyRun, *, limit: int = MAX_TICKERS) -> Table:
    """P&L by ticker and cause in USD, with the legs' subtotals, interest and the total; of more than `limit` tickers
    those that moved most."""
    cents = pnl_decimals(run.backtest.capital)
    leg_of, market = run.plan.sides(), run.market
    by_ticker = run.pnl("ticker")
    # What has no legs is told apart by bucket.
    named = leg_of.get if leg_of else market.bucket_of
    of = {str(t): named(str(t)) or "other" for t in by_ticker.index}
    shown, rest = largest_of(by_ticker, limit)
    rows = [(str(name), of[str(name)], *_causes(row, cents)) for name, row in shown.iterrows()]
    if len(rest):
        rows.append((counted(len(rest), "other"), "", *_causes(rest.sum(), cents)))
    parts = run.pnl("leg" if leg_of else "bucket")
    sums = [
        (f"{str(name).capitalize()} leg" if leg_of else f"All of {name}", "", *_causes(row, cents))
        for name, row in parts.iterrows()
    ]
    interest = float(run.backtest.record.interest.sum())
    total = run.backtest.final_nav - run.backtest.capital
    names = [cause.label for cause in causes(Booked.MOVE)] + ["Trading"]
    names += [cause.label for cause in causes(OTHER) if cause.column in by_ticker]
    sums.append(("Interest", "", *[""] * len(names), number(interest, cents)))
    sums.append(("Total", "", *_causes(by_ticker.sum(), cents)[:-1], number(total, cents)))
    return Table(
        "P&L in USD",
        columns("Ticker", "Leg" if leg_of else "Bucket", *names, "Total", left=2, keep=("Total",)),
        (*rows, *sums),
        f"Trading: {_listed(TRADING)}. Interest belongs to cash, not to a ticker.",
        totals=len(sums),
    )


def largest_of(table: pd.DataFrame, most: int = MAX_TICKERS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of a table of P&L that are shown, in their order, and the rest: of too many those that moved most."""
    if len(table) <= most:
        return table, table.iloc[:0]
    kept = np.zeros(len(table), dtype=np.bool_)
    kept[np.argsort(-table["total"].abs().to_numpy(), kind="stable")[:most]] = True
    return table[kept], table[~kept]


def strategies_table(run: StrategyRun) -> Table:
    """P&L by strategy and cause in USD, with their total; empty for a run that is not of several strategies."""
    if not run.plan.parts:
        return Table("", columns("Strategy", "Total"), ())
    cents, parts = pnl_decimals(run.backtest.capital), run.pnl("strategy")
    names = [cause.label for cause in causes(Booked.MOVE)] + ["Trading"]
    names += [cause.label for cause in causes(OTHER) if cause.column in parts]
    head = columns("Strategy", *names, "Total", keep=("Total",))
    rows = [(str(name), *_causes(row, cents)) for name, row in parts.iterrows()]
    interest = float(run.backtest.record.interest.sum())
    total = run.backtest.final_nav - run.backtest.capital
    sums = [
        ("Interest", *[""] * len(names), number(interest, cents)),
        ("Total", *_causes(parts.sum(), cents)[:-1], number(total, cents)),
    ]
    note = "By the shares that each owns; what one buys of another changes owner at the fill's price and costs nothing."
    return Table("P&L by strategy", head, (*rows, *sums), note, totals=len(sums))


def _causes(row: pd.Series[float], decimals: int) -> tuple[str, ...]:
    trading = sum(float(row[cause.column]) for cause in TRADING)
    amounts = (
        *row[cause_columns(Booked.MOVE)],
        trading,
        *(row[name] for name in cause_columns(OTHER) if name in row),
        row["total"],
    )
    return tuple(number(float(amount), decimals) for amount in amounts)


def _listed(them: list[Cause]) -> str:
    *most, last = (cause.label.lower() for cause in them)
    return f"{', '.join(most)} and {last}"


def costs_table(run: StrategyRun) -> Table:
    """What was paid, in USD, in basis points of the traded value and of the capital."""
    paid, fills = run.backtest.costs_paid, run.fills
    traded = float((fills["shares"].abs() * fills["reference"]).sum())
    capital = run.backtest.capital

    def line(name: str, amount: float, per_traded: bool) -> tuple[str, ...]:
        of_traded = number(1e4 * amount / traded) if per_traded and traded > 0 else ""
        return name, number(amount), of_traded, number(1e4 * amount / capital)

    rows = [line(cause.label, paid[cause.column], cause in TRADING) for cause in causes(Booked.COST)]
    rows.append(line("Interest", paid["interest"], False))
    rows.append(line("Total", sum(paid.values()), False))
    note = f"Costs {run.backtest.costs.name}; traded {number(traded, 0)} USD; negative: earned."
    if unknown := run.backtest.participation.unknown:
        # Without a volume nothing limits a fill, and impact has nothing to go by.
        note += f" No volume is known of {', '.join(unknown)}: all orders were filled whole, whatever their size."
    return Table("Costs paid", columns("Cost", "USD", "bp of traded", "bp of capital"), tuple(rows), note, totals=1)


def cost_rates_table(run: StrategyRun) -> Table:
    """The rates that the traded tickers were charged."""
    market, costs = run.market, run.backtest.costs
    start = market.session_index(run.backtest.market.sessions[0])
    rates = costs.rates_bps(market, start)
    borrow = costs.borrow_rates(market, start, start + 1)[0]
    at = {ticker: market.column(ticker) for ticker in run.plan.tickers[:MAX_TICKERS]}
    left = len(run.plan.tickers) - len(at)
    shorted = {ticker for ticker, low in run.plan.lowest().items() if low < 0}
    rows = tuple(
        (
            ticker,
            market.bucket_of(ticker) or "other",
            *(number(each[i]) for each in rates.values()),
            percent(borrow[i]) if ticker in shorted else "",
        )
        for ticker, i in at.items()
    )
    names = ("Ticker", "Bucket", *(f"{table_label(name).capitalize()} bp" for name in rates), "Borrow a year")
    impact = f"{number(costs.impact.y)} × volatility × √(order / daily volume)" if costs.impact.y else "none"
    more = "".join(_in_words(costs, name) for name in TABLES if name not in rates and name not in IN_WORDS)
    note = (
        f"Impact: {impact}.{more} Cash earns {percent(costs.cash.rate_annual)} and owes "
        f"{percent(costs.cash.margin_rate_annual)} a year. Calendar days over 360."
    )
    note += f" {counted(left, 'more ticker is', 'more tickers are')} left out here." if left else ""
    return Table(f"Costs assumed: {costs.name}", columns(*names, left=2), rows, note)


def table_label(name: str) -> str:
    """What readers call a table of costs."""
    return {"half_spread": "half-spread", "borrow": "borrow fee", "cash": "interest"}.get(name, name.replace("_", " "))


def _in_words(costs: Costs, name: str) -> str:
    values = getattr(costs, name).model_dump(exclude={"reason"}).items()
    words = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in values)
    return f" {table_label(name).capitalize()}: {words}."


def fills_table(run: StrategyRun, *, detailed: bool = False) -> Table:
    """Every fill with its price and cost in USD; detailed: with each cost in a column of its own."""
    fills = run.fills
    kinds = TRADING if detailed else ()
    basis = "total-return adjusted" if run.market.quotes is None else "as quoted"
    shown, cut = ends_of(fills, MAX_FILLS)
    rows = []
    for fill in shown.to_dict("records"):
        rows.append(
            (
                day(fill["session"]),
                str(fill["mark"]),
                str(fill["ticker"]),
                number(fill["shares"]),
                number(fill["reference"]),
                number(fill["price"]),
                *(number(fill[kind.column]) for kind in kinds),
                number(fill["cost"]),
            )
        )
    if cut:
        rows.insert(MAX_FILLS // 2, ("...", "", f"{len(fills) - MAX_FILLS:,} more", *[""] * (len(kinds) + 4)))
        cut = f" {cut} All of them stand in fills.parquet of the run's folder, and in run.fills."
    total = ("Total", *[""] * 5, *(number(fills[kind.column].sum()) for kind in kinds), number(fills["cost"].sum()))
    return Table(
        "Fills",
        columns(*FILL_COLUMNS, *(kind.label for kind in kinds), "Cost", left=3, keep=("Shares", "Fill", "Cost")),
        (*rows, total),
        f"Prices in USD a share, {basis}; cost in USD. Negative shares: sold." + _stale_note(fills) + cut,
        totals=1,
    )


def ends_of(frame: pd.DataFrame, most: int) -> tuple[pd.DataFrame, str]:
    """At most so many rows of a table, the first and the last ones, and what is said where some are left out."""
    if len(frame) <= most:
        return frame, ""
    half = most // 2
    return pd.concat([frame.head(half), frame.tail(half)]), f"The first and the last {half} of {len(frame):,}."


def _stale_note(fills: pd.DataFrame) -> str:
    parts = []
    for reason, words in (("delisted", "at its delisting"), ("stale", "at the end, without a price")):
        gone = sorted(set(fills.loc[fills["reason"] == reason, "ticker"]))
        parts += [f" Written off {words}, at the recovery that was stated: {', '.join(gone)}."] if gone else []
    return "".join(parts)


def stale_note(backtest: Backtest) -> str:
    """What stands at an old price in the final NAV, and what that is without it; empty where nothing does."""
    stale = backtest.stale
    if not stale:
        return ""
    names = ", ".join(f"{one.ticker} at the last price of {one.priced_on}" for one in stale)
    cents, low, ends = pnl_decimals(backtest.capital), backtest.nothing_recovered_nav, ""
    if low != backtest.final_nav:
        lost = percent(low / backtest.capital - 1.0)
        ends = f" With recovery 0 the NAV is {number(low, cents)} USD, a return of {lost}."
    if any(one.reopened_on is not None for one in stale):
        ends += f" At the prices at which they came back later it is {number(backtest.reopened_nav, cents)} USD."
    return f" Stale: {names}.{ends}"


def rejected_table(run: StrategyRun, *, limit: int = MAX_FILLS) -> Table:
    """Orders that waited or were dropped, and why; of more than `limit` the first and the last ones."""
    found = run.rejected
    shown, cut = ends_of(found, limit)
    rows = [
        (day(r["session"]), str(r["mark"]), str(r["ticker"]), str(r["status"]), Reason[str(r["reason"]).upper()].label)
        for r in shown.to_dict("records")
    ]
    names = ("Session", "Mark", "Ticker", "Status", "Reason")
    note = "Deferred orders wait for the next mark; rejected ones are dropped." if rows else "None."
    if cut:
        rows.insert(limit // 2, ("...", "", f"{len(found) - limit:,} more", "", ""))
        pairs = zip(found["status"].astype(str), found["reason"].astype(str), strict=True)
        kinds = "; ".join(
            f"{status}, {Reason[why.upper()].label}: {many:,}" for (status, why), many in Counter(pairs).most_common()
        )
        note = f"{note} {cut} {kinds[:1].upper()}{kinds[1:]}. All of them: run.rejected."
    return Table("Rejected and deferred orders", columns(*names, left=5), tuple(rows), note)


def rule_201_table(run: StrategyRun) -> Table:
    """Shorts that rule 201 barred at their entry, whether the account enforces it or not."""
    rows = tuple(
        (bar.ticker, f"{bar.session} {bar.mark}", percent(bar.gap_frac), bar.barred_until or "not before the exit")
        for bar in run.short_sale_bars
    )
    enforced = run.backtest.account.shorts.rule_201
    note = {
        OnRule201.IGNORE: "Not enforced in this run: the fills above assume that the sale found a way.",
        OnRule201.DEFER: "Enforced: these sales waited.",
        OnRule201.REJECT: "Enforced: these sales were rejected.",
    }[enforced]
    names = ("Ticker", "Short sale at", "Against last close", "Allowed from")
    return Table("Short sales that rule 201 barred", columns(*names, left=2), rows, note if rows else "None.")


def margin_table(run: StrategyRun) -> Table:
    """NAV against the maintenance requirement at margin calls, or at the tightest close when there is none."""
    account, margin = run.backtest.account, run.backtest.margin
    if account.margin.on_call is OnMarginCall.OFF or not (margin["requirement"] > 0).any():
        return Table("Margin", columns("Session", "NAV", "Required", "Excess"), (), "Not watched in this account.")
    held = margin[margin["requirement"] > 0]
    called = held[held["call"]]
    shown = called.head(MAX_CALLS) if len(called) else held.loc[[held["excess"].idxmin()]]
    cents = pnl_decimals(run.backtest.capital)
    figures = shown[["nav", "requirement", "excess"]].to_numpy()
    rows = tuple(
        (day(session), *(number(value, cents) for value in line))
        for session, line in zip(shown.index, figures, strict=True)
    )
    calls = f"{len(called)} margin calls; on a call: {account.margin.on_call.value}." if len(called) else "No call."
    note = f"{calls} Maintenance requirement of FINRA rule 4210 at the close, USD."
    title = "Margin calls" if len(called) else "Margin at its tightest close"
    return Table(title, columns("Session", "NAV", "Required", "Excess"), rows, note)


def drawdown_table(run: StrategyRun, *, limit: int = 5) -> Table:
    """The deepest drawdowns of the closing NAV, the initial capital included."""
    found = run.drawdowns()
    rows = tuple(
        (
            percent(row["depth"]),
            day(row["peak"]),
            day(row["first_underwater"]),
            day(row["valley"]),
            "not yet" if row["recovery"] is pd.NaT else day(row["recovery"]),
            count(row["sessions_to_valley"]),
            count(row["sessions_to_recovery"]),
            count(row["calendar_days"]),
        )
        for row in found.head(limit).to_dict("records")
    )
    names = ("Depth", "Peak", "First below", "Valley", "Recovery", "Down", "Back", "Days")
    note = "Down, Back: sessions from peak to valley and to recovery. Days: calendar days from the peak."
    if not rows:
        note = "No close was below an earlier one."
    elif len(found) > limit:
        note = f"The {limit} deepest of {len(found)}. {note}"
    return Table("Drawdowns", columns(*names, left=0), rows, note)


def exposure_table(run: StrategyRun) -> Table:
    """Factor betas, Newey-West standard errors and t-statistics, before the news and while the run went on."""
    found, events = run.exposures, run.trade_plan is not None
    windows = [x.to_dict() if x else {} for x in ((found.before, found.during) if events else (found.during,))]
    rows = []
    if any(windows):
        for factor in found.factors:
            cells = [
                number(window[factor][name]) if factor in window else UNDEFINED
                for window in windows
                for name in ("beta", "stderr", "tstat")
            ]
            rows.append((factor, *cells))
    names = ("Factor", "Before", "error", "t", "During", "error", "t") if events else ("Factor", "Beta", "error", "t")
    return Table("Factor exposures", columns(*names), tuple(rows), exposure_note(run))


def exposure_note(run: StrategyRun) -> str:
    """Which sessions the exposures rest on, or why they are missing."""
    parts = []
    during = "During: " if run.trade_plan is not None else ""
    for when, found in (("Before: ", run.exposures.before), (during, run.exposures.during)):
        if found is not None:
            parts.append(
                f"{when}{counted(found.sessions, 'session')} {found.first} to {found.last}, "
                f"R² {number(found.r_squared)}, {found.lags} lags."
            )
    parts += [f"{note[0].upper()}{note[1:]}." for note in run.exposures.notes]
    return " ".join(parts)
