"""CSV files of prices, plain or packed."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import PriceDataError

from ..counted import counted
from ..prices.cells import MISSING
from ..prices.read import TICKER_NAMES, RawTable, damaged
from ..raw_file import check_separator, decode, says_separator

MOST_UNPACKED_BYTES = 4_000_000_000
MOST_BLOCK = 1_000_000_000
# Columns that hold numbers where they stand in a file with a row per date and ticker.
OF_NUMBERS = {"open", "high", "low", "close", "volume", "vol", "adjclose", "adjustedclose", "closeadj", "dividends"}


def table_of_csv(source: str, data: bytes, suffix: str, *, typed: bool) -> RawTable:
    """The columns of a CSV file by its bytes, as `read_prices` has them. Raises PriceDataError where it is damaged."""
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        plain = gzip.decompress(data) if suffix == ".csv.gz" else _unzipped(source, data) if suffix == ".zip" else data
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, struct.error, RuntimeError) as problem:
        raise damaged(source, problem) from None
    decode(plain, source=source, error=PriceDataError)
    if b"\r" in plain:
        # Arrow counts such lines as one, and old Macs end every line so.
        plain = plain.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    names, header_line = _csv_header(source, plain)
    numeric = _of_numbers(names) if typed else frozenset()
    columns = _csv_columns(source, plain, names, header_line, numeric)
    places = np.arange(len(columns[0]), dtype=np.int64) + header_line + 1
    if b'"' in plain:
        places += _lines_inside_cells(columns)
    blank = _blank_rows(columns)
    if blank.any():
        keep = np.flatnonzero(~blank)
        columns, places = [column.take(keep) for column in columns], places[keep]
    return RawTable(source, sha256, "line", tuple(names), tuple(columns), places)


def _unzipped(source: str, data: bytes) -> bytes:
    """The one file in a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        held = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
        if len(held) != 1:
            names = ", ".join(one.filename for one in held[:4])
            raise PriceDataError(
                f"there are {len(held)} files in it, and one is read", where=source, value=names or None,
                remedy="Unpack it, and give the folder.",
            )  # fmt: skip
        if held[0].file_size > MOST_UNPACKED_BYTES:
            bound = f"{MOST_UNPACKED_BYTES:,} bytes"
            raise PriceDataError("the file in it is too large", where=source, value=held[0].file_size, bound=bound)
        return archive.read(held[0])


def _of_numbers(names: list[str]) -> frozenset[int]:
    """Which columns of a CSV file should hold numbers, by their names: the fields, or every ticker of a wide file."""
    plain = ["".join(letter for letter in name.lower() if letter.isalnum()) for name in names]
    if len(set(plain)) != len(plain):
        return frozenset()
    fields = frozenset(i for i, name in enumerate(plain) if name in OF_NUMBERS)
    wide = not fields and not set(plain) & set(TICKER_NAMES) and plain[0] in ("date", "session", "datetime", "")
    return frozenset(range(1, len(names))) if wide else fields


def _csv_header(source: str, data: bytes) -> tuple[list[str], int]:
    """Column names and the number of the line that they stand on."""
    for number, line in enumerate(io.BytesIO(data), start=1):
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
        if not text.strip() or says_separator(text):
            continue
        check_separator(text, where=f"{source}, line {number}", error=PriceDataError)
        try:
            return [name.strip() for name in next(csv.reader([text], strict=True))], number
        except csv.Error as problem:
            raise PriceDataError(
                f"the header is not valid CSV: {problem}",
                where=f"{source}, line {number}",
                value=text,
                remedy="Close every quote, and give each column a short name.",
            ) from None
    raise PriceDataError("the file is empty", where=source, remedy="Export the prices again.")


def _csv_columns(
    source: str, data: bytes, names: list[str], header_line: int, numeric: frozenset[int] = frozenset()
) -> list[Any]:
    """Every column as text: cells are judged later, where the ticker and the kind of column are known.

    numeric: columns that are read as numbers, unless a cell of them holds something else.
    """
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    broken: list[tuple[int, int, str]] = []

    def note_broken(row: Any) -> str:
        broken.append((row.number, row.actual_columns, row.text))
        return "skip"

    # Names of our own, since those of the file may repeat; one thread, since only then lines are counted.
    keys = [str(i) for i in range(len(names))]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(
                column_names=keys, skip_rows=header_line, use_threads=False, block_size=min(len(data) + 1, MOST_BLOCK)
            ),
            parse_options=arrow_csv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=note_broken),
            convert_options=arrow_csv.ConvertOptions(
                column_types={k: pa.float64() if i in numeric else pa.string() for i, k in enumerate(keys)},
                strings_can_be_null=False,
                null_values=list(MISSING),
            ),
        )
    except pa.ArrowException as problem:
        if numeric:
            return _csv_columns(source, data, names, header_line)
        if "Empty CSV" in str(problem):
            return [pa.array([], pa.string()) for _ in keys]
        raise damaged(source, problem) from None
    if broken:
        number, found, text = broken[0]
        more = f" {counted(len(broken) - 1, 'more line is', 'more lines are')} like it." if len(broken) > 1 else ""
        raise PriceDataError(
            f"the line has {counted(found, 'cell')} where the header has {len(names)}",
            where=f"{source}, line {number}",
            value=text[:80],
            remedy=f"Give every line the cells of the header.{more}",
        )
    return [column.combine_chunks() for column in table.columns]


def _lines_inside_cells(columns: list[Any]) -> NDArray[np.int64]:
    """How many line ends lie inside quoted cells above each row: they move every later row down."""
    import pyarrow as pa
    import pyarrow.compute as pc

    inside = np.zeros(len(columns[0]), dtype=np.int64)
    for column in (one for one in columns if pa.types.is_string(one.type)):
        inside += pc.count_substring(column, "\n").to_numpy(zero_copy_only=False)
    return np.cumsum(inside) - inside


def _blank_rows(columns: list[Any]) -> NDArray[np.bool_]:
    """Lines without anything in them, which spreadsheets leave at the end of a file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    blank = np.ones(len(columns[0]), dtype=np.bool_)
    for column in columns:
        empty = pc.equal(column, "") if pa.types.is_string(column.type) else pc.is_null(column)
        blank &= empty.to_numpy(zero_copy_only=False).astype(np.bool_)
        if not blank.any():
            break
    return blank
