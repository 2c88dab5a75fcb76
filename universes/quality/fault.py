"""A finding of the quality gate, and runs of sessions that several rules look for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..market import Market
from .rules import RULES

EXAMPLES = 3


@dataclass(frozen=True)
class Fault:
    """One thing that looks wrong in the prices of a ticker ("" = of all of them).

    rule, severity, title, remedy: of the rule; count: sessions, or cases where each is one session; first, last:
    sessions; text: in a sentence; examples: a few of the cases.
    """

    rule: str
    severity: str
    title: str
    ticker: str
    count: int
    first: str
    last: str
    text: str
    examples: tuple[str, ...]
    remedy: str


def fault(market: Market, key: str, ticker: str, spans: Sequence[tuple[int, int]], says: Sequence[str]) -> Fault:
    """What was found by a rule in a ticker: first and last row of each case, and what to say of each."""
    rule = RULES[key]
    count = sum(last - first + 1 for first, last in spans)
    more = "" if len(says) <= EXAMPLES else f" and {len(says) - EXAMPLES} more"
    days = market.sessions
    return Fault(
        key, rule.severity.value, rule.title, ticker, count, str(days[min(first for first, _ in spans)]),
        str(days[max(last for _, last in spans)]),
        f"{ticker or 'all tickers'}: {'; '.join(says[:EXAMPLES])}{more}", tuple(says[:EXAMPLES]), rule.remedy,
    )  # fmt: skip


def runs_of(flags: NDArray[np.bool_], least: int) -> Iterator[tuple[int, int]]:
    """First and last row of every run of at least `least` true flags (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if stop - start >= least:
            yield start, stop - 1


def span_text(market: Market, first: int, last: int) -> str:
    """One day, or the first and the last of several with how many sessions they are."""
    days = market.sessions
    count = last - first + 1
    return str(days[first]) if count == 1 else f"{count} sessions from {days[first]} to {days[last]}"
