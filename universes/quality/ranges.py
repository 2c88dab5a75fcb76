"""Rows in which open, high, low and close contradict one another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..market import Market
from .fault import Fault, fault
from .rules import RULES


def contradictions(market: Market) -> Iterator[Fault]:
    """A finding a ticker: low above high, or open or close outside them by more than the rule's share of the price."""
    share = RULES["range"].limits["share"]
    low, high = market.low, market.high
    with np.errstate(invalid="ignore"):
        crossed = low > high
        below = {name: getattr(market, name) < low * (1 - share) for name in ("open", "close")}
        above = {name: getattr(market, name) > high * (1 + share) for name in ("open", "close")}
    wrong = crossed | np.any([*below.values(), *above.values()], axis=0)
    for i in np.flatnonzero(wrong.any(axis=0)).tolist():
        rows = np.flatnonzero(wrong[:, i]).tolist()
        says = []
        for t in rows:
            day = market.sessions[t]
            if crossed[t, i]:
                says.append(f"low {low[t, i]:g} above high {high[t, i]:g} on {day}")
                continue
            name = next(name for name in ("open", "close") if below[name][t, i] or above[name][t, i])
            value = getattr(market, name)[t, i]
            says.append(f"{name} {value:g} outside {low[t, i]:g} to {high[t, i]:g} on {day}")
        yield fault(market, "range", market.tickers[i], [(t, t) for t in rows], says)
