"""Reading a price file, or a DataFrame, into columns that remember the place of each row."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import PriceDataError

from ..raw_file import read_or_name_near

FRAME = "<DataFrame>"
SUFFIXES = (".csv", ".csv.gz", ".zip", ".txt", ".parquet", ".pq", ".xlsx")
CSV_SUFFIXES = (".csv", ".csv.gz", ".zip", ".txt")
UNNAMED_INDEX = "__index_level_0__"
# Between the two names of a column of a frame that has two, as those of yfinance: field and ticker.
LEVELS = "\x1f"
TICKER_NAMES = ("ticker", "symbol")


class Part(NamedTuple):
    """One file of a table that was put together: its name, its first row in the table, and what its rows are called."""

    source: str
    first: int
    unit: Literal["line", "row"]


@dataclass(frozen=True, eq=False)
class RawTable:
    """Columns of a price file as Arrow arrays, before anything is known about their meaning.

    names and columns run in parallel; places: (R,) what a person calls each row: its line in a CSV file
    (the header is line 1), or its number counted from 1 in a Parquet file or a DataFrame.
    sha256 is that of the file's bytes; it is empty for a DataFrame, whose content `frame_sha256` hashes.
    every: all tickers of a source of which only the rows of some were read, in its order; in_file: its number of rows.
    parts: of a table that was put together the files, in the order of their rows. simulated, note: whether no such
    prices were ever quoted, and what is to be known of that.
    """

    source: str
    sha256: str
    unit: Literal["line", "row"]
    names: tuple[str, ...]
    columns: tuple[Any, ...]
    places: NDArray[np.int64]
    every: tuple[str, ...] | None = None
    in_file: int | None = None
    parts: tuple[Part, ...] = ()
    simulated: bool = False
    note: str = ""

    @property
    def rows(self) -> int:
        """How many rows the source has, those that were not read among them."""
        return len(self.places) if self.in_file is None else self.in_file

    def place(self, row: int) -> str:
        """How a person finds a row: "line 17" of a CSV file, "row 16 (counted from 1)" elsewhere."""
        number = int(self.places[row])
        for part in reversed(self.parts):
            if row >= part.first:
                return f"{part.source}, {'line' if part.unit == 'line' else 'row'} {number}"
        return f"line {number}" if self.unit == "line" else f"row {number} (counted from 1)"


def read_prices(given: str | Path | pd.DataFrame, *, typed: bool = False, row: str = "date and ticker") -> RawTable:
    """The columns of a price file or DataFrame; row: what it has one row of, for messages.

    typed: whether columns of a CSV file that should hold numbers are read as such, which is faster; where one does not
    all of them are text, as without it, so that a message can show a cell as it stands.
    Raises PriceDataError for a file that is missing, empty, damaged or of an unknown type.
    """
    if isinstance(given, pd.DataFrame):
        table = _from_frame(given)
    elif not isinstance(given, (str, Path)):
        raise PriceDataError(
            "prices are given as the path of a file or as a DataFrame",
            where="prices",
            value=type(given).__name__,
            remedy=f"Name a file that ends in {', '.join(SUFFIXES)}.",
        )
    else:
        path = Path(given)
        suffix = _suffix(path)
        data = _bytes(path)
        if suffix in CSV_SUFFIXES:
            from ..price_files.csv_file import table_of_csv

            table = table_of_csv(path.name, data, suffix, typed=typed)
        elif suffix == ".xlsx":
            raise PriceDataError("this is a workbook", where=path.name, remedy="Save the sheet as CSV.")
        else:
            table = _from_parquet(path.name, data)
    if not len(table.places):
        of = " of prices" if row == "date and ticker" else ""
        raise PriceDataError(f"there is no row{of} in it", where=table.source, remedy=f"Give one row per {row}.")
    return table


def is_csv(given: object) -> bool:
    """Whether what was given is the path of a CSV file."""
    return isinstance(given, str | Path) and str(given).lower().endswith(CSV_SUFFIXES)


def table_of_columns(source: str, names: Sequence[str], columns: Sequence[Any]) -> RawTable:
    """A table of Arrow arrays of any kinds, as they come from a database; `frame_sha256` hashes its content."""
    whole = [column.combine_chunks() if hasattr(column, "chunks") else column for column in columns]
    plain = tuple(simple_column(column) for column in whole)
    return RawTable(source, "", "row", tuple(names), plain, np.arange(1, (len(plain[0]) if plain else 0) + 1))


def arrow_of_values(values: Sequence[Any]) -> Any:
    """The values of a database's column as Arrow; decimal numbers become the nearest float64."""
    plain = [float(value) if isinstance(value, Decimal) else value for value in values]
    return arrow_of(pd.Series(plain, dtype=object))


