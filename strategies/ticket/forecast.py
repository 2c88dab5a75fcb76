"""What a trade may earn day by day over its planned life, as known when it is put on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.risk.bootstrap import chosen_block_length, resampled_sessions
from hedgebook.engine.stress.held.options import HeldOptions
from hedgebook.engine.stress.held.paths import worths
from hedgebook.engine.stress.history import LEAST_ROWS, History
from hedgebook.errors import ParameterError

LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95)
LONGEST_SESSIONS, PATHS = 60, 2000
# The deviation of a normal variable over its median absolute deviation.
NORMAL_OVER_MAD = 1.4826022185056018


@dataclass(frozen=True)
class Forecast:
    """The distribution of a trade's cumulative P&L after costs at each close of its planned life.

    name: of the strategy; as_of: the last close that any price of it is from; first_session: of the entry; sessions: of
    the planned life, from 1 to 60, the session of the entry being the first; levels: fractions of the paths; fan_usd:
    (sessions, levels) quantiles of the P&L since the entry; mean_usd: (sessions,); daily_scale_usd: a robust scale of
    the P&L of one session, 1.48 times the median absolute deviation; method: how it was made, in a sentence; seed: of
    the draws, paths: how many; capital_usd: that the trade is sized on.
    """

    name: str
    as_of: str
    first_session: str
    sessions: int
    levels: tuple[float, ...]
    fan_usd: tuple[tuple[float, ...], ...]
    mean_usd: tuple[float, ...]
    daily_scale_usd: float
    method: str
    seed: int
    paths: int
    capital_usd: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(map(float, self.levels)))
        object.__setattr__(self, "fan_usd", tuple(tuple(map(float, row)) for row in self.fan_usd))
        object.__setattr__(self, "mean_usd", tuple(map(float, self.mean_usd)))
        rows, wide = len(self.fan_usd), {len(row) for row in self.fan_usd}
        if not 1 <= self.sessions <= LONGEST_SESSIONS:
            raise ParameterError(
                "a planned life is out of range",
                where="sessions",
                value=self.sessions,
                bound=f"1 to {LONGEST_SESSIONS}",
            )
        if rows != self.sessions or len(self.mean_usd) != self.sessions or wide != {len(self.levels)}:
            raise ParameterError("one row of the fan a session, one number a level is needed", where="fan_usd")
        if not self.daily_scale_usd >= 0.0:
            raise ParameterError("a scale is not below zero", where="daily_scale_usd", value=self.daily_scale_usd)

    def to_dict(self) -> dict[str, Any]:
        """The forecast JSON-ready, USD and fractions unrounded."""
        return {
            "name": self.name,
            "as_of": self.as_of,
            "first_session": self.first_session,
            "sessions": self.sessions,
            "levels": list(self.levels),
            "fan_usd": [list(row) for row in self.fan_usd],
            "mean_usd": list(self.mean_usd),
            "daily_scale_usd": self.daily_scale_usd,
            "method": self.method,
            "seed": self.seed,
            "paths": self.paths,
            "capital_usd": self.capital_usd,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Forecast:
        """The forecast of what `to_dict` gives, `values`. Raises ParameterError for a mapping that lacks something."""
        names = tuple(cls.__dataclass_fields__)
        if missing := [name for name in names if name not in values]:
            raise ParameterError("the forecast lacks figures", where="forecast", value=", ".join(missing))
        return cls(**{name: values[name] for name in names})

    def place(self, session: int, pnl_usd: float) -> float:
        """Where a P&L lies in the fan at the close of session number `session`, 1 being that of the entry.

        A fraction between the lowest and the highest level, by straight lines between them, 0 below the lowest one and
        1 above the highest. Raises ParameterError for a session outside the planned life.
        """
        if not 1 <= session <= self.sessions:
            raise ParameterError(
                "the session is not in the planned life", where="session", value=session, bound=f"1 to {self.sessions}"
            )
        row = self.fan_usd[session - 1]
        if pnl_usd < row[0]:
            return 0.0
        if pnl_usd > row[-1]:
            return 1.0
        return float(np.interp(pnl_usd, row, self.levels))


def pnl_paths(held: Floats | HeldOptions, history: History, sessions: int, seed: int) -> tuple[Floats, float]:
    """(2000, sessions) cumulative P&L in USD of shares that are held as they are, and the mean length of blocks drawn.

    Sessions of `history` are drawn whole and in blocks (stationary bootstrap), each ticker's mean return taken out, so
    that no past trend is carried forward. held: (N,) USD of the tickers of the history, negative for shorts; or
    shares and options, each revalued at every close on its day. Raises
    ParameterError for a history of fewer than 60 returns.
    """
    count = len(history.returns)
    if count < LEAST_ROWS:
        raise ParameterError(
            "too few returns to resample", where="history", value=count, bound=f"{LEAST_ROWS} or more",
            remedy="Leave out the youngest ticker, or give prices that begin earlier.",
        )  # fmt: skip
    length = chosen_block_length(_one_session(held, history), None)
    # A draw is as long as the history, so long draws are cut into paths of the sessions asked for.
    each = max(1, count // sessions)
    drawn = resampled_sessions(count, draws=-(-PATHS // each), block_length=length, seed=seed)
    if count < sessions:
        longer = resampled_sessions(count, draws=PATHS * -(-sessions // count), block_length=length, seed=seed)
        at = longer.reshape(PATHS, -1)[:, :sessions]
    else:
        at = drawn[:, : each * sessions].reshape(-1, sessions)[:PATHS]
    centred = history.returns - history.returns.mean(axis=0)
    if isinstance(held, HeldOptions):
        moves = centred[at][:, :, _columns(held, history)]
        worth = float(held.units @ held.lines.quantity)
        return np.column_stack(list(worths(held, moves))) - worth, length
    out = np.zeros((PATHS, sessions))
    for i in np.flatnonzero(held).tolist():
        out += held[i] * (np.cumprod(1.0 + np.maximum(centred[at, i], -1.0), axis=1) - 1.0)
    return out, length


def _columns(held: HeldOptions, history: History) -> list[int]:
    return [history.tickers.index(ticker) for ticker in held.tickers]


def _one_session(held: Floats | HeldOptions, history: History) -> Floats:
    """(T,) P&L of one session at each past session's moves, options revalued, USD."""
    if isinstance(held, HeldOptions):
        return held.changes(history.returns[:, _columns(held, history)])
    return np.asarray(history.returns @ held)


