"""American prices and sensitivities as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError

from ..arrays import Flags, Floats, Ints
from ..kernels.options.american import american_puts
from ..parallel import in_parallel
from .contracts import Contracts
from .european import european, need_volatility
from .grids import STEEP_DRIFT, grids

# Prices of two grids within this part of the spot: the finer is then within 2e-9 (measured on 1,270 published prices
# and, against 56 points of the boundary, on 59,000 of the benchmark's kind, of which the worst was 1.9e-9; with 4e-9
# two coarse grids agreed by chance now and then, once 1.8e-8 off).
TOLERANCE_FRAC = 2e-9
GRAIN = 64
# Steps of the differences that give the sensitivities which no integral gives.
VOL_STEP_FRAC = 1e-3
RATE_STEP = 1e-4


def american(contracts: Contracts, *, sensitivities: bool = True) -> pd.DataFrame:
    """Prices of American options, a row a contract: price, delta, gamma and whether exercise now is best.

    With sensitivities also theta_annual, vega, rho and carry_rho in the units of `european`; vega, rho and carry_rho
    are differences of prices and take seven times as long. NaN where a term is NaN. A call is a put with spot and
    strike, rate and carry exchanged (McDonald and Schroder 1998); contracts alike in years, rate, carry and volatility
    share one boundary. Exact to 2e-9 of the spot, to 2e-6 where (rate - carry) * sqrt(years) is over sixty times
    the volatility. Source: Andersen, Lake and Offengenden 2016.
    Raises ParameterError for contracts without a volatility, and where rates are so negative that exercise has two
    boundaries (put: carry < rate < 0; call: rate < carry < 0).
    """
    need_volatility(contracts)
    found = _prices(contracts)
    if sensitivities:
        found = found.assign(**_sensitivities(contracts, found))
    return found


def _prices(contracts: Contracts) -> pd.DataFrame:
    swapped = contracts.calls
    spot = np.where(swapped, contracts.strike, contracts.spot)
    strike = np.where(swapped, contracts.spot, contracts.strike)
    rate = np.where(swapped, contracts.carry_annual, contracts.rate_annual)
    carry = np.where(swapped, contracts.rate_annual, contracts.carry_annual)
    known = ~np.isnan(contracts.terms("spot", "strike", "years", "rate_annual", "carry_annual", "vol_annual")).any(1)
    if (two := known & _two_boundaries(contracts)).any():
        at = int(np.flatnonzero(two)[0])
        raise ParameterError(
            "an American option with two exercise boundaries cannot be priced",
            where=f"contract {at + 1}",
            value=f"rate {contracts.rate_annual[at]:g}, carry {contracts.carry_annual[at]:g}",
            bound="put: carry from rate or rate from 0; call: rate from carry or carry from 0",
        )
    # Where holding costs nothing and the stock's own carry is a gain of the short, a put is exercised early too.
    early = known & ((rate > 0.0) | ((rate == 0.0) & (carry < 0.0)))
    table = np.full((len(contracts), 3), np.nan)
    never = known & ~early
    if never.any():
        table[never] = european(contracts.some(never))[["price", "delta", "gamma"]].to_numpy()
    if early.any():
        rows = np.flatnonzero(early)
        own = np.column_stack([contracts.years, rate, carry, contracts.vol_annual])[rows]
        steep = np.abs(own[:, 1] - own[:, 2]) * np.sqrt(own[:, 0]) > STEEP_DRIFT * own[:, 3]
        scaled = np.empty((len(rows), 3))
        for some, levels in ((~steep, False), (steep, True)):
            if some.any():
                scaled[some] = _puts((spot[rows] / strike[rows])[some], own[some], levels)
        table[rows] = _unswapped(scaled, swapped[rows], spot[rows], strike[rows])
        if (lost := rows[np.isnan(scaled[:, 0])]).size:
            table[lost] = _at_most(contracts.some(lost))
    inner = contracts.signs * (contracts.spot - contracts.strike)
    # The difference of spot and strike has the rounding of both.
    rounding = 4.0 * np.finfo(np.float64).eps * (contracts.spot + contracts.strike)
    now = early & (inner > 0.0) & (table[:, 2] == 0.0) & (table[:, 0] <= inner + rounding)
    return pd.DataFrame({"price": table[:, 0], "delta": table[:, 1], "gamma": table[:, 2], "exercise_now": now})


def _at_most(contracts: Contracts) -> Floats:
    """(n, 3) price, delta and gamma where no boundary was met: European, which no exercise adds to where it is worth
    all that an option can be, as at 2,000 % over ten years; NaN elsewhere."""
    found = european(contracts)[["price", "delta", "gamma"]].to_numpy()
    most = np.where(contracts.calls, contracts.spot, contracts.strike)
    return np.where((most - found[:, 0] <= TOLERANCE_FRAC * contracts.spot)[:, None], found, np.nan)


def _puts(moneyness: Floats, terms: Floats, steep: bool) -> Floats:
    """(n, 3) price, delta and gamma of puts of strike 1, in the order given; NaN where no boundary was met."""
    order = np.lexsort(terms.T)
    ranked = terms[order]
    new = np.concatenate([[True], (ranked[1:] != ranked[:-1]).any(axis=1)])
    first: Ints = np.append(np.flatnonzero(new), len(order)).astype(np.int64)
    groups, spots = np.ascontiguousarray(ranked[new]), np.ascontiguousarray(moneyness[order])
    out = np.zeros((len(order), 3))
    levels = grids(steep)
    points = max(len(level.roots) for level in levels)
    parts = max(len(level.fine_steps) for level in levels)

    def work(a: int, b: int) -> None:
        american_puts(spots, first[a : b + 1], groups[a:b], levels, parts, points, TOLERANCE_FRAC, out)

    in_parallel(work, len(groups), min(GRAIN, max(len(groups) // 4, 1)))
    back = np.empty_like(out)
    back[order] = out
    return back


def _unswapped(puts: Floats, swapped: Flags, spot: Floats, strike: Floats) -> Floats:
    """Price, delta and gamma of the contracts themselves: of a call, by its own spot, which is the put's strike."""
    price, slope, bend = puts.T
    moneyness = spot / strike
    delta = np.where(swapped, price - moneyness * slope, slope)
    gamma = np.where(swapped, moneyness**2 * bend, bend) / strike
    return np.column_stack([price * strike, delta, gamma])


