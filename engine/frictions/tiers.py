"""Tiers of liquidity: what a ticker costs that costs name neither by itself nor by its bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from hedgebook.universes.calendar import SESSIONS_PER_YEAR
from hedgebook.universes.market import Market
from hedgebook.universes.model import Value
from hedgebook.universes.refusal.problems import flaw

from ..arrays import Floats
from .liquidity import MIN_SESSIONS

UNKNOWN = -1
MOST_KEPT = 4096
SHOWN = 8
Tiers = NDArray[np.int8]
_KEPT: WeakKeyDictionary[Market, dict[tuple[Liquidity, int], Tiers]] = WeakKeyDictionary()
_VOLUMES: WeakKeyDictionary[Market, bool] = WeakKeyDictionary()


class Tier(Value):
    """Tickers that trade at least so many USD a session and move at most so much a year; no limit = all."""

    name: Annotated[str, Field(min_length=1)]
    min_usd: Annotated[float, Field(ge=0, le=1e15)] = 0.0
    max_volatility_annual: Annotated[float, Field(gt=0, le=1000)] | None = None


class Liquidity(Value):
    """Tiers from the cheapest to the dearest; a ticker is in the first whose limits it meets, else in the last.

    Measured are the mean USD traded and the deviation of close-to-close returns (times the root of 252) over the
    `window_sessions` sessions that end at the close before a session. A ticker of which fewer than 5 of them are known
    is in the last tier. Where a price file has no volumes at all there are no tiers, and the tables' defaults count.
    """

    window_sessions: Annotated[int, Field(ge=20, le=252)] = 60
    tiers: tuple[Tier, ...] = ()
    reason: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for i, (one, after) in enumerate(zip(self.tiers, self.tiers[1:], strict=False)):
            if after.min_usd > one.min_usd or _ceiling(after) < _ceiling(one):
                what = "a tier must take in whatever the one before it does"
                remedy = "Write tiers from the strictest limits to the loosest."
                raise flaw(what, at=("tiers", i + 1), value=after.name, remedy=remedy)
        if len(self.names) != len(set(self.names)):
            raise flaw("a name stands twice", at=("tiers",), value=", ".join(self.names), remedy="Rename one of them.")
        if self.tiers and (self.tiers[-1].min_usd > 0 or self.tiers[-1].max_volatility_annual is not None):
            last = len(self.tiers) - 1
            remedy = "Leave its limits out: it takes whatever is in no other."
            raise flaw("the last tier has a limit", at=("tiers", last), value=self.tiers[-1].name, remedy=remedy)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tiers."""
        return tuple(one.name for one in self.tiers)

    def measure(self, market: Market, row: int) -> tuple[Floats, Floats]:
        """(N,) mean USD a session and (N,) annual volatility before a session of the market; NaN where unknown."""
        # Session by session and not rolling: a sum that is carried along depends on where it began, so that a ticker
        # at a limit would be in one tier in a sweep and in another in a single run.
        first = max(0, row - self.window_sessions)
        close = market.close[first:row]
        value = close * market.volume[first:row]
        before = market.close[max(0, first - 1) : row]
        with np.errstate(invalid="ignore", divide="ignore"):
            moves = before[1:] / before[:-1] - 1.0
        usd, _ = _moments(value)
        _, variance = _moments(moves)
        return np.where(usd > 0, usd, np.nan), np.sqrt(variance * SESSIONS_PER_YEAR)

    def at(self, market: Market, row: int) -> Tiers:
        """(N,): the tier of each ticker as known before a session of the market, -1 where there are none."""
        count = len(market.tickers)
        if not self.tiers or not has_volumes(market):
            return np.full(count, UNKNOWN, dtype=np.int8)
        kept = _KEPT.setdefault(market, {})
        if (self, row) not in kept:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            usd, volatility = self.measure(market, row)
            out = np.full(count, len(self.tiers) - 1, dtype=np.int8)
            for i in range(len(self.tiers) - 2, -1, -1):
                out[(usd >= self.tiers[i].min_usd) & (volatility <= _ceiling(self.tiers[i]))] = i
            out.flags.writeable = False
            kept[self, row] = out
            return out
        return kept[self, row]

    def by_session(self, market: Market, start: int, stop: int) -> Tiers:
        """(stop - start, N): the tier of each ticker at each session, as known before the month that it lies in."""
        months = market.sessions[:stop].astype("datetime64[M]")
        begins = np.flatnonzero(np.concatenate([[True], months[1:] != months[:-1]]))
        of = np.searchsorted(begins, np.arange(start, stop), side="right") - 1
        used, which = np.unique(of, return_inverse=True)
        return np.stack([self.at(market, int(begins[k])) for k in used])[which.ravel()]

    def rates(self, tiers: Tiers, default: float, by_liquidity: Mapping[str, float]) -> Floats:
        """A rate for each of some tiers: what is said of it, else the default."""
        table = np.array([*(by_liquidity.get(name, default) for name in self.names), default])
        return np.asarray(table[tiers])


NO_TIERS = Liquidity()


def has_volumes(market: Market) -> bool:
    """Whether any volume is known of a market."""
    if market not in _VOLUMES:
        _VOLUMES[market] = bool((market.volume > 0).any())
    return _VOLUMES[market]


def _ceiling(tier: Tier) -> float:
    return np.inf if tier.max_volatility_annual is None else tier.max_volatility_annual


def _moments(values: Floats) -> tuple[Floats, Floats]:
    """(N,) mean and variance (ddof=1) of the known of (T, N) numbers; NaN where fewer than 5 are known."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    enough = count >= MIN_SESSIONS
    divisor = np.where(enough, count, 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / divisor
    apart = np.where(known, values - mean, 0.0)
    variance = (apart * apart).sum(axis=0) / np.maximum(divisor - 1, 1)
    return np.where(enough, mean, np.nan), np.where(enough, variance, np.nan)


def tier_line(liquidity: Liquidity, market: Market, row: int, columns: NDArray[np.int64]) -> str:
    """Which tiers some tickers are in, and what was measured of each."""
    usd, volatility = liquidity.measure(market, row)
    tiers = liquidity.at(market, row)
    parts = []
    for k, name in enumerate(liquidity.names):
        members = [int(i) for i in columns if tiers[i] == k]
        if members:
            shown = ", ".join(_measured(market.tickers[i], usd[i], volatility[i]) for i in members[:SHOWN])
            more = f" and {len(members) - SHOWN} more" if len(members) > SHOWN else ""
            parts.append(f"{name}: {shown}{more}")
    return "; ".join(parts)


def _measured(ticker: str, usd: float, volatility: float) -> str:
    if not (np.isfinite(usd) and np.isfinite(volatility)):
        return f"{ticker} (too little history)"
    size, unit = (usd / 1e9, "bn") if usd >= 1e9 else (usd / 1e6, "m")
    return f"{ticker} ({size:.3g} {unit} USD a session, {volatility:.0%} a year)"
