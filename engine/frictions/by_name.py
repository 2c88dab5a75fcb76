"""A number per ticker, given by ticker, by bucket, or by default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import CostsError, did_you_mean
from hedgebook.universes.market import Market
from hedgebook.universes.universe import Universe


def per_ticker(
    market: Market, default: float, by_bucket: Mapping[str, float], by_ticker: Mapping[str, float]
) -> NDArray[np.float64]:
    """(N,): the ticker's own number, else its bucket's, else the default."""
    return np.array(
        [by_ticker.get(t, by_bucket.get(market.bucket_of(t) or "", default)) for t in market.tickers],
        dtype=np.float64,
    )


def check_names(universe: Universe, where: str, buckets: Iterable[str], tickers: Iterable[str]) -> None:
    """Raise CostsError for a bucket or ticker that the universe does not have."""
    for kind, given, known in (
        ("bucket", buckets, universe.bucket_names),
        ("ticker", tickers, universe.tickers),
    ):
        for name in given:
            if name not in known:
                raise CostsError(
                    f"universe {universe.name} has no {kind} {name!r}",
                    where=where,
                    remedy=did_you_mean(name, known),
                )


def check_either(universe: Universe, where: str, names: Iterable[str]) -> None:
    """Raise CostsError for a name that is neither a bucket nor a ticker of the universe."""
    known = (*universe.bucket_names, *universe.tickers)
    for name in names:
        if name not in known:
            raise CostsError(
                f"universe {universe.name} has no bucket or ticker {name!r}",
                where=where,
                remedy=did_you_mean(name, known),
            )
