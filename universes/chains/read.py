"""Files of option quotes, read and checked cell by cell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import InputError, PriceDataError, did_you_mean, together

from ..arrays import Floats
from ..checks import FLAG, FRAME, NAME, PATH, either, maybe, takes
from ..counted import counted
from ..prices.read import RawTable, read_prices
from ..raw_file import is_file, is_folder
from .chain import Chain, Snapshot
from .clean import NONSENSE_VOL, cleaned, unquoted_frac
from .moments import session_of

# Other names of the columns; the first is ours.
COLUMNS = {
    "snapshot_utc": ("snapshot_utc", "snapshot", "moment", "quote_time", "timestamp"),
    "expiry": ("expiry", "expiration", "expiration_date", "expiry_date"),
    "right": ("right", "type", "option_type", "call_put", "cp"),
    "strike": ("strike", "strike_price"),
    "bid": ("bid",),
    "ask": ("ask",),
    "spot_vendor": ("spot_vendor", "spot", "underlying_price", "underlying"),
    "volume": ("volume",),
    "open_interest": ("open_interest", "openinterest", "oi"),
    "iv_vendor": ("iv_vendor", "iv", "implied_volatility"),
}
NEEDED = ("snapshot_utc", "expiry", "right", "strike", "bid", "ask")
MAY_BE_ANYTHING = ("spot_vendor", "volume", "open_interest", "iv_vendor")
RIGHTS = {"c": True, "call": True, "calls": True, "p": False, "put": False, "puts": False}
# Roots of index options that are exercised at expiry alone.
EUROPEAN = frozenset({"SPX", "SPXW", "XSP", "NDX", "NDXP", "XND", "RUT", "RUTW", "VIX", "VIXW", "DJX"})
TICKER_IN_NAME = re.compile(r"^([A-Z][A-Z0-9.-]{0,9})(?=[_. ]|$)")
# A snapshot of which more rows than this have neither bid nor ask is none of a market that quotes.
MOST_UNQUOTED_FRAC = 0.25
YEARS = (1990, 2100)
FORM = "snapshot_utc, expiry, right, strike, bid, ask; where known also spot_vendor, volume, open_interest"


@takes(path=either(PATH, FRAME, PATH), ticker=maybe(NAME), american=maybe(FLAG))
def read_chain(path: str | Path | pd.DataFrame, ticker: str | None = None, *, american: bool | None = None) -> Chain:
    """Quotes of the options of one underlying from a file (`path`: .csv, .csv.gz, .parquet) or a DataFrame, cleaned.

    Columns: snapshot_utc (a moment, UTC where it names no zone), expiry (a day), right (C, P, call, put), strike, bid,
    ask in USD per share, and where known spot_vendor, volume, open_interest. ticker: of the underlying, None = the
    file's column `ticker`, else the first word of its name, as in CRWV_2026-07-10.csv.gz; american: whether contracts
    may be exercised early, None = yes, but for index options such as SPX. Volatilities and deltas of vendors are not
    read: nonsense among them is only counted. Rows that cannot be used are left out and counted by reason, in
    Chain.dropped and each snapshot's; a snapshot of which a quarter of all rows has no quote is left out whole.

    Raises PriceDataError, naming file, row and value, for a file that is no chain, a cell that is no number, day or
    right, and where no snapshot is left.
    """
    table = _table(path)
    frame = _frame(table)
    root = ticker or _ticker(table)
    early = root.upper() not in EUROPEAN if american is None else american
    kept: list[Snapshot] = []
    refused: list[InputError] = []
    for moment, rows in frame.groupby("moment", sort=True):
        at = np.datetime64(str(moment).replace(" ", "T"), "s")
        missing = unquoted_frac(rows)
        if missing > MOST_UNQUOTED_FRAC:
            refused.append(_unquoted(table, at, rows, missing))
            continue
        one = cleaned(rows, root, at, session_of(at), american=early)
        if len(one):
            kept.append(one)
        else:
            refused.append(PriceDataError("no row of this moment can be used", where=f"{table.source}, {at}Z"))
    if not kept:
        raise together(refused)
    dropped: dict[str, int] = {}
    for snapshot in kept:
        for why, count in snapshot.dropped.items():
            dropped[why] = dropped.get(why, 0) + count
    notes = [f"left out whole: {one.what} ({one.where})" for one in refused]
    if nonsense := _nonsense(frame):
        notes.append(f"{nonsense:,} volatilities of the vendor are nonsense; none of them is read")
    return Chain(root, table.source, tuple(kept), dropped, tuple(notes))


def _table(path: str | Path | pd.DataFrame) -> RawTable:
    """The raw table. Raises PriceDataError, also for what is no file or has no row."""
    if not isinstance(path, pd.DataFrame):
        if is_folder(Path(path)):
            raise PriceDataError("this is a folder", where=str(path), remedy="Name one file of quotes in it.")
        if is_file(Path(path)) and not Path(path).stat().st_size:
            raise PriceDataError("the file is empty", where=Path(path).name, remedy="Export the quotes again.")
    return read_prices(path, row="contract and moment")


def _frame(table: RawTable) -> pd.DataFrame:
    """The columns as a frame of moment, expiry, calls and numbers. Raises PriceDataError for cells that are none."""
    names = [name.strip().lower().replace(" ", "_") for name in table.names]
    found = {column: next((names.index(n) for n in known if n in names), None) for column, known in COLUMNS.items()}
    if lost := [column for column in NEEDED if found[column] is None]:
        remedy = did_you_mean(lost[0], table.names)
        raise PriceDataError(f"the column {lost[0]!r} is missing", where=table.source, bound=FORM, remedy=remedy)
    twice = sorted({name for name in names if names.count(name) > 1} & {n for known in COLUMNS.values() for n in known})
    if twice:
        remedy = "Keep the one that is meant."
        raise PriceDataError("the file has a column twice", where=table.source, value=twice[0], remedy=remedy)
    texts = {column: _cells(table.columns[at]) for column, at in found.items() if at is not None}
    out: dict[str, Any] = {}
    out["moment"] = _moments(table, texts["snapshot_utc"])
    out["expiry"] = _days(table, texts["expiry"])
    out["calls"] = _rights(table, texts["right"])
    for column in ("strike", "bid", "ask", *MAY_BE_ANYTHING):
        out[column] = _numbers(table, column, texts.get(column))
    if (low := ~(out["strike"] > 0.0)).any():
        raise _wrong(table, "strike", texts["strike"], low, "a number above 0")
    for column in ("bid", "ask", "spot_vendor", "volume", "open_interest"):
        # An empty cell is no quote; one below zero is no price at all.
        if (low := out[column] < 0.0).any():
            raise _wrong(table, column, texts[column], low, "a number from 0")
    return pd.DataFrame(out)


def _cells(column: Any) -> Any:
    """A column in pandas; days and moments by seconds, which hold years that Python's own dates do not."""
    import pyarrow as pa

    dated = pa.types.is_date(column.type) or (pa.types.is_timestamp(column.type) and column.type.tz is None)
    if not dated:
        return column.to_pandas()
    seconds = column.cast(pa.timestamp("s"), safe=False).to_numpy(zero_copy_only=False)
    return pd.Series(seconds.astype("datetime64[s]"))


