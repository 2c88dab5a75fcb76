"""Borrow fees by date and ticker as files have them: long, wide, and the lists that Interactive Brokers publishes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from hedgebook.errors import CostsError, did_you_mean, together
from hedgebook.universes.counted import counted
from hedgebook.universes.raw_file import check_separator, csv_rows, decode, is_folder, read_bytes

FeesIn = Literal["fraction", "percent"]
MAX_ANNUAL = 10.0
COLUMNS = ("date", "ticker", "rate_annual")
TICKERS = ("ticker", "symbol", "sym")
# Names of a fee and the unit that they say; None where they say none.
FEES: dict[str, FeesIn | None] = {
    "rate_annual": "fraction", "feerate": "percent", "fee_rate_percent": "percent", "fee_percent": "percent",
    "fee_pct": "percent", "rate_percent": "percent", "fee_annual": "fraction", "fee": None, "fee_rate": None,
    "borrow_fee": None, "borrow_rate": None, "rate": None, "indicative_fee": None,
}  # fmt: skip
DAY_IN_NAME = re.compile(r"(?<!\d)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
NOTHING = ("", "NA", "N/A", "NaN", "nan", "-")
SUFFIXES = (".csv", ".txt")
SAY = 'Say which beside the file: file_in = "percent" (0.25 is 0.25%) or file_in = "fraction" (0.25 is 25%).'
MOST_PROBLEMS = 50


@dataclass(frozen=True)
class Fee:
    """One cell: the line that it stands on, its day as text, ticker, and the fee as text."""

    line: int
    day: str
    ticker: str
    fee: str


@dataclass(frozen=True)
class FeeTable:
    """The cells of a file; unit: what its columns say of it, None where they say nothing; column: of the fees."""

    source: str
    fees: list[Fee]
    unit: FeesIn | None
    column: str


def read_fees(path: Path, tickers: Collection[str], fees_in: FeesIn | None = None) -> pd.DataFrame:
    """Annual fees as fractions with the columns date, ticker, rate_annual, by ticker and date; others are left out.

    path: a file or a folder of files, one a day; fees_in: the unit where the file does not say it. Raises CostsError
    with file, line and value of all that cannot be used.
    """
    paths = [path]
    if is_folder(path):
        paths = sorted(p for p in path.iterdir() if p.name.lower().endswith(SUFFIXES) and p.name[0] not in "._~")
        if not paths:
            raise CostsError("there is no file of fees in it", where=str(path), bound=", ".join(SUFFIXES))
    problems: list[CostsError] = []
    parts: list[pd.DataFrame] = []
    for one in paths:
        try:
            parts.append(_values(_table(one), tickers, fees_in))
        except CostsError as problem:
            problems.append(problem)
    if problems:
        raise together(problems[:MOST_PROBLEMS])
    found = pd.concat(parts, ignore_index=True)
    twice = found.duplicated(["date", "ticker"])
    if twice.any():
        row = found[twice].iloc[0]
        raise CostsError(
            "two files have a fee of the same day and ticker", where=path.name,
            value=f"{row['date']:%Y-%m-%d}, {row['ticker']}",
        )  # fmt: skip
    return found.sort_values(["ticker", "date"])


def _table(path: Path) -> FeeTable:
    """The cells of one file, of whichever layout it has."""
    try:
        data = read_bytes(path, error=CostsError)
    except FileNotFoundError:
        raise CostsError("the file cannot be read: there is none", where=str(path)) from None
    text = decode(data, source=path.name, error=CostsError)
    lines = [line for line in text.splitlines() if line.strip()]
    if any(line.lstrip("#").upper().startswith("SYM|") for line in lines[:3]):
        return _listed(path.name, text)
    rows = csv_rows(data, source=path.name, error=CostsError, form="Write date,ticker,rate_annual.")
    if not rows:
        raise CostsError("the file cannot be read: it is empty", where=path.name)
    check_separator(",".join(rows[0][1]), where=f"{path.name}, line {rows[0][0]}", error=CostsError)
    return _long_or_wide(path.name, rows)


def _listed(source: str, text: str) -> FeeTable:
    """The list of stocks that can be borrowed: its day in #BOF, in a column or in the file's name."""
    day, header, fees = "", [], []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in line.strip().split("|")]
        mark = cells[0].upper()
        if mark == "#BOF":
            day = cells[1].replace(".", "-") if len(cells) > 1 else ""
        elif mark.lstrip("#") == "SYM":
            header = [cell.lstrip("#").upper() for cell in cells]
            if "FEERATE" not in header:
                raise CostsError("the column FEERATE is missing", where=f"{source}, line {number}")
        elif line.strip() and not mark.startswith("#"):
            if not header:
                raise CostsError("this row stands above the names of the columns", where=f"{source}, line {number}")
            if len(cells) < len([name for name in header if name]):
                raise CostsError(f"the row has {counted(len(cells), 'cell')}", where=f"{source}, line {number}")
            named = dict(zip(header, cells, strict=False))
            # Another currency is another listing, whose symbol may be that of a stock in USD.
            if named.get("CUR", "USD").upper() in ("USD", "") and named["FEERATE"] not in NOTHING:
                fees.append(Fee(number, named.get("DATE", day), named["SYM"], named["FEERATE"]))
    if found := DAY_IN_NAME.search(source):
        day = day or "-".join(found.groups())
    fees = [fee if fee.day else Fee(fee.line, day, fee.ticker, fee.fee) for fee in fees]
    if fees and not fees[0].day:
        raise CostsError(
            "nothing says of which day these fees are",
            where=source,
            remedy="Name the file after it: usa-2026-07-01.txt.",
        )
    return FeeTable(source, fees, "percent", "FEERATE")


