"""The figures of price files: when each ticker has prices and where something looks wrong; what differs of two."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hedgebook.universes.prices.check import PriceCheck
from hedgebook.universes.prices.compare import Comparison
from hedgebook.universes.prices.findings import SEVERITIES

from ..page.axes import axis, names_axis, title, whole_ticks
from ..page.figure import GREY, LOSS, Figure, label, layout, line_of
from ..page.numbers import count

ROW_PX, MOST_SHOWN = 17, 60
COLOURS = {"serious": LOSS, "warning": "#b8860b", "note": GREY}


def coverage_figure(found: PriceCheck) -> Figure | None:
    """From when to when each ticker has closes, and the days of the findings; None where no ticker has any.

    Of more tickers than can be read those with findings come first.
    """
    wrong = {one.ticker for one in found.faults}
    listed = sorted(found.coverage, key=lambda one: one.ticker not in wrong)[:MOST_SHOWN]
    kept = {one.ticker for one in listed}
    rows = [one for one in found.coverage if one.ticker in kept]
    if not rows:
        return None
    lines: list[dict[str, Any]] = [
        line_of(
            [one.first, one.last],
            [label(one.ticker)] * 2,
            GREY,
            width=6,
            name=label(one.ticker),
            text=[f"{label(one.ticker)}<br>{one.first} to {one.last}, {count(one.closes)} closes"] * 2,
            showlegend=False,
        )
        for one in rows
    ]
    for severity, name, colour in (("warning", "Warning", COLOURS["warning"]), ("error", "Error", COLOURS["serious"])):
        points = [
            (one, day)
            for one in found.faults
            if one.ticker in kept and (one.severity == "warning") == (severity == "warning")
            for day in dict.fromkeys((one.first, one.last))
        ]
        if points:
            lines.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": name,
                    "x": [day for _, day in points],
                    "y": [label(one.ticker) for one, _ in points],
                    "text": [f"{label(one.ticker)}<br>{day}<br>{one.title}" for one, day in points],
                    "hovertemplate": "%{text}<extra></extra>",
                    "marker": {"color": colour, "size": 8},
                }
            )
    shown = "" if len(rows) == len(found.coverage) else f" {len(rows)} of {len(found.coverage)} tickers."
    return Figure(
        "coverage",
        f"From when to when each ticker has closes, and the first and last day of each finding.{shown}",
        tuple(lines),
        layout(
            ROW_PX * len(rows) + 100,
            top=34,
            right=16,
            legend=True,
            xaxis=axis(type="date", nticks=6),
            yaxis=names_axis(),
        ),
    )


def differences_figure(found: Comparison) -> Figure | None:
    """How many findings of each kind there are, by severity; None where the files agree."""
    kinds = list(dict.fromkeys(one.kind for one in found.findings))
    if not kinds:
        return None
    names, most = [kind.replace("_", " ") for kind in kinds], max(Counter(one.kind for one in found.findings).values())
    data = []
    for severity in SEVERITIES:
        many = [sum(one.kind == kind and one.severity == severity for one in found.findings) for kind in kinds]
        if any(many):
            data.append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "name": severity,
                    "x": many,
                    "y": names,
                    "text": [str(n) if n else "" for n in many],
                    "textposition": "inside",
                    "textangle": 0,
                    "marker": {"color": COLOURS[severity]},
                    "hovertemplate": f"%{{y}}<br>{severity} %{{x}}<extra></extra>",
                }
            )
    return Figure(
        "differences",
        "Findings of each kind by how much they weigh.",
        tuple(data),
        layout(
            36 * len(names) + 100,
            barmode="relative",
            top=34,
            right=16,
            legend=True,
            xaxis=axis(**whole_ticks(most), title=title("findings")),
            yaxis=names_axis(),
        ),
    )
