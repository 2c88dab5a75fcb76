"""Whether a book is within limits, in exact fractions, position by position."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction


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