def _wrong(table: RawTable, column: str, cells: Any, wrong: Any, bound: str) -> PriceDataError:
    at = int(np.flatnonzero(np.asarray(wrong))[0])
    value = cells.iloc[at]
    count = int(np.sum(np.asarray(wrong)))
    more = f", and in {counted(count - 1, 'more row')}" if count > 1 else ""
    shown = "an empty cell" if value is None or value != value or value == "" else str(value)
    where = f"{table.source}, {table.place(at)}"
    return PriceDataError(f"column {column} has what cannot be used{more}", where=where, value=shown, bound=bound)


def _moments(table: RawTable, cells: Any) -> Any:
    found = pd.to_datetime(cells, utc=True, errors="coerce", format="ISO8601").dt.tz_localize(None)
    wrong = found.isna() | (found.dt.year < YEARS[0]) | (found.dt.year >= YEARS[1])
    if wrong.any():
        raise _wrong(table, "snapshot_utc", cells, wrong, "a moment as in 2026-07-10T20:00:00Z")
    # A day alone would be its midnight in UTC, which is the evening of the day before in New York.
    if pd.api.types.is_datetime64_any_dtype(cells):
        untimed = pd.Series(np.full(len(found), bool((found == found.dt.floor("D")).all())))
    else:
        untimed = ~cells.astype(str).str.contains("[:Tt]").reset_index(drop=True)
    if untimed.any():
        raise _wrong(
            table, "snapshot_utc", cells, untimed, "a day and its time, as in 2026-07-10T20:00:00Z for a close"
        )
    return found.dt.floor("s").to_numpy()


