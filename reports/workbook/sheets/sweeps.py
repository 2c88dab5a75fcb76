"""What follows from the sets of a sweep: means by value of a parameter, the map of two, the plateau of the best."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..values import NAME, VALUE
from .live import ABSOLUTE, MOST_ROWS, RELATIVE, Live, Sheet, empty, numbers, same, told_apart

SETS, MEANS, NEIGHBOURS = "All sets", "Means by value", "Neighbours of the best set"
# The metric of the sets that count.
COMPARED = "compared"
MapCell = Callable[[int, int], str]
Mask = np.ndarray[Any, Any]


def relate_sets(live: Live, ranked_by: str) -> None:
    """Let means by value, their spread and the plateau of the best set be formulas over the sheet of all sets."""
    sets, means = live.get(SETS), live.get(MEANS)
    if sets is None or COMPARED not in sets.frame.columns:
        return
    metric = COMPARED
    if ranked_by in sets.frame.columns:
        origin, shown = numbers(sets.frame[ranked_by]), numbers(sets.frame[COMPARED])
        for k in np.flatnonzero(origin == shown).tolist():
            sets.put(COMPARED, k, sets.grid.here(ranked_by, k))
    if means is not None and len(sets.frame) <= MOST_ROWS:
        for k in range(len(means.frame)):
            _mean(means, sets, metric, k)
        _spreads(live, means)
    _plateau(live, sets, metric)


def map_cells(live: Live, down: str, across: str, values: Mask) -> MapCell | None:
    """The formula of each cell of a map of two parameters, None where it does not come to what the map shows."""
    sets, means = live.get(SETS), live.get(MEANS)
    metric = COMPARED
    if sets is None or means is None or len(sets.frame) > MOST_ROWS or metric not in sets.frame.columns:
        return None
    sides = [[k for k, name in enumerate(means.frame["parameter"]) if name == side] for side in (down, across)]
    if [len(side) for side in sides] != list(values.shape):
        return None
    scores = numbers(sets.frame[metric])
    masks = [[_mask(means, sets, k) for k in side] for side in sides]

    def cell(i: int, j: int) -> str:
        tests = [_tests(means, sets, k) for k in (sides[0][i], sides[1][j])]
        picked = scores[masks[0][i] & masks[1][j] & np.isfinite(scores)]
        if "" in tests or not len(picked) or not _near(float(picked.mean()), values[i, j]):
            return ""
        return f"AVERAGEIFS({sets.grid.span(metric)},{','.join(tests)})"

    return cell


def _mask(means: Sheet, sets: Sheet, row: int) -> Mask:
    """Which sets have the value, or lie in the range, of a row."""
    one = means.frame.iloc[row]
    column = sets.frame[one["parameter"]]
    if not empty(one["low"]):
        there = numbers(column)
        return np.asarray((there >= one["low"]) & (there < one["high"]))
    wanted = one["value"]
    return np.array([same(x, wanted) for x in column], dtype=bool)


def _tests(means: Sheet, sets: Sheet, row: int) -> str:
    """The same as conditions of Excel, "" where it cannot tell the values apart."""
    one, cell = means.frame.iloc[row], means.grid.cell
    span = sets.grid.span(str(one["parameter"]))
    if not empty(one["low"]):
        return f'{span},">="&{cell("low", row)},{span},"<"&{cell("high", row)}'
    if not told_apart(sets.frame[one["parameter"]]):
        return ""
    return f'{span},"="' if empty(one["value"]) else f"{span},{cell('value', row)}"


def _mean(means: Sheet, sets: Sheet, metric: str, row: int) -> None:
    tests, scores = _tests(means, sets, row), numbers(sets.frame[metric])
    if not tests:
        return
    known = scores[_mask(means, sets, row) & np.isfinite(scores)]
    span, one = sets.grid.span(metric), means.frame.iloc[row]
    axis = sets.grid.span(str(one["parameter"]))
    # COUNTIFS does not count empty cells alike everywhere.
    blank = empty(one["low"]) and empty(one["value"])
    if len(known) == one["sets"]:
        text = f'SUMPRODUCT(({axis}="")*ISNUMBER({span}))' if blank else f'COUNTIFS({tests},{span},"<>")'
        means.put("sets", row, text)
    if len(known) and _near(float(known.mean()), one["mean"]):
        means.put("mean", row, f"AVERAGEIFS({span},{tests})")
    if len(known) and _near(float((known > 0.0).mean()), one["above_zero_frac"]):
        text = f'SUMPRODUCT(({axis}="")*({span}>0))' if blank else f'COUNTIFS({tests},{span},">0")'
        means.put("above_zero_frac", row, f"{text}/{means.grid.here('sets', row)}")


def _spreads(live: Live, means: Sheet) -> None:
    """How far the means of a parameter are apart."""
    effects = live.get("effects")
    if effects is None or "spread" not in effects.frame.columns:
        return
    for k, (name, spread) in enumerate(zip(effects.frame["parameter"], effects.frame["spread"], strict=True)):
        rows = [j for j, parameter in enumerate(means.frame["parameter"]) if parameter == name]
        known = [x for x in numbers(means.frame["mean"].iloc[rows]) if math.isfinite(x)]
        if rows and known and not empty(spread) and _near(max(known) - min(known), float(spread)):
            span = means.grid.span("mean", rows[0], rows[-1] + 1)
            effects.put("spread", k, f"MAX({span})-MIN({span})")


def _plateau(live: Live, sets: Sheet, metric: str) -> None:
    plateau, near = live.get("plateau"), live.get(NEIGHBOURS)
    if plateau is None or near is None or not plateau.is_list:
        return
    scores = numbers(sets.frame[metric])
    rows = {number: k for k, number in enumerate(sets.frame["set"].tolist())}
    for k, number in enumerate(near.frame["set"].tolist()):
        if math.isfinite(scores[rows[number]]):
            near.put(metric, k, sets.grid.cell(metric, rows[number]))
    known = numbers(near.frame[metric])
    known = known[np.isfinite(known)]
    span = near.grid.span(metric)
    whole = {"mean": ("AVERAGE", known.mean), "worst": ("MIN", known.min)} if len(known) else {}
    for k, (name, value) in enumerate(zip(plateau.frame[NAME], plateau.frame[VALUE], strict=True)):
        for function, answer in [whole[name]] if name in whole else []:
            for written, given in ((function, float(answer())), ("MAX", float(known.max()))):
                if isinstance(value, float) and _near(given, value):
                    plateau.put(VALUE, k, f"{written}({span})")


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