def frame_sha256(names: list[str], columns: list[Any]) -> str:
    """The hash of the columns that were read from a DataFrame: names, types and values in order."""
    digest = hashlib.sha256()
    for name, column in zip(names, columns, strict=True):
        digest.update(f"{name}\0{column.type}\0".encode())
        cells = pd.util.hash_pandas_object(pd.Series(column.to_pandas()), index=False)
        digest.update(cells.to_numpy().tobytes())
    return digest.hexdigest()


def _suffix(path: Path) -> str:
    name = path.name.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.endswith(suffix):
            return suffix
    if not os.path.exists(path):
        _bytes(path)
    raise PriceDataError(
        "this type of file is not known",
        where=path.name or str(path),
        value=path.suffix,
        bound=", ".join(SUFFIXES),
        remedy="Save the prices in one of these formats, or pass a DataFrame.",
    )


def _bytes(path: Path) -> bytes:
    none = f"The folder {path.parent} has no price file."
    data = read_or_name_near(path, SUFFIXES, error=PriceDataError, what="there is no such file", otherwise=none)
    if not data:
        raise PriceDataError("the file is empty", where=path.name, remedy="Export the prices again.")
    return data


def damaged(source: str, problem: Exception) -> PriceDataError:
    reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    return PriceDataError(f"the file is damaged: {reason}", where=source, remedy="Export the prices again.")


def _from_parquet(source: str, data: bytes) -> RawTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # ParquetFile, not read_table: it keeps columns whose names repeat or contain a dot (BRK.B).
        held = pa.BufferReader(data)
        repeated = _repeated_text(pq.ParquetFile(held).schema_arrow)
        table = pq.ParquetFile(held, read_dictionary=repeated).read()
        columns = tuple(simple_column(column.combine_chunks()) for column in table.columns)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as problem:
        raise damaged(source, problem) from None
    return RawTable(
        source=source,
        sha256=hashlib.sha256(data).hexdigest(),
        unit="row",
        names=tuple(str(name) for name in table.column_names),
        columns=columns,
        places=np.arange(1, table.num_rows + 1),
    )


def _repeated_text(schema: Any) -> list[str]:
    """Columns of tickers as text: of millions of rows each name is read once, and a number for every row."""
    import pyarrow as pa

    text = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    return [name for name in text if name.strip().lower() in TICKER_NAMES]


def _from_frame(frame: pd.DataFrame) -> RawTable:
    if frame.columns.nlevels > 2:
        raise PriceDataError(
            "the columns of the frame have more than two levels",
            where=FRAME,
            value=str(frame.columns[0]) if len(frame.columns) else None,
            remedy="Give tickers (closes), or date, ticker and the fields, or field and ticker as yfinance does.",
        )
    names = [LEVELS.join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.columns]
    series = [frame.iloc[:, i] for i in range(frame.shape[1])]
    for level in range(frame.index.nlevels):
        values = frame.index.get_level_values(level)
        if values.name is not None:
            name = str(values.name)
        elif not pd.api.types.is_numeric_dtype(values.dtype):
            name = UNNAMED_INDEX
        else:
            continue
        names.insert(level, name)
        series.insert(level, values.to_series())
    columns = tuple(arrow_of(column) for column in series)
    return RawTable(FRAME, "", "row", tuple(names), columns, np.arange(1, len(frame) + 1))


def arrow_of(series: pd.Series[Any]) -> Any:
    """A column as Arrow; one that mixes types becomes text, whose cells are judged one by one later."""
    import pyarrow as pa

    try:
        column = pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError):
        missing = [value is None or value is pd.NA or value is pd.NaT or value != value for value in series]
        words = [None if gone else str(value) for value, gone in zip(series, missing, strict=True)]
        column = pa.array(words, pa.string())
    return simple_column(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)


def simple_column(column: Any) -> Any:
    """A column of numbers, days or text as the rest reads it: views, bytes and runs become what they stand for.

    Lists, records, periods and the like become text, which is judged cell by cell.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_run_end_encoded(kind):
        return simple_column(pc.run_end_decode(column))
    if pa.types.is_dictionary(kind):
        plain = pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
        return column if plain else simple_column(column.dictionary_decode())
    if pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return column.cast(pa.string())
    if pa.types.is_fixed_size_binary(kind):
        return simple_column(column.cast(pa.binary()))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return column.cast(pa.string())  # raises where the bytes are not UTF-8
    if pa.types.is_float16(kind):
        return column.cast(pa.float64())
    if not pa.types.is_nested(kind) and not isinstance(kind, pa.BaseExtensionType):
        return column
    return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
