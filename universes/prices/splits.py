"""Unadjusted splits: moves that a split which nobody took out of the prices would have made."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..arrays import Floats
from ..market import Market
from .moves import Moves, moves_of, ordinary_move, turnover

# New shares for one old share, as exchanges know them; a reverse split is the same ratio the other way round.
FORWARD = (
    *(Fraction(n) for n in (2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 50)),
    Fraction(3, 2),
    Fraction(4, 3),
    Fraction(5, 4),
)
RATIOS = (*FORWARD, *(1 / ratio for ratio in FORWARD))

# The thresholds below were chosen on eleven years of real daily prices of 45 tickers and then measured with
# splits of every ratio put into them; tests/universes/prices/test_real_splits.py holds the measurement.
# How far, in ordinary moves of the ticker, the rest of a move may lie from nothing once the split is taken out,
CLOSE_SCALES, OPEN_SCALES = 5.0, 4.0
LEAST_LOG, UNKNOWN_SCALE_LOG = 0.03, 0.025
# and, so that the windows of the ratios stay windows, as a fraction of the ratio's log.
MOST_CLOSE_FRAC, MOST_OPEN_FRAC = 0.40, 0.25
# News that moves a price by a fifth and more overnight brings several days' turnover; a split brings none. The
# bound is wider for a ratio of two or more, which is rarely news.
NEWS_TURNOVER, NEWS_TURNOVER_BIG = 2.0, 5.0
# A ratio below two is told from news only where it is at least this many ordinary moves of the ticker.
CALM_SCALES = 8.0
BIG_LOG = float(np.log(1.9))


@dataclass(frozen=True)
class SplitSuspect:
    """A move from one close to the next that is what an unadjusted split would have left.

    ratio: new for old shares, "10:1" or, for a reverse split, "1:10"; close_before, close: USD; move_frac,
    gap_frac (close before to open): fractions; neighbours_frac: the median return of the other tickers of the
    bucket (of the universe where the bucket has fewer than three); volume_times: volume over its median of
    the 20 sessions before. None where it is not known.
    """

    ticker: str
    session: str
    ratio: str
    close_before: float
    close: float
    move_frac: float
    gap_frac: float | None
    neighbours_frac: float | None
    volume_times: float | None

    @property
    def factor(self) -> Fraction:
        """What the prices before the session have to be divided by."""
        new, old = self.ratio.split(":")
        return Fraction(int(new), int(old))


def find_splits(market: Market, moves: Moves | None = None) -> tuple[SplitSuspect, ...]:
    """Every move of a market that may be an unadjusted split, in the order of the sessions.

    A move from one close to the next (at most five sessions later) is suspected when, with or without its
    neighbours' median, the close lies within five ordinary moves of a ratio, and the open, where there is one,
    within four: a split happens overnight. Turnover, in shares or in dollars, may be at most five times its
    median of 20 sessions. A ratio below two also needs an open, a turnover that is known and at most twice its
    median, and a ticker so calm that the ratio is eight ordinary moves: such a move is far more often news.
    An ordinary move is 1.48 times the median absolute log move of the 60 sessions either side.
    `moves` are those of the market, if they are known already.
    """
    moves = moves_of(market) if moves is None else moves
    if not len(moves.row):
        return ()
    logs = np.log([float(ratio) for ratio in RATIOS])
    close_rests = _rests(moves.close, moves.neighbours_close, logs)
    open_rests = _rests(moves.open, moves.neighbours_open, logs)
    at, nearest = np.arange(len(moves.row)), np.argmin(close_rests + np.nan_to_num(open_rests), axis=1)
    size = np.abs(logs[nearest])
    scale = ordinary_move(market, moves)
    reach = np.nan_to_num(scale, nan=UNKNOWN_SCALE_LOG)
    at_close = close_rests[at, nearest] <= np.clip(CLOSE_SCALES * reach, LEAST_LOG, MOST_CLOSE_FRAC * size)
    at_open = open_rests[at, nearest] <= np.clip(OPEN_SCALES * reach, LEAST_LOG, MOST_OPEN_FRAC * size)
    has_open = np.isfinite(moves.open)
    shares, dollars = turnover(market, moves)
    # In shares or in dollars: a vendor that forgot the prices may have adjusted the volume or not.
    least = np.minimum(shares, dollars)
    big = (size > BIG_LOG) & ~(least > NEWS_TURNOVER_BIG)
    small = has_open & (least <= NEWS_TURNOVER) & (size >= CALM_SCALES * scale)
    found = np.flatnonzero(at_close & (at_open | ~has_open) & (big | small))
    return tuple(_suspect(market, moves, i, RATIOS[nearest[i]], float(shares[i])) for i in found.tolist())


def _rests(move: Floats, neighbours: Floats, logs: Floats) -> Floats:
    """(C, R) what is left of each move, in logs without a sign, once a split of each ratio is taken out of it.

    The neighbours' move is taken out or left in, whichever leaves less: not every ticker follows its neighbours,
    least of all on their wildest sessions.
    """
    left_in = np.abs(move[:, None] + logs)
    return np.fmin(np.abs((move - neighbours)[:, None] + logs), left_in)


def _suspect(market: Market, moves: Moves, i: int, ratio: Fraction, volume_times: float) -> SplitSuspect:
    row, column = int(moves.row[i]), int(moves.column[i])
    return SplitSuspect(
        ticker=market.tickers[column],
        session=str(market.sessions[row]),
        ratio=f"{ratio.numerator}:{ratio.denominator}",
        close_before=float(market.close[row - moves.age[i], column]),
        close=float(market.close[row, column]),
        move_frac=float(np.expm1(moves.close[i])),
        gap_frac=_known(float(np.expm1(moves.open[i]))),
        neighbours_frac=_known(float(np.expm1(moves.neighbours_close[i]))),
        volume_times=_known(volume_times),
    )


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None
