"""Rule 201 of Regulation SHO: after a fall of ten per cent nothing is sold short at the bid until the next day ends.

Source: 17 CFR 242.201. A price decline of 10 % or more from the prior close triggers it for the rest of that day and
for the following day.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market

TRIGGER_FRAC = 0.10
# Prices are adjusted and rounded, so a fall of exactly ten per cent may come out a little smaller.
ROUNDING_FRAC = 1e-9


def rule_201_bars(market: Market) -> NDArray[np.bool_]:
    """(2, T, N): where a market short sale is barred at the open and at the close of each session.

    The open is barred when it stands at least 10 % below the last close before it, or after a trigger on the
    session before; the close is barred after a trigger on its own session or the one before. A session
    triggers by its low, or by the lower of open and close where the low is missing. A session without prices
    triggers nothing.
    """
    limit = (1.0 - TRIGGER_FRAC) * _last_close_before(market) * (1.0 + ROUNDING_FRAC)
    lowest = np.where(np.isfinite(market.low), market.low, np.fmin(market.open, market.close))
    triggered = lowest <= limit
    before = np.vstack([np.zeros((1, triggered.shape[1]), dtype=np.bool_), triggered[:-1]])
    bars = np.zeros((2, *triggered.shape), dtype=np.bool_)
    bars[Mark.OPEN] = before | (market.open <= limit)
    bars[Mark.CLOSE] = before | triggered
    return bars


def _last_close_before(market: Market) -> NDArray[np.float64]:
    """(T, N): the latest close before each session, NaN where there is none."""
    rows = np.arange(len(market.sessions))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(market.close), rows, -1), axis=0)
    # Before the first close of a ticker row 0 stands in, which has none.
    known = np.take_along_axis(market.close, np.maximum(last, 0), axis=0)
    return np.vstack([np.full((1, known.shape[1]), np.nan), known[:-1]])
