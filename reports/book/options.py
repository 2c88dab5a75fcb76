"""What a page of a hedged book says of options: beside shares, by cause, and contract by contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hedgebook.engine.option_ledger.explain import TRADING
from hedgebook.strategies.book.result import BookRun, WindowRun
from hedgebook.strategies.option_hedge.compare import causes, compared, premium_usd
from hedgebook.strategies.option_hedge.path import Bought
from hedgebook.strategies.option_hedge.run import OF_PREMIUM, LedgerWindow
from hedgebook.universes.counted import counted

from ..page.axes import dates_axis, zero_axis
from ..page.figure import Figure, layout
from ..page.numbers import day, number, percent, pnl_decimals
from ..page.section import Section, quote_badges
from ..page.table import Table, columns
from .figures import LEGEND, named_line

CAUSE_NAMES = {
    "delta": "Options: delta",
    "gamma": "Options: gamma",
    "vega": "Options: vega",
    "theta": "Options: theta",
    "carry": "Options: rate and carry",
    "rest": "Options: what these leave",
    "stock": "Shares: price moves",
    **{f"{OF_PREMIUM}{cost}": f"Options: {cost}" for cost in TRADING},
    **{cost: f"Shares: {cost}" for cost in TRADING},
    "borrow": "Borrow fees",
    "dividends": "Dividends",
    "interest": "Interest on cash",
}
AT_QUOTES = "bought at the ask of the open after a decision and sold at its bid"
AT_MID = "bought and sold at mid at the open after a decision, as costs are none"
HOW = (
    "Options are {filled}, in whole contracts, so many that their delta at the decision's close is that of the shares "
    "for which the method asks. They are rolled into the contract that is nearest by then. In shares: the same method "
    "at the same closes, as many shares of the ticker in place of the options, so set anew where the options are, but "
    "not where they are rolled."
)


def badges(run: BookRun) -> tuple[str, ...]:
    """That quotes are modelled, where they are."""
    return quote_badges(modelled=run.modelled, chain=run.asked.chain is not None)


def beside_said(run: BookRun) -> str:
    """What the same method did in shares, in one sentence; nothing without options."""
    shares = run.in_shares
    if shares is None or shares.effect.effectiveness != shares.effect.effectiveness:
        return ""
    hedge, taken = shares.pnl["together"] - shares.pnl["book"], shares.effect.effectiveness
    did = f"{'earned' if hedge >= 0 else 'lost'} {number(abs(hedge), pnl_decimals(run.base_usd))} USD"
    variance = f"took away {percent(taken, 1)} of it" if taken >= 0 else f"added {percent(-taken, 1)} to it"
    return f" In shares in place of the options the same method {variance} and {did}."


def quotes_said(run: BookRun) -> str:
    """Where the quotes of options come from."""
    return f"Quotes of options: {run.quotes}."


def beside_table(run: BookRun) -> Table:
    """The book alone, with options, and with shares in their place."""
    found, cents = compared(run), pnl_decimals(run.base_usd)

    def usd(x: float) -> str:
        return number(x, cents)

    def share(x: float) -> str:
        return percent(x, 1)

    shown: tuple[tuple[str, str, Callable[[float], str]], ...] = (
        ("pnl", "P&L, USD", usd),
        ("pnl_frac", "P&L, percent", percent),
        ("hedge_pnl", "Of it the hedge, USD", usd),
        ("volatility", "Volatility a year", percent),
        ("worst_session", "Worst session", percent),
        ("drawdown", "Largest drawdown", percent),
        ("var_95", "VaR 95%, a session", percent),
        ("es_95", "ES 95%, a session", percent),
        ("beta", "Beta", number),
        ("effectiveness", "Variance hedged", share),
    )
    rows = tuple((title, *(told(float(x)) for x in found.loc[name].to_numpy())) for name, title, told in shown)
    names = ", ".join(str(one) for one in run.asked.options)
    note = f"Alone: the book. Options: {names}, {_held_said(run.windows)}. {quotes_said(run)}"
    return Table("Options beside shares", columns("", "Alone", "Options", "Shares"), rows, note)


def causes_table(run: BookRun) -> Table:
    """P&L of the hedge by cause, in options and in shares."""
    found, cents = causes(run), pnl_decimals(run.base_usd)
    rows = [
        (name, *(number(float(x), cents) for x in found.loc[cause].to_numpy()))
        for cause, name in CAUSE_NAMES.items()
        if (found.loc[cause].abs() > 0.0).any()
    ]
    total = ("Hedge, net", *(number(float(x), cents) for x in found.loc["total"].to_numpy()))
    note = (
        f"Negative is paid. Premium bought, at mid: {number(premium_usd(run), 0)} USD. Sensitivities are those of the "
        "mark before; theta is the passing of time, and what gamma earns stands against it."
    )
    return Table("The hedge by cause, USD", columns("", "Options", "Shares"), (*rows, total), note, totals=1)


def contracts_table(window: WindowRun) -> Table:
    """Every contract that was chosen, and how many; decisions in a row that chose none of an option are one line."""
    assert isinstance(window, LedgerWindow)
    rows = []
    for one, *later in stretches(window.bought):
        found = one.picked
        if found is None:
            rows.append(_none_row((one, *later)))
            continue
        rows.append(
            (
                day(one.session), str(found.contract), number(one.contracts, 0), number(found.delta, 2),
                number(one.asked_shares, 0), number(found.mid_usd), number(found.half_width_usd),
                percent(found.vol_annual, 0),
            )
        )  # fmt: skip
    names = ("Close of", "Contract", "Held", "Delta", "Asked", "Mid", "Half width", "Vol")
    note = "Held: contracts from the next open on. Asked: shares by the method. Mid and half width: USD a share."
    return Table("Contracts", columns(*names, left=2, keep=("Held",)), tuple(rows), note)


def stretches(bought: Sequence[Bought]) -> list[list[Bought]]:
    """What was decided of options, those of one that chose nothing again and again together, by the first of them."""
    found: list[list[Bought]] = []
    going: dict[str, list[Bought]] = {}
    for one in bought:
        if one.picked is None and one.name in going:
            going[one.name].append(one)
            continue
        found.append([one])
        going.pop(one.name, None)
        if one.picked is None:
            going[one.name] = found[-1]
    return found


def _none_row(none: Sequence[Bought]) -> tuple[str, ...]:
    asked = sorted(one.asked_shares for one in none)
    first, last = (day(none[k].session) for k in (0, -1))
    low, high = (number(asked[k], 0) for k in (0, -1))
    when, times = (f"{first} to {last}", f", {len(none)} times") if len(none) > 1 else (first, "")
    return (when, f"none of {none[0].name}{times}", "", "", low if low == high else f"{low} to {high}", "", "", "")


def deltas_figure(run: BookRun, k: int) -> Figure:
    """Delta of the hedge in window k, in options and in shares."""
    window, shares = run.windows[k], run.in_shares.windows[k] if run.in_shares else None
    assert isinstance(window, LedgerWindow)
    days = [f"{day:%Y-%m-%d}" for day in window.sessions]
    lines = [(str(name), window.hedge_deltas[name]) for name in window.hedge_deltas.columns]
    if isinstance(shares, LedgerWindow):
        lines += [
            (f"{name} in shares", shares.hedge_deltas[name])
            for name in shares.hedge_deltas.columns
            if name in window.names
        ]
    traces = [
        named_line(n, name, days, values, [f"{number(y, 0)} USD" for y in values], width=2)
        for n, (name, values) in enumerate(lines)
    ]
    return Figure(
        f"deltas-{run.windows[k].name}",
        "Delta in USD at the closes: the value of as many shares as the hedge moves with; negative is short. It falls "
        "and grows with the price, and is set anew at each roll.",
        tuple(traces),
        layout(340, top=64, right=16, legend=LEGEND, xaxis=dates_axis(), yaxis=zero_axis(",~f")),
    )


def options_section(run: BookRun) -> Section:
    """Options beside shares."""
    figures = (deltas_figure(run, 0),) if len(run.windows) == 1 else ()
    tables = (beside_table(run), causes_table(run))
    how = HOW.format(filled=AT_MID if run.costs.nothing else AT_QUOTES)
    return Section("options", "In options and in shares", text=(how,), figures=figures, tables=tables)


def options_summary(run: BookRun) -> dict[str, Any]:
    """Everything about options for the JSON: figures by hedge, causes, and what was decided of each option."""
    return {
        "quotes": run.quotes,
        "modelled": run.modelled,
        "compared": compared(run).to_dict("index"),
        "causes": causes(run).to_dict("index"),
        "premium": premium_usd(run),
        "contracts": [_bought(w.name, one) for w in run.windows if isinstance(w, LedgerWindow) for one in w.bought],
    }


def _bought(window: str, one: Bought) -> dict[str, Any]:
    picked = {} if one.picked is None else {**vars(one.picked), "contract": str(one.picked.contract)}
    return {
        "window": window, "decided_at_close_of": one.session, "name": one.name, "contracts": one.contracts,
        "asked_shares": one.asked_shares, "rolled": one.rolled, **picked,
    }  # fmt: skip


def _held_said(windows: Sequence[WindowRun]) -> str:
    """How many different contracts were bought, and at how many decisions of which kind they were chosen anew."""
    bought = rolls = anew = 0
    for window in windows:
        assert isinstance(window, LedgerWindow)
        bought += window.contracts_bought
        rolled = {one.session for one in window.bought if one.rolled}
        rolls += len(rolled)
        anew += len({one.session for one in window.decisions[1:]} - rolled)
    said = f"{counted(bought, 'option series', 'option series')} bought, {counted(rolls, 'roll')}"
    return f"{said}, re-hedged {counted(anew, 'time')}" if anew else said
