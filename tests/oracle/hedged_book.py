"""A book of holdings and its hedge in plain Python, without costs: lists of prices by ticker, NaN = none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .ols import multiple_ols, simple_ols

Series = list[float]
Prices = dict[str, Series]
Hedge = Callable[[int, dict[str, float]], dict[str, float]]


@dataclass(frozen=True)
class Held:
    """NAV at closes of the book alone and hedged, USD held of each instrument at each close, and what was decided."""

    alone: Series
    hedged: Series
    hedge_usd: list[dict[str, float]]
    decided: list[dict[str, float]]


def last_price(prices: Series, row: int) -> float:
    return next(p for p in reversed(prices[: row + 1]) if not math.isnan(p))


def hold(
    opens: Prices,
    closes: Prices,
    shares: dict[str, float],
    cash: float,
    span: tuple[int, int],
    at: list[int],
    hedge: Hedge,
) -> Held:
    """Hold the shares over rows span[0] to span[1] (excluded); set the hedge at the open after each row of `at`.

    hedge: USD to hold of each instrument, from a row and the book's values at its close. A missing open fills at
    that session's close.
    """
    start, stop = span
    found = Held([], [], [], [])
    held: dict[str, float] = {}
    purse = cash

    def value(t: int, of: dict[str, float], mark: Prices) -> float:
        total = 0.0
        for ticker, number in of.items():
            now = mark[ticker][t]
            if math.isnan(now) and mark is opens:
                now = last_price(closes[ticker], t - 1)
            elif math.isnan(now):
                now = opens[ticker][t] if not math.isnan(opens[ticker][t]) else last_price(closes[ticker], t)
            total += number * now
        return total

    nav = cash + sum(n * last_price(closes[k], start - 1) for k, n in shares.items())
    for t in range(start, stop):
        if t - 1 in at:
            values = {k: n * last_price(closes[k], t - 1) for k, n in shares.items()}
            asked = hedge(t - 1, values)
            found.decided.append(asked)
            wanted = {k: asked.get(k, 0.0) / nav for k in {**held, **asked}}
            at_open = purse + value(t, shares, opens) + value(t, held, opens)
            late = []
            for k, weight in wanted.items():
                price = opens[k][t]
                if math.isnan(price):
                    late.append(k)
                    continue
                new = weight * at_open / price
                purse -= (new - held.get(k, 0.0)) * price
                held[k] = new
            at_close = purse + value(t, shares, closes) + value(t, held, closes)
            for k in late:
                new = wanted[k] * at_close / closes[k][t]
                purse -= (new - held.get(k, 0.0)) * closes[k][t]
                held[k] = new
        nav = purse + value(t, shares, closes) + value(t, held, closes)
        found.hedged.append(nav)
        found.alone.append(cash + value(t, shares, closes))
        found.hedge_usd.append({k: value(t, {k: n}, closes) for k, n in held.items()})
    return found


def returns(closes: Series, row: int, lookback: int) -> Series:
    return [closes[t] / closes[t - 1] - 1.0 for t in range(row - lookback + 1, row + 1)]


def book_returns(closes: Prices, values: dict[str, float], row: int, lookback: int) -> Series:
    """Daily P&L of the values held constant, over their gross value."""
    gross = sum(abs(v) for v in values.values())
    each = {k: returns(closes[k], row, lookback) for k in values}
    return [sum(v * each[k][t] for k, v in values.items()) / gross for t in range(lookback)]


def complete(*series: Series) -> list[Series]:
    rows = [t for t in range(len(series[0])) if all(math.isfinite(s[t]) for s in series)]
    return [[s[t] for t in rows] for s in series]


def beta_hedge(
    closes: Prices, values: dict[str, float], names: list[str], benchmark: str, row: int, lookback: int
) -> dict[str, float]:
    """Equal dollars of each instrument, so many that the betas of book and hedge cancel."""
    market = returns(closes[benchmark], row, lookback)
    gross = sum(abs(v) for v in values.values())
    slopes = []
    for series in [book_returns(closes, values, row, lookback), *(returns(closes[k], row, lookback) for k in names)]:
        y, x = complete(series, market)
        slopes.append(simple_ols(y, x).slope)
    size = slopes[0] * gross / (sum(slopes[1:]) / len(names))
    return dict.fromkeys(names, -size / len(names))


def min_variance_hedge(
    closes: Prices, values: dict[str, float], names: list[str], row: int, lookback: int
) -> dict[str, float]:
    """Equal dollars of each instrument, by the slope of the book on their mean return."""
    gross = sum(abs(v) for v in values.values())
    series = complete(book_returns(closes, values, row, lookback), *(returns(closes[k], row, lookback) for k in names))
    basket = [sum(line) / len(names) for line in zip(*series[1:], strict=True)]
    slope = simple_ols(series[0], basket).slope
    return dict.fromkeys(names, -slope * gross / len(names))


def multi_hedge(
    closes: Prices, values: dict[str, float], names: list[str], row: int, lookback: int
) -> dict[str, float]:
    """Least squares of the book on all instruments together, by the normal equations."""
    gross = sum(abs(v) for v in values.values())
    series = complete(book_returns(closes, values, row, lookback), *(returns(closes[k], row, lookback) for k in names))
    slopes = multiple_ols(series[0], series[1:]).coefficients[1:]
    return {k: -b * gross for k, b in zip(names, slopes, strict=True)}


def effectiveness(found: Held, capital: float) -> float:
    """1 - Var(hedged)/Var(alone) of P&L over the value of the book alone before, the first session left out."""
    before = [capital, *found.alone]
    variances = []
    for navs in (found.hedged, found.alone):
        levels = [capital, *navs]
        moves = [(levels[t + 1] - levels[t]) / before[t] for t in range(1, len(navs))]
        mean = math.fsum(moves) / len(moves)
        variances.append(math.fsum((m - mean) ** 2 for m in moves))
    return 1.0 - variances[0] / variances[1]
