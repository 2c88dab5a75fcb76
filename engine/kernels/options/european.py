"""European options after Black, Scholes and Merton, with a continuous yield that carries dividend and borrow."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import kernel
from .normal import BY_ROOT_2PI, normal

# Columns of the table that `european_values` fills.
PRICE, DELTA, GAMMA, VEGA, THETA, RHO, CARRY_RHO, VANNA, VOLGA = range(9)


@kernel
def european_values(calls: Floats, terms: Floats, out: Floats, low: int, high: int) -> None:
    """out (n x 9): price, delta, gamma, vega, theta a year, rho, carry rho, vanna and volga of options low to high.

    calls: 1.0 for a call and -1.0 for a put; terms (n x 6): spot, strike, years, rate, carry, volatility, all of them
    checked: spot, strike, years and volatility above zero.
    """
    for n in range(low, high):
        sign = calls[n]
        spot, strike, years, rate, carry, vol = (
            terms[n, 0],
            terms[n, 1],
            terms[n, 2],
            terms[n, 3],
            terms[n, 4],
            terms[n, 5],
        )
        root = math.sqrt(years)
        deviation = vol * root
        # Near the forward both are small differences: each is made of its own parts.
        forward = (math.log1p((spot - strike) / strike) + (rate - carry) * years) / deviation
        far, near = forward + 0.5 * deviation, forward - 0.5 * deviation
        hold, pay = math.exp(-carry * years), math.exp(-rate * years)
        stock, cash = spot * hold * normal(sign * far), strike * pay * normal(sign * near)
        bell = hold * BY_ROOT_2PI * math.exp(-0.5 * far * far)
        vega = spot * bell * root
        out[n, PRICE] = max(sign * (stock - cash), 0.0)
        out[n, DELTA] = sign * hold * normal(sign * far)
        out[n, GAMMA] = bell / (spot * deviation)
        out[n, VEGA] = vega
        out[n, THETA] = -0.5 * spot * bell * vol / root + sign * (carry * stock - rate * cash)
        out[n, RHO] = sign * years * cash
        out[n, CARRY_RHO] = -sign * years * stock
        out[n, VANNA] = -bell * near / vol
        out[n, VOLGA] = vega * far * near / vol
