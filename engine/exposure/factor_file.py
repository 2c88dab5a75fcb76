"""Factor returns and loadings of a vendor's model from files: dates by factors, and dates by tickers by factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import DAYS, LIST_OF_NAMES, PATH, maybe, one_of, takes
from hedgebook.universes.counted import counted
from hedgebook.universes.raw_file import csv_rows, read_or_name_near

from ..arrays import Floats
from .factor_sets import FactorSet

Unit = Literal["fraction", "percent"]
RATE = "rf"
TICKERS = ("ticker", "symbol")
NOTHING = ("", "NaN", "nan", "NA", "N/A")
# Daily returns of factors deviate by about 0.002 to 0.03 as fractions, and by a hundred times that in percent.
MOST_FRACTION, LEAST_PERCENT, ENOUGH = 0.06, 0.15, 20
SUFFIXES = (".csv", ".parquet", ".pq")
FORM = "Write date and a column for each factor; of loadings date, ticker and a column for each factor."


@brief
@dataclass(frozen=True, eq=False)
class Loadings:
    """Exposures of tickers to factors as a vendor states them, each from its date on.

    names: of the K factors; tickers: N; days: (D,) ascending; values: (D, N, K), NaN where a date says nothing of a
    ticker, whose last loadings hold on; source: of the file.
    """

    names: tuple[str, ...]
    tickers: tuple[str, ...]
    days: NDArray[np.datetime64]
    values: Floats
    source: str

    @takes(sessions=DAYS, tickers=LIST_OF_NAMES)
    def known(self, sessions: NDArray[np.datetime64], tickers: Sequence[str]) -> Floats:
        """(T, N, K): loadings known at the close of each session, the latest of its date or before; NaN without any.

        What a date states is used from the session after it. sessions: ascending; tickers: in the order wanted. Raises
        ParameterError for what is no array of days and no list of names.
        """
        at = np.searchsorted(self.days, np.asarray(sessions, dtype="datetime64[D]"), side="right") - 1
        out = np.full((len(at), len(tickers), len(self.names)), np.nan)
        place = {ticker: k for k, ticker in enumerate(self.tickers)}
        there = at >= 0
        for k, ticker in enumerate(tickers):
            if ticker in place:
                own = self.values[:, place[ticker]]
                stated = np.where(np.isfinite(own).all(axis=1), np.arange(len(own)), -1)
                latest = np.maximum.accumulate(stated)[at[there]]
                out[there, k] = np.where((latest >= 0)[:, None], own[latest], np.nan)
        return out

    def pick(self, names: Sequence[str]) -> Loadings:
        """The same of some factors (`names`). Raises ParameterError for one that has no loadings."""
        for name in names:
            if name not in self.names:
                raise ParameterError(f"factor {name} has no loadings", where=self.source, bound=", ".join(self.names))
        return replace(self, names=tuple(names), values=self.values[:, :, [self.names.index(n) for n in names]])


@brief
@dataclass(frozen=True, eq=False)
class FactorModel:
    """Returns of a vendor's factors, and the loadings of tickers where the vendor states them."""

    factors: FactorSet
    loadings: Loadings | None = None

    def __post_init__(self) -> None:
        if self.loadings is not None:
            object.__setattr__(self, "loadings", self.loadings.pick(self.factors.names))


@takes(path=PATH, unit=maybe(one_of("fraction", "percent")))
def load_factors(path: str | Path, *, unit: Unit | None = None) -> FactorSet:
    """Factor returns of a CSV or Parquet file: `date` and a column for each factor; a column RF is the risk-free rate.

    path: of the file; unit: "fraction" or "percent", None = as their size tells, where it does. An empty cell is NaN.
    Raises PriceDataError that names file, line and value, and where the unit cannot be told.
    """
    table = _table(Path(path))
    days = _days(table, unique=True)
    names = [name for name in table.columns if name not in ("date",)]
    if not names:
        raise PriceDataError("there is no factor in it", where=table.source, remedy=FORM)
    values = np.column_stack([_numbers(table, name) for name in names])
    scale = _scale(values, unit, table.source)
    kept = [k for k, name in enumerate(names) if name.lower() != RATE]
    rate = next((k for k, name in enumerate(names) if name.lower() == RATE), None)
    if not kept:
        raise PriceDataError("there is no factor in it", where=table.source, remedy=FORM)
    return FactorSet(
        names=tuple(names[k] for k in kept),
        definitions=tuple(f"{names[k]} ({table.source})" for k in kept),
        sessions=days,
        returns=np.ascontiguousarray(values[:, kept] * scale),
        risk_free=None if rate is None else np.ascontiguousarray(values[:, rate] * scale),
    )


