"""A table of finished text, the same for a terminal and for HTML."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Column:
    """A column's heading, and whether it is set flush right, as numbers are.

    rank: where a terminal is too narrow, columns of the highest rank are left out first.
    """

    name: str
    right: bool = True
    rank: int = 0


@dataclass(frozen=True)
class Table:
    """Rows of formatted text under columns; note: what a reader must know to read it.

    totals: how many of the last rows sum up the ones above them.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    totals: int = 0

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.title}: a row has {len(row)} cells for {len(self.columns)} columns")

    @property
    def width(self) -> int:
        """Characters of a line when columns stand two spaces apart."""
        lines = [tuple(column.name for column in self.columns), *self.rows]
        widest = [max(len(line[j]) for line in lines) for j in range(len(self.columns))]
        return sum(widest) + 2 * (len(widest) - 1)


def columns(*names: str, left: int = 1, keep: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """Columns of which the first `left` hold text and the others numbers; `keep`: those to leave out last."""
    return tuple(Column(name, right=j >= left, rank=-1 if name in keep else 0) for j, name in enumerate(names))


def filled(table: Table) -> Table:
    """The table without columns that are empty in every row; the first one stays."""
    kept = [j for j in range(len(table.columns)) if j == 0 or any(row[j] for row in table.rows)]
    if len(kept) == len(table.columns) or not table.rows:
        return table
    rows = tuple(tuple(row[j] for j in kept) for row in table.rows)
    return replace(table, columns=tuple(table.columns[j] for j in kept), rows=rows)
