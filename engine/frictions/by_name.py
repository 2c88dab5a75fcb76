"""A number per ticker, given by ticker, by bucket, or by default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import CostsError, did_you_mean, together
from hedgebook.universes.market import Market
from hedgebook.universes.universe import OTHER, Universe


def per_ticker(
    market: Market, default: float, by_bucket: Mapping[str, float], by_ticker: Mapping[str, float]
) -> NDArray[np.float64]:
    """(N,): the ticker's own number, else its bucket's, else the default."""
    pairs = zip(market.tickers, market.buckets, strict=True)
    return np.array([by_ticker.get(t, by_bucket.get(b or "", default)) for t, b in pairs], dtype=np.float64)


def unnamed(market: Market, by_bucket: Mapping[str, float], by_ticker: Mapping[str, float]) -> NDArray[np.bool_]:
    """(N,): whether neither a ticker nor its bucket is named, so that it has the default."""
    pairs = zip(market.tickers, market.buckets, strict=True)
    return np.array([t not in by_ticker and (b or "") not in by_bucket for t, b in pairs], dtype=np.bool_)


def unknown_names(
    universe: Universe, where: str, buckets: Iterable[str], tickers: Iterable[str], passed_over: Iterable[str] = ()
) -> list[CostsError]:
    """What is wrong with buckets and tickers that the universe does not have, those of `passed_over` excepted."""
    found = []
    # The bucket `other` is that of tickers which a universe has no bucket for, and may be empty.
    known_buckets = (*universe.bucket_names, OTHER)
    for kind, given, known in (("bucket", buckets, known_buckets), ("ticker", tickers, universe.tickers)):
        for name in given:
            if name not in known and name not in passed_over:
                what, remedy = f"universe {universe.name} has no {kind} {name!r}", did_you_mean(name, known)
                found.append(CostsError(what, where=where, remedy=remedy))
    return found


def unknown_either(
    universe: Universe, where: str, names: Iterable[str], passed_over: Iterable[str] = ()
) -> list[CostsError]:
    """What is wrong with names that are neither a bucket nor a ticker of the universe."""
    known = (*universe.bucket_names, *universe.tickers)
    return [
        CostsError(
            f"universe {universe.name} has no bucket or ticker {name!r}", where=where, remedy=did_you_mean(name, known)
        )
        for name in names
        if name not in known and name not in passed_over and name != OTHER
    ]


def refuse(problems: Sequence[CostsError]) -> None:
    """Raise all problems of a file as one, nothing where there are none."""
    if problems:
        raise together(problems)


def passed_over_note(universe: Universe, where: str, shipped: Sequence[str], instead: str) -> tuple[str, ...]:
    """One line about the shipped buckets that the universe lacks, none where it has them all."""
    absent = [name for name in shipped if name not in universe.bucket_names]
    if not absent:
        return ()
    what = f"what the shipped file says of {', '.join(absent)} does not apply to universe {universe.name}"
    return (f"{where}: {what}: {instead}",)
