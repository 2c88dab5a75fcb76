"""A sweep of expressions as tables and maps: the best sets, those that hold the same as one line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.strategies.express.result import Expressed, SweptLuck
from hedgebook.strategies.express.structures import BY_NAME, PLAIN
from hedgebook.universes.counted import counted

from ..figures.cells import colour_of
from ..page.axes import axis, title
from ..page.figure import BLUE, ORANGE, Figure, heading, label, layout
from ..page.numbers import UNDEFINED, count, percent, setting
from ..page.table import Column, Table, columns

MOST_SHOWN = 12
# A JSON file is read whole: the table of all sets stands beside it as Parquet.
MOST_TOLD = 500
# Cells of a map; more values of delta or days lie in ranges.
MOST_ACROSS, MOST_DOWN = 20, 12
DIVERGING = [[0.0, ORANGE], [0.5, "#f2f2f2"], [1.0, BLUE]]
PARAMETERS = ("delta", "days", "width_frac")


def best_sets(swept: SweptLuck, most: int) -> list[dict[str, Any]]:
    """The best sets with options by P&L, those that hold the same as one; `sets`: how many these are, `row`: of the
    first in the table, `low` and `high`: the range of each parameter."""
    table = swept.table
    options = table[~table["structure"].isin(PLAIN.values())]
    first = options[options["same_as"] == options.index].sort_values("pnl_usd", ascending=False, kind="stable")
    shown = first.head(most)
    alike = options[options["same_as"].isin(shown.index)].groupby("same_as")[list(PARAMETERS)]
    sizes, low, high = (found.loc[shown.index].to_numpy() for found in (alike.size(), alike.min(), alike.max()))
    return [
        {
            **{str(name): value for name, value in record.items() if name != "same_as"},
            "row": int(record["same_as"]),
            "sets": int(sizes[k]),
            "low": dict(zip(PARAMETERS, low[k].tolist(), strict=True)),
            "high": dict(zip(PARAMETERS, high[k].tolist(), strict=True)),
        }
        for k, record in enumerate(shown.to_dict("records"))
    ]


def swept_table(found: Expressed) -> Table:
    """The best sets, those that hold the same contracts and shares as one line."""
    swept = found.swept
    if swept is None:
        return Table("Sweep", columns("Expression"), ())
    best = best_sets(swept, MOST_SHOWN)
    early = bool(swept.table["expires_before_exit"].any())
    rows = tuple(
        (
            BY_NAME[str(one["structure"])].title, *(_range(one, name) for name in PARAMETERS), count(one["sets"]),
            count(one["pnl_usd"]), *(("yes" if one["expires_before_exit"] else "no",) if early else ()),
            count(one["drawdown_usd"]),
        )
        for one in best
    )  # fmt: skip
    names = (
        Column("Expression", right=False, rank=-1), Column("Delta"), Column("Days"), Column("Width"),
        Column("Sets", rank=2), Column("P&L", rank=-1),
        *((Column("Expires before exit", right=False),) if early else ()), Column("Drawdown", rank=2),
    )  # fmt: skip
    left = swept.table["same_as"][~swept.table["structure"].isin(PLAIN.values())].nunique() - len(rows)
    note = "USD, best first; sets that hold the same contracts and shares are one line, with the range of each value."
    if left > 0:
        rest = counted(left, "more position stands", "more positions stand")
        note += f" {rest} in the workbook and in sweep.parquet of the folder."
    return Table("The best sets", names, rows, note)


def _range(one: dict[str, Any], name: str) -> str:
    low, high = one["low"][name], one["high"][name]
    if not math.isfinite(low):
        return UNDEFINED
    told = [setting(value) if name == "width_frac" else f"{value:.10g}" for value in (low, high)]
    return told[0] if low == high else f"{told[0]} to {told[1]}"


def by_structure_table(found: Expressed) -> Table:
    """Best, median and worst set of each structure."""
    swept = found.swept
    if swept is None:
        return Table("By expression", columns("Expression"), ())
    rows = []
    for one in found.expressions:
        mine = swept.table[swept.table["structure"] == one.name]
        values = mine["pnl_usd"]
        if one.structure.options and len(values):
            rows.append(
                (
                    one.structure.title, count(len(values)), count(mine["same_as"].nunique()),
                    *(count(float(x)) for x in (values.max(), values.median(), values.min())),
                    percent(float((values > 0.0).mean()), 0),
                )
            )  # fmt: skip
    note = "P&L of the leg, USD, over all sets of delta, days and width. Positions: sets that hold different things."
    heads = columns("Expression", "Sets", "Positions", "Best", "Median", "Worst", "Above zero")
    return Table("All sets of each", heads, tuple(rows), note)


def map_figures(found: Expressed) -> tuple[Figure, ...]:
    """Mean P&L by delta and days of every structure that has both, in the same colours: from the lowest cell of all
    to the highest, zero in grey between them."""
    if found.swept is None:
        return ()
    made = [(one.structure.title, _cells(found.swept.table, one.name)) for one in found.expressions]
    known = [(title, cells) for title, cells in made if cells is not None]
    values = [float(x) for _, cells in known for x in cells.means[np.isfinite(cells.means)]]
    colours = _colours(min(values, default=0.0), max(values, default=0.0))
    return tuple(_map(title, cells, colours) for title, cells in known)


@dataclass(frozen=True)
class _Cells:
    """Mean P&L and number of sets by days (rows) and delta (columns), and what each of these is called."""

    name: str
    means: Floats
    sizes: Floats
    days: list[str]
    deltas: list[str]


def _colours(low: float, high: float) -> dict[str, Any]:
    """The scale from low to high, zero always in it; as much earned has as strong a colour as the same lost."""
    low, high = min(low, 0.0), max(high, 0.0)
    widest = max(-low, high) or 1.0
    span = high - low or 1.0
    stops = [(value, colour_of(DIVERGING, 0.5 + 0.5 * value / widest)) for value in (low, 0.0, high)]
    scale = [[(value - low) / span, colour] for value, colour in stops]
    scale[-1][0] = 1.0
    return {"colorscale": scale, "zmin": low, "zmax": low + span}


def _cells(table: pd.DataFrame, name: str) -> _Cells | None:
    mine = table[(table["structure"] == name) & table["delta"].notna() & table["days"].notna()]
    if mine["delta"].nunique() < 2 or mine["days"].nunique() < 2:
        return None
    across, deltas = _levels(mine["delta"].to_numpy(), MOST_ACROSS)
    down, days = _levels(mine["days"].to_numpy(), MOST_DOWN)
    sums, sizes = np.zeros((len(days), len(deltas))), np.zeros((len(days), len(deltas)))
    np.add.at(sums, (down, across), mine["pnl_usd"].to_numpy())
    np.add.at(sizes, (down, across), 1.0)
    means = np.divide(sums, sizes, out=np.full(sums.shape, np.nan), where=sizes > 0.0)
    return _Cells(name, means, sizes, days, deltas)


def _map(said: str, found: _Cells, colours: dict[str, Any]) -> Figure:
    days, deltas, means = found.days, found.deltas, found.means
    texts = [
        [f"{count(float(v))}<br>USD, mean of {count(float(n))} sets<br>delta {x}<br>{y} days" for x, v, n in cells]
        for y, *cells in ((y, *zip(deltas, means[j], found.sizes[j], strict=True)) for j, y in enumerate(days))
    ]
    heat = {
        "type": "heatmap",
        "z": [[round(value, 2) if math.isfinite(value) else None for value in line] for line in means.tolist()],
        "text": texts,
        "hovertemplate": "%{text}<extra></extra>",
        "hoverongaps": False,
        "texttemplate": "%{text}",
        **colours,
        "colorbar": {"thickness": 12, "tickformat": ",~f", "nticks": 5, "outlinewidth": 0},
    }
    ranges = (
        "; a cell may hold a range of values, of which its first is named" if " to " in "".join(deltas + days) else ""
    )
    width = " and widths" if "width" in BY_NAME[found.name].parameters else ""
    return Figure(
        f"map-{found.name}",
        f"{said}: mean P&L of the leg, USD, by delta and days, over all sets{width} of a cell; blue earns, orange "
        f"loses, in the same colours on all maps{ranges}.",
        (heat,),
        layout(
            min(max(24 * len(days) + 116, 226), 446),
            top=36,
            annotations=[heading(f"<b>{said}</b>", 0, 1, yshift=6, font={"size": 13})],
            xaxis=axis(showgrid=False, **_ticks(deltas, 8), title={"text": "Delta", "font": {"size": 12}}),
            yaxis=axis(showgrid=False, **_ticks(days, 12), title=title("Days")),
        ),
        half=True,
    )


def _levels(values: np.ndarray[Any, np.dtype[np.float64]], most: int) -> tuple[Any, list[str]]:
    """(n,) the place of each value, and what each place is called: a value, or a range of neighbouring ones."""
    levels, back = np.unique(values, return_inverse=True)
    parts = np.array_split(np.arange(len(levels)), min(most, len(levels)))
    place = np.concatenate([np.full(len(part), k) for k, part in enumerate(parts)])
    names = [
        f"{levels[part[0]]:.10g}" if len(part) == 1 else f"{levels[part[0]]:.10g} to {levels[part[-1]]:.10g}"
        for part in parts
    ]
    return place[back], names


def _ticks(names: list[str], most: int) -> dict[str, Any]:
    places = list(range(0, len(names), math.ceil(len(names) / most)))
    return {
        "tickvals": places,
        "ticktext": [label(names[k].split(" to ")[0]) for k in places],
        "range": [-0.5, len(names) - 0.5],
        "tickangle": 0,
        "tickfont": {"size": 11},
    }
