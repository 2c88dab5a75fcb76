"""What a trade gives away against the reference price, whatever its size: half the spread, and slippage."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hedgebook.universes.market import Market
from hedgebook.universes.model import Value

from .by_name import per_ticker, unnamed
from .tiers import NO_TIERS, Liquidity

Bps = Annotated[float, Field(ge=0, le=2000)]


class PriceConcession(Value):
    """Basis points of the reference price, by ticker, else by bucket, else by tier of liquidity, else the default."""

    default_bps: Bps = 0.0
    by_bucket_bps: dict[str, Bps] = Field(default_factory=dict)
    by_ticker_bps: dict[str, Bps] = Field(default_factory=dict)
    by_liquidity_bps: dict[str, Bps] = Field(default_factory=dict)
    reason: str = ""

    def tiered(self, market: Market) -> NDArray[np.bool_]:
        """(N,): whether a ticker has the rate of its tier of liquidity."""
        if not self.by_liquidity_bps:
            return np.zeros(len(market.tickers), dtype=np.bool_)
        return unnamed(market, self.by_bucket_bps, self.by_ticker_bps)

    def frac(self, market: Market, row: int = 0, liquidity: Liquidity = NO_TIERS) -> NDArray[np.float64]:
        """(N,): the concession as a fraction of the reference price, in a simulation from session `row` on."""
        out = per_ticker(market, self.default_bps, self.by_bucket_bps, self.by_ticker_bps)
        tiered = self.tiered(market)
        if tiered.any():
            out[tiered] = liquidity.rates(liquidity.at(market, row), self.default_bps, self.by_liquidity_bps)[tiered]
        return out / 1e4
