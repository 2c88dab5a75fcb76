"""Chains of invented quotes: prices of a formula with a width around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hedgebook import options

DAYS = (9, 23, 37, 72, 163)
STRIKES = tuple(float(k) for k in range(70, 135, 5))


def made_up_chain(
    *, spot: float = 100.0, told_spot: float | None = None, rate: float = 0.04, carry: float = 0.0, vol: float = 0.5,
    days: Sequence[int] = DAYS, strikes: Sequence[float] = STRIKES, half_width: float = 0.02, american: bool = True,
    moment: str = "2026-05-27T20:00:00Z",
) -> pd.DataFrame:  # fmt: skip
    """Quotes of calls and puts at a flat volatility, a row a contract, in the columns of files."""
    day = np.datetime64(moment[:10], "D")
    rows: list[dict[str, Any]] = []
    for right in ("C", "P"):
        for life in days:
            for strike in strikes:
                expiry = str(day + life)
                rows.append({"right": right, "expiry": expiry, "strike": strike, "days": life})
    table = pd.DataFrame(rows)
    contracts = options.Contracts(
        table["right"].tolist(), spot, table["strike"].to_numpy(), table["days"].to_numpy() / 365.0, rate, carry, vol
    )
    price = (options.american if american else options.european)(contracts)["price"].to_numpy()
    told = spot if told_spot is None else told_spot
    return table.drop(columns="days").assign(
        snapshot_utc=moment, spot_vendor=told, bid=np.maximum(price - half_width, 0.005), ask=price + half_width,
        volume=10.0, open_interest=500.0, iv_vendor=vol,
    )  # fmt: skip
