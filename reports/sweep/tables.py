"""The tables of a sweep, for the terminal and for the page."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

import pandas as pd

from hedgebook.engine.risk.measures import MEASURE_FACTS, direction_of
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.universes.counted import counted

from ..page.numbers import UNDEFINED, count, percent
from ..page.table import Column, Table, columns
from .effects import BINS, ParameterEffect, effects
from .luck import best_table
from .out_of_sample import summary_table
from .words import LISTED, luck_words, measure_name, measure_text, parameter_heading, ranked, value_text, varying

TERMINAL = 80
BEST_ON_PAGE, BEST_IN_TERMINAL, EFFECTS_IN_TERMINAL = 20, 10, 8
MOST_VALUES = 60
LONGEST_VALUE, SHORTEST_VALUE = 18, 4


def sweep_summary_tables(result: SweepResult, *, width: int = TERMINAL) -> tuple[Table, ...]:
    """The tables that a reader asks for first; lists of sets and parameters have as many columns as `width` takes."""
    found = effects(result)
    tables = [best_table(result)]
    if ranked(result) > 1:
        tables += [best_sets_table(result, width=width), spread_table(result, found, width=width)]
    if result.out_of_sample is not None:
        tables.append(summary_table(result))
    return tuple(tables)


def best_sets_table(result: SweepResult, *, width: int | None = None) -> Table:
    """The best sets with the parameters that vary and their measures; with a width as many columns as fit.

    Without a width sets with one outcome are one row, which says how many they are.
    """
    rows = [{str(k): v for k, v in row.items()} for row in result.best_sets.to_dict("records")]
    indices = [int(index) for index in result.top]
    shown = min(len(indices), BEST_ON_PAGE if width is None else BEST_IN_TERMINAL)
    names = [axis.name for axis in varying(result)]
    shared = _shared([result.sets.at(index) for index in indices[:shown]], names)
    alike = _copies(rows[:shown])
    times: dict[int, int] = {}
    if width is None:
        kept_rows = _first_of_each(rows[:shown])
        times = {indices[k]: often for k, often in kept_rows.items() if often > 1}
        rows, indices = [rows[k] for k in kept_rows], [indices[k] for k in kept_rows]
        shown = len(rows)
    sets = [result.sets.at(index) for index in indices[:shown]]
    names = [name for name in names if name not in shared]
    most = None if width is None else 18
    parameters = [
        (Column(parameter_heading(name), _right(result, name)), [value_text(one[name], most) for one in sets])
        for name in names
    ]
    measures = [
        (Column(MEASURE_FACTS[name].heading), [measure_text(name, float(row[name])) for row in rows[:shown]])
        for name in dict.fromkeys((result.metric, *LISTED))
    ]
    numbers = [f"{index:,}{f' × {times[index]} sets' if index in times else ''}" for index in indices[:shown]]
    first = (Column("Set", right=not times), numbers)
    kept, left_out = _fitting([first, measures[0]], parameters, measures[1:], width)
    cells = tuple(zip(*(texts for _, texts in kept), strict=True))
    note = f"Best first by {measure_name(result.metric)}. {alike}{luck_words(result.luck)}"
    if shared:
        note = f"All of them: {', '.join(f'{k} {value_text(v, 24)}' for k, v in shared.items())}. {note}"
    if left_out:
        note = f"Not shown here: {', '.join(left_out)}. {note}"
    return Table("The best sets", tuple(column for column, _ in kept), cells, note)


def _shared(sets: list[dict[str, Any]], names: list[str]) -> dict[str, Any]:
    """Parameters that have one value in all of several sets, which need no column."""
    if len(sets) < 2:
        return {}
    found = {name: sets[0][name] for name in names if len({value_text(one[name]) for one in sets}) == 1}
    return found if len(found) < len(names) else {}


Filled = tuple[Column, list[str]]


def _fitting(
    always: list[Filled], parameters: list[Filled], measures: list[Filled], width: int | None
) -> tuple[list[Filled], list[str]]:
    """Set, parameters and measures in that order, as many as fit; and the names of those that do not."""
    first, metric = always
    room = math.inf if width is None else width - _wide(first) - _wide(metric)
    chosen: dict[str, Filled] = {}
    for one in (*parameters, *measures):
        if _wide(one) <= room:
            chosen[one[0].name] = one
            room -= _wide(one)
    before = [one for one in parameters if one[0].name in chosen]
    after = [one for one in measures if one[0].name in chosen]
    left_out = [one[0].name for one in (*parameters, *measures) if one[0].name not in chosen]
    return [first, *before, metric, *after], left_out


def _wide(filled: Filled) -> int:
    return max(len(filled[0].name), *(len(text) for text in filled[1])) + 2


def _right(result: SweepResult, name: str) -> bool:
    return result.sets.space.by_name[name].numeric


def _first_of_each(rows: list[dict[str, Any]]) -> dict[int, int]:
    """The place of the first row of each outcome, and how many rows have it."""
    seen: dict[tuple[str, ...], int] = {}
    found: dict[int, int] = {}
    for k, row in enumerate(rows):
        first = seen.setdefault(tuple(str(row[name]) for name in MEASURE_FACTS), k)
        found[first] = found.get(first, 0) + 1
    return found


def _copies(rows: list[dict[str, Any]]) -> str:
    """A sentence where several of the sets do the same."""
    seen = Counter(tuple(str(row[name]) for name in MEASURE_FACTS) for row in rows)
    if len(seen) == len(rows):
        return ""
    outcomes = "one outcome" if len(seen) == 1 else f"{len(seen)} different outcomes"
    return f"{counted(len(rows), 'set')} with {outcomes}: the others are copies. "


def spread_table(result: SweepResult, found: tuple[ParameterEffect, ...], *, width: int | None = None) -> Table:
    """How much each parameter matters: where the mean of the metric is best and worst, and what the best set has."""
    sign, name = direction_of(result.metric), measure_name(result.metric)
    shown = found if width is None else found[:EFFECTS_IN_TERMINAL]
    cut_up = [one.axis for one in shown if one.binned]
    heads = ("Parameter", "Values", "Best mean at", "Mean", "Worst mean at", "Mean", "Best set")
    right = (False, True, False, True, False, True, False)
    binned = f" Drawn anywhere, and cut into {BINS} ranges: {', '.join(cut_up)}." if cut_up else ""
    lost = " Sets that were ruined have none and are in no mean." if result.ruined else ""
    rest = f" {len(found) - len(shown)} more in the report." if len(found) > len(shown) else ""
    note = (
        f"Mean {name} over all sets with a value, whatever their other parameters; widest spread first."
        f"{lost}{binned}{rest} {luck_words(result.luck)}"
    )

    def table(most: int | None) -> Table:
        rows = tuple(_spread_row(result, one, sign, most) for one in shown)
        return Table("What each parameter does", tuple(map(Column, heads, right)), rows, note)

    if width is None:
        return table(None)
    # Values are cut no shorter than they must be.
    made = (table(most) for most in range(LONGEST_VALUE, SHORTEST_VALUE - 1, -1))
    return next((one for one in made if one.width <= width), table(SHORTEST_VALUE))


def _spread_row(result: SweepResult, one: ParameterEffect, sign: int, most: int | None) -> tuple[str, ...]:
    means = {k: sign * mean for k, mean in enumerate(one.mean.tolist()) if math.isfinite(mean)}
    name = value_text(one.axis, None if most is None else 18)
    if not means:
        return name, str(len(one.values)), *[UNDEFINED] * 5
    high, low = max(means, key=lambda k: means[k]), min(means, key=lambda k: means[k])
    cells = []
    if means[high] == means[low]:
        shown = measure_text(result.metric, float(one.mean[high]))
        return name, count(len(one.values)), "no difference", shown, UNDEFINED, UNDEFINED, one.values[one.chosen]
    for k in (high, low):
        cells += [value_text(one.values[k], most), measure_text(result.metric, float(one.mean[k]))]
    return name, count(len(one.values)), *cells, value_text(one.values[one.chosen], most)


def values_table(result: SweepResult, one: ParameterEffect) -> Table:
    """The metric by value of one parameter; the best set's value is marked."""
    places = list(range(len(one.values)))
    if len(places) > MOST_VALUES:
        # Its figure shows them all; the table takes evenly spaced ones, and that of the best set.
        step = math.ceil(len(places) / MOST_VALUES)
        places = sorted({*places[::step], one.chosen})
    rows = tuple(
        (
            f"{one.values[k]}{' *' if k == one.chosen else ''}",
            count(float(one.count[k])),
            *(measure_text(result.metric, float(part[k])) for part in (one.mean, one.median, one.best)),
            percent(float(one.share_positive[k]), 1),
        )
        for k in places
    )
    some = f" {len(rows)} of {len(one.values):,} values." if len(rows) < len(one.values) else ""
    return Table(
        one.axis,
        columns("Value", "Sets", "Mean", "Median", "Best", "Above 0"),
        rows,
        f"* the best set has it.{some} {luck_words(result.luck)}",
    )


