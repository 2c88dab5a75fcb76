"""From what a user gives for prices, a path, a URL or a frame, to the table that is read from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from hedgebook.errors import PriceDataError

from ..prices.cells import to_days
from ..prices.read import RawTable
from .files import FileSource
from .source import ALL, Needed, Source
from .url import COMMON, SourceURL, source_url

Given = str | Path | pd.DataFrame


def _duckdb(url: SourceURL) -> Source:
    from .duckdb_file import DuckDBSource

    return DuckDBSource.of(url)


def _sqlite(url: SourceURL) -> Source:
    from .sqlite_file import SQLiteSource

    return SQLiteSource.of(url)


def _postgres(url: SourceURL) -> Source:
    from .postgres import PostgresSource

    return PostgresSource.of(url)


def _yfinance(url: SourceURL) -> Source:
    from .yfinance_web import YFinanceSource

    return YFinanceSource.of(url)


def _store(url: SourceURL) -> Source:
    from .store_prices import StoreSource

    return StoreSource.of(url)


def _sample(url: SourceURL) -> Source:
    from .sample_prices import SampleSource

    return SampleSource.of(url)


KINDS: dict[str, Callable[[SourceURL], Source]] = {
    "duckdb": _duckdb,
    "sqlite": _sqlite,
    "postgresql": _postgres,
    "yfinance": _yfinance,
    "store": _store,
    "sample": _sample,
}


def source_of(given: Given) -> Source:
    """The source that a path, a URL or a frame stands for. Raises PriceDataError for a URL that cannot be used."""
    url = source_url(given)
    return FileSource(given) if url is None else KINDS[url.scheme](url)


def label_of(given: str | Path) -> str:
    """What a user gave for prices as it may be shown: a path as it stands, a URL without its secrets."""
    url = source_url(given)
    return str(given) if url is None else KINDS[url.scheme](url).label


def read_table(given: Given | RawTable, needed: Needed = ALL) -> RawTable:
    """The table of a source, of the needed tickers and days where the source can tell them apart.

    A table that has been read comes back as it is. The days of a URL's own start and until are kept exactly.
    Raises PriceDataError.
    """
    if isinstance(given, RawTable):
        return given
    url = source_url(given)
    if url is None:
        return FileSource(given).read(needed)
    starts = [day for day in (needed.first, url.day("start")) if day is not None]
    ends = [day for day in (needed.last, url.day("until")) if day is not None]
    needed = replace(needed, first=max(starts, default=None), last=min(ends, default=None))
    found = KINDS[url.scheme](url).read(needed)
    span = "&".join(f"{name}={url.options[name]}" for name in COMMON if name in url.options)
    if span:
        source = found.source if ":" in found.source else f"{found.source}:"
        found = replace(found, source=f"{source}{'&' if '?' in source else '?'}{span}")
    if not len(found.places):
        raise PriceDataError("there is no row of prices in it", where=found.source)
    return within(found, needed)


def within(table: RawTable, needed: Needed) -> RawTable:
    """The rows of a table between two days; rows whose day cannot be told stay, for the reader to name them."""
    if needed.first is None and needed.last is None:
        return table
    from ..layouts.dates import local_days
    from ..prices.layout import DATE_NAMES

    at = next((i for i, name in enumerate(table.names) if name.strip().lower() in DATE_NAMES), None)
    if at is None:
        return table
    days, _, codes = to_days(local_days(table.columns[at]))
    day = days[codes]
    keep = np.ones(len(day), dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        if needed.first is not None:
            keep &= np.isnat(day) | (day >= np.datetime64(needed.first))
        if needed.last is not None:
            keep &= np.isnat(day) | (day <= np.datetime64(needed.last))
    rows = np.flatnonzero(keep)
    if not len(rows):
        raise PriceDataError("there is no row of prices on these days", where=table.source)
    columns = tuple(column.take(rows) for column in table.columns)
    return replace(table, columns=columns, places=np.arange(1, len(rows) + 1), sha256="")
