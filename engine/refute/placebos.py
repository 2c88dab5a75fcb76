"""Draws of placebo dates: sessions without an event, of the same volatility as the events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Floats

REGIMES = 3
# Fewer dates of a regime than this say too little about it: then those of every regime stand for it.
LEAST_DATES = 20


@dataclass(frozen=True, eq=False)
class PlaceboDates:
    """P placebo dates. volatility: (P,) of the strategy's holding period, as known before each date; scores: (P,) in
    deviations of the holding period."""

    volatility: Floats
    scores: Floats

    def pool(self, volatility: float) -> Floats:
        """(n,) scores of the dates in the regime, a third of all dates by volatility, that a volatility is in.

        Of all dates where fewer than 20 are in it.
        """
        bars = np.quantile(self.volatility, np.arange(1, REGIMES) / REGIMES)
        same = np.searchsorted(bars, self.volatility) == np.searchsorted(bars, volatility)
        return self.scores[same] if same.sum() >= LEAST_DATES else self.scores

    def draw(self, like: Floats, count: int, draws: int, rng: np.random.Generator) -> Floats:
        """(draws, count) scores, each of a date in the regime of a volatility that is drawn from (n,) `like`."""
        out = np.zeros((draws, count))
        if not count:
            return out
        pools = [self.pool(float(one)) for one in like]
        which = rng.integers(len(pools), size=(draws, count))
        for k, pool in enumerate(pools):
            here = which == k
            out[here] = pool[rng.integers(len(pool), size=int(here.sum()))]
        return out
