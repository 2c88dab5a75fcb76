"""Return histories without an edge, and with one that is planted: factors, sectors, fat tails, clusters of volatility.

r = b m + c s + e: m the market's return, s that of the ticker's sector, e its own; each is a GARCH(1, 1) with alpha
0.08 and beta 0.90 (long-run deviation 1) driven by Student's t with 5 degrees of freedom. Events multiply every return
of the trade's own tickers over the holding period by a ratio between 1 and 3, the same for all events of a case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hedgebook.engine.arrays import Floats, Ints

ALPHA, BETA, FREEDOM = 0.08, 0.90, 5.0
DAILY = 0.02
TICKERS, SECTORS = 30, 5
SHARED_FRAC = 0.25


@dataclass(frozen=True, eq=False)
class History:
    """(T, N) returns of tickers and (T,) of the market, with the trade's legs and the sessions of its events."""

    returns: Floats
    market: Floats
    weights: Floats
    own: Ints
    past: Ints
    ratio: float


def garch(shocks: Floats) -> Floats:
    """(T, n) returns of deviation 1 in the long run, from (T, n) independent shocks of variance 1."""
    out = np.empty_like(shocks)
    variance = np.ones(shocks.shape[1])
    for t, row in enumerate(shocks):
        out[t] = np.sqrt(variance) * row
        variance = (1.0 - ALPHA - BETA) + ALPHA * out[t] ** 2 + BETA * variance
    return out


def shocks(rng: np.random.Generator, sessions: int, count: int) -> Floats:
    """(T, n) of Student's t with variance 1."""
    return np.asarray(rng.standard_t(FREEDOM, (sessions, count)) * np.sqrt((FREEDOM - 2.0) / FREEDOM))


def histories(
    rng: np.random.Generator, count: int, *, events: int, past: int, hold: int, sessions: int
) -> Iterator[History]:
    """Independent histories: a long leg of one ticker against three of one sector; a quarter of the events share their
    session with the one before. All of them walk through time together, which is what takes long."""
    series = 1 + SECTORS + TICKERS
    driven = garch(shocks(rng, sessions, count * series)).reshape(sessions, count, series)
    for k in range(count):
        yield _history(rng, driven[:, k], (events, past, hold))


def _history(rng: np.random.Generator, driven: Floats, shape: tuple[int, int, int]) -> History:
    events, past, hold = shape
    sessions = len(driven)
    market, sector, own = driven[:, 0], driven[:, 1 : 1 + SECTORS], driven[:, 1 + SECTORS :]
    of = np.arange(TICKERS) % SECTORS
    b, c = rng.uniform(0.5, 1.5, TICKERS), rng.uniform(0.2, 1.0, TICKERS)
    returns = DAILY * (0.5 * b * market[:, None] + 0.5 * c * sector[:, of] + rng.uniform(0.5, 1.5, TICKERS) * own)
    short = np.flatnonzero(of == 0)[:3]
    long = int(np.flatnonzero(of == 1)[0])
    weights = np.zeros(TICKERS)
    weights[long], weights[short] = 0.5, -0.5 / len(short)
    days = _days(rng, events, past, hold, sessions)
    ratio = float(rng.uniform(1.0, 3.0))
    inside = np.zeros(sessions, dtype=np.bool_)
    for day in days:
        inside[day : day + hold] = True
    legs = np.flatnonzero(weights)
    returns[np.ix_(np.flatnonzero(inside), legs)] *= ratio
    return History(returns, DAILY * 0.5 * market, weights, days[past:], days[:past], ratio)


def _days(rng: np.random.Generator, events: int, past: int, hold: int, sessions: int) -> Ints:
    """Ascending sessions of past and own events, some of the own ones shared by two."""
    days = np.sort(rng.integers(140, sessions - hold - 1, size=past + events))
    for k in range(past + 1, past + events):
        if rng.random() < SHARED_FRAC:
            days[k] = days[k - 1]
    return np.sort(days)
