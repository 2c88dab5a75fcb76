"""Prices with an adjusted close beside the quoted one: all prices of a row on the scale of the adjusted close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..prices.cells import to_numbers
from ..prices.read import LEVELS, RawTable

ADJUSTED = ("adjclose", "adjustedclose", "closeadj", "closeadjusted", "adjustedcloseprice")
PAID = ("dividend", "dividends", "divcash", "dividendamount", "dividendcash", "cashdividend")
SPLIT = ("stocksplits", "splitfactor", "splitcoefficient", "splits", "split")
SCALED = "the adjusted close is read, and open, high and low are scaled by adjusted close over close: total returns"
CLOSES_ALONE = "only the adjusted close is read: opens, highs and lows on another scale are left out"


def on_adjusted_scale(columns: Mapping[str, Any], adjusted: Any) -> tuple[dict[str, Any], str]:
    """Fields with `adjusted` in the place of the close, and what was done; volume stays as it is.

    Open, high and low are NaN where close or adjusted close is missing or the close is zero; a cell that is no number
    leaves its column as it stands, for the reader to name it. Without a quoted close they are left out.
    """
    import pyarrow as pa

    if "close" not in columns:
        return {"close": adjusted, **{n: c for n, c in columns.items() if n == "volume"}}, CLOSES_ALONE
    close, bad_close = to_numbers(columns["close"])
    wanted, bad = to_numbers(adjusted)
    if bad_close is not None or bad is not None:
        return {**columns, "close": columns["close"] if bad_close is not None else adjusted}, SCALED
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(close > 0.0, wanted / close, np.nan)
    found: dict[str, Any] = {}
    for name, column in columns.items():
        if name == "close":
            found[name] = adjusted
        elif name == "volume":
            found[name] = column
        else:
            values, wrong = to_numbers(column)
            found[name] = column if wrong is not None else pa.array(values * factor, from_pandas=True)
    return found, SCALED


def without_adjusted(table: RawTable) -> RawTable:
    """A table without its columns of adjusted prices, for those who have raw ones and their corporate actions."""
    kept = [i for i, name in enumerate(table.names) if not any(_is_adjusted(part) for part in name.split(LEVELS))]
    return replace(table, names=tuple(table.names[i] for i in kept), columns=tuple(table.columns[i] for i in kept))


def _is_adjusted(name: str) -> bool:
    squeezed = "".join(letter for letter in name.lower() if letter.isalnum())
    return squeezed in ADJUSTED or squeezed in ("adjopen", "adjhigh", "adjlow", "adjvolume")
