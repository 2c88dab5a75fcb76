"""Options by a tree, slowly: Leisen and Reimer's, which meets Black and Scholes fast (Management Science 42, 1996)."""

from __future__ import annotations

import math

import numpy as np


def tree_price(
    call: bool, terms: tuple[float, float, float, float, float, float], *, american: bool, steps: int = 401
) -> float:
    """terms: spot, strike, years, rate, carry, volatility. First order in time where exercise is early."""
    spot, strike, years, rate, carry, vol = terms
    step = years / steps
    deviation = vol * math.sqrt(years)
    far = (math.log(spot / strike) + (rate - carry + 0.5 * vol * vol) * years) / deviation
    up_share, odds = _inverted(far, steps), _inverted(far - deviation, steps)
    growth = math.exp((rate - carry) * step)
    up, down = growth * up_share / odds, growth * (1.0 - up_share) / (1.0 - odds)
    sign = 1.0 if call else -1.0
    worth = np.array([max(sign * (spot * up**i * down ** (steps - i) - strike), 0.0) for i in range(steps + 1)])
    for left in range(steps - 1, -1, -1):
        worth = math.exp(-rate * step) * (odds * worth[1:] + (1.0 - odds) * worth[:-1])
        if american:
            spots = np.array([spot * up**i * down ** (left - i) for i in range(left + 1)])
            worth = np.maximum(worth, sign * (spots - strike))
    return float(worth[0])


def _inverted(z: float, steps: int) -> float:
    """Peizer and Pratt's inversion of the binomial distribution."""
    part = z / (steps + 1.0 / 3.0 + 0.1 / (steps + 1.0))
    return 0.5 + math.copysign(math.sqrt(0.25 - 0.25 * math.exp(-part * part * (steps + 1.0 / 6.0))), z)