@takes(path=PATH)
def load_loadings(path: str | Path) -> Loadings:
    """Loadings of a CSV or Parquet file: date, ticker and a column for each factor, or date, ticker, factor, loading.

    path: of the file. Raises PriceDataError that names file, line and value, and for a day, ticker and factor that
    stand twice.
    """
    table = _table(Path(path))
    ticker = next((name for name in table.columns if name.lower() in TICKERS), None)
    if ticker is None:
        raise PriceDataError("the column 'ticker' is missing", where=table.source, remedy=FORM)
    days, held = _days(table, unique=False), [str(cell).strip() for cell in table.columns[ticker]]
    by_name = {name.lower(): name for name in table.columns}
    if set(by_name) - {"date", ticker.lower()} == {"factor", "loading"}:
        factor = [str(cell).strip() for cell in table.columns[by_name["factor"]]]
        amounts = [_numbers(table, by_name["loading"])]
        names = tuple(dict.fromkeys(factor))
        columns = np.array([names.index(name) for name in factor])
    else:
        names = tuple(name for name in table.columns if name not in ("date", ticker))
        amounts = [_numbers(table, name) for name in names]
        columns = None
    if not names or not all(held):
        raise PriceDataError("a ticker or a factor is missing", where=table.source, remedy=FORM)
    tickers, unique = tuple(dict.fromkeys(held)), np.unique(days)
    rows = np.searchsorted(unique, days)
    at = np.array([{t: k for k, t in enumerate(tickers)}[one] for one in held])
    key = (rows * len(tickers) + at) * (1 if columns is None else len(names)) + (0 if columns is None else columns)
    _, first = np.unique(key, return_index=True)
    if len(first) < len(key):
        k = int(np.setdiff1d(np.arange(len(key)), first)[0])
        raise PriceDataError(
            "these loadings stand twice", where=f"{table.source}, line {table.lines[k]}", value=f"{days[k]}, {held[k]}"
        )
    values = np.full((len(unique), len(tickers), len(names)), np.nan)
    if columns is None:
        values[rows, at] = np.column_stack(amounts)
    else:
        values[rows, at, columns] = amounts[0]
    return Loadings(names, tickers, unique, values, table.source)


@dataclass(frozen=True)
class _Table:
    """Cells by column, and the line of each row."""

    source: str
    columns: dict[str, list[Any]]
    lines: list[int]


def _table(path: Path) -> _Table:
    none = f"The folder {path.parent} has no CSV file."
    data = read_or_name_near(path, SUFFIXES, error=PriceDataError, what="there is no such file", otherwise=none)
    if path.name.lower().endswith((".parquet", ".pq")):
        return _parquet(path.name, data)
    rows = csv_rows(data, source=path.name, error=PriceDataError, form=FORM)
    if not rows:
        raise PriceDataError("the file is empty", where=path.name, remedy=FORM)
    header = [
        "date" if name.lower() in ("date", "session", "") and not k else name for k, name in enumerate(rows[0][1])
    ]
    header = ["date" if name.lower() == "date" else name for name in header]
    for line, cells in rows[1:]:
        if len(cells) != len(header):
            what = f"the row has {counted(len(cells), 'cell')} for {counted(len(header), 'column')}"
            raise PriceDataError(what, where=f"{path.name}, line {line}")
    return _checked(
        path.name, header, [[cells[k] for _, cells in rows[1:]] for k in range(len(header))],
        [line for line, _ in rows[1:]],
    )  # fmt: skip


