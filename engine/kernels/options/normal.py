"""The normal distribution over whole arrays, in arithmetic that the compiler runs four numbers at a time."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..fused import fused
from ..jit import uncounted

ROOT_2 = math.sqrt(2.0)
BY_ROOT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
# exp(x) is the 256th power of exp(x / 256), a short series: no bits of numbers are handled, so loops run in lanes.
LEAST_EXPONENT = -160.0
MOST_EXPONENT = 160.0
SERIES = (
    1.0,
    1.0,
    0.5,
    0.16666666666666666,
    0.041666666666666664,
    0.008333333333333333,
    0.001388888888888889,
    0.0001984126984126984,
    2.48015873015873e-05,
)
# Mills' ratio m(z) = (1 - N(z)) / exp(-z^2/2) times (1 + z), z >= 0, by powers of MILLS_AT - MILLS_BY / (z + MILLS_TO):
# least largest error in 40 digits, weighted by exp(-z^2/2), of which 1e-5 at least: where the bell is small the last
# digits of its tail reach no price. American prices took a quarter longer with what is exact to 6e-16 everywhere.
MILLS_AT = 1.7142857142857144
MILLS_BY = 13.571428571428573
MILLS_TO = 5.0
MILLS = (
    0.4874119384337741,
    -0.07601400954637141,
    0.0034816076994561677,
    0.024613985648143752,
    -0.0233333205659092,
    0.012950950998508723,
    -0.0048392132521222885,
    0.0011321571292533777,
    -8.720715639666033e-05,
    -3.8763481311306574e-05,
    1.205849219854266e-05,
    7.690496788929269e-07,
    -9.121505903356263e-07,
    -1.3829748851067755e-07,
)


@uncounted
def exponential(x: float) -> float:
    """exp(x) for |x| <= 160, relative error below 1e-13 to |x| = 12 and 4e-11 to 40, absolute below 1e-13 for x <= 0.

    Beyond those bounds the value at the bound.
    """
    y = min(max(x, LEAST_EXPONENT), MOST_EXPONENT) / 256.0
    power = SERIES[8]
    for i in range(7, -1, -1):
        power = fused(power, y, SERIES[i])
    for _ in range(8):
        power = power * power
    return power


@uncounted
def quick_tail_over_bell(z: float) -> float:
    """(1 - N(z)) / exp(-z^2 / 2) for z >= 0, relative error below 1e-10 to z = 4 and 1e-8 to 12."""
    by = 1.0 / ((z + MILLS_TO) * (1.0 + z))
    t = MILLS_AT - MILLS_BY * (1.0 + z) * by
    value = MILLS[13]
    for i in range(12, -1, -1):
        value = fused(value, t, MILLS[i])
    return value * (z + MILLS_TO) * by


@uncounted
def below_by_bell(x: float, bell: float) -> float:
    """N(x) where exp(-x^2 / 2) is known, absolute error below 1e-13."""
    tail = bell * quick_tail_over_bell(abs(x))
    return tail if x < 0.0 else 1.0 - tail


@uncounted
def weigh_bells(x: Floats, count: int, weights: Floats) -> None:
    """x[:count] = weights * exp(-x^2 / 2)."""
    for k in range(count):
        x[k] = weights[k] * exponential(-0.5 * x[k] * x[k])


@uncounted
def weigh_below(x: Floats, count: int, weights: Floats) -> None:
    """x[:count] = weights * N(x)."""
    for k in range(count):
        x[k] = weights[k] * below_by_bell(x[k], exponential(-0.5 * x[k] * x[k]))


@uncounted
def weigh_both(x: Floats, count: int, of_bell: Floats, of_below: Floats) -> None:
    """x[:count] = of_bell * exp(-x^2 / 2) + of_below * N(x)."""
    for k in range(count):
        bell = exponential(-0.5 * x[k] * x[k])
        x[k] = of_bell[k] * bell + of_below[k] * below_by_bell(x[k], bell)


@uncounted
def distribution(x: Floats, count: int, bell: Floats, below: Floats) -> None:
    """bell[:count] = exp(-x^2 / 2) and below[:count] = N(x), absolute error below 1e-13."""
    for k in range(count):
        bell[k] = exponential(-0.5 * x[k] * x[k])
        below[k] = below_by_bell(x[k], bell[k])


@uncounted
def normal(x: float) -> float:
    """N(x) by the C library, exact to the last digits in both tails."""
    return 0.5 * math.erfc(-x / ROOT_2)