def _long_or_wide(source: str, rows: Sequence[tuple[int, list[str]]]) -> FeeTable:
    header = [name.strip() for name in rows[0][1]]
    names, where = [name.lower() for name in header], f"{source}, line {rows[0][0]}"
    doubled = [name for k, name in enumerate(names) if names.index(name) != k]
    if doubled:
        raise CostsError("this column stands twice", where=where, value=doubled[0])
    for line, cells in rows[1:]:
        if len(cells) != len(names):
            raise CostsError(
                f"the row has {counted(len(cells), 'cell')} for {counted(len(names), 'column')}",
                where=f"{source}, line {line}",
            )
    day = names.index("date") if "date" in names else None
    ticker = next((names.index(name) for name in TICKERS if name in names), None)
    fee = next((names.index(name) for name in FEES if name in names), None)
    if day is None and (found := DAY_IN_NAME.search(source)) and ticker is not None and fee is not None:
        told = "-".join(found.groups())
        fees = [Fee(line, told, cells[ticker], cells[fee]) for line, cells in rows[1:]]
        return FeeTable(source, fees, FEES[names[fee]], header[fee])
    for name, at in (("date", day), ("ticker", ticker), ("rate_annual", fee)):
        if at is None and not (name != "date" and ticker is None and fee is None):
            raise CostsError(f"the column {name!r} is missing", where=source, remedy=did_you_mean(name, header))
    assert day is not None
    if ticker is None or fee is None:
        fees = [
            Fee(line, cells[day], header[k], cells[k])
            for line, cells in rows[1:] for k in range(len(header)) if k != day and header[k]
        ]  # fmt: skip
        return FeeTable(source, [one for one in fees if one.fee not in NOTHING], None, "of fees")
    fees = [Fee(line, cells[day], cells[ticker], cells[fee]) for line, cells in rows[1:]]
    return FeeTable(source, fees, FEES[names[fee]], header[fee])


def _values(table: FeeTable, tickers: Collection[str], fees_in: FeesIn | None) -> pd.DataFrame:
    """The fees as fractions. Raises CostsError for each that is none, and for a unit that nothing tells."""
    percent = _in_percent(table, fees_in)
    problems = list(_problems(table, percent))
    if problems:
        raise together(problems[:MOST_PROBLEMS])
    kept = [fee for fee in table.fees if fee.ticker in tickers]
    values = np.array([float(fee.fee.removesuffix("%")) for fee in kept], dtype=np.float64)
    days = pd.to_datetime([fee.day for fee in kept], format="%Y-%m-%d")
    rates = values / 100.0 if percent else values
    return pd.DataFrame({"date": days, "ticker": [fee.ticker for fee in kept], "rate_annual": rates})


def _in_percent(table: FeeTable, fees_in: FeesIn | None) -> bool:
    signed = sum(fee.fee.endswith("%") for fee in table.fees)
    if signed and (signed < len(table.fees) or fees_in == "fraction"):
        raise CostsError(
            "some fees have a percent sign", where=table.source, value=f"{signed} of {len(table.fees)}",
            remedy="Write all of them in one unit.",
        )  # fmt: skip
    if signed:
        return True
    unit = table.unit or fees_in
    if table.unit is not None and fees_in not in (None, table.unit):
        raise CostsError(
            f"the column {table.column} is in another unit than was said", where=table.source, value=fees_in,
            bound=table.unit,
        )  # fmt: skip
    if unit is not None or not table.fees:
        return unit == "percent"
    numbers = [float(fee.fee) for fee in table.fees if NUMBER.fullmatch(fee.fee)]
    if numbers and max(numbers) > MAX_ANNUAL:
        return True
    raise CostsError(
        "these fees may be fractions or percent", where=table.source,
        value=f"the largest is {max(numbers):g}" if numbers else None, remedy=SAY,
    )  # fmt: skip


def _problems(table: FeeTable, percent: bool) -> Iterator[CostsError]:
    seen: set[tuple[str, str]] = set()
    most = MAX_ANNUAL * (100.0 if percent else 1.0)
    for fee in table.fees:
        text = fee.fee.removesuffix("%").strip()
        good = NUMBER.fullmatch(text) and 0.0 <= float(text) <= most and _is_day(fee.day)
        if good and (fee.day, fee.ticker) not in seen:
            seen.add((fee.day, fee.ticker))
            continue
        unit = f"a percentage from 0 to {most:g}" if percent else f"a fraction from 0 to {most:g}"
        yield CostsError(
            "this rate stands twice" if good else "this is not a date and an annual rate",
            where=f"{table.source}, line {fee.line}", value=f"{fee.day}, {fee.ticker}, {fee.fee}",
            bound=f"a day such as 2026-07-01 and {unit}",
        )  # fmt: skip


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and 1950 <= date.fromisoformat(text).year <= 2100
    except ValueError:
        return False
