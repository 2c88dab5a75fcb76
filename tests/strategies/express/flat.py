"""Quotes without any surface: one volatility, one rate, one carry, one width, as Black and Scholes have it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from hedgebook.engine.options.marks import Quoted
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.market import Market

N = NormalDist().cdf


def black_scholes(right: str, spot: float, strike: float, years: float, rate: float, carry: float, vol: float) -> float:
    """The European price, in plain Python."""
    sign = 1.0 if right == "call" else -1.0
    if years <= 0.0:
        return max(sign * (spot - strike), 0.0)
    root = vol * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate - carry + vol * vol / 2.0) * years) / root
    forward = spot * math.exp(-carry * years) * N(sign * d1)
    return sign * (forward - strike * math.exp(-rate * years) * N(sign * (d1 - root)))


@dataclass(frozen=True, eq=False)
class FlatMarks:
    """Marks of a market under one volatility, rate, carry and half width in USD."""

    market: Market
    vol: float = 0.8
    rate: float = 0.0
    carry: float = 0.0
    half_usd: float = 0.0
    label: str = "modelled quotes (flat)"

    def marks(self, contracts: Sequence[Listed], sessions: Any, mark: str = "close") -> Quoted:
        """European prices, years by calendar days."""
        days = np.asarray(sessions, dtype="datetime64[D]")
        shape = (len(days), len(contracts))
        mid, spot, years = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
        prices = self.market.quoted("open" if mark == "open" else "close")
        for t, day in enumerate(days):
            for k, one in enumerate(contracts):
                left = int((np.datetime64(one.expiry, "D") - day).astype(int))
                if left < 0:
                    continue
                spot[t, k] = prices[self.market.session_index(day), self.market.column(one.ticker)]
                years[t, k] = left / 365.0
                mid[t, k] = black_scholes(
                    one.right, spot[t, k], one.strike, years[t, k], self.rate, self.carry, self.vol
                )
        width = np.where(years > 0.0, self.half_usd, 0.0)
        flat = [np.full(shape, value) for value in (self.vol, self.rate, self.carry)]
        return Quoted(mid, width, flat[0], spot, years, flat[1], flat[2], np.ones(shape, dtype=np.bool_))
