"""What the broker takes of each trade."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hedgebook.universes.market import Market
from hedgebook.universes.model import Value


class Commission(Value):
    """A fraction of the traded value, `abs(shares) * fill price`, in basis points, USD a share, and the least an order
    pays. Of shares in adjusted prices there are others than were traded: per_share_usd wants raw prices with actions.
    """

    rate_bps: Annotated[float, Field(ge=0, le=1000)] = 0.0
    per_share_usd: Annotated[float, Field(ge=0, le=100)] = 0.0
    min_usd: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    reason: str = ""

    @property
    def frac(self) -> float:
        """The rate as a fraction of the traded value."""
        return self.rate_bps / 1e4

    def rates_bps(self, market: Market) -> NDArray[np.float64]:
        """(N,): the rate in basis points of the traded value, the same for every ticker."""
        return np.full(len(market.tickers), self.rate_bps)
