"""A number per ticker, given by ticker, by bucket, or by default."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.market import Market


def per_ticker(
    market: Market, default: float, by_bucket: Mapping[str, float], by_ticker: Mapping[str, float]
) -> NDArray[np.float64]:
    """(N,): the ticker's own number, else its bucket's, else the default."""
    return np.array(
        [by_ticker.get(t, by_bucket.get(market.bucket_of(t) or "", default)) for t in market.tickers],
        dtype=np.float64,
    )
