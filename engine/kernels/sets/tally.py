"""The measures of one parameter set, gathered session by session and finished at its end."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Floats
from ...equal import STILL
from ..book.records import Structs
from ..jit import uncounted

YEAR = 252.0
NAN = math.nan

# The measures in the order of a row. Fractions and ratios as in engine.risk.metrics.Metrics; turnover: USD traded over
# capital; cost_frac: commission, spread, slippage, impact and borrow over capital; beta: slope on the benchmark's
# returns, the first session left out, because its return begins at the fill; var, es: historical, of a session. A set
# that traded nothing, or whose NAV at an open or a close was not above zero, has sessions, final_nav, total_return,
# max_drawdown, turnover and cost_frac alone: the interest of idle cash is no skill, and a lost capital has no returns.
MEASURES = (
    "sessions",
    "final_nav",
    "total_return",
    "cagr",
    "volatility_annual",
    "downside_deviation_annual",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "best_session",
    "worst_session",
    "hit_rate",
    "turnover",
    "cost_frac",
    "beta",
    "var_historical",
    "es_historical",
)

# Sums over the sessions of a set. squares, downs: of returns and of those below zero; up, down: how many were above
# and below zero; depth: the deepest drawdown; with_benchmark, own, benchmark, cross: what `beta` needs.
TALLY = np.dtype(
    [
        ("sessions", "f8"),
        ("nav", "f8"),
        ("high", "f8"),
        ("depth", "f8"),
        ("total", "f8"),
        ("squares", "f8"),
        ("downs", "f8"),
        ("up", "f8"),
        ("down", "f8"),
        ("best", "f8"),
        ("worst", "f8"),
        ("with_benchmark", "f8"),
        ("own", "f8"),
        ("benchmark", "f8"),
        ("benchmark_squares", "f8"),
        ("cross", "f8"),
    ],
    align=True,
)


@uncounted
def begin(tally: Structs, capital: float) -> None:
    """Empty a tally of a set that has not had a session yet."""
    tally.sessions, tally.total, tally.squares, tally.downs, tally.up, tally.down = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    tally.nav, tally.high, tally.depth = capital, capital, 0.0
    tally.best, tally.worst = -math.inf, math.inf
    tally.with_benchmark, tally.own, tally.benchmark, tally.benchmark_squares, tally.cross = 0.0, 0.0, 0.0, 0.0, 0.0


@uncounted
def add_session(tally: Structs, nav: float, benchmark: float) -> float:
    """Count a session that closes at `nav`; returns its return. benchmark: its own return then, NaN = unknown."""
    change: float = nav / tally.nav - 1.0
    loss = min(change, 0.0)
    tally.total += change
    tally.squares += change * change
    tally.downs += loss * loss
    tally.up += change > STILL
    tally.down += change < -STILL
    tally.best, tally.worst = max(tally.best, change), min(tally.worst, change)
    benchmark_known = tally.sessions > 0.0 and benchmark == benchmark
    add_level(tally, nav)
    if benchmark_known:
        tally.with_benchmark += 1.0
        tally.own += change
        tally.benchmark += benchmark
        tally.benchmark_squares += benchmark * benchmark
        tally.cross += change * benchmark
    return change


@uncounted
def add_level(tally: Structs, nav: float) -> None:
    """Count a session that closes at `nav` without a return, as all sessions after a ruin are."""
    tally.nav, tally.high = nav, max(tally.high, nav)
    tally.depth = max(tally.depth, 1.0 - nav / tally.high)
    tally.sessions += 1.0


@uncounted
def is_ruined(tally: Structs) -> bool:
    """Whether the level of any session so far was zero or below."""
    return bool(tally.depth >= 1.0)


@uncounted
def finish(tally: Structs, capital: float, traded: float, paid: float, row: Floats) -> bool:
    """Fill the measures that sums give, and say whether VaR and ES are to follow: not where there is no track."""
    n, wealth = tally.sessions, tally.nav / capital
    row[:] = NAN
    row[0], row[1], row[2], row[9] = n, tally.nav, wealth - 1.0, -tally.depth
    row[13], row[14] = traded / capital, paid / capital
    if traded == 0.0 or is_ruined(tally):
        return False
    row[3] = wealth ** (YEAR / n) - 1.0 if wealth >= 0.0 else NAN
    row[5] = math.sqrt(tally.downs / n * YEAR)
    mean = tally.total / n
    if n > 1.0:
        row[4] = 0.0
        if tally.best - tally.worst > STILL:
            deviation = math.sqrt(max(tally.squares - mean * tally.total, 0.0) / (n - 1.0))
            row[4] = deviation * math.sqrt(YEAR)
            row[6] = mean / deviation * math.sqrt(YEAR) if deviation > 0.0 else NAN
        row[7] = mean * YEAR / row[5] if row[5] > STILL else NAN
    row[8] = row[3] / tally.depth if tally.depth > STILL else NAN
    row[10], row[11] = tally.best, tally.worst
    moving = tally.up + tally.down
    row[12] = tally.up / moving if moving > 0.0 else NAN
    row[15] = slope(tally)
    return True


@uncounted
def slope(tally: Structs) -> float:
    """Least-squares slope on the benchmark; NaN with fewer than two sessions or a benchmark that stands still."""
    n = tally.with_benchmark
    if n < 2.0:
        return NAN
    spread = tally.benchmark_squares - tally.benchmark * tally.benchmark / n
    cross = tally.cross - tally.own * tally.benchmark / n
    return float(cross / spread) if spread > 0.0 else NAN
