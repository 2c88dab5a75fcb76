"""How a table is laid on paper: at which size, in which widths, upright or turned, whole or in parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from ..page.table import Table

MARGIN_PT = 2 * 17 / 25.4 * 72
# Width of the sheet upright and turned, points.
SHEETS_PT = {"a4": (595.28, 841.89), "letter": (612.0, 792.0)}
# Tried one after the other: turned, type size in points.
STEPS = ((False, 8.5), (False, 7.6), (False, 6.8), (True, 8.2), (True, 7.2), (True, 6.6))
# What columns stand apart, in widths of the type.
GAP_EM = 1.5
# So few rows are rather set in so many parts beneath each other than on a turned sheet.
FEW_ROWS, FEW_PARTS = 16, 3
# What sums of widths are off at most.
ROUNDING_EM = 1e-6
# A column of words is not made narrower than this, in widths of the type, but where it has fewer letters.
WORDS_EM = 11.0
LONGEST_WORD_EM = 34.0
NARROW, CAPITAL, OTHER, WIDE = 0.5, 0.74, 0.6, 1.1
# Where a word may go on in the next line, without a sign of it.
BREAK = "\u200b"
SPACES = re.compile(r"(\s+)")
BROAD, FULL = frozenset("%@MWmw"), frozenset("bdghknpquvxy")
THIN = frozenset("iljtf.,:;'|!()[] ")


@dataclass(frozen=True)
class Part:
    """Columns of a table that stand side by side. widths_pt: None where as wide as its longest cell."""

    columns: tuple[int, ...]
    size_pt: float
    turned: bool
    widths_pt: tuple[float | None, ...]

    @property
    def gap_pt(self) -> float:
        """What columns stand apart."""
        return GAP_EM * self.size_pt

    @property
    def rooms_em(self) -> list[float]:
        """The room of each column for its words, in widths of the type: without its half of the gaps beside it."""
        last = len(self.columns) - 1
        return [
            LONGEST_WORD_EM if width is None else width / self.size_pt - _edges_em(k, last) + ROUNDING_EM
            for k, width in enumerate(self.widths_pt)
        ]


def parts_of(table: Table, paper: str) -> tuple[Part, ...]:
    """A table as it fits on the paper: with the largest type that takes it whole, else in parts of some columns each.

    Each part begins with the first column.
    """
    needs = [_needs(table, j) for j in range(len(table.columns))]
    everything = tuple(range(len(table.columns)))
    for turned, size in STEPS:
        if turned and len(table.rows) <= FEW_ROWS and len(stacked := _split(needs, paper)) <= FEW_PARTS:
            # A sheet of its own for a few rows is mostly empty.
            return stacked
        widths = _widths(needs, everything, size, _room(paper, turned=turned))
        if widths is not None:
            return (Part(everything, size, turned, widths),)
    return _split(needs, paper)


def _room(paper: str, *, turned: bool) -> float:
    return SHEETS_PT[paper][turned] - MARGIN_PT


def _split(needs: Sequence[tuple[float, float]], paper: str) -> tuple[Part, ...]:
    """As many columns a part as fit on the upright sheet in small type."""
    size, room = STEPS[1][1], _room(paper, turned=False)
    groups: list[tuple[int, ...]] = []
    group: tuple[int, ...] = (0,)
    for j in range(1, len(needs)):
        if len(group) > 1 and _widths(needs, (*group, j), size, room) is None:
            groups.append(group)
            group = (0,)
        group = (*group, j)
    groups.append(group)
    return tuple(
        Part(group, size, False, _widths(needs, group, size, room) or _forced(group, room)) for group in groups
    )


def _edges_em(k: int, last: int) -> float:
    """What a column gives of its width to the gaps beside it; the first and the last have one."""
    return GAP_EM / 2.0 * ((k > 0) + (k < last))


def _forced(group: Sequence[int], room: float) -> tuple[float, ...]:
    return (room / len(group),) * len(group)


def _widths(
    needs: Sequence[tuple[float, float]], chosen: Sequence[int], size: float, room: float
) -> tuple[float | None, ...] | None:
    """The widths of columns in points, None where they do not fit: first those of numbers, then what words need."""
    gaps = GAP_EM * size * (len(chosen) - 1)
    least = [needs[j][0] * size for j in chosen]
    most = [needs[j][1] * size for j in chosen]
    if sum(most) + gaps <= room:
        return (None,) * len(chosen)
    spare = room - gaps - sum(least)
    if spare < 0.0:
        return None
    wanted = sum(m - n for m, n in zip(most, least, strict=True))
    edges = [_edges_em(k, len(chosen) - 1) * size for k in range(len(chosen))]
    return tuple(n + spare * (m - n) / wanted + edge for n, m, edge in zip(least, most, edges, strict=True))


def _needs(table: Table, j: int) -> tuple[float, float]:
    """The least width that a column can do with, and the one that it likes, in widths of the type."""
    head = table.columns[j]
    words = max((width_em(word) for word in head.name.split()), default=0.0)
    cells = [row[j] for row in table.rows]
    longest = max((width_em(cell) for cell in cells), default=0.0)
    most = max(longest, min(width_em(head.name), max(longest, 8.0)), words)
    if head.right:
        return max(longest if longest < LONGEST_WORD_EM else LONGEST_WORD_EM, words), most
    word = max((width_em(word) for cell in cells for word in cell.split()), default=0.0)
    least = max(min(word, LONGEST_WORD_EM), words, min(longest, WORDS_EM))
    return least, max(most, least)


def broken(text: str, room_em: float) -> str:
    """A text whose words may be broken where they are wider than the room, in widths of the type."""
    if width_em(text) <= room_em:
        return text
    return "".join(word if width_em(word) <= room_em else _pieces(word, room_em) for word in SPACES.split(text))


def _pieces(word: str, room_em: float) -> str:
    made: list[str] = []
    used = 0.0
    for letter in word:
        width = _letter_em(letter)
        if used + width > room_em and made:
            made.append(BREAK)
            used = 0.0
        made.append(letter)
        used += width
    return "".join(made)


def shortened(text: str, room_em: float) -> str:
    """A text as far as it fits into the room, on one line."""
    line = " ".join(text.split())
    if width_em(line) <= room_em:
        return line
    used, k = 1.0, 0
    while used + _letter_em(line[k]) <= room_em:
        used += _letter_em(line[k])
        k += 1
    return line[:k].rstrip() + "\u2026"


def width_em(text: str) -> float:
    """How wide a text is at most, in widths of the type."""
    return sum(_letter_em(letter) for letter in text)


def _letter_em(letter: str) -> float:
    if letter in THIN:
        return 0.36
    if letter in BROAD:
        return 0.95
    if letter in FULL:
        return 0.58
    if letter.isdigit() or letter.islower():
        return NARROW
    if letter.isupper():
        return CAPITAL
    return WIDE if east_asian_width(letter) in "WF" else OTHER
