"""Risk at entry: the volatility of the entry weights, split by factor, ticker and bucket."""

from __future__ import annotations

import pandas as pd

from hedgebook.strategies.run.run import StrategyRun

from ..page.numbers import number, percent
from ..page.table import Table, columns


def risk_by_factor_table(run: StrategyRun) -> Table:
    """Volatility a year by factor and specific, with each share of the variance."""
    title, names = "Risk at entry by factor", ("Factor", "Exposure", "Volatility a year", "Share of variance")
    found = run.entry_risk
    if found is None:
        return Table(title, columns(*names), (), _why_none(run))
    rows = tuple(
        (str(name), "" if name == "specific" else number(exposure), percent(contribution), percent(share, 1))
        for name, exposure, contribution, share in found.factors.itertuples()
    )
    total = ("Total", "", percent(found.volatility), percent(1.0, 1))
    note = (
        f"Of the entry weights, in percent of NAV, as known before the news: {percent(found.factor_share, 1)} of the "
        f"variance is the factors', {percent(1.0 - found.factor_share, 1)} specific to the tickers. What two factors "
        "share is split between them; the parts add up."
    )
    return Table(title, columns(*names), (*rows, total), note, totals=1)


def risk_by_ticker_table(run: StrategyRun) -> Table:
    """Volatility a year by ticker and bucket."""
    title, names = "Risk at entry by ticker", ("Ticker", "Weight", "Volatility a year", "Share of variance")
    found = run.entry_risk
    if found is None:
        return Table(title, columns(*names), (), _why_none(run))
    buckets = [(f"Bucket {name}", *cells) for name, *cells in _lines(found.buckets)]
    total = ("Total", "", percent(found.volatility), percent(1.0, 1))
    note = "Weight times marginal volatility; negative: the position takes risk away. The parts add up."
    rows = (*_lines(found.tickers), *buckets, total)
    return Table(title, columns(*names), rows, note, totals=1 + len(buckets))


def _lines(table: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (str(name), percent(weight), percent(contribution), percent(share, 1))
        for name, weight, contribution, share in table.itertuples()
    )


def _why_none(run: StrategyRun) -> str:
    if run.entry_model is None:
        return "Not split: the factor proxies have no prices up to the news, or too little history before it."
    missing = ", ".join(run.entry_model.without_beta)
    return f"Not split: no beta of {missing}, whose prices are too few before the news or ended before it."
