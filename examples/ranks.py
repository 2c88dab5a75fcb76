"""A strategy that plans many sets at once: the ranks of all names are found once, the weights of all sets in arrays.

hedgebook sweep examples/ranks.py:ranks --grid window=20:120:20 --grid names=1:8 --cv walk-forward
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

import hedgebook as hb


def ranks(market: hb.Market, window: int = 60, names: int = 3, every: int = 5) -> hb.Schedule:
    """Long the `names` best tickers over `window` sessions and short as many of the worst, at every fifth close."""
    return plan_many(market, [{"window": window, "names": names, "every": every}])[0]


def plan_many(market: hb.Market, sets: Sequence[Mapping[str, Any]]) -> hb.Schedules | list[hb.Schedule]:
    """The schedules of many sets: one object, where all of them trade at the same times."""
    if len({one["every"] for one in sets}) > 1:
        return [ranks(market, **one) for one in sets]
    decided = np.arange(0, len(market.sessions) - 1, sets[0]["every"])
    weights = np.zeros((len(sets), len(decided), len(market.tickers)))
    for mine, one in zip(weights, sets, strict=True):
        rank, known = ranked(market, one["window"])
        names = one["names"]
        size = 0.5 / names
        # Too few names with a history: nothing is held.
        enough = (known[decided] >= 2 * names)[:, None]
        best = (rank[decided] >= known[decided, None] - names) & (rank[decided] < known[decided, None])
        mine[:] = np.where(enough, size * best - size * (rank[decided] < names), 0.0)
    return hb.Schedules(
        tickers=market.tickers,
        decided_at=market.close_at[decided],
        session=market.sessions[decided + 1],
        mark=np.full(len(decided), hb.Mark.OPEN, dtype=np.int64),
        weights=weights,
    )


@lru_cache(maxsize=64)
def ranked(market: hb.Market, window: int) -> tuple[np.ndarray, np.ndarray]:
    """(T, N) the rank of each ticker by its gain over the window, unknown ones last, and (T,) how many are known."""
    gain = np.full(market.close.shape, np.nan)
    gain[window:] = market.close[window:] / market.close[:-window] - 1.0
    order = np.argsort(gain, axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable"), np.isfinite(gain).sum(axis=1)


ranks.plan_many = plan_many  # type: ignore[attr-defined]


if __name__ == "__main__":
    grid = hb.sweep(ranks, hb.sample_market(), window=range(20, 121, 20), names=range(1, 9))
    print(grid.best)
    print(grid.marginal_effects().to_string(index=False))
