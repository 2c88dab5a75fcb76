"""Volatilities that prices imply, and why a price implies none."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import as_array

from ..arrays import Codes, Floats
from ..kernels.options.implied import implied_volatilities
from ..parallel import in_parallel
from .american import american
from .contracts import Contracts

Exercise = Literal["european", "american"]
GRAIN = 2048
REASONS = (
    "",
    "at or below what it is worth without any volatility",
    "at or above what it could be worth at most",
    "too blurred: the price's last digit moves the volatility by more than 0.001",
    "no price, or a term is missing",
)
AT_LEAST, AT_MOST, BLURRED, LACKING = 1, 2, 3, 4
# American prices are searched between these volatilities, to this part of the volatility.
LEAST_VOL, MOST_VOL = 1e-3, 20.0
TOLERANCES: Any = {"xrtol": 1e-9, "fatol": 0.0}


def implied_volatility(contracts: Contracts, price: object, *, exercise: Exercise = "american") -> pd.DataFrame:
    """The volatility at which each contract has its price: vol_annual, blur and why, a row a contract.

    price: per share, a number or (n,). vol_annual is NaN where no volatility, or every small one, gives the price, and
    why says so in words, else it is empty. blur: by how much the price's own rounding moves the volatility (European),
    or the width that was left (American). The volatility in the contracts is not read.
    Source: European after Jaeckel 2015; American by Chandrupatla's bracketing (1997) on `american`.
    Raises ParameterError for prices of another length and an unknown kind of exercise.
    """
    if not isinstance(contracts, Contracts):
        raise ParameterError("no contracts", where="contracts", bound="options.Contracts(...)")
    if exercise not in get_args(Exercise):
        raise ParameterError("no such exercise", where="exercise", value=exercise, bound="european or american")
    prices = np.atleast_1d(as_array(price, np.float64, "price"))
    if prices.shape not in ((1,), (len(contracts),)):
        bound = f"one price, or {len(contracts)} as there are contracts"
        raise ParameterError("prices of another length", where="price", value=str(prices.shape), bound=bound)
    prices = np.ascontiguousarray(np.broadcast_to(prices, len(contracts)))
    vol, blur, why = _american(contracts, prices) if exercise == "american" else _european(contracts, prices)
    words = np.array(REASONS, dtype=object)[why]
    return pd.DataFrame({"vol_annual": vol, "blur": blur, "why": words})


Found: TypeAlias = tuple[Floats, Floats, Codes]


def _european(contracts: Contracts, prices: Floats) -> Found:
    terms = contracts.terms("spot", "strike", "years", "rate_annual", "carry_annual")
    vol, blur, why = np.empty(len(prices)), np.empty(len(prices)), np.empty(len(prices), dtype=np.int8)
    signs = contracts.signs
    in_parallel(lambda a, b: implied_volatilities(signs, prices, terms, vol, blur, why, a, b), len(prices), GRAIN)
    lacking = np.isnan(prices) | np.isnan(terms).any(axis=1)
    why[lacking], vol[lacking], blur[lacking] = LACKING, np.nan, np.nan
    return vol, blur, why


def _american(contracts: Contracts, prices: Floats) -> Found:
    """Chandrupatla's method on all contracts at once, each in a bracket of its own."""
    from scipy.optimize.elementwise import find_root

    count = len(prices)
    vol, blur, why = np.full(count, np.nan), np.full(count, np.nan), np.zeros(count, dtype=np.int8)
    terms = contracts.terms("spot", "strike", "years", "rate_annual", "carry_annual")
    why[np.isnan(prices) | np.isnan(terms).any(axis=1)] = LACKING
    rows = np.flatnonzero(why == 0)
    if not rows.size:
        return vol, blur, why
    some = contracts.but(vol_annual=1.0).some(rows)
    wanted, scale = prices[rows], some.spot

    def gap(at: Floats, which: Any) -> Floats:
        mine = some.some(which).but(vol_annual=at)
        return np.asarray(american(mine, sensitivities=False)["price"].to_numpy() - wanted[which])

    everyone = np.arange(rows.size)
    low, high = np.full(rows.size, LEAST_VOL), np.full(rows.size, MOST_VOL)
    below, above = gap(low, everyone), gap(high, everyone)
    # What an error of the price itself, 2e-9 of the spot, cannot tell from the worth without volatility is at it.
    why[rows[below >= -4e-9 * scale]] = AT_LEAST
    why[rows[above <= 0.0]] = AT_MOST
    live = everyone[(below < -4e-9 * scale) & (above > 0.0)]
    if live.size:
        found = find_root(gap, (low[live], high[live]), args=(live,), tolerances=TOLERANCES)
        vol[rows[live]], blur[rows[live]] = found.x, found.bracket[1] - found.bracket[0]
    return vol, blur, why
