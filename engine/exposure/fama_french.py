"""Fama-French factors from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError, PriceDataError, did_you_mean
from hedgebook.universes.checks import PATH, TEXT, takes
from hedgebook.universes.raw_file import csv_frame, read_bytes

from .factor_sets import FactorSet

COLUMNS = {
    "Mkt-RF": "market less the risk-free rate",
    "SMB": "small less big",
    "HML": "high less low book-to-market",
    "RMW": "robust less weak profitability",
    "CMA": "conservative less aggressive investment",
    "Mom": "winners less losers of the past year",
}
RATE = "RF"
# The data library writes a missing value as one of these.
MISSING = (-99.99, -999.0)
# A day's market return has a deviation near 1 in percent and near 0.01 as a fraction.
LEAST_DEVIATION_PERCENT, MOST_DEVIATION_FRAC = 0.1, 0.1


@takes(path=PATH, unit=TEXT)
def load_fama_french(path: str | Path, *, unit: Literal["percent", "fraction"] = "percent") -> FactorSet:
    """Daily five factors, momentum and RF from a CSV with a `date` column (2026-05-29 or 20260529).

    Values are in `unit` and become fractions; -99.99 and -999 become NaN; RF goes to `risk_free`. path: of the CSV.
    Raises PriceDataError for a missing file, column, date or number, dates out of order, or values that cannot be in
    `unit`; ParameterError for another unit. Source: data library of K. R. French.
    """
    where = Path(path).name
    if unit not in ("percent", "fraction"):
        raise ParameterError(f"there is no unit {unit!r}", where="unit", bound="percent, fraction")
    table = _read(Path(path), where)
    days = _days(table["date"], where)
    values = np.column_stack([_numbers(table[name], name, where) for name in (*COLUMNS, RATE)])
    values[np.isin(values, MISSING)] = np.nan
    _check_unit(values[:, 0], unit, where)
    if unit == "percent":
        values /= 100.0
    return FactorSet(
        names=tuple(COLUMNS),
        definitions=tuple(f"{name}: {text} (Fama-French, {where})" for name, text in COLUMNS.items()),
        sessions=days,
        returns=np.ascontiguousarray(values[:, :-1]),
        risk_free=np.ascontiguousarray(values[:, -1]),
    )


def _read(path: Path, where: str) -> pd.DataFrame:
    try:
        data = read_bytes(path, error=PriceDataError)
    except FileNotFoundError:
        raise PriceDataError(
            "there is no such file", where=str(path), remedy="Give the path of a CSV of daily factors."
        ) from None
    form = f"Write a header {','.join(('date', *COLUMNS, RATE))}."
    table = csv_frame(data, source=where, error=PriceDataError, form=form)
    for name in ("date", *COLUMNS, RATE):
        if name not in table.columns:
            raise PriceDataError(
                f"the column {name!r} is missing", where=where, remedy=did_you_mean(name, list(table.columns))
            )
    if table.empty:
        raise PriceDataError("the file has no rows", where=where)
    return table


def _days(text: pd.Series[str], where: str) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    compact = text.str.strip().str.fullmatch(r"\d{8}")
    parsed = pd.to_datetime(text.str.strip().where(~compact, None), format="%Y-%m-%d", errors="coerce")
    parsed = parsed.fillna(pd.to_datetime(text.str.strip().where(compact, None), format="%Y%m%d", errors="coerce"))
    if parsed.isna().any():
        row = int(np.flatnonzero(parsed.isna())[0])
        raise PriceDataError(
            "not a date", where=f"{where}, line {text.index[row]}", value=text.iloc[row], bound="2026-05-29 or 20260529"
        )
    days = parsed.to_numpy().astype("datetime64[D]")
    late = np.flatnonzero(days[1:] <= days[:-1])
    if len(late):
        raise PriceDataError(
            "dates must ascend, each once",
            where=f"{where}, line {text.index[int(late[0]) + 1]}",
            value=str(days[late[0] + 1]),
        )
    return days


def _numbers(text: pd.Series[str], name: str, where: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    stripped = text.str.strip()
    values = pd.to_numeric(stripped, errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(values) & ~stripped.isin(["", "NaN", "nan"]).to_numpy())
    if len(wrong):
        row = int(wrong[0])
        raise PriceDataError(f"{name} is not a number", where=f"{where}, line {text.index[row]}", value=text.iloc[row])
    return np.array(values)


def _check_unit(market: np.ndarray[tuple[int], np.dtype[np.float64]], unit: str, where: str) -> None:
    known = market[np.isfinite(market)]
    if len(known) < 20:
        return
    deviation = float(known.std())
    wrong = deviation < LEAST_DEVIATION_PERCENT if unit == "percent" else deviation > MOST_DEVIATION_FRAC
    if wrong:
        other = "fraction" if unit == "percent" else "percent"
        raise PriceDataError(
            f"daily market returns with a deviation of {deviation:.4g} cannot be in {unit}",
            where=where,
            remedy=f"Say unit={other!r} if the file is in that unit.",
        )