def _days(table: RawTable, cells: Any) -> Any:
    found = pd.to_datetime(cells, errors="coerce", format="ISO8601", utc=True).dt.tz_localize(None)
    wrong = found.isna() | (found.dt.year < YEARS[0]) | (found.dt.year >= YEARS[1])
    if wrong.any():
        raise _wrong(table, "expiry", cells, wrong, "a day as in 2026-08-21")
    return found.to_numpy().astype("datetime64[D]").astype("datetime64[s]")


def _rights(table: RawTable, cells: Any) -> Any:
    words = cells.astype(object).map(lambda cell: RIGHTS.get(str(cell).strip().lower()))
    if (wrong := words.isna()).any():
        raise _wrong(table, "right", cells, wrong, "C, P, call or put")
    return words.to_numpy(dtype=bool)


def _numbers(table: RawTable, column: str, cells: Any) -> Floats:
    if cells is None:
        return np.full(len(table.places), np.nan)
    if not pd.api.types.is_numeric_dtype(cells):
        text = cells.astype(object).map(lambda cell: "" if cell is None or cell != cell else str(cell).strip())
        empty = text.isin(("", "-", "NaN", "nan", "N/A", "NA", "null", "None"))
        numbers = pd.to_numeric(text.where(~empty, None), errors="coerce")
        if (wrong := numbers.isna() & ~empty).any():
            raise _wrong(table, column, cells, wrong, "a number, or nothing")
        cells = numbers
    values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise _wrong(table, column, cells, np.isinf(values), "a finite number")
    return np.asarray(values)


def _ticker(table: RawTable) -> str:
    names = [name.strip().lower() for name in table.names]
    if "ticker" in names or "underlying_symbol" in names:
        column = table.columns[names.index("ticker" if "ticker" in names else "underlying_symbol")]
        found = pd.unique(column.to_pandas())
        if len(found) != 1:
            shown = ", ".join(map(str, found[:4]))
            what = "a chain is of one underlying"
            raise PriceDataError(what, where=table.source, value=shown, remedy="Give each a file of its own.")
        return str(found[0])
    if match := TICKER_IN_NAME.match(table.source):
        return match.group(1)
    raise PriceDataError(
        "nothing says whose options these are",
        where=table.source,
        remedy="Name the file after the ticker, as in CRWV_2026-07-10.csv.gz, or give ticker=.",
    )


def _unquoted(table: RawTable, at: np.datetime64, rows: pd.DataFrame, missing: float) -> PriceDataError:
    count = round(missing * len(rows))
    return PriceDataError(
        "these are not quotes of an open market: rows without bid and ask",
        where=f"{table.source}, {at}Z",
        value=f"{count:,} of {len(rows):,} rows",
        bound=f"at most {MOST_UNQUOTED_FRAC:.0%} of a snapshot",
        remedy="Take a snapshot some minutes after the open, up to the close.",
    )


def _nonsense(frame: pd.DataFrame) -> int:
    vol = frame["iv_vendor"].to_numpy()
    with np.errstate(invalid="ignore"):
        return int(np.sum((vol < NONSENSE_VOL[0]) | (vol > NONSENSE_VOL[1])))
