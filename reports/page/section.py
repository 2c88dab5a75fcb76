"""What a page is made of: what stands at its top, and its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .figure import Figure
from .numbers import UNDEFINED
from .table import Table

SIMULATED_BADGE = "Simulated history, reported event-day moves"
MODELLED_BADGE = "Modelled option quotes: no chain was given"
PARTLY_MODELLED_BADGE = "Option quotes are modelled where the chain has none"
HINDSIGHT_BADGE = "Not tradable: hindsight"


def quote_badges(*, modelled: bool, chain: bool) -> tuple[str, ...]:
    """What is to be said of option quotes; modelled: whether any is; chain: whether one was given."""
    if not modelled:
        return ()
    return (PARTLY_MODELLED_BADGE if chain else MODELLED_BADGE,)


@dataclass(frozen=True)
class Header:
    """What stands at the top of a report, read in five seconds; badges are what nobody may overlook.

    figures: the few that answer most, large, as the rows of a table of two columns; picture: the figure that shows
    the outcome; tradable: what could be earned beside what the headlines say; good, doubts: badges of what was tested
    and holds, or does not; what was not asked is not there.
    """

    title: str
    name: str
    event: str
    verdict: str
    badges: tuple[str, ...]
    warnings: int
    figures: Table | None = None
    picture: Figure | None = None
    tradable: str = ""
    good: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


MOST_CARDS = 4


def cards_from(table: Table, *names: str) -> Table | None:
    """The rows of a table of two columns that answer most, four at most: the first of the names that are defined.

    None of none.
    """
    held = {row[0]: row[1] for row in table.rows}
    rows = tuple((name, held[name]) for name in names if held.get(name, UNDEFINED) != UNDEFINED)[:MOST_CARDS]
    return Table("", table.columns, rows) if rows else None


@dataclass(frozen=True)
class Section:
    """A part of a report. facts: labelled statements; cards: the rows of this table are shown large.

    end: whether it says how the figures were made, which stands after all that says what was found.
    """

    name: str
    title: str
    text: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    cards: Table | None = None
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    items: tuple[str, ...] = ()
    end: bool = False


def arranged(top: Header, parts: Sequence[Section]) -> list[Section]:
    """The sections as they follow the first screen: what was found, then how it was made.

    Neither the picture nor the cards of the top stand twice; a section that held nothing else is left out.
    """
    kept = []
    for part in parts:
        figures = tuple(one for one in part.figures if top.picture is None or one.name != top.picture.name)
        rest = _without_cards(replace(part, figures=figures), top.figures)
        if rest == part or any((rest.facts, rest.cards, rest.text, figures, rest.tables, rest.items)):
            kept.append(rest)
    return sorted(kept, key=lambda part: part.end)


def _without_cards(part: Section, shown: Table | None) -> Section:
    """A section without the cards that are shown already; where none is left, their note is its text."""
    if part.cards is None or shown is None:
        return part
    rows = tuple(row for row in part.cards.rows if row not in shown.rows)
    if rows:
        return replace(part, cards=replace(part.cards, rows=rows))
    note = (part.cards.note,) if part.cards.note else ()
    return replace(part, cards=None, text=(*part.text, *note))
