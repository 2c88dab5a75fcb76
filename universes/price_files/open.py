"""The one door to price files: whatever form they have, a table in the names of this project comes out."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from ..counted import counted
from ..layouts.price_layout import BY_COLUMNS, PriceLayout
from ..layouts.recognise import recognise
from ..layouts.table import Recognised
from ..prices.cells import TICKER_NAMES
from ..prices.read import RawTable, read_prices
from ..sources.open import read_table
from ..sources.source import Needed
from ..sources.url import source_url
from .combine import Source, combine, read_pieces
from .folder import is_many, read_many
from .parquet import read_some


def open_prices(
    given: str | Path | pd.DataFrame | RawTable,
    asked: PriceLayout = BY_COLUMNS,
    known: Collection[str] = (),
    wanted: Collection[str] | None = None,
    *,
    typed: bool = False,
) -> Recognised:
    """The prices of a file, a folder, a glob, a workbook, a URL or a DataFrame as one table, and how it was read.

    known: tickers that files may be named after; wanted: those whose prices are read where the rest can be left
    unread, None = all; typed: see `read_prices`. Raises PriceDataError for what cannot be used.
    """
    if not isinstance(given, str | Path | RawTable):
        return recognise(read_prices(given), asked, known)
    if isinstance(given, RawTable) or source_url(given) is not None:
        needed = Needed(None if wanted is None else tuple(dict.fromkeys(wanted)))
        return recognise(read_table(given, needed), asked, known)
    if is_many(given):
        return read_many(given, asked, known, wanted)
    path = Path(given)
    if path.name.lower().endswith(".xlsx"):
        return _workbook(path, asked, known, wanted)
    if wanted is not None and path.name.lower().endswith((".parquet", ".pq")) and path.is_file():
        names = (asked.columns["ticker"].strip().lower(),) if "ticker" in asked.columns else TICKER_NAMES
        table = read_some(path, wanted, names)
        if table is not None:
            return recognise(table, asked, known)
    return recognise(read_prices(path, typed=typed and not asked.columns), asked, known)


def _workbook(path: Path, asked: PriceLayout, known: Collection[str], wanted: Collection[str] | None) -> Recognised:
    from .excel import read_sheets
    from .named import hint_of

    sheets = read_sheets(path)
    if len(sheets) == 1:
        return recognise(next(iter(sheets.values())), asked, known)
    sources = [
        Source(table.source, table.source, _Held(table), hint_of(title, known).ticker or title)
        for title, table in sheets.items()
    ]
    pieces = read_pieces(sources, asked, known, wanted)
    read = combine(path.name, pieces, (), [f"{counted(len(sheets), 'sheet')} read"])
    return Recognised(read.table, "a workbook", read.notes, read.beside)


class _Held:
    """A table that was read already; the cells of a workbook have types of their own."""

    def __init__(self, table: RawTable) -> None:
        self.table = table

    def __call__(self, *_: bool) -> RawTable:
        return self.table
