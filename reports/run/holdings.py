"""Holdings over time: gross and net, how many positions, and turnover by month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hedgebook.strategies.run.holdings import holdings_by
from hedgebook.strategies.run.tables import RunTables

from ..page.axes import axis, session_ticks, title, zero_axis
from ..page.figure import BLUE, ORANGE, SLATE, Figure, layout
from ..page.numbers import count, number, percent
from ..page.table import Table, columns

# A table of more months than this is told by years.
MAX_MONTHS = 18
# In few sessions a bar a month says nothing: each session has its own.
MAX_SESSIONS = 45
LINE = {"type": "scatter", "mode": "lines", "hovertemplate": "%{text}<extra></extra>"}


def holdings_figure(run: RunTables) -> Figure:
    """Gross and net at each close, the number of positions beneath, and turnover by month or session at the bottom."""
    table = run.holdings
    days = pd.DatetimeIndex(table.index)
    last = len(days) - 1
    return Figure(
        "holdings",
        "At each close: gross (the sum of all positions without sign) and net, over NAV; how many positions; and by "
        f"{'session' if len(days) <= MAX_SESSIONS else 'month'} what was bought and sold, over NAV.",
        (
            _line(days, table["gross"], "gross", BLUE, "y"),
            _line(days, table["net"], "net", ORANGE, "y"),
            _line(days, table["positions"], "positions", SLATE, "y2"),
            _bars(days, table["turnover"]),
        ),
        layout(
            520,
            top=34,
            right=16,
            legend=True,
            xaxis=axis(
                anchor="y3", showgrid=False, range=[-0.02 * last - 0.5, 1.02 * last + 0.5], **session_ticks(days)
            ),
            yaxis=zero_axis(",~%", domain=[0.5, 1.0], title=title("Of NAV")),
            yaxis2=axis(
                domain=[0.27, 0.44],
                range=[0.0, 1.15 * max(1, int(table["positions"].max()))],
                nticks=4,
                title=title("Positions"),
            ),
            yaxis3=axis(domain=[0.0, 0.21], rangemode="tozero", tickformat=",~%", nticks=4, title=title("Turnover")),
        ),
    )


def _line(days: pd.DatetimeIndex, values: pd.Series[float], name: str, colour: str, yaxis: str) -> dict[str, Any]:
    whole = name == "positions"
    told = [count(int(x)) if whole else percent(x) for x in values]
    return {
        **LINE,
        "name": name,
        "x": list(range(len(days))),
        "y": [None if x != x else int(x) if whole else round(float(x), 6) for x in values],
        "text": [f"{day:%Y-%m-%d}<br>{name} {text}" for day, text in zip(days, told, strict=True)],
        "yaxis": yaxis,
        "showlegend": not whole,
        "line": {"color": colour, "width": 1.5, **({"shape": "hv"} if whole else {})},
    }


def _bars(days: pd.DatetimeIndex, turnover: pd.Series[float]) -> dict[str, Any]:
    """One bar a month, as wide as its sessions; one a session where these are few."""
    months = days.to_period("D" if len(days) <= MAX_SESSIONS else "M")
    totals = turnover.groupby(months).sum()
    rows = pd.Series(np.arange(len(days))).groupby(months)
    middle, wide = rows.mean(), rows.size()
    return {
        "type": "bar",
        "x": [float(x) for x in middle],
        "y": [float(x) for x in totals],
        "width": [max(0.8 * float(n), 0.8) for n in wide],
        "yaxis": "y3",
        "showlegend": False,
        "marker": {"color": SLATE},
        "hovertemplate": "%{text}<extra></extra>",
        "text": [f"{month}: {percent(x)}" for month, x in totals.items()],
        "textposition": "none",
    }


def holdings_table(run: RunTables) -> Table:
    """The same by month, or by year where there are many months, with the return."""
    by_month = holdings_by(run.holdings, run.returns, "M")
    many = len(by_month) > MAX_MONTHS
    found = holdings_by(run.holdings, run.returns, "Y") if many else by_month
    rows = tuple(
        (
            str(period),
            percent(line["return"]),
            percent(line["gross"], 1),
            percent(line["net"], 1),
            number(line["positions"], 1),
            percent(line["turnover"], 0),
        )
        for period, line in zip(found.index, found.to_dict("records"), strict=True)
    )
    names = ("Year" if many else "Month", "Return", "Gross", "Net", "Positions", "Turnover")
    note = "Gross, net and positions: means of the closes. Turnover: bought and sold, over NAV."
    return Table("Holdings by year" if many else "Holdings by month", columns(*names), rows, note)
