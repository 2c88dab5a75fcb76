"""Risk and P&L by factor in plain Python: sums over lists, nothing shared with the engine."""

from __future__ import annotations

import math
from collections.abc import Sequence

Matrix = Sequence[Sequence[float]]


def contributions(weights: Sequence[float], covariance: Matrix) -> tuple[float, list[float]]:
    """Volatility and what each weight adds to it."""
    pulls = [math.fsum(c * w for c, w in zip(line, weights, strict=True)) for line in covariance]
    volatility = math.sqrt(math.fsum(w * p for w, p in zip(weights, pulls, strict=True)))
    return volatility, [w * p / volatility for w, p in zip(weights, pulls, strict=True)]


def factor_pnl(
    shares_before: float, close_before: float, shares_after_open: float, open_price: float,
    betas: Sequence[float], overnight: Sequence[float], intraday: Sequence[float],
) -> list[float]:  # fmt: skip
    """What a ticker's exposure earned in a session, by factor."""
    night = shares_before * close_before if shares_before else 0.0
    day = shares_after_open * open_price if shares_after_open else 0.0
    return [night * b * o + day * b * i for b, o, i in zip(betas, overnight, intraday, strict=True)]
