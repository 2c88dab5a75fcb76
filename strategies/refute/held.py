"""What a run held over each session, so that the same holdings can be tried at other times and in other tickers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.universes.market import Market

from ..run.run import StrategyRun

# Of fills.
AT_CLOSE = "close"


@dataclass(frozen=True, eq=False)
class Held:
    """Holdings of n sessions, fractions of NAV: night: (n, N) from the close before to the open; day: (n, N) from the
    open to the close, as they stand at the open once its orders are filled. What is filled at a close is held from the
    night after it."""

    night: Floats
    day: Floats

    @property
    def columns(self) -> Ints:
        """The tickers that were ever held."""
        return np.flatnonzero(self.night.any(axis=0) | self.day.any(axis=0))

    def of(self, columns: Ints) -> Held:
        """The same of some tickers alone."""
        return Held(self.night[:, columns], self.day[:, columns])

    def turned(self, shift: int) -> Held:
        """The same, so many sessions later; what would come after the last session comes first."""
        return Held(np.roll(self.night, shift, axis=0), np.roll(self.day, shift, axis=0))


@dataclass(frozen=True, eq=False)
class Moves:
    """(n, N) returns of tickers from the close before to the open, from the open to the close, and from close to close,
    0 where unknown. Without an open all of it is of the night."""

    night: Floats
    day: Floats
    whole: Floats

    def of(self, columns: Ints) -> Moves:
        """The same of some tickers, in their order."""
        return Moves(self.night[:, columns], self.day[:, columns], self.whole[:, columns])

    def earned(self, held: Held) -> Floats:
        """(n,) returns of holdings, before all costs."""
        night, day = (held.night * self.night).sum(axis=1), (held.day * self.day).sum(axis=1)
        return np.asarray((1.0 + night) * (1.0 + day) - 1.0)


def moves_of(market: Market, rows: Ints) -> Moves:
    """How the tickers of a market moved in some of its sessions."""
    whole = market.close_returns(market.tickers)[rows]
    with np.errstate(all="ignore"):
        day = market.close[rows] / market.open[rows] - 1.0
    known = np.isfinite(whole) & np.isfinite(day) & (day > -1.0)
    day = np.where(known, day, 0.0)
    night = np.where(known, (1.0 + whole) / (1.0 + day) - 1.0, np.nan_to_num(whole))
    return Moves(night, day, np.nan_to_num(whole))


def held_of(run: StrategyRun, market: Market, rows: Ints, moves: Moves) -> Held:
    """What a run held in each of its sessions but the first, whose rows of the market are `rows`, (n,).

    The record knows the holdings at closes. Those at the open before are the same shares at the open's prices; where
    something was filled at the close they are those of the night.
    """
    table = run.weights
    closes = np.zeros((len(rows) + 1, len(market.tickers)))
    closes[:, [market.column(str(ticker)) for ticker in table.columns]] = table.to_numpy()[-len(closes) :]
    night = closes[:-1]
    day = _before(closes[1:], moves.day)
    fills = run.backtest.fills
    at_close = fills.loc[fills["mark"] == AT_CLOSE, "session"].to_numpy()
    late = np.isin(market.sessions[rows], at_close.astype(market.sessions.dtype))
    day[late] = _after(night, moves.night)[late]
    return Held(night, day)


def _after(weights: Floats, moves: Floats) -> Floats:
    """(n, N) weights once the tickers have moved, with nothing traded."""
    return np.asarray(weights * (1.0 + moves) / (1.0 + (weights * moves).sum(axis=1, keepdims=True)))


def _before(weights: Floats, moves: Floats) -> Floats:
    """(n, N) weights before the tickers have moved to these, with nothing traded."""
    earlier = weights / (1.0 + moves)
    # Of one unit of NAV now, what tickers and cash were worth together.
    together = earlier.sum(axis=1, keepdims=True) + 1.0 - weights.sum(axis=1, keepdims=True)
    return np.asarray(earlier / together)
