"""The volatility at which a European option has its price, to the last digits that the price can tell.

Prices are first turned to the side that is out of the money and scaled: b = price / (discount * sqrt(F K)), x = ln of
forward over strike, at most 0, s = volatility * sqrt(years), as in Jaeckel, Let's be rational, Wilmott 2015. Below the
price of steepest rise Newton runs on ln(-ln b) against ln s, almost a straight line there; above it on the distance
to the upper bound. A bracket holds every step.
"""

from __future__ import annotations

import math

from ...arrays import Codes, Floats
from ..jit import inlined, kernel, uncounted
from .normal import BY_ROOT_2PI, ROOT_2

FOUND, AT_INTRINSIC, AT_BOUND, UNIDENTIFIED = 0, 1, 2, 3
STEPS = 60
# A volatility that moves by more than this when the price moves by its own rounding is no number to hand on.
MOST_BLUR = 1e-3
EPS = 2.220446049250313e-16
# Mills' ratio m(z) = (1 - N(z)) / exp(-z^2/2) times (1 + z), z >= 0, by powers of (z - 4) / (z + 4): Chebyshev's
# interpolation at 23 points in 40 digits; relative error at most 6e-16 (Schonfelder, Math. Comp. 32, 1978, for erfc).
MILLS = (
    0.47205320650984467,
    -0.09670347732653004,
    0.013999634724425405,
    0.028600364053922668,
    -0.0321978374281112,
    0.017936097469979716,
    -0.005002378590232965,
    -0.00028562298101303336,
    0.0006948970947707169,
    -9.443103978255524e-05,
    -8.785312372562884e-05,
    2.125328162943444e-05,
    1.3626662814015744e-05,
    -3.440746153315607e-06,
    -2.6124967333130103e-06,
    4.1929772331445373e-07,
    5.515560739470104e-07,
    -1.5237426411594127e-08,
    -1.1080625850528999e-07,
    -8.145158452517461e-09,
    1.7688155162543822e-08,
    1.5735251488430456e-09,
    -1.590306022869017e-09,
)


@uncounted
def upper_tail_over_bell(z: float) -> float:
    """(1 - N(z)) / exp(-z^2 / 2) for z >= 0, to the last digits."""
    t = (z - 4.0) / (z + 4.0)
    value = MILLS[22]
    for i in range(21, -1, -1):
        value = value * t + MILLS[i]
    return value / (1.0 + z)


@uncounted
def scaled_tail(z: float) -> float:
    """(1 - N(z)) * exp(z^2 / 2) for any z."""
    if z >= 0.0:
        return upper_tail_over_bell(z)
    return math.exp(0.5 * z * z) - upper_tail_over_bell(-z)


@uncounted
def log_price(x: float, s: float) -> float:
    """ln b of the option out of the money, x <= 0: also where b itself is too small for a number."""
    h, t = x / s, 0.5 * s
    return -0.5 * (h * h + t * t) + math.log(scaled_tail(-h - t) - scaled_tail(t - h))


@uncounted
def missing(x: float, s: float) -> float:
    """exp(x / 2) - b: how far the price is below its upper bound."""
    h, t = x / s, 0.5 * s
    return math.exp(0.5 * x) * 0.5 * math.erfc((h + t) / ROOT_2) + math.exp(-0.5 * x) * 0.5 * math.erfc(
        (t - h) / ROOT_2
    )


@uncounted
def rise(x: float, s: float) -> float:
    """The derivative of b by s."""
    h, t = x / s, 0.5 * s
    return BY_ROOT_2PI * math.exp(-0.5 * (h * h + t * t))


@inlined
def deviation_of(x: float, b: float) -> float:
    """s at which an option out of the money, x <= 0, has the scaled price b, 0 < b < exp(x / 2)."""
    steepest = math.sqrt(-2.0 * x)
    low, high = 0.0, math.inf
    wanted = math.log(b)
    left = math.exp(0.5 * x) - b
    s = steepest if steepest > 0.0 else b / BY_ROOT_2PI
    lower = steepest > 0.0 and wanted < log_price(x, steepest)
    if steepest == 0.0:
        lower = b < 0.5
    for _ in range(STEPS):
        if lower:
            found = log_price(x, s)
            gap = found - wanted
            by_log = BY_ROOT_2PI * s * math.exp(-0.5 * ((x / s) ** 2 + 0.25 * s * s) - found)
            turn = math.log(found / wanted) * found / by_log if found < 0.0 else gap / by_log
            new = s * math.exp(-turn)
        else:
            rest = missing(x, s)
            gap = left - rest
            new = s + math.log(rest / left) * rest / rise(x, s) if rest > 0.0 else 0.5 * (low + s)
        if gap > 0.0:
            high = min(high, s)
        else:
            low = max(low, s)
        if not low <= new <= high or math.isnan(new):
            new = 0.5 * (low + high) if high < math.inf else 2.0 * max(low, s)
        if abs(new - s) <= 2.0 * EPS * s:
            return new
        s = new
    return s


@kernel
def implied_volatilities(
    calls: Floats, prices: Floats, terms: Floats, vols: Floats, blur: Floats, why: Codes, low: int, high: int
) -> None:
    """vols, blur and why (n) of options low to high: what the price tells, its own rounding in volatility, and if.

    terms (n x 5): spot, strike, years, rate, carry. why: 0 found; 1 the price is at or below what the forward alone is
    worth; 2 at or above the upper bound; 3 the price's last digit moves the volatility by over 1e-3. vols is NaN
    unless why is 0.
    """
    for n in range(low, high):
        spot, strike, years = terms[n, 0], terms[n, 1], terms[n, 2]
        stock = spot * math.exp(-terms[n, 4] * years)
        cash = strike * math.exp(-terms[n, 3] * years)
        inner = calls[n] * (stock - cash)
        price, vols[n], blur[n] = prices[n], math.nan, math.nan
        bound = stock if calls[n] > 0.0 else cash
        # Sums of discounted numbers carry two roundings themselves: a time value within them is none.
        if price <= max(inner, 0.0) + (2.0 * EPS * bound if inner > 0.0 else 0.0):
            why[n] = AT_INTRINSIC
            continue
        if price >= bound:
            why[n] = AT_BOUND
            continue
        out_of_money = price - inner if inner > 0.0 else price
        scale = math.sqrt(stock) * math.sqrt(cash)
        x = -abs(math.log(stock / cash))
        s = deviation_of(x, out_of_money / scale)
        vega = scale * rise(x, s) * math.sqrt(years)
        # Half a last digit of the price, two of the spot.
        blur[n] = (0.5 * EPS * price + 2.0 * EPS * (stock if inner > 0.0 else price)) / vega if vega > 0.0 else math.inf
        if not blur[n] <= MOST_BLUR or out_of_money < 1e-300:
            why[n] = UNIDENTIFIED
            continue
        why[n] = FOUND
        vols[n] = s / math.sqrt(years)
