"""Any table of data as a sheet: real numbers and days, with a format that follows from what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .book import Book, Kind
from .grid import Column, Grid

USD_NAMES = ("usd", "pnl", "cost", "costs", "amount", "value", "nav", "capital", "cash")
FRACTION_NAMES = (
    *("return", "drawdown", "depth", "weight", "frac", "share", "volatility", "cagr", "gross", "net", "turnover"),
    *("rate", "gap", "contribution"),
)
MOST_COLUMNS = 16_000


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with its index as columns where that says anything, and one heading a column, no two alike."""
    named = not isinstance(frame.index, pd.RangeIndex)
    table = frame.reset_index(names=_index_names(frame)) if named else frame.reset_index(drop=True)
    table = table.copy()
    taken: set[str] = set()
    heads = []
    for name in table.columns:
        text = " ".join(str(part) for part in name if str(part)) if isinstance(name, tuple) else str(name)
        text, count = text or "value", 1
        head = text
        while head.lower() in taken:
            count += 1
            head = f"{text} ({count})"
        taken.add(head.lower())
        heads.append(head)
    table.columns = pd.Index(heads)
    return table


def _index_names(frame: pd.DataFrame) -> list[str]:
    names = [str(name) if name is not None else "name" for name in frame.index.names]
    return [name if name not in frame.columns else f"{name} of row" for name in names]


def kind_of(name: str, values: pd.Series[Any]) -> Kind:
    """How a column is shown, by its name and what it holds."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return Kind.DAY
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return Kind.TEXT
    words = name.lower().replace("-", "_").replace(" ", "_").split("_")
    if any(word in FRACTION_NAMES for word in words):
        return Kind.FRACTION
    if any(word in USD_NAMES for word in words):
        return Kind.USD
    if pd.api.types.is_integer_dtype(values):
        return Kind.COUNT
    sizes = np.abs(values.to_numpy(dtype=np.float64, na_value=np.nan))
    known = sizes[np.isfinite(sizes)]
    if not len(known) or (known == np.round(known)).all():
        return Kind.COUNT
    return Kind.PRICE if known.max() < 1000 else Kind.USD


def frame_sheet(
    book: Book, name: str, frame: pd.DataFrame, *, title: str = "", note: str = "", totals: Sequence[str] = (),
    kinds: dict[str, Kind] | None = None, table: bool = True,
) -> Grid:  # fmt: skip
    """Write a table as a sheet of its own; totals: headings of columns that a sum stands above."""
    shown = flat(frame).iloc[:, :MOST_COLUMNS]
    given = kinds or {}
    grid = Grid(book, name, list(shown.columns), len(shown))
    columns = [
        Column(head, given.get(head, kind_of(head, shown[head])), shown[head], total=head in totals)
        for head in shown.columns
    ]
    if any(column.kind is Kind.FRACTION or column.kind is Kind.RATIO for column in columns):
        note = f"{note} Shares and returns are fractions, shown in percent.".strip()
    grid.write(title or name, note, columns, table=book.table_name(name) if table else "")
    return grid
