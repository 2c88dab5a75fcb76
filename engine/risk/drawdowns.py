"""Drawdowns: the episodes of a NAV series, and figures of their depth and length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import COLUMN, REAL, takes

from ..equal import STILL


def underwater(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,): each level against the highest so far, 0 at a high; the first level is the initial capital.

    At -1 or below the capital is lost: a NAV of -5 where the highest was 100 is a drawdown of -105 %.
    """
    levels = np.asarray(levels, dtype=np.float64)
    return np.asarray(levels / np.maximum.accumulate(levels) - 1.0)


def ruined_on(levels: NDArray[np.float64], sessions: NDArray[np.datetime64]) -> np.datetime64 | None:
    """The first of sessions (n,) after which levels (n + 1,) have lost all, None where none has."""
    lost = np.flatnonzero(underwater(levels)[1:] <= -1.0)
    return sessions[lost[0]] if len(lost) else None


def check_capital(levels: ArrayLike) -> None:
    """Raise ParameterError for levels whose first, the capital to begin with, is not above zero."""
    first = float(np.asarray(levels, dtype=np.float64)[0])
    if not first > 0.0:
        raise ParameterError("the first is the initial capital", where="levels", value=first, bound="above 0")


@takes(levels=COLUMN)
def drawdown_table(levels: NDArray[np.float64], dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Every drawdown, deepest first.

    levels: (n,) NAV whose first entry is the initial capital; dates: (n,), the first one the session before the
    first return. Columns: depth (negative fraction); peak, first_underwater, valley, recovery (NaT while open);
    sessions_to_valley, sessions_to_recovery (from the peak, NaN while open), calendar_days (peak to recovery or,
    while open, to the last date).
    Raises ParameterError for values of other kinds.
    """
    if not isinstance(dates, pd.DatetimeIndex) or len(dates) != len(levels) or not len(levels):
        raise ParameterError(
            "levels and dates do not fit together", where="dates", bound="a DatetimeIndex of as many dates as levels"
        )
    check_capital(levels)
    below = underwater(levels)
    # Back at the high but for rounding is back.
    under = below < -STILL
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


def underwater_returns(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,): drawdown after each simple return, from the initial capital, 0 at a high. returns: without NaN.

    NaN after a return of -1 or less, with which everything is lost: so are the figures made of them.
    """
    if not len(returns):
        raise ParameterError("there is no return", where="returns", bound="one or more")
    below = underwater(compounded(returns))[1:]
    lost = np.flatnonzero(below <= -1.0)
    if len(lost):
        below[lost[0] + 1 :] = np.nan
    return below


def compounded(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n + 1,) levels from 1 on; what is left where everything is lost stays, as nothing can be earned with it."""
    levels = np.concatenate([[1.0], np.cumprod(1.0 + np.asarray(returns, dtype=np.float64))])
    lost = np.flatnonzero(levels <= 0.0)
    if len(lost):
        levels[lost[0] :] = levels[lost[0]]
    return levels


@takes(returns=COLUMN)
def ulcer_index(returns: NDArray[np.float64]) -> float:
    """Root mean square drawdown, a positive fraction (Martin and McCann 1989). returns: (n,) without NaN.

    NaN, as the pain index and CDaR, where everything is lost before the end.
    Raises ParameterError for values of other kinds.
    """
    return float(np.sqrt(np.mean(underwater_returns(returns) ** 2)))


@takes(returns=COLUMN)
def pain_index(returns: NDArray[np.float64]) -> float:
    """Mean drawdown, a positive fraction. returns: (n,) without NaN.

    Raises ParameterError for values of other kinds.
    """
    return float(-np.mean(underwater_returns(returns)))


@takes(returns=COLUMN, confidence=REAL)
def conditional_drawdown(returns: NDArray[np.float64], confidence: float = 0.95) -> float:
    """CDaR: mean of the worst (1 - confidence) n drawdowns, the last one in part, a positive fraction.

    Chekhlov, Uryasev and Zabarankin (2005, IJTAF 8(1)). returns: (n,) without NaN; 0 <= confidence < 1.
    Raises ParameterError.
    """
    if not 0.0 <= confidence < 1.0:
        raise ParameterError("is out of range", where="confidence", value=confidence, bound="0 to below 1")
    depths = np.sort(-underwater_returns(returns))[::-1]
    count = (1.0 - confidence) * len(depths)
    # 0.05 * 100 is a little above 5 in binary: a whole number is meant.
    count = float(round(count)) if abs(count - round(count)) < 1e-9 else count
    whole = int(count)
    edge = (count - whole) * depths[whole] if count > whole else 0.0
    return float((depths[:whole].sum() + edge) / count)


@dataclass(frozen=True)
class Underwater:
    """How a series stands against its high at the end, and how long it has ever stayed below one.

    drawdown: now, a negative fraction, 0 at a high; sessions: since the high; needed_return: what would bring it
    back, NaN where everything is lost; longest_sessions: the longest stay below a high, peak excluded, finished or not;
    slowest_recovery_sessions: from valley to recovery at most, NaN where nothing has recovered.
    """

    drawdown: float
    sessions: int
    needed_return: float
    longest_sessions: int
    slowest_recovery_sessions: float


def time_underwater(returns: NDArray[np.float64]) -> Underwater:
    """The state of a series against its high, and its slowest recovery. returns: (n,) without NaN."""
    levels = compounded(returns)
    below = underwater(levels)
    under = below < -STILL
    last_high = int(np.flatnonzero(~under)[-1])
    highs = np.flatnonzero(~under)
    stays = np.diff(np.concatenate([highs, [len(levels)]])) - 1
    slowest = np.nan
    for start, stay in zip(highs.tolist(), stays.tolist(), strict=True):
        if stay > 0 and start + stay + 1 < len(levels):
            valley = start + 1 + int(np.argmin(below[start + 1 : start + 1 + stay]))
            slowest = np.fmax(slowest, start + stay + 1 - valley)
    return Underwater(
        drawdown=float(below[-1]) + 0.0,
        sessions=len(levels) - 1 - last_high,
        needed_return=float(1.0 / (1.0 + below[-1]) - 1.0) if below[-1] > -1.0 else np.nan,
        longest_sessions=int(stays.max()),
        slowest_recovery_sessions=float(slowest),
    )
