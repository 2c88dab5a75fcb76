"""A folder, or a glob, of price files: one file a ticker, a partitioned set, or parts of a long table."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from hedgebook.errors import PriceDataError

from ..counted import counted
from ..layouts.price_layout import PriceLayout
from ..layouts.table import Recognised
from ..prices.cells import TICKER_NAMES
from ..prices.read import CSV_SUFFIXES, SUFFIXES, RawTable, read_prices
from ..raw_file import is_folder
from .combine import Source, combine, read_pieces, some
from .named import Hint, hint_of, partition_of
from .parquet import read_some

HIDDEN = (".", "_", "~$")
MOST_FILES = 200_000


class Listed(NamedTuple):
    """A file that may hold prices: its path, its name below the folder, and whose prices it seems to hold."""

    path: Path
    shown: str
    hint: Hint
    partition: bool


def is_many(given: object) -> bool:
    """Whether a path is a folder, or a pattern of several files."""
    if not isinstance(given, str | Path):
        return False
    return is_folder(Path(given)) or (not os.path.lexists(given) and any(c in str(given) for c in "*?["))


def read_many(
    given: str | Path, asked: PriceLayout, known: Collection[str], wanted: Collection[str] | None
) -> Recognised:
    """The prices of a folder or glob as one long table.

    wanted: the tickers whose files are opened, None = all; a file that names none of its own is always opened. Raises
    PriceDataError with all problems of all files.
    """
    files, foreign = _files(given)
    shown = f"{Path(given).name or given}/" if is_folder(Path(given)) else str(given)
    if not files:
        what = "there is no price file in it" if is_folder(Path(given)) else "no price file has such a name"
        raise PriceDataError(
            what, where=str(given), value=some(foreign, "file") or None, bound=", ".join(SUFFIXES),
            remedy="Name a folder with one file a ticker, as in META.csv.",
        )  # fmt: skip
    root = Path(given) if is_folder(Path(given)) else None
    listed = [_listed(path, root, known) for path in files]
    opened, others = _opened(listed, wanted)
    if not opened:
        raise PriceDataError(
            "no file in it is one of a ticker that is wanted", where=shown, value=some([one.shown for one in listed],
            "file"), bound=some(list(wanted or ()), "ticker"), remedy="Name files after their tickers, as in META.csv.",
        )  # fmt: skip
    pieces = read_pieces([_source(one, wanted) for one in opened], asked, known, wanted)
    notes = [f"{counted(len(opened), 'file')} read"]
    if others:
        notes.append(f"{counted(len(others), 'file')} of other tickers not opened: {some(others, 'ticker')}")
    if foreign:
        notes.append(f"no price files, and left out: {some(foreign, 'file')}")
    read = combine(shown, pieces, others, notes)
    if not len(read.table.places):
        raise PriceDataError("there is no price of these tickers in it", where=shown, value=some(others, "ticker"))
    return Recognised(read.table, "a folder" if root else "several files", read.notes, read.beside)


def _files(given: str | Path) -> tuple[list[Path], list[str]]:
    """Price files in the order of their names, and the names of others; hidden ones are neither."""
    found: list[Path] = []
    foreign: list[str] = []
    for path in _walk(Path(given)) if is_folder(Path(given)) else _matching(str(given)):
        if path.name.startswith(HIDDEN):
            continue
        if path.name.lower().endswith(SUFFIXES):
            found.append(path)
        else:
            foreign.append(path.name)
        if len(found) + len(foreign) > MOST_FILES:
            raise PriceDataError("there are too many files in it", where=str(given), bound=f"{MOST_FILES:,} files")
    return found, foreign


def _walk(root: Path) -> Iterator[Path]:
    def refused(problem: OSError) -> None:
        where = str(problem.filename or root)
        raise PriceDataError(f"the folder cannot be read: {problem.strerror}", where=where)

    for folder, inner, names in os.walk(root, onerror=refused):
        inner[:] = sorted(name for name in inner if not name.startswith(HIDDEN))
        yield from (Path(folder) / name for name in sorted(names))


def _matching(pattern: str) -> Iterator[Path]:
    try:
        yield from (Path(name) for name in sorted(glob.glob(pattern, recursive=True)) if os.path.isfile(name))
    except (OSError, ValueError) as problem:
        raise PriceDataError(f"this is no pattern of names: {problem}", where=repr(pattern)) from None


def _listed(path: Path, root: Path | None, known: Collection[str]) -> Listed:
    relative = path.relative_to(root) if root else Path(path.name)
    ticker = partition_of(relative if root else path)
    if ticker is not None:
        return Listed(path, relative.as_posix() if root else str(path), Hint(ticker, ticker in known), True)
    return Listed(path, relative.as_posix(), hint_of(path.name, known), False)


def _opened(listed: Sequence[Listed], wanted: Collection[str] | None) -> tuple[list[Listed], list[str]]:
    """The files to open, and tickers of the others.

    Names tell only where some of them are known tickers: files such as 2025.csv and ALL.csv may hold many each.
    """
    named = {one.hint.small for one in listed if one.hint.known and not one.partition}
    opened, others = [], []
    for one in listed:
        ticker = one.hint.ticker
        tells = ticker is not None and (one.partition or one.hint.small in named)
        if wanted is not None and tells and ticker is not None and ticker not in wanted:
            others.append(ticker)
        elif one.path.name.lower().endswith(".txt") and not tells and named:
            continue
        else:
            opened.append(one)
    return opened, list(dict.fromkeys(others))


def _source(one: Listed, wanted: Collection[str] | None) -> Source:
    ticker = one.hint.ticker
    return Source(one.shown, one.path.name, partial(read_one, one.path, wanted), ticker)


def read_one(path: Path, wanted: Collection[str] | None, typed: bool) -> RawTable:
    """The table of one file, of a large Parquet file the rows of `wanted` tickers alone."""
    if wanted is not None and path.name.lower().endswith((".parquet", ".pq")) and path.is_file():
        table = read_some(path, wanted, TICKER_NAMES)
        if table is not None:
            return table
    if path.name.lower().endswith(".xlsx"):
        from .excel import read_sheets

        sheets = read_sheets(path)
        if len(sheets) != 1:
            raise PriceDataError("a workbook in a folder has one sheet", where=path.name, value=", ".join(sheets))
        return next(iter(sheets.values()))
    return read_prices(path, typed=typed and path.name.lower().endswith(CSV_SUFFIXES))
