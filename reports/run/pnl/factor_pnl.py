"""P&L by factor: what each exposure earned, what was specific, and what trading cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hedgebook.engine.exposure.attribution import FactorPnl
from hedgebook.engine.recorded import COST_CAUSES
from hedgebook.strategies.run.run import StrategyRun

from ...page.axes import axis, session_ticks, zero_axis
from ...page.figure import TOTAL, Figure, layout, named
from ...page.numbers import number, percent, pnl_decimals
from ...page.table import Table, columns
from .through_time import pnl_line

TITLE = "P&L by factor"
NO_SPLIT = "Not split: the factor proxies have no prices up to the news, or too little history before it."
NO_ROLLING_SPLIT = "Not split: before the first session no factor proxy had enough history, or nothing was traded."


def pnl_parts(found: FactorPnl) -> pd.DataFrame:
    """P&L in USD by session: factors, specific, costs, interest; the rows add up to the change of NAV."""
    table = found.by_session
    parts = table[[*found.names, "specific"]].copy()
    parts["costs"] = table[list(COST_CAUSES)].sum(axis=1)
    parts["interest"] = table["interest"]
    return parts


def factor_pnl_table(run: StrategyRun) -> Table:
    """Exposure at entry, the factor's return while the trade ran and what came of both, in USD."""
    if run.trade_plan is None or run.model is not None:
        return _rolling_table(run)
    names = ("Part", "Exposure at entry", "Factor return", "P&L USD", "Of capital")
    found = run.factor_pnl
    if found is None or run.entry_model is None:
        return Table(TITLE, columns(*names), (), NO_SPLIT)
    capital, cents = run.backtest.capital, pnl_decimals(run.backtest.capital)
    model = run.entry_model
    weights = np.array([run.plan.weights()[ticker] for ticker in model.tickers])
    exposure = dict(zip(found.names, weights @ model.model.betas, strict=True))
    moved = model.factors.on(run.backtest.market.sessions).returns
    earned = dict(zip(found.names, np.nansum(moved, axis=0), strict=True))
    totals = pnl_parts(found).sum()
    rows = tuple(
        (
            str(name) if name in exposure else str(name).capitalize(),
            number(exposure[name]) if name in exposure else "",
            percent(earned[name]) if name in exposure else "",
            number(usd, cents),
            percent(usd / capital),
        )
        for name, usd in totals.items()
    )
    whole = float(totals.sum())
    total = ("Total", "", "", number(whole, cents), percent(whole / capital))
    note = (
        "Exposure: entry weights times betas, in units of NAV. Factor return: the sum over the sessions of the trade, "
        "the whole of the first one included, of which the trade has the part after its entry. The parts add up to "
        "the change of NAV."
    )
    return Table(TITLE, columns(*names), (*rows, total), note + _gaps(found), totals=1)


def _rolling_table(run: StrategyRun) -> Table:
    """Mean exposure by factor and what came of it, of a strategy that goes on for long."""
    names = ("Part", "Mean exposure", "P&L USD", "Of capital")
    found = run.factor_pnl
    if found is None:
        return Table(TITLE, columns(*names), (), NO_ROLLING_SPLIT)
    capital, cents = run.capital, pnl_decimals(run.capital)
    before = np.asarray(run.levels, dtype=np.float64)[:-1, None]
    held = found.exposure / np.where(before > 0.0, before, np.nan)
    mean = {name: held[:, k] for k, name in enumerate(found.names)}
    totals = pnl_parts(found).sum()
    rows = tuple(
        (
            str(name) if name in mean else str(name).capitalize(),
            number(float(np.nanmean(mean[str(name)]))) if name in mean else "",
            number(usd, cents),
            percent(usd / capital),
        )
        for name, usd in totals.items()
    )
    whole = float(totals.sum())
    note = (
        f"{rests_on(run)} Exposure: positions at the close before times betas, of NAV. The parts add up to the change "
        "of NAV."
    )
    return Table(
        TITLE,
        columns(*names),
        (*rows, ("Total", "", number(whole, cents), percent(whole / capital))),
        note + _gaps(found),
        totals=1,
    )


def rests_on(run: StrategyRun) -> str:
    """What the exposures of P&L by factor are, of a run that is split session by session."""
    if run.model is None:
        return "Betas over the 250 sessions before each session, of factors as known before the first one."
    if run.model.loadings is None:
        return "Betas over the 250 sessions before each session, of the factors of the file."
    return f"Loadings of {run.model.loadings.source}, known at the close before each session."


def _gaps(found: FactorPnl) -> str:
    notes = [note.removeprefix("P&L by factor: ") for note in found.notes]
    return "".join(f" {note[0].upper()}{note[1:]}." for note in notes)


def factor_pnl_figure(run: StrategyRun) -> Figure:
    """Cumulated P&L by factor, specific and costs, and their total."""
    assert run.factor_pnl is not None
    parts = pnl_parts(run.factor_pnl)
    parts["costs and interest"] = parts.pop("costs") + parts.pop("interest")
    total = parts.sum(axis=1)
    cents = pnl_decimals(run.backtest.capital)
    days = [pd.Timestamp(run.backtest.opening), *map(pd.Timestamp, parts.index)]
    data = tuple(pnl_line(str(name), parts[name], days, (named(k), cents), width=2) for k, name in enumerate(parts))
    data += (pnl_line("total", total, days, (TOTAL, cents), width=3),)
    last = len(days) - 1
    return Figure(
        "factor-pnl",
        "Cumulated P&L in USD at the closes, from the close before the entry session: by factor, specific to the "
        "tickers, costs and interest, and the total of them all.",
        data,
        layout(
            400,
            right=16,
            legend=True,
            xaxis=axis(showgrid=False, range=[-0.02 * last, 1.02 * last], **session_ticks(days)),
            yaxis=zero_axis(",~f", nticks=7),
        ),
    )
