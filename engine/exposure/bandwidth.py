"""How many lags a Newey-West error needs, from the data themselves."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import COLUMN, TABLE, takes


@takes(residuals=COLUMN, factors=TABLE)
def newey_west_bandwidth(residuals: NDArray[np.float64], factors: NDArray[np.float64]) -> float:
    """Bandwidth of the Bartlett kernel by Newey and West (1994), without prewhitening; its floor is the lags.

    residuals: (n,) of a regression with an intercept on (n, K) factors, both finite. The scores of the factors
    weigh 1 each and that of the intercept 0. Source: Newey and West (1994), Review of Economic Studies 61(4).
    Raises ParameterError for values of other kinds.
    """
    residuals, factors = np.asarray(residuals, dtype=np.float64), np.asarray(factors, dtype=np.float64)
    if len(residuals) != len(factors):
        raise ParameterError(
            "does not fit the factors", where="residuals", value=len(residuals), bound=str(len(factors))
        )
    n = len(residuals)
    scores = (residuals[:, None] * factors).sum(axis=1)
    last = math.floor(4.0 * math.pow(n / 100.0, 2.0 / 9.0))
    products = [float(scores[j:] @ scores[: n - j]) / n for j in range(last + 1)]
    level = products[0] + 2.0 * math.fsum(products[1:])
    slope = 2.0 * math.fsum(j * value for j, value in enumerate(products))
    return 1.1447 * math.pow((slope / level) ** 2 * n, 1.0 / 3.0)
