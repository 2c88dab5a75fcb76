"""What a page is made of: what stands at its top, and its parts."""

from __future__ import annotations

from dataclasses import dataclass

from .figure import Figure
from .table import Table

SIMULATED_BADGE = "Simulated history, reported event-day moves"


HINDSIGHT_BADGE = "Not tradable: hindsight"


@dataclass(frozen=True)
class Header:
    """What stands at the top of a report; badges are what nobody may overlook."""

    title: str
    name: str
    event: str
    verdict: str
    badges: tuple[str, ...]
    warnings: int


@dataclass(frozen=True)
class Section:
    """A part of a report. facts: labelled statements; cards: the rows of this table are shown large."""

    name: str
    title: str
    text: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    cards: Table | None = None
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    items: tuple[str, ...] = ()
