"""Building the long table that every layout becomes: date, ticker and the fields, each row with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..market import FIELDS
from ..prices.read import RawTable
from .beside import Beside

LONG_NAMES = ("date", "ticker", *FIELDS)


@dataclass(frozen=True, eq=False)
class Recognised:
    """A table in the names of this project; layout: what it was; notes: what was decided in reading it; beside:
    quoted and adjusted closes where it had both."""

    table: RawTable
    layout: str
    notes: tuple[str, ...] = ()
    beside: tuple[Beside, ...] = ()


def squeezed(name: str) -> str:
    """The letters and digits of a column's name in small letters, by which vendors' spellings are compared."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def named(table: RawTable) -> dict[str, int]:
    """Position of each column by its squeezed name; of names that repeat the first."""
    places: dict[str, int] = {}
    for i, name in enumerate(table.names):
        places.setdefault(squeezed(name), i)
    return places


def long_table(
    table: RawTable, date: Any, ticker: Any, fields: Mapping[str, Any], places: NDArray[np.int64] | None = None
) -> RawTable:
    """A table of the same file with the columns of this project, in their order."""
    columns: dict[str, Any] = {"date": date, "ticker": ticker, **fields}
    names = [name for name in LONG_NAMES if name in columns]
    return replace(
        table,
        names=tuple(names),
        columns=tuple(columns[name] for name in names),
        places=table.places if places is None else places,
    )


def same_ticker(ticker: str, rows: int) -> Any:
    """A column that holds one ticker in every row."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([ticker], pa.string()))


def stacked(table: RawTable, date: Any, groups: Sequence[tuple[str, Mapping[str, Any]]]) -> RawTable:
    """A long table of several tickers' columns beside each other; rows in which a ticker has no cell are left out.

    groups: ticker and its columns by field; all tickers have the fields that any of them has.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = [name for name in FIELDS if any(name in columns for _, columns in groups)]
    rows, parts = len(date), []
    for ticker, columns in groups:
        filled = np.zeros(rows, dtype=np.bool_)
        for column in columns.values():
            there = column.is_valid()
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                there = pc.and_(there, pc.not_equal(pc.utf8_trim_whitespace(column), ""))
            filled |= pc.fill_null(there, False).to_numpy(zero_copy_only=False).astype(np.bool_)
        parts.append((ticker, columns, np.flatnonzero(filled)))
    codes = np.concatenate([np.full(len(keep), k, dtype=np.int32) for k, (_, _, keep) in enumerate(parts)])
    names = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array([name for name, _, _ in parts], pa.string()))
    whole: dict[str, Any] = {}
    for field in wanted:
        kind = next(columns[field].type for _, columns, _ in parts if field in columns)
        pieces = [
            columns[field].take(keep) if field in columns else pa.nulls(len(keep), kind) for _, columns, keep in parts
        ]
        whole[field] = pa.concat_arrays([piece.cast(kind) for piece in pieces])
    days = pa.concat_arrays([date.take(keep) for _, _, keep in parts])
    places = np.concatenate([table.places[keep] for _, _, keep in parts])
    return long_table(table, days, names, whole, places)
