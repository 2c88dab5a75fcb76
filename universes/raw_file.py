"""What stands on disk under a user's path, read without being trusted: bytes, text, the rows of a CSV file."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from hedgebook.errors import InputError, PriceDataError, did_you_mean, shortened

from .counted import counted

if TYPE_CHECKING:
    import pandas as pd

UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# A count has at most so many digits: int() of thousands of them raises.
MOST_DIGITS = 18
# What spreadsheets write between columns where a comma is the decimal sign, and other programs where text has commas.
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
COUNT = re.compile(r"[0-9]+")
# The first line of a file that tells a spreadsheet what is between columns; saved anew it has quotes, or empty cells.
SEPARATOR_LINE = re.compile(r'\s*"?sep=.?"?[,;\t|]*\s*', re.IGNORECASE)


def read_bytes(path: Path, *, error: type[InputError], most_bytes: int | None = None) -> bytes:
    """The bytes of an ordinary file.

    Raises FileNotFoundError where there is none, for the caller to say what there is instead; `error` for a folder, a
    device, a pipe (which would be waited for without end), a name that cannot be one, and more than `most_bytes`.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise error("this is a folder, not a file", where=str(path), remedy="Name a file in it.")
        if not stat.S_ISREG(found.st_mode):
            raise error(
                "this is a device or a pipe, not a file", where=str(path), remedy="Write its content to a file first."
            )
        if most_bytes is not None and found.st_size > most_bytes:
            raise error("the file is too large", where=str(path), value=found.st_size, bound=f"{most_bytes:,} bytes")
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise error(
            f"the file cannot be read: {reason}", where=str(path), remedy="Check what it is and its permissions."
        ) from None
    except ValueError:  # a NUL in the name
        raise error("this cannot be the name of a file", where=repr(str(path))) from None


def read_or_name_near(
    path: Path, suffixes: str | tuple[str, ...], *, error: type[InputError], what: str, otherwise: str
) -> bytes:
    """The same, where a missing file raises `error`, saying `what` and which file of its folder may be meant.

    suffixes: how files that may be meant end; otherwise: the remedy where there is none of them.
    """
    try:
        return read_bytes(path, error=error)
    except FileNotFoundError:
        near = files_in(path.parent, suffixes)
        raise error(what, where=str(path), remedy=did_you_mean(path.name, near) if near else otherwise) from None


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; False also for what cannot be a name, where Path.is_dir raises."""
    return os.path.isdir(path)


def is_file(path: Path) -> bool:
    """Whether there is such a file; False also for what cannot be a name, where Path.is_file raises."""
    return os.path.isfile(path)


def files_in(folder: Path, suffixes: str | tuple[str, ...]) -> list[str]:
    """Names of the files in a folder that end so, in any case; none where the folder cannot be read."""
    try:
        return sorted(one.name for one in folder.iterdir() if one.name.lower().endswith(suffixes))
    except (OSError, ValueError):
        return []


def decode(data: bytes, *, source: str, error: type[InputError]) -> str:
    """UTF-8 text, with or without a byte order mark. Raises `error` for other encodings and what is no text."""
    if data.startswith(UTF_16_MARKS):
        raise error("the file is UTF-16", where=source, remedy="Save it as CSV in UTF-8.")
    if _is_unmarked_utf_16(data):
        what = "the file is UTF-16 without a byte order mark"
        raise error(what, where=source, remedy="Save it as CSV in UTF-8.")
    if b"\0" in data:
        raise error("this is not a text file", where=source, remedy="Save it as CSV in UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        what = f"byte {problem.start} is not UTF-8"
        raise error(what, where=source, remedy="Save the file as CSV in UTF-8.") from None


def _is_unmarked_utf_16(data: bytes) -> bool:
    """Whether every other byte of the beginning is zero, as in Latin letters of two bytes each."""
    begin = data[:200]
    halves = begin[::2], begin[1::2]
    return (
        len(begin) >= 8
        and len(begin) % 2 == 0
        and any(not any(one) and 0 not in other for one, other in (halves, halves[::-1]))
    )


def csv_rows(data: bytes, *, source: str, error: type[InputError], form: str) -> list[tuple[int, list[str]]]:
    """The rows of a CSV file with the lines that they end on, cells without outer blanks; blank rows are left out.

    Lines may end as on any system, old Macs included. form: how such a file should look, for messages. Raises `error`
    for what is no CSV, and where something else than commas separates the columns.
    """
    reader = csv.reader(io.StringIO(decode(data, source=source, error=error), newline=""), strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as problem:
        where = f"{source}, line {max(reader.line_num, 1)}"
        if "field larger" in str(problem):
            what = f"a cell has more than {csv.field_size_limit():,} characters"
            raise error(what, where=where, remedy="Close every quote that is opened.") from None
        if "end of data" in str(problem):
            raise error("a quote is opened and never closed", where=where, remedy=form) from None
        raise error(f"this is not valid CSV: {problem}", where=where, remedy=form) from None
    kept = [(line, cells) for line, cells in rows if any(cells)]
    if kept and says_separator(",".join(kept[0][1])):
        del kept[0]
    if kept and len(kept[0][1]) == 1:
        check_separator(kept[0][1][0], where=f"{source}, line {kept[0][0]}", error=error)
    return kept


def says_separator(line: str) -> bool:
    """Whether a line tells a spreadsheet what is between columns, as sep=; does, and is none of the table."""
    return SEPARATOR_LINE.fullmatch(line) is not None


def check_separator(header: str, *, where: str, error: type[InputError]) -> None:
    """Raise `error` where something else than commas separates the columns of a header."""
    mark = next((words for mark, words in SEPARATORS.items() if mark in header), None)
    if mark is not None and "," not in header:
        raise error(
            f"the columns are separated by {mark}, not by commas",
            where=where,
            value=shortened(header, 80),
            remedy="Save it with commas between columns and points in decimals.",
        )


def whole_number(text: str, most_digits: int = MOST_DIGITS) -> int | None:
    """The number that plain digits 0 to 9 mean, None for anything else, other scripts' digits and signs included."""
    text = text.strip()
    return int(text) if len(text) <= most_digits and COUNT.fullmatch(text) else None


def damaged(source: str, problem: Exception) -> PriceDataError:
    """The refusal of a file of prices that cannot be decoded."""
    reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    return PriceDataError(f"the file is damaged: {reason}", where=source, remedy="Export the prices again.")


def csv_frame(data: bytes, *, source: str, error: type[InputError], form: str) -> pd.DataFrame:
    """The cells as text without outer blanks, by column of the header, indexed by the lines that they stand on.

    form: how such a file should look, for messages. Raises `error` for what is no CSV, for an empty file, for a column
    that stands twice, and for a row with more or fewer cells than the header.
    """
    # Prices come in here too, whose commands must start without it.
    import pandas as pd

    rows = csv_rows(data, source=source, error=error, form=form)
    if not rows:
        raise error("the file is empty", where=source, remedy=form)
    (line, header), *rest = rows
    check_separator(",".join(header), where=f"{source}, line {line}", error=error)
    twice = [name for k, name in enumerate(header) if name and name in header[:k]]
    if twice:
        raise error("this column stands twice", where=f"{source}, line {line}", value=twice[0], remedy=form)
    for line, cells in rest:
        if len(cells) != len(header):
            what = f"the row has {counted(len(cells), 'cell')} where the header has {len(header)}"
            raise error(what, where=f"{source}, line {line}", remedy=form)
    return pd.DataFrame([cells for _, cells in rest], columns=header, index=[line for line, _ in rest], dtype=str)
