"""Drawdown episodes of a NAV series."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def underwater(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,): each level against the highest so far, 0 at a high; the first level is the initial capital."""
    return np.asarray(levels / np.maximum.accumulate(levels) - 1.0)


def drawdown_table(levels: NDArray[np.float64], dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Every drawdown, deepest first.

    levels: (n,) NAV whose first entry is the initial capital; dates: (n,), the first one the session before the
    first return. Columns: depth (negative fraction); peak, first_underwater, valley, recovery (NaT while open);
    sessions_to_valley, sessions_to_recovery (from the peak, NaN while open), calendar_days (peak to recovery or,
    while open, to the last date).
    """
    below = underwater(levels)
    under = below < 0
    starts = np.flatnonzero(under & ~np.concatenate([[False], under[:-1]]))
    rows = []
    for start in starts.tolist():
        after = np.flatnonzero(~under[start:])
        end = start + int(after[0]) if len(after) else None
        stop = len(levels) if end is None else end
        valley = start + int(np.argmin(below[start:stop]))
        peak = start - 1
        rows.append(
            {
                "depth": below[valley],
                "peak": dates[peak],
                "first_underwater": dates[start],
                "valley": dates[valley],
                "recovery": pd.NaT if end is None else dates[end],
                "sessions_to_valley": valley - peak,
                "sessions_to_recovery": np.nan if end is None else end - peak,
                "calendar_days": (dates[-1 if end is None else end] - dates[peak]).days,
            }
        )
    columns = [
        "depth",
        "peak",
        "first_underwater",
        "valley",
        "recovery",
        "sessions_to_valley",
        "sessions_to_recovery",
        "calendar_days",
    ]
    return pd.DataFrame(rows, columns=columns).sort_values("depth", kind="stable", ignore_index=True)
