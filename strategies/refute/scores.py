"""What a trade earned on a date, in deviations that could be known before it, alone and beside what factors gave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.exposure.factors import PROXIES
from hedgebook.universes.market import Market

from .trials import Trials

VOLATILITY_SESSIONS = 60
BETA_SESSIONS = 120
LEAST_SESSIONS = 20
# Of the kinds of scores, in their columns.
RAW, BEYOND_BENCHMARK, BEYOND_FACTORS = range(3)
KINDS = ("raw", "beyond benchmark", "beyond factors")


@dataclass(frozen=True, eq=False)
class Yardsticks:
    """What trials are measured against.

    stands_for: what the benchmark is, in words, "" for cash; benchmark: columns of the market whose mean it is, none
    for cash; factors: columns of the proxies; riskless: (T,) what cash earns over the night before each session.
    """

    stands_for: str
    benchmark: tuple[int, ...]
    factors: tuple[int, ...]
    riskless: Floats


@dataclass(frozen=True, eq=False)
class Scored:
    """Of R trials: volatility: (R,) deviation of the held weights over the holding period, from the 60 sessions before
    the news; scores: (R, 3) by KINDS, NaN where history is too short."""

    volatility: Floats
    scores: Floats

    @property
    def whole(self) -> Ints:
        """Which trials have every score."""
        return np.flatnonzero(np.isfinite(self.scores).all(axis=1))


def score(market: Market, trials: Trials, against: Yardsticks) -> Scored:
    """The scores of trials: the return less cash, less that of the benchmark at the same net weight, less that of the
    factors at the betas of the 120 sessions before the news, each over the volatility of the holding period. What
    benchmark and factors earn is in excess of cash too, as a position in them has to be paid for."""
    closes = market.close_returns(market.tickers)
    count = len(trials)
    volatility, scores = np.full(count, np.nan), np.full((count, len(KINDS)), np.nan)
    for k in range(count):
        known, entry, out = int(trials.known[k]), int(trials.entry[k]), int(trials.exit[k])
        held = np.flatnonzero(trials.weights[k])
        past = closes[max(1, known + 1 - BETA_SESSIONS) : known + 1]
        daily = past[:, held] @ trials.weights[k, held]
        recent = daily[-VOLATILITY_SESSIONS:]
        recent = recent[np.isfinite(recent)]
        if len(recent) < LEAST_SESSIONS or not recent.std() > 0.0:
            continue
        volatility[k] = recent.std(ddof=1) * np.sqrt(out - entry + 1.0)
        cash = float(np.prod(1.0 + against.riskless[entry + 1 : out + 1]) - 1.0)
        excess = trials.returns[k] - cash
        moved = _moves(market, entry, out, bool(trials.at_close[k])) - cash
        beyond = excess
        if against.benchmark:
            beside = moved[list(against.benchmark)]
            beside = beside[np.isfinite(beside)]
            beyond = excess - trials.weights[k].sum() * (float(beside.mean()) if len(beside) else np.nan)
        scores[k, RAW], scores[k, BEYOND_BENCHMARK] = excess, beyond
        scores[k, BEYOND_FACTORS] = excess - _twin(daily, past[:, list(against.factors)], moved[list(against.factors)])
    return Scored(volatility, scores / volatility[:, None])


def _moves(market: Market, entry: int, out: int, at_close: bool) -> Floats:
    """(N,): return of each ticker from a trade's entry to its exit at a close; where there is no open, from the close
    before."""
    first = market.close[entry] if at_close else market.open[entry]
    before = market.close[entry - 1] if entry else market.close[entry]
    start = np.where(np.isfinite(first), first, before)
    return np.asarray(market.close[out] / start - 1.0)


def _twin(daily: Floats, factors: Floats, moved: Floats) -> float:
    """What the exposures of the sessions before the news alone would have earned; NaN where they cannot be told."""
    rows = np.isfinite(daily) & np.isfinite(factors).all(axis=1)
    if not len(moved) or rows.sum() < max(LEAST_SESSIONS, 3 * (len(moved) + 1)) or not np.isfinite(moved).all():
        return float("nan")
    design = np.column_stack([np.ones(int(rows.sum())), factors[rows]])
    betas = np.linalg.lstsq(design, daily[rows], rcond=None)[0][1:]
    return float(betas @ moved)


def proxies_of(market: Market, over: slice) -> tuple[int, ...]:
    """Columns of the factors' proxies that print in the sessions `over`, at least nine in ten of them."""
    found = [market.column(ticker) for ticker in PROXIES.values() if ticker in market.columns]
    return tuple(i for i in found if np.isfinite(market.close[over, i]).mean() > 0.9)
