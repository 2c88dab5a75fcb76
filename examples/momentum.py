"""A strategy of one's own: long what rose most, short what fell most.

hedgebook sweep examples/momentum.py:momentum --grid window=20:120:20 --grid every=5,10,21 --cv walk-forward
"""

from __future__ import annotations

import numpy as np

import hedgebook as hb


def momentum(market: hb.Market, window: int = 60, every: int = 21, names: int = 3, sessions: int = 500) -> hb.Schedule:
    """Equal weights of the `names` best and worst tickers over `window` sessions, chosen every so many closes.

    Decided at a close, filled at the next open; over the last `sessions` sessions of the market.
    """
    first = max(window, len(market.sessions) - sessions)
    decided = np.arange(first, len(market.sessions) - 1, every)
    weights = np.zeros((len(decided), len(market.tickers)))
    for row, t in zip(weights, decided, strict=True):
        gain = market.close[t] / market.close[t - window] - 1.0
        known = np.flatnonzero(np.isfinite(gain))
        ranked = known[np.argsort(gain[known])]
        row[ranked[-names:]] = 0.5 / names
        row[ranked[:names]] = -0.5 / names
    return hb.Schedule(
        tickers=market.tickers,
        decided_at=market.close_at[decided],
        session=market.sessions[decided + 1],
        mark=np.full(len(decided), hb.Mark.OPEN, dtype=np.int64),
        weights=weights,
    )


if __name__ == "__main__":
    grid = hb.sweep(momentum, hb.sample_market(), window=range(20, 121, 20), every=[5, 10, 21], cv="walk-forward")
    print(grid.best)
    print(grid.marginal_effects().to_string(index=False))
