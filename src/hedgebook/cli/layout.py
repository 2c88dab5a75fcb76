"""Setting a table in a terminal's width: text wraps at words, whole columns are left out, digits are never cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hedgebook.reports.page.table import Table

GAP = 2
# The narrowest that a column of text is wrapped to: no narrower than its longest word, up to this.
LONGEST_WORD, LONGEST_NUMBER = 24, 40


@dataclass(frozen=True)
class SetTable:
    """A table as lines of text. head: heading and rule; rows: the lines of each row; left_out: headings not shown."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: tuple[str, ...]


def set_table(table: Table, width: int, *, whole: bool = False) -> SetTable:
    """A table in at most `width` characters where that can be done without cutting a number.

    Text wraps first; then columns are left out, those of the highest `Column.rank` first and of one rank the
    rightmost, never the first. whole: no column is left out, and lines are as long as they must be.
    """
    cells = [[_plain(cell) for cell in row] for row in table.rows]
    kept = list(range(len(table.columns)))
    widths = _fit(table, cells, kept, width)
    while widths is None and not whole and len(kept) > 1:
        ranks = [table.columns[j].rank for j in kept[1:]]
        del kept[1 + max(range(len(ranks)), key=lambda k: (ranks[k], k))]
        widths = _fit(table, cells, kept, width)
    widths = widths or [_narrowest(table, cells, j) for j in kept]
    head = _line([_pad(table.columns[j].name, w, table.columns[j].right) for j, w in zip(kept, widths, strict=True)])
    rule = "\u2500" * (sum(widths) + GAP * (len(widths) - 1))
    rows = tuple(_row(table, [row[j] for j in kept], kept, widths) for row in cells)
    left_out = tuple(column.name or f"column {j + 1}" for j, column in enumerate(table.columns) if j not in kept)
    return SetTable((head, rule), rows, left_out)


def wide(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _plain(cell: str) -> str:
    """A cell on one line."""
    return " ".join(cell.splitlines()) if not cell.isprintable() else cell


def _natural(table: Table, cells: list[list[str]], j: int) -> int:
    return max(wide(table.columns[j].name), *(wide(row[j]) for row in cells), 1)


def _narrowest(table: Table, cells: list[list[str]], j: int) -> int:
    """The least width of a column: numbers whole on one line, text not narrower than its words."""
    natural = _natural(table, cells, j)
    if table.columns[j].right:
        return natural
    least = wide(table.columns[j].name)
    for word in (word for row in cells for word in row[j].split(" ")):
        numeric = any(letter.isdigit() for letter in word)
        least = max(least, min(wide(word), LONGEST_NUMBER if numeric else LONGEST_WORD))
    return min(natural, least)


def _fit(table: Table, cells: list[list[str]], kept: Sequence[int], width: int) -> list[int] | None:
    """Widths of the columns that together fit, the widest text narrowed first and the first column last; or None."""
    widths = [_natural(table, cells, j) for j in kept]
    least = [_narrowest(table, cells, j) for j in kept]
    over = sum(widths) + GAP * (len(widths) - 1) - width
    if sum(widths) - sum(least) < over:
        return None
    for group in (range(1, len(kept)), range(1)):
        while over > 0 and (open_ := [k for k in group if widths[k] > least[k]]):
            k = max(open_, key=lambda k: widths[k])
            others = [widths[i] for i in open_ if i != k]
            # Down to the next widest at once: a cell may be very long.
            step = max(1, min(over, widths[k] - max([least[k], *others])))
            widths[k] -= step
            over -= step
    return widths


def _row(table: Table, row: list[str], kept: Sequence[int], widths: list[int]) -> tuple[str, ...]:
    parts = [_wrapped(cell, w) for cell, w in zip(row, widths, strict=True)]
    height = max(len(part) for part in parts)
    return tuple(
        _line(
            [
                _pad(part[line] if line < len(part) else "", w, table.columns[j].right)
                for part, w, j in zip(parts, widths, kept, strict=True)
            ]
        )
        for line in range(height)
    )


def _wrapped(cell: str, width: int) -> list[str]:
    """A cell in lines of at most `width`, broken at blanks; a longer word is broken where it must be."""
    if wide(cell) <= width:
        return [cell]
    lines = [""]
    for word in cell.split(" "):
        if lines[-1] and wide(lines[-1]) + 1 + wide(word) <= width:
            lines[-1] += f" {word}"
            continue
        pieces = _pieces(word, width)
        lines[-1:] = [*([lines[-1]] if lines[-1] else []), *pieces]
    return lines


def _pieces(word: str, width: int) -> list[str]:
    if wide(word) <= width:
        return [word]
    pieces: list[str] = []
    piece: list[str] = []
    room = width
    for letter in word:
        if wide(letter) > room and piece:
            pieces.append("".join(piece))
            piece, room = [], width
        piece.append(letter)
        room -= wide(letter)
    return [*pieces, "".join(piece)]


def _pad(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - wide(text))
    return blanks + text if right else text + blanks


def _line(cells: Sequence[str]) -> str:
    return (" " * GAP).join(cells).rstrip()
