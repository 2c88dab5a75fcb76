"""A number per ticker, given by ticker, by bucket, or by default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import CostsError, did_you_mean
from hedgebook.universes.market import Market
from hedgebook.universes.universe import Universe


def per_ticker(
    market: Market, default: float, by_bucket: Mapping[str, float], by_ticker: Mapping[str, float]
) -> NDArray[np.float64]:
    """(N,): the ticker's own number, else its bucket's, else the default."""
    pairs = zip(market.tickers, market.buckets, strict=True)
    return np.array([by_ticker.get(t, by_bucket.get(b or "", default)) for t, b in pairs], dtype=np.float64)


def check_names(
    universe: Universe, where: str, buckets: Iterable[str], tickers: Iterable[str], passed_over: Iterable[str] = ()
) -> None:
    """Raise CostsError for a bucket or ticker that the universe does not have, those of `passed_over` excepted."""
    for kind, given, known in (("bucket", buckets, universe.bucket_names), ("ticker", tickers, universe.tickers)):
        for name in given:
            if name not in known and name not in passed_over:
                raise CostsError(
                    f"universe {universe.name} has no {kind} {name!r}", where=where, remedy=did_you_mean(name, known)
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


def passed_over_note(universe: Universe, where: str, shipped: Sequence[str], instead: str) -> tuple[str, ...]:
    """One line about the shipped buckets that the universe lacks, none where it has them all."""
    absent = [name for name in shipped if name not in universe.bucket_names]
    if not absent:
        return ()
    what = f"what the shipped file says of {', '.join(absent)} does not apply to universe {universe.name}"
    return (f"{where}: {what}: {instead}",)
