"""Whether a book is within limits, position by position: sizes in exact fractions, risk in plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from .book import Book
from .inputs import OracleMargin
from .margin import maintenance_requirement
from .risk import harrell_davis


def figures(values: Mapping[str, float], buckets: Mapping[str, str], nav: float) -> dict[str, dict[str, Fraction]]:
    """gross, net, position, bucket and concentration of USD by ticker over NAV, as fractions without rounding."""
    exact = {ticker: Fraction(value) for ticker, value in values.items()}
    whole = Fraction(nav)
    gross = Fraction(0)
    net = Fraction(0)
    by_bucket: dict[str, Fraction] = {}
    for ticker, value in exact.items():
        size = value if value > 0 else -value
        gross += size
        net += value
        by_bucket[buckets[ticker]] = by_bucket.get(buckets[ticker], Fraction(0)) + size
    squares = Fraction(0)
    for value in exact.values():
        squares += (value / gross) ** 2
    return {
        "gross": {"book": gross / whole},
        "net": {"book": (net if net > 0 else -net) / whole},
        "position": {ticker: (v if v > 0 else -v) / whole for ticker, v in exact.items()},
        "bucket": {bucket: v / whole for bucket, v in by_bucket.items()},
        "concentration": {"book": squares},
    }


def breaches(
    found: Mapping[str, Mapping[str, Fraction]],
    bounds: Mapping[str, Fraction],
    own: Mapping[str, Mapping[str, Fraction]],
    rounding: Fraction,
) -> set[tuple[str, str]]:
    """Every (limit, of) whose figure lies above its bound: its own one where it has one."""
    broken = set()
    for kind, bound in bounds.items():
        for of, value in found[kind].items():
            at = own.get(kind, {}).get(of, bound)
            if value > at * (1 + rounding):
                broken.add((kind, of))
    return broken


@dataclass(frozen=True)
class Known:
    """What is known at a close, in plain lists, and the account after the orders.

    closes, volumes: by ticker, oldest first; shares: of the account; nav: USD; orders: shares by ticker; fees: annual,
    by ticker; margin: of the account; moves: of each scenario, by ticker; factors: their tickers by name.
    """

    closes: Mapping[str, Sequence[float]]
    volumes: Mapping[str, Sequence[float]]
    shares: Mapping[str, float]
    nav: float
    orders: Mapping[str, float]
    fees: Mapping[str, float]
    margin: OracleMargin
    moves: Mapping[str, Mapping[str, float]]
    factors: Mapping[str, str]


ADV_SESSIONS, LEAST_ADV_SESSIONS, BETA_SESSIONS = 20, 5, 250


def risk_figures(known: Known, joint: Sequence[str], confidence: float) -> dict[str, dict[str, float]]:
    """The other seven: factor_beta, var, es, adv, borrow, headroom, stress. joint: tickers whose sessions count.

    NaN where nothing is known. The two factors' betas are those of the normal equations of two regressors.
    """
    returns = {ticker: _returns(closes) for ticker, closes in known.closes.items()}
    weight = {t: n * known.closes[t][-1] / known.nav for t, n in known.shares.items()}
    rows = [k for k in range(len(returns[joint[0]])) if all(math.isfinite(returns[t][k]) for t in joint)]
    book = [math.fsum(w * returns[t][k] for t, w in weight.items()) for k in rows]
    var, es = harrell_davis(book, confidence)
    betas: dict[str, float] = dict.fromkeys(known.factors, 0.0)
    for ticker, w in weight.items():
        found = _two_betas(returns[ticker], *(returns[t] for t in known.factors.values()))
        for name, beta in zip(known.factors, found, strict=True):
            betas[name] += w * beta
    stress = {}
    for name, moves in known.moves.items():
        gain = math.fsum(w * moves.get(ticker, 0.0) for ticker, w in weight.items())
        stress[name] = -gain if gain < 0.0 else 0.0
    return {
        "factor_beta": {name: abs(beta) for name, beta in betas.items()},
        "var": {"book": var},
        "es": {"book": es},
        "adv": {t: abs(n) * known.closes[t][-1] / _adv(known, t) for t, n in known.orders.items()},
        "borrow": {t: known.fees[t] for t, n in known.shares.items() if n < 0.0},
        "headroom": {"account": 1.0 - _required(known) / known.nav},
        "stress": stress,
    }


def _returns(closes: Sequence[float]) -> list[float]:
    """Close to close, NaN where one of the two is."""
    return [b / a - 1.0 for a, b in pairwise(closes)]


def _adv(known: Known, ticker: str) -> float:
    """USD traded a session over the last 20, those without a figure left out; NaN for fewer than 5 or none traded."""
    last = zip(known.closes[ticker][-ADV_SESSIONS:], known.volumes[ticker][-ADV_SESSIONS:], strict=True)
    traded = [price * count for price, count in last if math.isfinite(price * count)]
    if len(traded) < LEAST_ADV_SESSIONS or sum(traded) <= 0.0:
        return math.nan
    return math.fsum(traded) / len(traded)


def _required(known: Known) -> float:
    tickers = list(known.shares)
    book = Book(
        cash=0.0, shares=[known.shares[t] for t in tickers], last_price=[known.closes[t][-1] for t in tickers],
        waiting=[None] * len(tickers), quiet_sessions=[0] * len(tickers), traded_usd=[], earned=[],
    )  # fmt: skip
    return maintenance_requirement(known.margin, book)


def _two_betas(y: Sequence[float], first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    rows = [
        row
        for row in list(zip(y, first, second, strict=True))[-BETA_SESSIONS:]
        if all(math.isfinite(one) for one in row)
    ]
    means = [math.fsum(row[k] for row in rows) / len(rows) for k in range(3)]

    def moment(a: int, b: int) -> float:
        return math.fsum((row[a] - means[a]) * (row[b] - means[b]) for row in rows)

    size = moment(1, 1) * moment(2, 2) - moment(1, 2) ** 2
    one = moment(0, 1) * moment(2, 2) - moment(0, 2) * moment(1, 2)
    other = moment(0, 2) * moment(1, 1) - moment(0, 1) * moment(1, 2)
    return one / size, other / size
