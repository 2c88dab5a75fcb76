"""Whether the daily P&L of a trade drifts against who holds it: looked at every session, wrong once in twenty lives."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from ..arrays import Floats

LEVEL = 0.05
LONGEST_LIFE_SESSIONS = 60
# So much of the level is spent on the first sessions, in which a trade that is wrong from the start shows it.
EARLY_SESSIONS, EARLY_SHARE, FIRST_LOOK = 10, 0.7, 7
# A session counts as this many daily deviations at most: the forecast's deviation matters for nothing else.
MOST_DEVIATIONS = 2.5
# Beside all sessions so far the last ones are looked at alone, for a drift that begins late.
WINDOW_SESSIONS = 20
# Sign paths: all of the first sessions, then as many drawn ones.
WHOLE_SESSIONS = 14
PATHS = 1 << WHOLE_SESSIONS
TIE = 1e-9


@dataclass(frozen=True, eq=False)
class DriftAlarm:
    """The alarm of each session of a trade so far.

    scores: (T,) the higher of two sums of losses over the root of their squares: of all sessions and of the last 20;
    bounds: (T,) what a score has to exceed, inf where no alarm can be raised yet; raised_at: the first session that
    does, counted from 0, None so far; life_sessions: how long it is watched at most. After the alarm and after the
    life nothing is decided, and bounds are NaN.
    """

    scores: Floats = field(repr=False)
    bounds: Floats = field(repr=False)
    raised_at: int | None
    life_sessions: int

    @property
    def raised(self) -> bool:
        """Whether the alarm has been raised."""
        return self.raised_at is not None


def drift_alarm(pnl_usd: Floats, scale_usd: float, life_sessions: int = LONGEST_LIFE_SESSIONS) -> DriftAlarm:
    """The alarm for the daily P&L of a trade, (T,) in USD, whose daily deviation was forecast as `scale_usd`.

    Who trades without drift sees the alarm in at most 5 % of lives, however often it is looked at: given how large the
    P&L of each session was, its sign is a fair coin where P&L is symmetric about zero, whatever its tails and however
    its volatility moves. Each bound is taken from what such coins would give on these very sizes: all sign paths of
    the first 14 sessions, and 16,384 of them after that, each look at which is charged one path more than cross its
    bound, because they are a sample and the trade is one path more. The level is spent by `spent`. The scale only says
    what is too large to count in full, so that an error in it costs power and not level. A P&L of zero counts for
    neither side. life_sessions: the planned life, 60 at most. Raises ParameterError for P&L that is not finite, a scale
    that is not above zero and a life out of bounds.
    """
    _check(pnl_usd, scale_usd, life_sessions)
    sizes = np.clip(np.asarray(pnl_usd, dtype=np.float64) / scale_usd, -MOST_DEVIATIONS, MOST_DEVIATIONS)
    count = len(sizes)
    scores, bounds = np.full(count, math.nan), np.full(count, math.nan)
    watched = min(count, life_sessions)
    weights = np.abs(sizes[:watched])
    observed = _scores(np.where(sizes[:watched] < 0.0, -1.0, 1.0)[:, None], weights)[:, 0]
    scores[:watched] = observed
    coins = _scores(sign_paths()[:watched], weights)
    alive, used, raised = np.ones(PATHS, dtype=np.bool_), 0, None
    for t in range(watched):
        sampled = int(t >= WHOLE_SESSIONS)
        room = math.floor(spent(t + 1, life_sessions) * PATHS + TIE) - used - sampled
        if room <= 0 or not weights[t]:
            bounds[t] = math.inf
            continue
        drawn = np.where(alive, coins[t], -math.inf)
        bounds[t] = float(np.partition(drawn, PATHS - room - 1)[PATHS - room - 1])
        crossed = drawn > bounds[t] + TIE
        used += int(crossed.sum()) + sampled
        alive &= ~crossed
        if observed[t] > bounds[t] + TIE:
            raised = t
            break
    return DriftAlarm(scores, bounds, raised, life_sessions)


def spent(session: int, life_sessions: int) -> float:
    """How much of the level may be spent up to a session, counted from 1.

    Nothing before the seventh; 70 % by the tenth, growing as the square; the rest evenly till the end of the life. A
    life of ten sessions or fewer spends all of it by its end, from its third last session on at the latest.
    """
    early = min(EARLY_SESSIONS, life_sessions)
    share = EARLY_SHARE if life_sessions > early else 1.0
    first = min(FIRST_LOOK, max(early - 3, 1))
    if session < first:
        return 0.0
    begun = min(1.0, (session - first + 1) / (early - first + 1)) ** 2
    later = 0.0 if session <= early else (session - early) / (life_sessions - early)
    return LEVEL * (share * begun + (1.0 - share) * min(later, 1.0))


@lru_cache(maxsize=1)
def sign_paths() -> Floats:
    """(60, 16384) of -1 and 1: every path of the first 14 sessions once, the sessions after that drawn.

    Drawn from SHA-256 of a counter, so that they are the same for ever.
    """
    whole = (np.arange(PATHS)[:, None] >> np.arange(WHOLE_SESSIONS)) & 1
    rest = PATHS * (LONGEST_LIFE_SESSIONS - WHOLE_SESSIONS)
    blocks = (hashlib.sha256(b"sign paths %d" % block).digest() for block in range(-(-rest // 256)))
    bits = np.unpackbits(np.frombuffer(b"".join(blocks), dtype=np.uint8))[:rest]
    drawn = bits.reshape(PATHS, LONGEST_LIFE_SESSIONS - WHOLE_SESSIONS)
    signs: NDArray[np.float64] = np.concatenate([whole, drawn], axis=1).T.astype(np.float64) * 2.0 - 1.0
    return np.ascontiguousarray(signs)


def _scores(signs: Floats, weights: Floats) -> Floats:
    """(T, P): the score after each session of P sign paths on the same sizes; zero before anything moved."""
    losses = np.cumsum(-signs * weights[:, None], axis=0)
    squares = np.cumsum(weights * weights)
    whole = losses * _over_root(squares)
    if len(weights) > WINDOW_SESSIONS:
        recent = losses[WINDOW_SESSIONS:] - losses[:-WINDOW_SESSIONS]
        recent *= _over_root(squares[WINDOW_SESSIONS:] - squares[:-WINDOW_SESSIONS])
        np.maximum(whole[WINDOW_SESSIONS:], recent, out=whole[WINDOW_SESSIONS:])
    return np.asarray(whole)


def _over_root(squares: Floats) -> Floats:
    """(T, 1): one over the root of each sum, zero where nothing moved."""
    moved = squares > TIE * squares.max(initial=0.0)  # what is left of a difference is rounding
    return np.asarray(np.where(moved, 1.0 / np.sqrt(np.where(moved, squares, 1.0)), 0.0)[:, None])


def _check(pnl_usd: Floats, scale_usd: float, life_sessions: int) -> None:
    if not np.isfinite(pnl_usd).all():
        bad = int(np.argmin(np.isfinite(pnl_usd)))
        raise ParameterError("P&L is not a number", where=f"session {bad}", value=float(np.asarray(pnl_usd)[bad]))
    if not (math.isfinite(scale_usd) and scale_usd > 0.0):
        raise ParameterError("the daily deviation must be above zero", where="scale_usd", value=scale_usd)
    if not 1 <= life_sessions <= LONGEST_LIFE_SESSIONS:
        bound = f"1 to {LONGEST_LIFE_SESSIONS} sessions"
        raise ParameterError("this is no planned life", where="life_sessions", value=life_sessions, bound=bound)
