"""Volatilities from a snapshot of a chain by strike and expiry, without sure gains between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from hedgebook.errors import PriceDataError
from hedgebook.universes.brief import brief
from hedgebook.universes.chains.chain import Snapshot
from hedgebook.universes.checks import instance, number, takes

from ..arrays import Floats
from .carry import ChainCarry, chain_carry
from .contracts import Contracts
from .european import european
from .implied import implied_volatility

SNAPSHOT = instance("hedgebook.universes.chains.chain", "Snapshot", "a Snapshot, as chain.snapshots[0]")
LEAST_QUOTES = 3
# Of what a European option may be wrong by rounding, over its forward.
SLACK_FRAC = 1e-12
DAYS_A_YEAR = 365.0
# A quote whose half width is more than this part of its middle says too little of a volatility.
MOST_WIDTH_FRAC = 0.5


@dataclass(frozen=True)
class Violation:
    """A quote against the others: kind "butterfly" (its price lies above the line between its neighbours) or "calendar"
    (total variance falls from the expiry before); expiry, strike in USD, size: in forward units or variance."""

    kind: str
    expiry: np.datetime64
    strike: float
    size: float


@dataclass(frozen=True, eq=False)
class Slice:
    """One expiry of a surface: expiry, years, forward (USD), and of each strike that was kept moneyness, ln(strike /
    forward), and calls, undiscounted over the forward."""

    expiry: np.datetime64
    years: float
    forward: float
    moneyness: Floats
    calls: Floats


@brief
@dataclass(frozen=True, eq=False)
class ChainSurface:
    """Volatilities by strike and expiry that the quotes of one moment give.

    ticker, session: of the snapshot; spot: that of the quotes, USD per share; rate_annual; slices: an expiry each, the
    calls of which fall and are convex in strike; growth_annual: of forwards between and beyond expiries; violations:
    quotes that could be traded against others for a sure gain at their middles; repaired: how many were moved onto the
    nearest prices that cannot be. Between strikes calls run on a curve that is convex too, between expiries total
    variance at one moneyness runs straight.
    """

    ticker: str
    session: np.datetime64
    spot: float
    rate_annual: float
    growth_annual: float
    slices: tuple[Slice, ...]
    violations: tuple[Violation, ...]
    repaired: int

    def forward(self, years: Any, spot: float | None = None) -> Floats:
        """Forwards, USD per share, at `years`, of the quotes' own spot or another (`spot`); NaN where one is."""
        at = self.spot if spot is None else spot
        return np.asarray(at * np.exp(self.growth_annual * np.asarray(years, dtype=np.float64)))

    def vol(self, strike: Any, forward: Any, years: Any) -> Floats:
        """Annual volatilities; strike, forward (USD) and years broadcast; NaN where years is not above 0.

        Total variance at fixed ln(strike / forward) runs straight between expiries and is that of the first or the last
        scaled by time beyond them; beyond the strikes that are quoted volatility stays what it is at the last one.
        """
        k, t = np.broadcast_arrays(np.log(np.asarray(strike) / np.asarray(forward)), np.asarray(years, np.float64))
        ends = np.array([one.years for one in self.slices])
        total = np.stack([_variance(one, k.ravel()) for one in self.slices])
        total = np.maximum.accumulate(total, axis=0)
        flat = t.ravel()
        out = np.empty(flat.shape)
        high = np.clip(np.searchsorted(ends, flat), 1, len(ends) - 1) if len(ends) > 1 else np.zeros(flat.shape, int)
        column = np.arange(flat.size)
        if len(ends) > 1:
            low = high - 1
            share = np.clip((flat - ends[low]) / (ends[high] - ends[low]), 0.0, 1.0)
            out = total[low, column] * (1.0 - share) + total[high, column] * share
        else:
            out = total[0].copy()
        before, after = flat < ends[0], flat > ends[-1]
        out[before] = total[0, before] * flat[before] / ends[0]
        out[after] = total[-1, after] * flat[after] / ends[-1]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(flat > 0.0, np.sqrt(out / flat), np.nan).reshape(t.shape))


