"""The figure of a catalogue's results: what each trade earned, and what it would have had to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..page.axes import names_axis, zero_axis
from ..page.figure import TOTAL, Figure, label, layout, signed
from ..page.numbers import percent

if TYPE_CHECKING:
    from hedgebook.strategies.catalogue.results import CatalogueRuns

ROW_PX = 26


def returns_figure(found: CatalogueRuns) -> Figure | None:
    """What every trade earned over cash, beside what luck alone can reach; None where that is known of none."""
    table = found.table
    table = table[table["excess_return"].notna()]
    if table.empty:
        return None
    names = [label(str(name)) for name in table.index]
    returns, needed = table["excess_return"].tolist(), table["needed_return"]
    known = needed.notna().tolist()
    told = [f"{name}<br>earned over cash {percent(x, 1)}" for name, x in zip(names, returns, strict=True)]
    bars = {
        "type": "bar",
        "orientation": "h",
        "name": "Earned over cash",
        "x": returns,
        "y": names,
        "text": told,
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": [signed(x) for x in returns]},
        "showlegend": False,
    }
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": "Needed to be told from luck",
        "x": [x for x, there in zip(needed.tolist(), known, strict=True) if there],
        "y": [name for name, there in zip(names, known, strict=True) if there],
        "text": [
            f"{name}<br>needed {percent(x, 1)}"
            for name, x, there in zip(names, needed.tolist(), known, strict=True)
            if there
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": TOTAL, "size": 9, "symbol": "diamond"},
    }
    return Figure(
        "trades",
        "Sum of the returns over cash of each trade, gains in blue and losses in orange. Diamonds: what that sum would "
        "have had to be, to be told from luck among so many.",
        (bars, *((marks,) if any(known) else ())),
        layout(ROW_PX * len(names) + 90, top=34, right=16, legend=True, xaxis=zero_axis(",.0%"), yaxis=names_axis()),
    )
