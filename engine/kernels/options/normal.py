"""The normal distribution over whole arrays, in arithmetic that the compiler runs four numbers at a time."""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import uncounted

ROOT_2 = math.sqrt(2.0)
BY_ROOT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
# exp(x) is the 256th power of exp(x / 256), a short series: no bits of numbers are handled, so loops run in lanes.
LEAST_EXPONENT = -160.0
MOST_EXPONENT = 160.0
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
    2.7557319223985893e-06,
    2.755731922398589e-07,
    2.505210838544172e-08,
    2.08767569878681e-09,
    1.6059043836821613e-10,
    1.1470745597729725e-11,
    7.647163731819816e-13,
    4.779477332387385e-14,
)


@uncounted
def exponential(x: float) -> float:
    """exp(x) for |x| <= 160, relative error below 6e-14; beyond those bounds the value at the bound."""
    y = min(max(x, LEAST_EXPONENT), MOST_EXPONENT) / 256.0
    power = SERIES[16]
    for i in range(15, -1, -1):
        power = power * y + SERIES[i]
    for _ in range(8):
        power = power * power
    return power


@uncounted
def upper_tail_over_bell(z: float) -> float:
    """(1 - N(z)) / exp(-z^2 / 2) for z >= 0."""
    t = (z - 4.0) / (z + 4.0)
    value = MILLS[22]
    for i in range(21, -1, -1):
        value = value * t + MILLS[i]
    return value / (1.0 + z)


@uncounted
def bells(x: Floats, count: int, bell: Floats) -> None:
    """bell[:count] = exp(-x^2 / 2)."""
    for k in range(count):
        bell[k] = exponential(-0.5 * x[k] * x[k])


@uncounted
def distribution(x: Floats, count: int, bell: Floats, below: Floats) -> None:
    """bell[:count] = exp(-x^2 / 2) and below[:count] = N(x), absolute error below 1e-15."""
    for k in range(count):
        z = abs(x[k])
        high = exponential(-0.5 * z * z)
        tail = high * upper_tail_over_bell(z)
        bell[k] = high
        below[k] = tail if x[k] < 0.0 else 1.0 - tail


@uncounted
def normal(x: float) -> float:
    """N(x) by the C library, exact to the last digits in both tails."""
    return 0.5 * math.erfc(-x / ROOT_2)