def _variance(one: Slice, k: Floats) -> Floats:
    """Total variance of a slice at log moneyness, from calls on a convex curve through its own."""
    inside = np.clip(k, one.moneyness[0], one.moneyness[-1])
    price = convex_curve(np.exp(one.moneyness), one.calls, np.exp(inside))
    return _total(price, inside)


def convex_curve(x: Floats, y: Floats, at: Floats) -> Floats:
    """Values at `at` of a smooth curve through convex points: rational cubics of Delbourgo and Gregory (1985).

    Slopes at points are those of parabolas through three; at the ends they stay between -1 and 0, as of calls.
    """
    step = np.diff(x)
    rise = np.diff(y) / step
    slope = np.empty(len(x))
    if len(rise) == 1:
        return np.asarray(np.interp(at, x, y))
    slope[1:-1] = (step[1:] * rise[:-1] + step[:-1] * rise[1:]) / (step[1:] + step[:-1])
    slope[0] = max(2.0 * rise[0] - slope[1], min(-1.0, rise[0]))
    slope[-1] = min(2.0 * rise[-1] - slope[-2], max(0.0, rise[-1]))
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(rise) - 1)
    left, right = rise[i] - slope[i], slope[i + 1] - rise[i]
    part = (at - x[i]) / step[i]
    rest = 1.0 - part
    with np.errstate(invalid="ignore", divide="ignore"):
        r = 1.0 + right / left + left / right
        top = y[i + 1] * part**3 + (r * y[i + 1] - step[i] * slope[i + 1]) * part**2 * rest
        top += (r * y[i] + step[i] * slope[i]) * part * rest**2 + y[i] * rest**3
        curve = top / (1.0 + (r - 3.0) * part * rest)
    straight = y[i] * rest + y[i + 1] * part
    return np.asarray(np.where((left > 1e-13) & (right > 1e-13) & np.isfinite(curve), curve, straight))


def _total(calls: Floats, k: Floats) -> Floats:
    """Total variance at which undiscounted calls over the forward have their prices; 0 at or below exercise."""
    strike = np.exp(k)
    puts = k < 0.0
    price = np.where(puts, calls - 1.0 + strike, calls)
    found = implied_volatility(Contracts(~puts, 1.0, strike, 1.0), np.maximum(price, 0.0), exercise="european")
    return np.asarray(np.nan_to_num(found["vol_annual"].to_numpy()) ** 2)


@takes(snapshot=SNAPSHOT, rate_annual=number(-1.0, 10.0))
def chain_surface(snapshot: Snapshot, *, rate_annual: float) -> ChainSurface:
    """The surface of a snapshot: forwards by parity, volatilities of what is out of the money, free of sure gains.

    rate_annual: continuous, for discounting. American quotes are turned into European ones of the same volatility.
    Where calls are not falling and convex in strike they are moved to the nearest that are (least squares by width of
    quotes), and where total variance falls from one expiry to the next it is lifted; both are named in violations.
    Raises PriceDataError where the snapshot gives no forwards, or no expiry has three quotes.
    """
    carry = chain_carry(snapshot, rate_annual=rate_annual)
    offset = carry.offset_frac if math.isfinite(carry.offset_frac) else 0.0
    base = snapshot.spot * (1.0 + offset) if snapshot.spot > 0.0 else _spot(carry)
    slices: list[Slice] = []
    violations: list[Violation] = []
    repaired = 0
    for expiry in snapshot.expiries:
        days = float((expiry - snapshot.session).astype(np.float64))
        if days <= 0.0:
            continue
        one = _quotes(snapshot, expiry, base, carry, rate_annual)
        if one is None:
            continue
        k, calls, weight, forward = one
        fixed, broken = _convex(np.exp(k), calls, weight)
        for at in broken:
            size = float(abs(fixed[at] - calls[at]))
            violations.append(Violation("butterfly", expiry, float(forward * np.exp(k[at])), size))
        repaired += int(np.sum(np.abs(fixed - calls) > 1e-9))
        slices.append(Slice(expiry, days / DAYS_A_YEAR, forward, k, fixed))
    if not slices:
        raise PriceDataError(
            "no expiry has enough quotes", where=f"{snapshot.ticker}, {snapshot.moment}Z", bound=f"{LEAST_QUOTES}"
        )
    violations += _calendar(slices)
    return ChainSurface(
        snapshot.ticker, snapshot.session, base, rate_annual, carry.growth_annual, tuple(slices), tuple(violations),
        repaired,
    )  # fmt: skip


