"""Several tables of prices, each of its own layout, as one long table that knows which file a row came from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import PriceDataError, together

from ..layouts.beside import Beside
from ..layouts.price_layout import PriceLayout
from ..layouts.recognise import recognise
from ..layouts.table import Recognised, same_ticker
from ..layouts.vendors import AS_GIVEN, SPLITS_ONLY, UNADJUSTED
from ..market import FIELDS, Field
from ..prices.align import Cells, collect, ticker_codes
from ..prices.cells import TICKER_NAMES
from ..prices.layout import find_layout
from ..prices.read import Part, RawTable
from ..prices.validate import refuse_bad_cells

SHOWN = 6


@dataclass(frozen=True)
class Source:
    """One table to be read: what it is called in messages, the name that may tell its ticker, and how it is read.

    read: takes whether columns may be typed (see `read_prices`). ticker: where something else than a name tells it.
    """

    shown: str
    name: str
    read: Callable[[bool], RawTable]
    ticker: str | None = None


@dataclass(frozen=True, eq=False)
class Piece:
    """What one table gave: tickers that it has, cells of those that are wanted, and how it was read."""

    source: Source
    sha256: str
    unit: str
    layout: str
    notes: tuple[str, ...]
    unread: tuple[str, ...]
    every: tuple[str, ...]
    cells: Cells | None
    rows: int
    beside: tuple[Beside, ...] = ()


def read_pieces(
    sources: Sequence[Source], asked: PriceLayout, known: Collection[str], wanted: Collection[str] | None
) -> list[Piece]:
    """All tables, read one after the other. Raises PriceDataError that lists everything that is wrong with any."""
    pieces: list[Piece] = []
    problems: list[PriceDataError] = []
    for source in sources:
        try:
            try:
                pieces.append(_piece(source, asked, known, wanted, typed=True))
            except PriceDataError:
                # Once more as text, so that the message shows a cell as it stands in the file.
                pieces.append(_piece(source, asked, known, wanted, typed=False))
        except PriceDataError as problem:
            problems.append(_at(problem, source))
    if problems:
        raise together(problems)
    return pieces


def _at(problem: PriceDataError, source: Source) -> PriceDataError:
    """A problem of a file in a sub-folder, or of a sheet, with the whole of its name."""
    where = problem.where or ""
    if where.startswith(source.shown):
        return problem
    rest = where.removeprefix(source.name) if where.startswith(source.name) else f", {where}" if where else ""
    where = f"{source.shown}{rest}"
    return type(problem)(
        problem.what, where=where, value=problem.value, bound=problem.bound, remedy=problem.remedy, also=problem.also
    )


def _piece(
    source: Source, asked: PriceLayout, known: Collection[str], wanted: Collection[str] | None, *, typed: bool
) -> Piece:
    told = asked if source.ticker is None else replace(asked, ticker=source.ticker)
    read = recognise(source.read(typed), told, known)
    table = _with_ticker(read.table, source.ticker)
    layout = find_layout(table)
    found = ticker_codes(table, layout)
    kept = [name for name in found.names if wanted is None or name in wanted]
    cells = None
    if kept:
        cells = collect(table, layout, kept, found)
        refuse_bad_cells(cells)
    return Piece(
        source, table.sha256, table.unit, read.layout, read.notes, layout.unread, found.names, cells, table.rows,
        read.beside,
    )  # fmt: skip


def _with_ticker(table: RawTable, ticker: str | None) -> RawTable:
    """A table of a folder that says whose prices it holds, with the ticker in a column where it has none."""
    if ticker is None or any(name.strip().lower() in TICKER_NAMES for name in table.names):
        return table
    if not any(name.strip().lower() == "close" for name in table.names):
        return table
    column = same_ticker(ticker, len(table.places))
    return replace(table, names=(*table.names, "ticker"), columns=(*table.columns, column))


def combine(shown: str, pieces: Sequence[Piece], others: Sequence[str], notes: Sequence[str]) -> Recognised:
    """One long table of all pieces; others: tickers of what was not opened. Raises PriceDataError for a day of a ticker
    that stands in two of them."""
    import pyarrow as pa

    used = [piece for piece in pieces if piece.cells is not None]
    tickers = tuple(dict.fromkeys(t for piece in used if piece.cells for t in piece.cells.tickers))
    parts, first, columns = [], 0, _Columns(tickers)
    for piece in used:
        assert piece.cells is not None
        parts.append(Part(piece.source.shown, first, "line" if piece.unit == "line" else "row"))
        first += columns.add(piece.cells)
    days, codes = columns.joined(columns.days), columns.joined(columns.codes)
    _refuse_twice(tickers, days, codes, parts)
    names = pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(tickers, pa.string()))
    there = [name for name in FIELDS if any(name in piece.cells.fields for piece in used if piece.cells)]
    fields = [pa.array(columns.joined(columns.fields[name]), from_pandas=True) for name in there]
    every = tuple(dict.fromkeys([*(t for piece in pieces for t in piece.every), *others]))
    digest = hashlib.sha256("".join(f"{p.source.shown}\0{p.sha256}\0" for p in pieces).encode()).hexdigest()
    table = RawTable(
        shown, digest, "row", ("date", "ticker", *there), (pa.array(days), names, *fields),
        columns.joined(columns.places), every, sum(piece.rows for piece in pieces), tuple(parts),
    )  # fmt: skip
    both = tuple(one for piece in pieces for one in piece.beside)
    return Recognised(table, "several files", (*_how(pieces), *notes), both)


class _Columns:
    """Columns of the long table while they are put together."""

    def __init__(self, tickers: tuple[str, ...]) -> None:
        self.at = {ticker: k for k, ticker in enumerate(tickers)}
        self.days: list[NDArray[Any]] = []
        self.codes: list[NDArray[Any]] = []
        self.places: list[NDArray[Any]] = []
        self.fields: dict[Field, list[NDArray[Any]]] = {name: [] for name in FIELDS}

    def add(self, cells: Cells) -> int:
        """Append the cells that hold a number; how many they are."""
        filled = np.zeros(len(cells.rows), dtype=np.bool_)
        for values in cells.fields.values():
            filled |= np.isfinite(values)
        self.days.append(cells.unique_days[cells.day[filled]])
        self.codes.append(np.array([self.at[ticker] for ticker in cells.tickers])[cells.column[filled]])
        self.places.append(cells.table.places[cells.rows[filled]])
        nothing = np.full(int(filled.sum()), np.nan)
        for name in FIELDS:
            self.fields[name].append(cells.fields[name][filled] if name in cells.fields else nothing)
        return len(nothing)

    def joined(self, pieces: list[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype="datetime64[D]")


def _refuse_twice(
    tickers: tuple[str, ...], days: NDArray[np.datetime64], codes: NDArray[np.int64], parts: Sequence[Part]
) -> None:
    """Refuse two files that hold the same day of a ticker: which of them is meant is not guessed."""
    order = np.lexsort((days, codes))
    again = np.flatnonzero((np.diff(codes[order]) == 0) & (np.diff(days[order].astype(np.int64)) == 0))
    starts = np.array([part.first for part in parts])
    pairs: dict[tuple[int, int, int], list[int]] = {}
    for k in again.tolist():
        a, b = sorted((int(order[k]), int(order[k + 1])))
        files = [int(np.searchsorted(starts, row, side="right")) - 1 for row in (a, b)]
        if files[0] != files[1]:
            pairs.setdefault((int(codes[a]), files[0], files[1]), []).append(a)
    problems = [
        PriceDataError(
            f"{tickers[code]} stands in two files for {len(rows)} {'day' if len(rows) == 1 else 'days'}",
            where=f"{parts[one].source} and {parts[two].source}", value=str(days[rows[0]]),
            remedy="Leave one of them out: remove it, or name the files that are meant, as in 'folder/*.csv'.",
        )
        for (code, one, two), rows in list(pairs.items())[:SHOWN]
    ]  # fmt: skip
    if problems:
        raise together(problems)


def _how(pieces: Sequence[Piece]) -> list[str]:
    """As what the files were read, those that were read alike together, and whether all are adjusted alike."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for piece in pieces:
        if piece.layout not in ("long", "wide"):
            alike.setdefault((piece.layout, piece.notes), []).append(piece.source.shown)
    said = [f"{some(shown, 'file')} read as {layout}: {'; '.join(notes)}" for (layout, notes), shown in alike.items()]
    kinds = {kind: [p.source.shown for p in pieces if kind in p.notes] for kind in (AS_GIVEN, SPLITS_ONLY, UNADJUSTED)}
    kinds["adjusted"] = [p.source.shown for p in pieces if p.notes and not set(p.notes) & set(kinds)]
    there = {kind: shown for kind, shown in kinds.items() if shown}
    if len(there) > 1 and {SPLITS_ONLY, UNADJUSTED} & there.keys():
        listed = "; ".join(some(shown, "file") for shown in there.values())
        said.append(f"the files are not adjusted alike, so their returns do not compare: {listed}")
    unread = tuple(dict.fromkeys(name for piece in pieces for name in piece.unread))
    return [*said, *([f"columns not read: {', '.join(unread[:SHOWN])}"] if unread else [])]


def some(names: Sequence[str], noun: str) -> str:
    """Names in a sentence: the first, and how many more there are."""
    if len(names) <= 2:
        return " and ".join(names)
    return f"{names[0]} and {len(names) - 1} more {noun}s"
