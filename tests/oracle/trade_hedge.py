"""The hedge of an event trade by every method, in plain Python: closes in, USD short per USD long out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from . import hedge as oracle
from .hedge import Row

Closes = Mapping[str, Sequence[float]]
METHODS = (
    "dollar", "beta", "min_variance", "min_variance_each", "multi_min_variance", "factor_neutral",
    "volatility_parity", "equal_risk", "total_least_squares", "kalman", "ridge",
)  # fmt: skip


def short_per_long(method: str, closes: Closes, long: list[str], short: list[str], last: int, lookback: int) -> Row:
    """Weights from closes up to session number `last`; all tickers and SPY have every one of them."""
    rows = [oracle.returns_before(closes[ticker], last, lookback) for ticker in (*long, *short)]
    spy = oracle.returns_before(closes["SPY"], last, lookback)
    ages, longs, shorts = oracle.weights_by_age(lookback, None), len(long), len(short)
    c = oracle.covariances(rows, ages, common=True)
    everyone = list(range(len(spy)))
    if method in ("beta", "factor_neutral"):
        betas = [oracle.betas(row, [spy], ages, rows=everyone)[0] for row in rows]
        of_long, of_shorts = math.fsum(betas[:longs]) / longs, betas[longs:]
        if method == "factor_neutral":
            return oracle.neutral(c, longs, [of_shorts], [of_long])
        return [of_long / (math.fsum(of_shorts) / shorts) / shorts] * shorts
    if method == "kalman":
        variance, cross, pairs = oracle.split(c, longs)
        basket = sum(map(sum, pairs)) / shorts**2
        up = [math.fsum(row[t] for row in rows[:longs]) / longs for t in everyone]
        down = [math.fsum(row[t] for row in rows[longs:]) / shorts for t in everyone]
        noise = variance - (sum(cross) / shorts) ** 2 / basket
        return [oracle.drifting(up, down, noise, 0.02) / shorts] * shorts
    return oracle.short_weights(method, c, longs)


def entry_weights(hedge: Row, longs: int, gross: float) -> tuple[Row, Row]:
    """NAV fractions of the long and of the short tickers, whose absolute values add up to gross."""
    whole = 1.0 + math.fsum(abs(weight) for weight in hedge)
    return [gross / whole / longs] * longs, [-gross * weight / whole for weight in hedge]


def held_return(weights: Row, entry: Row, final: Row) -> float:
    """Bought at the entry prices, valued at the last ones, without costs; a fraction of capital."""
    return math.fsum(w * (b / a - 1.0) for w, a, b in zip(weights, entry, final, strict=True))


def effectiveness(long: Row, hedged: Row) -> float:
    """1 - Var(hedged)/Var(long), n - 1 degrees of freedom, which cancel."""

    def spread(values: Row) -> float:
        mean = math.fsum(values) / len(values)
        return math.fsum((v - mean) ** 2 for v in values)

    return 1.0 - spread(hedged) / spread(long)
