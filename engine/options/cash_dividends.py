"""Options on a stock that pays cash at dates: the spot drops by it, or, by name, the escrowed model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import check, one_of, takes

from ..arrays import Floats
from .american import american
from .contracts import Contracts
from .european import european, need_volatility
from .implied import Exercise
from .parity import DIVIDENDS, CashDividend

DividendModel = Literal["spot", "escrowed"]
# Of the grid in ln(spot): deviations to each side, and points. Steps in which exercise is looked at, each twice the
# one before: their differences give the limit of ever more (measured on 60 published prices).
WIDE, POINTS = 9.0, 4001
# Of one ex-date alone one sum is the price: the corner that exercise makes is then met with so many.
MOST_POINTS = 64_001
STEPS = (48, 96, 192)
TAIL = 8.5
DAYS_A_YEAR = 365.0
# Years within which two ex-dates are one: less than a minute.
SAME_TIME = 1e-6


@takes(dividends=DIVIDENDS, exercise=one_of(*get_args(Exercise)), model=one_of(*get_args(DividendModel)))
def cash_dividend_price(
    contracts: Contracts,
    dividends: Sequence[CashDividend],
    *,
    exercise: Exercise = "american",
    model: DividendModel = "spot",
) -> Floats:
    """(n,) prices of `contracts` on one stock that pays `dividends`, USD per share.

    model: "spot", the definition: the stock follows Black and Scholes and drops by the cash at each ex-date, not below
    0, its volatility is that of the stock; "escrowed": the stock less the dividends to come, discounted at rate less
    carry, does. These are two models, not approximations of one another. exercise: "american" may be just before each
    ex-date too. Dividends after a contract's expiry are none of its. The carry of contracts is a yield beside the
    cash, as a borrow fee is. NaN where a term is. Each contract takes up to a second.
    Raises ParameterError for contracts without a volatility, and for dividends worth more than the stock.
    """
    check("dividends", dividends, DIVIDENDS)
    need_volatility(contracts)
    out = np.full(len(contracts), np.nan)
    for i in range(len(contracts)):
        one = contracts.some(np.array([i]))
        if not np.isnan(one.terms("spot", "strike", "years", "rate_annual", "carry_annual", "vol_annual")).any():
            out[i] = _price(one, dividends, exercise == "american", model)
    return out


@dataclass(frozen=True, eq=False)
class _Terms:
    """One contract as numbers, with the dividends before its expiry in order of time."""

    sign: float
    spot: float
    strike: float
    years: float
    rate: float
    carry: float
    vol: float
    times: tuple[float, ...]
    cash: tuple[float, ...]
    escrowed: bool

    def worth(self, at: float, *, cum: bool = False) -> float:
        """What the dividends after a time, with that of the time itself if `cum`, are worth then."""
        pairs = zip(self.times, self.cash, strict=True)
        held = [(t, usd) for t, usd in pairs if t > at or (cum and t == at)]
        return sum(usd * math.exp(-(self.rate - self.carry) * (t - at)) for t, usd in held)

    def exercised(self, spot: Floats, at: float, *, cum: bool = False) -> Floats:
        """What exercise at a time pays; escrowed grids hold the stock less its dividends."""
        stock = spot + self.worth(at, cum=cum) if self.escrowed else spot
        return np.maximum(self.sign * (stock - self.strike), 0.0)

    def never_between(self) -> bool:
        """Whether exercise is best at no time but just before an ex-date: a call without a yield."""
        return self.sign > 0.0 and self.carry <= 0.0 and self.rate >= 0.0


def _price(one: Contracts, dividends: Sequence[CashDividend], early: bool, model: str) -> float:
    years = float(one.years[0])
    # The stock opens without its dividend on the ex-date: on the last day that is before the close.
    paid = sorted(
        (min(d.years, years - 0.5 / DAYS_A_YEAR), d.usd) for d in dividends if d.usd > 0.0 and d.years <= years
    )
    paid = _by_time([(t, usd) for t, usd in paid if t > 0.0])
    if not paid:
        plain = (american(one, sensitivities=False) if early else european(one))["price"]
        return float(plain.iloc[0])
    terms = _Terms(
        1.0 if one.calls[0] else -1.0, float(one.spot[0]), float(one.strike[0]), years, float(one.rate_annual[0]),
        float(one.carry_annual[0]), float(one.vol_annual[0]), tuple(t for t, _ in paid), tuple(u for _, u in paid),
        model == "escrowed",
    )  # fmt: skip
    whole = float(terms.worth(0.0))
    if whole >= terms.spot:
        bound = f"below the spot of {terms.spot:g}"
        raise ParameterError("the dividends are worth more than the stock", where="dividends", value=whole, bound=bound)
    if terms.escrowed and not early:
        escrowed = european(one.but(spot=terms.spot - whole))["price"]
        return float(escrowed.iloc[0])
    if not early or terms.never_between():
        return _backwards(terms, early, 0)
    found = [_backwards(terms, early, steps) for steps in STEPS]
    first = [2.0 * b - a for a, b in pairwise(found)]
    # What is left of each falls nearly threefold as steps are halved: the square root of a step on top of the step.
    limit = first[1] + (first[1] - first[0]) / (2.0**1.5 - 1.0)
    return float(max(limit, terms.sign * (terms.spot - terms.strike), 0.0))


def _by_time(paid: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Dividends in order of time, those of one ex-date as one."""
    found: dict[float, float] = {}
    for at, usd in paid:
        # Times of one day may differ in their last digits.
        same = next((t for t in found if abs(t - at) < SAME_TIME), at)
        found[same] = found.get(same, 0.0) + usd
    return list(found.items())