def robust_scale_usd(held: Floats | HeldOptions, history: History) -> float:
    """1.48 times the median absolute deviation of the P&L of one session of the history, USD."""
    pnl = _one_session(held, history)
    return float(NORMAL_OVER_MAD * np.median(np.abs(pnl - np.median(pnl))))


def forecast_of(
    name: str,
    held: Floats | HeldOptions,
    history: History,
    costs_usd: Floats,
    *,
    as_of: np.datetime64,
    first_session: np.datetime64,
    capital_usd: float,
    seed: int = 0,
) -> Forecast:
    """The forecast of positions that are held as they are over len(costs_usd) sessions.

    held: (N,) USD of each ticker at the entry, or shares and options; history: returns up to the close of `as_of`;
    costs_usd: (sessions,) expected costs paid up to each close, positive. Raises ParameterError as `pnl_paths` does.
    """
    sessions = len(costs_usd)
    paths, length = pnl_paths(held, history, sessions, seed)
    what = "shares and options, these revalued at each close," if isinstance(held, HeldOptions) else "shares"
    net = paths - costs_usd
    method = (
        f"blocks of {length:.1f} sessions on average from {len(history.returns):,} of them, {history.sessions[0]} to "
        f"{history.sessions[-1]}, each ticker's mean return taken out; {what} held as they are; less expected costs"
    )
    return Forecast(
        name=name,
        as_of=str(as_of),
        first_session=str(first_session),
        sessions=sessions,
        levels=LEVELS,
        fan_usd=tuple(map(tuple, np.quantile(net, LEVELS, axis=0).T.tolist())),
        mean_usd=tuple(net.mean(axis=0).tolist()),
        daily_scale_usd=robust_scale_usd(held, history),
        method=method,
        seed=seed,
        paths=PATHS,
        capital_usd=capital_usd,
    )