def _slope(contracts: Contracts, term: str, step: Floats, price: Floats) -> Floats:
    """(n,) by how much prices rise with a term: between a step up and one down, or two on the side that has prices."""
    value = getattr(contracts, term)
    bad = {n: _two_boundaries(contracts.but(**{term: value + n * step})) for n in (-2.0, -1.0, 1.0)}
    # A rate of zero is where exercise begins to pay or ends to: both steps lie on the side of the rate itself.
    kinked = (np.abs(value) < step) & (term != "vol_annual")
    above = bad[-1.0] | (kinked & ((value >= 0.0) | bad[-2.0]))
    below = ~above & (bad[1.0] | kinked)
    side = np.where(below, -1.0, 1.0)
    one = _prices(contracts.but(**{term: value + side * step}))["price"].to_numpy()
    aside = above | below
    other = _prices(contracts.but(**{term: value + np.where(aside, 2.0, -1.0) * side * step}))["price"].to_numpy()
    return np.asarray(side * np.where(aside, 4.0 * one - 3.0 * price - other, one - other) / (2.0 * step))


def _two_boundaries(contracts: Contracts) -> Flags:
    """(n,) whether rates are so negative that exercise has two boundaries."""
    rate = np.where(contracts.calls, contracts.carry_annual, contracts.rate_annual)
    carry = np.where(contracts.calls, contracts.rate_annual, contracts.carry_annual)
    return np.asarray((rate < 0.0) & (carry < rate))


def _sensitivities(contracts: Contracts, found: pd.DataFrame) -> dict[str, Floats]:
    vol = contracts.vol_annual
    slopes = {}
    for name, term, step in (
        ("vega", "vol_annual", VOL_STEP_FRAC * vol),
        ("rho", "rate_annual", np.full(len(vol), RATE_STEP)),
        ("carry_rho", "carry_annual", np.full(len(vol), RATE_STEP)),
    ):
        slopes[name] = _slope(contracts, term, step, found["price"].to_numpy())
    price, delta, gamma = (found[name].to_numpy() for name in ("price", "delta", "gamma"))
    spot = contracts.spot
    # Black and Scholes's equation holds where the option is held; where it is exercised its worth stands still.
    held = contracts.rate_annual * price - (contracts.rate_annual - contracts.carry_annual) * spot * delta
    held -= 0.5 * vol**2 * spot**2 * gamma
    return {"theta_annual": np.where(found["exercise_now"], 0.0, held), **slopes}
