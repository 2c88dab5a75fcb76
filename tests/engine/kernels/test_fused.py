"""Products fused with their sums are rounded once, as exact fractions say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.kernels.fused import fused
from hedgebook.engine.kernels.jit import inlined


@inlined
def all_fused(x: Floats, y: Floats, z: Floats, out: Floats) -> None:
    """out = x * y + z."""
    for k in range(out.shape[0]):
        out[k] = fused(x[k], y[k], z[k])


def test_products_are_rounded_once() -> None:
    """Sums that cancel all but the product's last digits: rounded twice, nothing of those would be left."""
    draws = np.random.default_rng(3)
    x, y = draws.normal(size=(2, 100))
    z = np.where(np.arange(100) % 2 == 0, -x * y, draws.normal(size=100))
    out = np.empty(100)
    all_fused(x, y, z, out)
    exact = [float(Fraction(a) * Fraction(b) + Fraction(c)) for a, b, c in zip(x, y, z, strict=True)]
    assert out.tolist() == exact
    assert (out != x * y + z).any()
