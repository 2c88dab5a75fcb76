"""Weights of the positions at entry and at exit."""

from __future__ import annotations

import math

import pandas as pd

from hedgebook.strategies.run.run import StrategyRun

from ...page.numbers import percent
from ...page.table import Table, columns


def weights_table(run: StrategyRun) -> Table:
    """Target, filled and final weights of each ticker, as percentages of NAV at the same mark."""
    legs = run.plan.sides()
    targets = run.plan.weights()
    fills = run.fills
    # A ticker that the hedge left out has no fill, and that is no gap.
    none = {ticker: 0.0 for ticker, target in targets.items() if target == 0.0}
    entry = {t: _weight(run, fills[fills["ticker"] == t].head(1), 1.0) for t in targets} | none
    exits = {t: _weight(run, fills[fills["ticker"] == t].iloc[1:].tail(1), -1.0) for t in targets} | none
    rows = [(ticker, legs[ticker], *(percent(x[ticker]) for x in (targets, entry, exits))) for ticker in targets]
    sums = [
        ("Net", "", *(percent(sum(x.values())) for x in (targets, entry, exits))),
        ("Gross", "", *(percent(sum(map(abs, x.values()))) for x in (targets, entry, exits))),
    ]
    return Table(
        "Weights",
        columns("Ticker", "Leg", "Target", "At entry", "At exit", left=2),
        (*rows, *sums),
        "At entry, at exit: value at the reference price over NAV after the fills of that mark.",
        totals=2,
    )


def _weight(run: StrategyRun, fill: pd.DataFrame, side: float) -> float:
    """Weight of the position that one fill opened (side 1) or closed (side -1); NaN without such a fill."""
    if fill.empty:
        return math.nan
    one = fill.iloc[0]
    nav = run.nav.at[one["session"], f"nav_{one['mark']}"]
    return float(side * one["shares"] * one["reference"] / nav)
