"""European prices and sensitivities as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError

from ..kernels.options.european import european_values
from ..parallel import in_parallel
from .contracts import Contracts

COLUMNS = ("price", "delta", "gamma", "vega", "theta_annual", "rho", "carry_rho", "vanna", "volga")
GRAIN = 4096


def european(contracts: Contracts) -> pd.DataFrame:
    """Prices and sensitivities of European options, a row a contract; NaN where a term is NaN.

    price per share; delta and gamma per 1.00 of spot; vega per 1.00 of volatility; theta_annual per year of calendar
    time; rho per 1.00 of rate; carry_rho per 1.00 of carry, so of the borrow fee; vanna: d delta / d vol; volga: d vega
    / d vol. Source: Black and Scholes 1973, Merton 1973, with a continuous yield.
    Raises ParameterError for contracts without a volatility.
    """
    need_volatility(contracts)
    out = np.empty((len(contracts), len(COLUMNS)))
    terms = contracts.terms("spot", "strike", "years", "rate_annual", "carry_annual", "vol_annual")
    signs = contracts.signs
    in_parallel(lambda a, b: european_values(signs, terms, out, a, b), len(contracts), GRAIN)
    out[np.isnan(terms).any(axis=1)] = np.nan
    return pd.DataFrame(out, columns=list(COLUMNS))


def need_volatility(contracts: Contracts) -> None:
    """Raise ParameterError for contracts none of which has a volatility."""
    if not isinstance(contracts, Contracts):
        raise ParameterError("no contracts", where="contracts", bound="options.Contracts(...)")
    if np.isnan(contracts.vol_annual).all():
        raise ParameterError("a price needs a volatility", where="vol_annual", remedy="Contracts(..., vol_annual=0.8)")
