"""One side of a basket: which of its tickers can be held, and their shares of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Flags, Floats, Ints
from hedgebook.universes.market import Market

from ..ranks.scores import close_returns, enough_returns
from ..strategy.members import Members
from .market_values import known_values
from .weighing import shares_of


@dataclass(frozen=True, eq=False)
class Side:
    """The N tickers of a side, "long" or "short", on a market.

    weighting: how they are weighted, as in RebalancedBasket; history: sessions and kind of covariance of an estimate,
    None where nothing is estimated; given: parts by ticker; values: market values in USD, dates by tickers.
    """

    market: Market
    name: str
    members: Members
    weighting: str
    history: tuple[int, str] | None
    given: Mapping[str, float] | None
    values: pd.DataFrame | None

    def can(self, rows: Ints) -> Flags:
        """(R, N): whether a ticker can be held from the close of each of R rows on."""
        can = self.members.tradable(self.market, rows)
        if self.values is not None:
            return can & np.isfinite(known_values(self.values, self.market, self.members.tickers, rows))
        if self.history is None:
            return can
        back, known = self.history[0], np.isfinite(close_returns(self.members.closes(self.market)))
        count = np.concatenate([np.zeros((1, known.shape[1]), dtype=np.int64), known.cumsum(axis=0)])
        since = np.maximum(rows + 1 - back, 0)
        return np.asarray(can & (count[rows + 1] - count[since] >= enough_returns(back)))

    def shares(self, rows: Ints) -> Floats:
        """(R, N): shares of the side that add up to 1 in each row, or are all 0 where nothing can be held."""
        can = self.can(rows)
        if self.history is not None:
            return self._estimated(rows, can, *self.history)
        parts = np.ones(can.shape)
        if self.values is not None:
            parts = known_values(self.values, self.market, self.members.tickers, rows)
        elif self.given is not None:
            parts = np.broadcast_to([self.given[ticker] for ticker in self.members.tickers], can.shape)
        held = np.where(can, parts, 0.0)
        total = held.sum(axis=1, keepdims=True)
        return np.asarray(held / np.where(total > 0.0, total, 1.0))

    def _estimated(self, rows: Ints, can: Flags, back: int, covariance: str) -> Floats:
        returns = close_returns(self.members.closes(self.market))
        # Before the first session nothing is known.
        padded = np.concatenate([np.full((back, returns.shape[1]), np.nan), returns])
        out = np.zeros(can.shape)
        for k, row in enumerate(rows.tolist()):
            own = np.flatnonzero(can[k])
            if len(own):
                out[k, own] = shares_of(padded[row + 1 : row + 1 + back, own], self.weighting, covariance)
        return out