def _parquet(source: str, data: bytes) -> _Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame = pq.read_table(pa.BufferReader(data)).to_pandas()
    except (pa.ArrowException, OSError, ValueError, OverflowError, TypeError, KeyError) as problem:
        raise PriceDataError(f"the file is damaged: {problem}", where=source) from None
    if isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.rename_axis("date").reset_index()
    names = ["date" if str(name).lower() in ("date", "session") else str(name) for name in frame.columns]
    cells = [["" if pd.isna(one) else str(one) for one in frame.iloc[:, k].tolist()] for k in range(frame.shape[1])]
    cells = [[c.removesuffix(" 00:00:00") for c in cells[k]] if n == "date" else cells[k] for k, n in enumerate(names)]
    return _checked(source, names, cells, list(range(1, len(frame) + 1)))


def _checked(source: str, header: list[str], cells: list[list[Any]], lines: list[int]) -> _Table:
    doubled = [name for k, name in enumerate(header) if header.index(name) != k]
    if doubled:
        raise PriceDataError("this column stands twice", where=source, value=doubled[0], remedy="Keep one of them.")
    if "date" not in header:
        raise PriceDataError("the column 'date' is missing", where=source, value=", ".join(header[:8]), remedy=FORM)
    if not lines:
        raise PriceDataError("there is no row in it", where=source, remedy=FORM)
    return _Table(source, dict(zip(header, cells, strict=True)), lines)


def _days(table: _Table, *, unique: bool) -> NDArray[np.datetime64]:
    out = np.empty(len(table.lines), dtype="datetime64[D]")
    for k, text in enumerate(table.columns["date"]):
        try:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:])) if len(text) == 8 else date.fromisoformat(text)
        except ValueError:
            day = date.min
        if not 1900 <= day.year <= 2100:
            where = f"{table.source}, line {table.lines[k]}"
            raise PriceDataError(
                "this is not a date", where=where, value=str(text)[:40], bound="2026-07-01 or 20260701"
            )
        out[k] = day
    late = np.flatnonzero(out[1:] <= out[:-1]) if unique else np.zeros(0, dtype=np.int64)
    if len(late):
        where = f"{table.source}, line {table.lines[int(late[0]) + 1]}"
        raise PriceDataError("dates must ascend, each once", where=where, value=str(out[late[0] + 1]))
    return out


def _numbers(table: _Table, name: str) -> Floats:
    out = np.full(len(table.lines), np.nan)
    for k, text in enumerate(table.columns[name]):
        if text in NOTHING:
            continue
        try:
            out[k] = float(text) if text.isascii() and "_" not in text else np.inf
        except ValueError:
            out[k] = np.inf
        if not np.isfinite(out[k]):
            where = f"{table.source}, line {table.lines[k]}, column {name!r}"
            raise PriceDataError("this is not a number", where=where, value=text[:40])
    return out


def _scale(values: Floats, unit: Unit | None, source: str) -> float:
    """What makes the returns fractions. Raises PriceDataError where neither unit nor size tell it, or they disagree."""
    spread = [float(np.nanstd(column)) for column in values.T if np.isfinite(column).sum() >= ENOUGH]
    typical = float(np.median(spread)) if spread else None
    told: Unit | None = None
    if typical is not None and typical > LEAST_PERCENT:
        told = "percent"
    elif typical is not None and 0.0005 < typical < MOST_FRACTION:
        told = "fraction"
    if unit is not None and told is not None and unit != told and typical is not None:
        raise PriceDataError(
            f"daily factor returns with a deviation of {typical:.4g} cannot be in {unit}", where=source, value=unit,
            remedy=f"Say unit={told!r} if the file is in that unit.",
        )  # fmt: skip
    chosen = unit or told
    if chosen is None:
        raise PriceDataError(
            "its size does not tell whether these returns are fractions or percent", where=source,
            value="too few rows" if typical is None else f"a deviation of {typical:.4g}",
            remedy="Say it: unit='percent' or unit='fraction', --factors-in on the command line.",
        )  # fmt: skip
    return 0.01 if chosen == "percent" else 1.0


def model_of(factors: str | Path | FactorSet | FactorModel, loadings: str | Path | Loadings | None = None,
             unit: Unit | None = None) -> FactorModel:  # fmt: skip
    """A model of files or values. Raises PriceDataError for files that cannot be used, ParameterError for factors
    without loadings."""
    if isinstance(factors, FactorModel):
        return factors
    found = factors if isinstance(factors, FactorSet) else load_factors(factors, unit=unit)
    stated = load_loadings(loadings) if isinstance(loadings, str | Path) else loadings
    return FactorModel(found, stated)
