"""Forwards and borrow from calls and puts of one strike: parity, and what is left of it where exercise may be early."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import Kind, as_array, check_fields, number, takes

from ..arrays import Floats
from .american import american
from .contracts import Contracts
from .european import european
from .implied import implied_volatility

STEPS = 80
TOLERANCE = 1e-11
# Carries within which borrow is sought, a year.
LEAST_CARRY, MOST_CARRY = -0.9, 9.0
RATE = number(-1.0, 10.0)


@dataclass(frozen=True)
class CashDividend:
    """A dividend to come: years to its ex-date, days / 365, and usd a share."""

    years: float
    usd: float

    def __post_init__(self) -> None:
        check_fields(self, {"years": number(0.0, 100.0), "usd": number(0.0, 1e9)})


def _are_dividends(value: Any) -> bool:
    return not isinstance(value, str) and all(isinstance(one, CashDividend) for one in value)


DIVIDENDS = Kind("a list of CashDividend(years, usd)", _are_dividends)


@takes(rate_annual=RATE)
def implied_forward(call: Any, put: Any, strike: Any, years: Any, rate_annual: float) -> Floats:
    """(n,) forwards that European calls and puts of one strike imply: strike + (call - put) * exp(rate * years).

    call, put and strike: USD per share, numbers or (n,); years to expiry; rate_annual: continuous. NaN where one of
    them is. American prices understate a fee so: see `early_exercise_free`. Raises ParameterError for what is no
    number, or of another length.
    """
    terms = (("call", call), ("put", put), ("strike", strike), ("years", years))
    c, p, k, t = (as_array(value, np.float64, name) for name, value in terms)
    count = max(x.size for x in (c, p, k, t))
    for name, x in zip(("call", "put", "strike", "years"), (c, p, k, t), strict=True):
        if x.ndim > 1 or x.size not in (1, count):
            bound = f"one number, or {count} as the longest has"
            raise ParameterError("terms of different lengths", where=name, value=str(x.shape), bound=bound)
    return np.asarray(k + (c - p) * np.exp(rate_annual * t))


@takes(
    forward=number(1e-12, 1e12), spot=number(1e-12, 1e12), years=number(1e-9, 100.0), rate_annual=RATE,
    dividends=DIVIDENDS,
)  # fmt: skip
def implied_borrow(
    forward: float, spot: float, years: float, rate_annual: float, dividends: Sequence[CashDividend] = ()
) -> float:
    """The borrow fee, continuous a year, at which a spot has a forward: spot * exp(g T) less what dividends grow to.

    g = rate_annual - borrow; forward and spot: USD per share; years to the forward's day; dividends: those with an
    ex-date until then, others are passed over. Raises ParameterError where no fee up to 900 % a year gives the forward.
    """
    paid = [one for one in dividends if 0.0 <= one.years <= years]
    growth = math.log(forward / spot) / years
    for _ in range(STEPS):
        grown = [one.usd * math.exp(growth * (years - one.years)) for one in paid]
        stock = spot * math.exp(growth * years)
        gap = stock - sum(grown) - forward
        slope = stock * years - sum(usd * (years - one.years) for usd, one in zip(grown, paid, strict=True))
        step = gap / slope if slope > 0.0 else math.nan
        growth -= step
        if not abs(growth) < MOST_CARRY:
            break
        if abs(step) <= 1e-15 * max(abs(growth), 1e-3):
            return rate_annual - growth
    else:
        return rate_annual - growth
    raise ParameterError("no borrow fee gives this forward", where="forward", value=forward, bound="-900% to 900%")


@takes(rate_annual=RATE)
def forward_bounds(
    call_bid: Any, call_ask: Any, put_bid: Any, put_ask: Any, strike: Any, years: float, rate_annual: float
) -> tuple[float, float]:
    """Between what the forward must lie lest European calls and puts of one expiry be traded for a sure gain.

    call_bid, call_ask, put_bid, put_ask, strike: (n,) USD per share; years; rate_annual: continuous. The highest of
    strike + (call_bid - put_ask) and the lowest of strike + (call_ask - put_bid), both grown to expiry.
    Raises ParameterError for what is no number, or of another length.
    """
    low = implied_forward(call_bid, put_ask, strike, years, rate_annual)
    high = implied_forward(call_ask, put_bid, strike, years, rate_annual)
    return float(np.nanmax(low)), float(np.nanmin(high))


@dataclass(frozen=True, eq=False)
class Pairs:
    """Calls and puts of one strike and expiry side by side, (n,) each: spot, strike, years, rate, and both prices."""

    spot: Floats
    strike: Floats
    years: Floats
    rate_annual: Floats
    call: Floats
    put: Floats

    def some(self, which: Any) -> Pairs:
        """Some of them; which: a mask or row numbers."""
        return Pairs(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Freed:
    """What pairs say once early exercise is taken out, (n,) each, NaN where nothing fits: the forward in USD, the
    carry (dividend yield and borrow) and the volatility at which call and put have their prices."""

    forward: Floats
    carry_annual: Floats
    vol_annual: Floats


def early_exercise_free(pairs: Pairs, tolerance: float = TOLERANCE) -> Freed:
    """The carry and volatility at which an American call and put of one strike both have their prices.

    At a guess of both, what early exercise is worth is taken off each price; parity of the rest gives the forward, the
    one out of the money the volatility, and so on until nothing moves: with Aitken's step, for a fee of 80 % halves
    its error only. tolerance: of the carry over the life, and of the volatility by itself. NaN where the prices have no
    such pair.
    """
    count = len(pairs.strike)
    carry, vol = np.zeros(count), np.full(count, np.nan)
    premium_call, premium_put = np.zeros(count), np.zeros(count)
    before: list[Floats] = []
    live = np.ones(count, dtype=np.bool_)
    for _ in range(STEPS):
        at = np.flatnonzero(live)
        if not at.size:
            break
        some = pairs.some(at)
        call, put = some.call - premium_call[at], some.put - premium_put[at]
        forward = some.strike + (call - put) * np.exp(some.rate_annual * some.years)
        with np.errstate(invalid="ignore", divide="ignore"):
            new = some.rate_annual - np.log(forward / some.spot) / some.years
        new = np.where((new > LEAST_CARRY) & (new < MOST_CARRY), new, np.nan)
        out_call = forward <= some.strike
        contracts = Contracts(out_call, some.spot, some.strike, some.years, some.rate_annual, new)
        found = implied_volatility(contracts, np.where(out_call, call, put), exercise="european")
        new_vol = found["vol_annual"].to_numpy()
        fine = np.isfinite(new) & np.isfinite(new_vol)
        moved = np.where(fine, np.abs(new - carry[at]) * some.years, 0.0)
        moved = np.maximum(moved, np.where(fine & np.isfinite(vol[at]), np.abs(new_vol / vol[at] - 1.0), 1.0))
        carry[at], vol[at] = new, new_vol
        before = _aitken([*before, np.column_stack([carry, vol])], live)
        if len(before) == 1:
            carry, vol = before[0][:, 0].copy(), before[0][:, 1].copy()
        done = ~fine | (moved <= tolerance)
        live[at[done]] = False
        left = at[~done]
        if left.size:
            premium_call[left], premium_put[left] = _premiums(pairs.some(left), carry[left], vol[left])
    lost = live | ~np.isfinite(carry) | ~np.isfinite(vol)
    forward = pairs.spot * np.exp((pairs.rate_annual - carry) * pairs.years)
    return Freed(*(np.where(lost, np.nan, values) for values in (forward, carry, vol)))


def _aitken(before: list[Floats], live: Any) -> list[Floats]:
    """Every third guess extrapolated from the two before it, where that is a short step on."""
    if len(before) < 3:
        return before
    first, second, third = before
    with np.errstate(invalid="ignore", divide="ignore"):
        turn = third - 2.0 * second + first
        jump = third - (third - second) ** 2 / turn
        share = (third - second) / (second - first)
    good = live[:, None] & np.isfinite(jump) & (np.abs(share) < 0.95) & (jump[:, 1:] > 0.0)
    good &= (jump > LEAST_CARRY) & (jump < MOST_CARRY) & (np.abs(third - second) > 1e-13)
    return [np.where(good.all(axis=1)[:, None], jump, third)]


def _premiums(pairs: Pairs, carry: Floats, vol: Floats) -> tuple[Floats, Floats]:
    """What the right to exercise early is worth in the call and the put."""
    found = []
    for is_call in (True, False):
        calls = np.full(len(carry), is_call)
        contracts = Contracts(calls, pairs.spot, pairs.strike, pairs.years, pairs.rate_annual, carry, vol)
        early = american(contracts, sensitivities=False)["price"].to_numpy()
        found.append(early - european(contracts)["price"].to_numpy())
    return found[0], found[1]