def _backwards(terms: _Terms, early: bool, steps: int) -> float:
    """The price by going back from ex-date to ex-date on a grid in ln(spot); exercise is looked at `steps` times."""
    start = terms.spot - terms.worth(0.0) if terms.escrowed else terms.spot
    last = terms.times[-1]
    reach = WIDE * terms.vol * math.sqrt(last) + abs(terms.rate - terms.carry) * last
    reach += math.log(terms.spot / max(terms.spot - terms.worth(0.0), 1e-3 * terms.spot))
    grid = math.log(start) + np.linspace(-reach, reach, MOST_POINTS if len(terms.times) == 1 and not steps else POINTS)
    spots = np.exp(grid)
    values: Floats | None = None
    ends = (*terms.times, terms.years)
    for k in range(len(terms.times) - 1, -1, -1):
        at = terms.times[k]
        after = spots if terms.escrowed else np.maximum(spots - terms.cash[k], 1e-8 * terms.spot)
        if values is None:
            values = _last_leg(terms, after, ends[-1] - at, early)
        elif not terms.escrowed:
            values = _between(grid, spots, values, after)
        if early:
            values = np.maximum(values, terms.exercised(spots, at, cum=True))
        before = terms.times[k - 1] if k else 0.0
        share = max(math.ceil(steps * (at - before) / last), 2) if steps else 1
        values = _carried(terms, grid, values, (before, at), share if early else 1)
    assert values is not None
    found = float(values[len(values) // 2])
    return max(found, float(terms.exercised(np.array([start]), 0.0)[0])) if early else found


def _last_leg(terms: _Terms, spots: Floats, years: float, early: bool) -> Floats:
    """Prices after the last ex-date, by the methods without dividends."""
    calls = np.full(len(spots), terms.sign > 0.0)
    contracts = Contracts(calls, spots, terms.strike, years, terms.rate, terms.carry, terms.vol)
    if early:
        return american(contracts, sensitivities=False)["price"].to_numpy()
    return european(contracts)["price"].to_numpy()


def _between(grid: Floats, spots: Floats, values: Floats, after: Floats) -> Floats:
    """Values at other spots, by a cubic spline; below the grid straight in the spot."""
    from scipy.interpolate import CubicSpline

    found = CubicSpline(grid, values)(np.log(after))
    slope = (values[1] - values[0]) / (spots[1] - spots[0])
    return np.where(after < spots[0], values[0] + slope * (after - spots[0]), found)


def _carried(terms: _Terms, grid: Floats, values: Floats, between: tuple[float, float], steps: int) -> Floats:
    """Values taken back over a time without dividends, exercise looked at after each step but the last."""
    first, last = between
    step = (last - first) / steps
    gap = grid[1] - grid[0]
    deviation = terms.vol * math.sqrt(step)
    drift = (terms.rate - terms.carry - 0.5 * terms.vol**2) * step
    side = math.ceil((TAIL * deviation + abs(drift)) / gap) + 1
    at = np.arange(-side, side + 1) * gap
    kernel = np.exp(-0.5 * ((at - drift) / deviation) ** 2)
    kernel *= math.exp(-terms.rate * step) / kernel.sum()
    spots = np.exp(grid)
    if steps == 1 and first == 0.0:
        # Only the middle, the spot itself, is asked for; what lies beyond the grid weighs nothing.
        middle = len(grid) // 2
        side = min(side, middle)
        centre = len(kernel) // 2
        found = kernel[centre - side : centre + side + 1] @ values[middle - side : middle + side + 1]
        return np.full(len(grid), found)
    below = np.exp(grid[0] + at[:side]) - spots[0]
    above = np.exp(grid[-1] + at[side + 1 :]) - spots[-1]
    never = terms.never_between()
    for i in range(steps):
        low = values[0] + (values[1] - values[0]) / (spots[1] - spots[0]) * below
        high = values[-1] + (values[-1] - values[-2]) / (spots[-1] - spots[-2]) * above
        values = np.convolve(np.concatenate([low, values, high]), kernel[::-1], "valid")
        if steps > 1 and not never:
            values = np.maximum(values, terms.exercised(spots, last - (i + 1) * step))
    return values