def problems_table(result: SweepResult) -> Table:
    """Why sets could not be run or ranked, most frequent first."""
    kinds: dict[str, Counter[str]] = {}
    for text, often in result.problems.items():
        kinds.setdefault(_kind(text), Counter())[text] += often
    ordered = sorted(kinds.values(), key=lambda kind: -kind.total())
    rows = [
        (_reason(kind), count(kind.total()), percent(kind.total() / result.count, 1)) for kind in ordered[:MOST_VALUES]
    ]
    if result.short:
        words = f"ran, but on for fewer than {result.min_sessions} sessions: not ranked by an annual metric"
        rows.append((words, count(result.short), percent(result.short / result.count, 1)))
    if result.ruined:
        words = "ruined: NAV was zero or below at an open or a close; a trial, but never ranked"
        rows.append((words, count(result.ruined), percent(result.ruined / result.count, 1)))
    if result.untraded:
        words = "not traded: no order was filled; no trial, and never ranked"
        rows.append((words, count(result.untraded), percent(result.untraded / result.count, 1)))
    note = "None: every set ran." if not rows else ""
    if len(kinds) > MOST_VALUES:
        note = f"The {MOST_VALUES} most frequent of {len(kinds):,} reasons."
    return Table("Sets that could not be run or ranked", columns("Reason", "Sets", "Share"), tuple(rows), note)


def _kind(text: str) -> str:
    """A reason without the values that it was found at, which make the same one look like hundreds."""
    same = re.sub(r"\d[\d,.]*", "0", text.partition(" (got ")[0])
    return re.sub(r"\b0 (\w+?)s?\b", r"0 \1", same)  # 1 session and 2 sessions are of a kind


def _reason(kind: Counter[str]) -> str:
    """The most frequent message of a kind, and how many there are that differ from it in their numbers alone."""
    text = kind.most_common(1)[0][0].rstrip(".")
    return text if len(kind) == 1 else f"{text}; {len(kind) - 1:,} more that differ in their values only"


def best_records(result: SweepResult) -> list[dict[str, object]]:
    """The best sets with typed parameters and all measures, JSON-ready after `plain`."""
    frame: pd.DataFrame = result.best_sets
    found = []
    for index, row in zip(result.top, frame.to_dict("records"), strict=True):
        found.append(
            {
                "set": int(index),
                "parameters": result.sets.at(int(index)),
                "metrics": {name: float(row[name]) for name in MEASURE_FACTS},
            }
        )
    return found
