"""Returns by calendar: the heat map of months, the bars of years, and boxes by period."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.tearsheet.calendar import by_calendar
from hedgebook.engine.tearsheet.counting import floats
from hedgebook.strategies.tearsheet.sheet import SheetTables

from ..page.axes import axis, names_axis
from ..page.figure import BLUE, SLATE, Figure, label, layout
from ..page.numbers import percent
from ..page.table import Table, columns
from .lines import room, rounded

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# From losses through nothing to gains: told apart with every common colour blindness.
LOSS_TO_GAIN = [[0.0, "#b34700"], [0.25, "#e8a06b"], [0.5, "#f4f4f4"], [0.75, "#7fb2d6"], [1.0, "#005a8f"]]
ROW_PX, MOST_YEARS = 26, 40


def months_by_year(months: pd.Series[float]) -> pd.DataFrame:
    """Years by months 1 to 12, NaN where there is none; months: returns by month."""
    dates = pd.PeriodIndex(months.index)
    table = pd.DataFrame({"year": dates.year, "month": dates.month, "value": months.to_numpy()})
    return table.pivot(index="year", columns="month", values="value").reindex(columns=range(1, 13))


def months_figure(sheet: SheetTables) -> Figure | None:
    """Returns of months as colours with their values; None where there are none."""
    if not len(sheet.months):
        return None
    table = months_by_year(sheet.months).iloc[-MOST_YEARS:]
    values = table.to_numpy()
    most = float(np.nanmax(np.abs(values))) or 0.01
    cells: dict[str, Any] = {
        "type": "heatmap",
        "x": list(MONTHS),
        "y": [str(year) for year in table.index],
        "z": [rounded(row) for row in values],
        "zmin": -most,
        "zmax": most,
        "colorscale": LOSS_TO_GAIN,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "text": [[percent(x, 1) if np.isfinite(x) else "" for x in row] for row in values],
        "texttemplate": "%{text}",
        "hovertemplate": "%{x} %{y}: %{z:.2%}<extra></extra>",
    }
    return Figure(
        "months",
        "Return of each month; orange: a loss, blue: a gain. The first and the last may be partial.",
        (cells,),
        layout(ROW_PX * len(table) + 50, xaxis=axis(type="category", showgrid=False), yaxis=names_axis()),
    )


def months_table(sheet: SheetTables) -> Table:
    """The same as numbers, with the year."""
    if not len(sheet.months):
        return Table("Months", columns("Year", *MONTHS, "Year's return"), ())
    table, years = (
        months_by_year(sheet.months),
        dict(zip(pd.PeriodIndex(sheet.years.index).year, sheet.years, strict=True)),
    )
    rows = tuple(
        (
            str(year),
            *(percent(x, 1) if np.isfinite(x) else "" for x in row),
            percent(float(years[year]), 1) if year in years else "",
        )
        for year, row in zip(table.index, table.to_numpy(), strict=True)
    )
    note = "Returns compounded within each month and year; the first and the last may be partial."
    return Table("Months", columns("Year", *MONTHS, "Year's return", keep=("Year's return",)), rows, note)


def years_figure(sheet: SheetTables) -> Figure | None:
    """Bars of the years, beside the benchmark's."""
    if not len(sheet.years):
        return None
    names = [str(period) for period in sheet.years.index]
    data = [_bars(names, sheet.years, label(sheet.name), BLUE)]
    values = [float(x) for x in sheet.years]
    if sheet.benchmark is not None:
        theirs = by_calendar(sheet.benchmark.dropna(), "Y").reindex(sheet.years.index)
        data.append(_bars(names, theirs, label(str(sheet.benchmark.name)), SLATE))
        values += [float(x) for x in theirs if np.isfinite(x)]
    return Figure(
        "years",
        "Return of each calendar year; the first and the last may be partial.",
        tuple(data),
        layout(
            300,
            top=34,
            legend=len(data) > 1,
            bargap=0.3,
            xaxis=axis(type="category", showgrid=False),
            yaxis=axis(tickformat=",~%", nticks=6, zeroline=True, zerolinecolor=SLATE, range=room(values, 0.12)),
        ),
    )


def _bars(names: list[str], values: pd.Series[float], name: str, colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": names,
        "y": rounded(values),
        "text": [percent(x, 1) if np.isfinite(x) else "" for x in values],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": colour},
        "hovertemplate": f"{name} %{{x}}: %{{y:.2%}}<extra></extra>",
    }


def boxes_figure(sheet: SheetTables) -> Figure | None:
    """How returns of each length are spread; None where there is only one length."""
    kinds: list[tuple[str, Floats]] = [(f"{sheet.track.frequency.unit}s", floats(sheet.returns))]
    for period, name in (("W", "weeks"), ("M", "months"), ("Q", "quarters"), ("Y", "years")):
        values = floats(by_calendar(sheet.returns, period))
        if 5 <= len(values) < 0.8 * len(kinds[-1][1]):
            kinds.append((name, values))
    if len(kinds) < 2 or sheet.track.lost:
        return None
    parts = np.array([np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]) for _, values in kinds])
    box = {
        "type": "box",
        "x": [name for name, _ in kinds],
        **{key: rounded(parts[:, k]) for k, key in enumerate(("lowerfence", "q1", "median", "q3", "upperfence"))},
        "mean": rounded([values.mean() for _, values in kinds]),
        "boxpoints": False,
        "marker": {"color": BLUE},
        "line": {"color": BLUE, "width": 1.5},
    }
    return Figure(
        "boxes",
        "Returns compounded by length: half of them within the box, nine of ten between the whiskers, the line is the "
        "median.",
        (box,),
        layout(
            300,
            xaxis=axis(type="category", showgrid=False),
            yaxis=axis(tickformat=",~%", nticks=6, zeroline=True, zerolinecolor=SLATE),
        ),
    )
