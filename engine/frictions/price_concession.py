"""What a trade gives away against the reference price, whatever its size: half the spread, and slippage."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hedgebook.universes.market import Market
from hedgebook.universes.model import Value

from .by_name import per_ticker

Bps = Annotated[float, Field(ge=0, le=2000)]


class PriceConcession(Value):
    """Basis points of the reference price, by ticker, else by bucket, else the default."""

    default_bps: Bps = 0.0
    by_bucket_bps: dict[str, Bps] = Field(default_factory=dict)
    by_ticker_bps: dict[str, Bps] = Field(default_factory=dict)
    reason: str = ""

    def frac(self, market: Market) -> NDArray[np.float64]:
        """(N,): the concession as a fraction of the reference price."""
        return per_ticker(market, self.default_bps, self.by_bucket_bps, self.by_ticker_bps) / 1e4

    def rates_bps(self, market: Market) -> NDArray[np.float64]:
        """(N,): the same in basis points."""
        return 1e4 * self.frac(market)
