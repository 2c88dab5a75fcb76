"""What short sales and margin asked of a run: sales that rule 201 barred, calls and the tightest close."""

from __future__ import annotations

from hedgebook.engine.account.margin import OnMarginCall
from hedgebook.engine.account.shorts import OnRule201
from hedgebook.strategies.run.run import StrategyRun

from ...page.numbers import day, number, percent, pnl_decimals
from ...page.table import Table, columns

MAX_CALLS = 5


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
