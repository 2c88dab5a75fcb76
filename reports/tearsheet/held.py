"""What a run held over time, its round trips and its exposures, within its tear sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hedgebook.strategies.tearsheet.sheet import SheetTables

from ..page.axes import axis, dates_axis, title
from ..page.figure import BLUE, ORANGE, Figure, layout
from ..page.numbers import number, percent
from ..page.section import Section
from ..page.table import Table, columns
from .lines import line

if TYPE_CHECKING:
    from hedgebook.strategies.run.run import StrategyRun


def held_sections(sheet: SheetTables) -> tuple[Section, ...]:
    """Holdings, round trips and factor exposures of a run; none for a series or a run that never traded."""
    run, held = sheet.track.run, sheet.held
    if run is None or held is None:
        return ()
    # Most tear sheets are of a series, which needs none of what shows a run.
    from ..run.holdings import holdings_figure, holdings_table
    from ..run.orders.trips import round_trips_table

    concentration = concentration_figure(held)
    found = [
        Section(
            "held",
            "Holdings over time",
            figures=(holdings_figure(run), *((concentration,) if concentration else ())),
            tables=(leverage_table(held), holdings_table(run)),
        ),
        Section("trips", "Round trips", tables=(round_trips_table(run),)),
    ]
    return (*found, *_exposures(run))


def concentration_figure(held: pd.DataFrame) -> Figure | None:
    """The share of the largest position, and as how many equal ones all are; None where nothing was held at a close."""
    largest, equal = held["largest_frac"].dropna(), held["effective_positions"].dropna()
    if len(largest) < 2:
        return None
    return Figure(
        "concentration",
        "At each close: the share of the largest position in gross, and how many positions of equal size would be as "
        "concentrated (gross squared over the sum of squared weights).",
        (line(largest, "largest position", ORANGE, ".1%"), line(equal, "equal positions", BLUE, ".1f", axis_of="y2")),
        layout(
            320,
            top=34,
            right=16,
            legend=True,
            xaxis=dates_axis(anchor="y2"),
            yaxis=axis(domain=[0.55, 1.0], tickformat=",~%", range=[0.0, 1.05], nticks=4, title=title("Largest")),
            yaxis2=axis(domain=[0.0, 0.45], rangemode="tozero", tickformat=",~f", nticks=4, title=title("Equal")),
        ),
    )


def leverage_table(held: pd.DataFrame) -> Table:
    """Mean, lowest, highest and last of what was held."""
    forms = {
        "gross": ("Gross (leverage)", percent),
        "net": ("Net", percent),
        "positions": ("Positions", number),
        "turnover": ("Turnover a session", percent),
        "largest_frac": ("Largest position of gross", percent),
        "effective_positions": ("Equal positions", number),
    }
    rows = []
    for name, (label, form) in forms.items():
        values = held[name].to_numpy(dtype=np.float64)
        values = values[np.isfinite(values)]
        if len(values):
            figures = (values.mean(), values.min(), values.max(), values[-1])
            rows.append((label, *(form(float(x)) for x in figures)))
    note = "Over NAV at each close; of the largest position and of equal ones where anything was held."
    return Table(
        "Leverage and concentration", columns("Figure", "Mean", "Lowest", "Highest", "Last"), tuple(rows), note
    )


def _exposures(run: StrategyRun) -> tuple[Section, ...]:
    from ..run.figures import betas_figure

    found = run.exposures
    figure = betas_figure(found, "of the run's own returns")
    if figure is None:
        return ()
    rows = [
        (str(factor), when, *(number(float(x)) for x in (row["beta"], row["stderr"], row["tstat"])))
        for when, exposure in (("before the news", found.before), ("own returns", found.during))
        if exposure is not None
        for factor, row in exposure.table.iterrows()
    ]
    note = "Least squares of daily returns on the factors, with Newey-West errors."
    table = Table("Factor exposures", columns("Factor", "Of", "Beta", "error", "t", left=2), tuple(rows), note)
    return (Section("exposures", "Factor exposures", figures=(figure,), tables=(table,)),)