def _spot(carry: ChainCarry) -> float:
    first = carry.forwards.iloc[0]
    return float(
        first["forward"] * math.exp(-carry.growth_annual * first["days"] / DAYS_A_YEAR - first["residual_frac"])
    )


def _quotes(
    snapshot: Snapshot, expiry: np.datetime64, spot: float, carry: ChainCarry, rate: float
) -> tuple[Floats, Floats, Floats, float] | None:
    """Of one expiry's options out of the money: ln(K / F), undiscounted calls over F, weights, and F; None of too few.

    The forward is that of the line through all expiries, so that it does not jump from one to the next.
    """
    years = float((expiry - snapshot.session).astype(np.float64)) / DAYS_A_YEAR
    forward = spot * math.exp(carry.growth_annual * years)
    rows = snapshot.expiry == expiry
    rows &= np.where(snapshot.calls, snapshot.strike >= forward, snapshot.strike < forward)
    rows &= snapshot.half_width <= MOST_WIDTH_FRAC * snapshot.mid
    if rows.sum() < LEAST_QUOTES:
        return None
    some = snapshot.some(rows)
    order = np.argsort(some.strike, kind="stable")
    some = some.some(order)
    contracts = Contracts(some.calls, spot, some.strike, years, rate, rate - carry.growth_annual)
    exercise: Any = "american" if snapshot.american else "european"
    vol = implied_volatility(contracts, some.mid, exercise=exercise)["vol_annual"].to_numpy()
    known = np.isfinite(vol)
    if known.sum() < LEAST_QUOTES:
        return None
    strike = some.strike[known]
    k = np.log(strike / forward)
    calls = european(Contracts("call", 1.0, np.exp(k), years, vol_annual=vol[known]))["price"].to_numpy()
    return k, calls, forward / np.maximum(some.half_width[known], 1e-4), forward


def _convex(strikes: Floats, calls: Floats, weight: Floats) -> tuple[Floats, list[int]]:
    """Calls moved as little as needed, by weight, to fall by at most one per strike and be convex; which broke it."""
    slope = np.diff(calls) / np.diff(strikes)
    bends = np.diff(slope)
    broken = [int(i) + 1 for i in np.flatnonzero(bends < -SLACK_FRAC)]
    broken += [i for i in (0,) if slope[0] < -1.0 - SLACK_FRAC] + [len(calls) - 1] * bool(slope[-1] > SLACK_FRAC)
    if not broken:
        return calls, []
    from scipy.optimize import nnls

    # Convex, falling calls are sums, not below zero, of: the last call, its last fall, and bends at each strike. The
    # steepest fall is at most one: the rest of it is a weight too.
    n = len(calls)
    basis = np.zeros((n, n + 1))
    basis[:, 0] = 1.0
    basis[:, 1] = strikes[-1] - strikes
    for j in range(1, n - 1):
        basis[:, j + 1] = np.maximum(strikes[j] - strikes, 0.0)
    scale = weight / weight.max()
    heavy = 1e3
    # Falls together with what is left of them make one; a zero column takes up that rest.
    falls = np.zeros(n + 1)
    falls[1:n] = 1.0
    falls[n] = 1.0
    system = np.vstack([basis * scale[:, None], heavy * falls])
    found, _ = nnls(system, np.append(calls * scale, heavy), maxiter=30 * n + 100)
    return np.asarray(basis @ found), broken


def _calendar(slices: Sequence[Slice]) -> list[Violation]:
    """Where total variance at a strike's moneyness is below that of the expiry before."""
    found = []
    for near, far in pairwise(slices):
        inside = (far.moneyness >= near.moneyness[0]) & (far.moneyness <= near.moneyness[-1])
        k = far.moneyness[inside]
        if not k.size:
            continue
        gap = _variance(near, k) - _variance(far, k)
        for at in np.flatnonzero(gap > 1e-9):
            found.append(Violation("calendar", far.expiry, float(far.forward * np.exp(k[at])), float(gap[at])))
    return found
