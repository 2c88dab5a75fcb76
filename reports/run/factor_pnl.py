"""P&L by factor: what each exposure earned, what was specific, and what trading cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.backtest.result import COST_CAUSES
from hedgebook.engine.exposure.attribution import FactorPnl
from hedgebook.strategies.run.run import StrategyRun

from ..page.figure import GREY, NAMED, TOTAL, Figure, axis, layout
from ..page.numbers import number, percent, pnl_decimals
from ..page.table import Table, columns
from .equity import LINE, MAX_TICKS

TITLE = "P&L by factor"
NO_SPLIT = "Not split: the factor proxies have no prices up to the news, or too little history before it."


def pnl_parts(found: FactorPnl) -> pd.DataFrame:
    """P&L in USD by session: factors, specific, costs, interest; the rows add up to the change of NAV."""
    table = found.by_session
    parts = table[[*found.names, "specific"]].copy()
    parts["costs"] = table[list(COST_CAUSES)].sum(axis=1)
    parts["interest"] = table["interest"]
    return parts


def factor_pnl_table(run: StrategyRun) -> Table:
    """Exposure at entry, the factor's return while the trade ran and what came of both, in USD."""
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
    lines = [*((str(name), parts[name]) for name in parts), ("total", total)]
    days = [f"{day:%Y-%m-%d}" for day in parts.index]
    opening = str(run.backtest.opening.astype("datetime64[D]"))
    data = tuple(
        _line(name, [0.0, *amounts.cumsum()], [opening, *days], (NAMED[k % len(NAMED)], cents))
        for k, (name, amounts) in enumerate(lines[:-1])
    )
    data += (_line("total", [0.0, *total.cumsum()], [opening, *days], (TOTAL, cents), width=3),)
    last = len(days)
    ticks = np.unique(np.linspace(0, last, min(MAX_TICKS, last + 1)).round().astype(int)).tolist()
    sessions = [pd.Timestamp(day) for day in (opening, *days)]
    return Figure(
        "factor-pnl",
        "Cumulated P&L in USD at the closes, from the close before the entry session: by factor, specific to the "
        "tickers, costs and interest, and the total of them all.",
        data,
        layout(
            400,
            margin={"l": 10, "r": 16, "t": 10, "b": 10},
            showlegend=True,
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemclick": False},
            xaxis=axis(
                showgrid=False,
                range=[-0.02 * last, 1.02 * last],
                tickvals=ticks,
                ticktext=[f"{sessions[k].day} {sessions[k]:%b<br>%Y}" for k in ticks],
                tickangle=0,
            ),
            yaxis=axis(tickformat=",~f", nticks=7, zeroline=True, zerolinecolor=GREY),
        ),
    )


def _line(name: str, values: list[float], days: list[str], look: tuple[str, int], *, width: int = 2) -> dict[str, Any]:
    colour, cents = look
    return {
        **LINE,
        "name": name,
        "x": list(range(len(values))),
        "y": values,
        "text": [f"{day}<br>{name} {number(x, cents)} USD" for day, x in zip(days, values, strict=True)],
        "line": {"color": colour, "width": width},
    }
