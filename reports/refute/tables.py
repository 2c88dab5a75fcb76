"""The tables of an attempt to refute a strategy, for the terminal and for every document."""

from __future__ import annotations

import math

from hedgebook.engine.refute.scaled import LEVEL
from hedgebook.engine.refute.verdict import Evidence
from hedgebook.strategies.refute.result import Refutation

from ..page.numbers import UNDEFINED, count, number, percent
from ..page.table import Table, columns

SERIES_UNIT = "session"


def p_text(value: float, draws: int) -> str:
    """A p-value from so many draws, never below what they can show."""
    if not math.isfinite(value):
        return UNDEFINED
    return f"{value:.3f}" if draws < 5000 else f"{value:.4f}"


def tests_table(found: Refutation) -> Table:
    """One row a test: what it says, and how much it could have seen."""
    rows = tuple(
        (
            test.name,
            p_text(test.p_value, test.draws),
            "yes" if test.rejects else "no",
            _edge(test, test.edge),
            _edge(test, test.found_at),
            percent(test.power, 0) if test.draws else UNDEFINED,
            UNDEFINED if test.needed is None else count(test.needed),
        )
        for test in found.tests
    )
    note = (
        f"p: chance of so high a figure without an edge; passed: p at most {percent(LEVEL, 0)}. {_edge_words(found)} "
        "Seen at: the edge that is found in 80% of cases. Power: share of cases in which an edge of "
        f"{number(found.tests[0].worth)} is found; needed: how many {found.unit}s it takes to find it in 80%."
    )
    return Table("Tests", columns("Test", "p", "Passed", "Edge", "Seen at", "Power", "Needed"), rows, note)


def _edge(test: Evidence, value: float) -> str:
    return number(value) if test.draws and math.isfinite(value) else UNDEFINED


def _edge_words(found: Refutation) -> str:
    if found.unit == SERIES_UNIT:
        return "Edge: annual Sharpe ratio."
    return "Edge: mean over the deviation of such an event's holding period."


def control_table(found: Refutation) -> Table:
    """Whether each test would see a planted edge."""
    rows = tuple(
        (
            test.name,
            count(test.units),
            count(test.draws) if test.draws else UNDEFINED,
            number(test.planted) if test.draws else UNDEFINED,
            percent(test.control, 0) if test.draws else UNDEFINED,
            p_text(test.p_worthless, test.draws),
        )
        for test in found.tests
    )
    note = (
        "Units: independent events or sessions. Planted: the edge of the positive control, in the same units as Edge; "
        "found: in which share of cases. Worthless: chance of so low a figure if there were an edge worth having."
    )
    return Table(
        "Positive control", columns("Test", "Units", "Placebos", "Planted", "Found", "Worthless p"), rows, note
    )


def vetoes_table(found: Refutation) -> Table:
    """What must stay above zero, and what is told beside it."""
    rows = tuple(
        (veto.name, percent(veto.value), "yes" if veto.holds else "no", "veto" if veto.vetoes else "note")
        for veto in found.vetoes
    )
    what = "Sum of returns over cash" if found.unit == SERIES_UNIT else "Mean return of an event"
    return Table(
        "Vetoes and notes",
        columns("If", "Return", "Above 0", "Counts as"),
        rows,
        f"{what}, net of costs. A veto at or below zero refutes what the tests let pass.",
    )


def events_table(found: Refutation) -> Table:
    """The events that it was tried on."""
    rows = tuple((event, percent(value)) for event, value in zip(found.events, found.returns, strict=True))
    return Table("Events", columns("Event", "Net return"), rows)
