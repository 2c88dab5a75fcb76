"""What the shares of a tile are worth."""

from __future__ import annotations

from ....arrays import Floats
from ...book.records import Structs
from ...jit import uncounted
from .lanes import LANES, lane_rows
from .tile import CASH, NAV

# Tickers whose prices stay in registers together.
TICKERS = 5


@uncounted
def value_sessions(levels: Floats, shares: Floats, out: Floats) -> None:
    """Fill out (T, LANES) with levels (T, N) times shares (N, LANES).

    Four sessions for each time shares are loaded: with two it took a third longer. BLAS is faster on some machines
    and twice as slow on others; contraction to fused multiply and add gained a twentieth, and was left out.
    """
    sessions = levels.shape[0]
    whole = sessions // 4 * 4
    for t in range(0, whole, 4):
        value_four(levels[t : t + 4], shares, out[t : t + 4])
    for t in range(whole, sessions):
        value_session(levels[t], shares, out[t])


@uncounted
def value_four(p: Floats, given: Floats, filled: Floats) -> None:
    """Fill (4, LANES) with p (4, N) times shares, five tickers at a time."""
    shares, out = lane_rows(given), lane_rows(filled)
    tickers = shares.shape[0]
    for s in range(LANES):
        out[0, s], out[1, s], out[2, s], out[3, s] = 0.0, 0.0, 0.0, 0.0
    for i in range(0, tickers - TICKERS + 1, TICKERS):
        j, k, m, n = i + 1, i + 2, i + 3, i + 4
        a0, b0, c0, d0, e0 = p[0, i], p[0, j], p[0, k], p[0, m], p[0, n]
        a1, b1, c1, d1, e1 = p[1, i], p[1, j], p[1, k], p[1, m], p[1, n]
        a2, b2, c2, d2, e2 = p[2, i], p[2, j], p[2, k], p[2, m], p[2, n]
        a3, b3, c3, d3, e3 = p[3, i], p[3, j], p[3, k], p[3, m], p[3, n]
        for s in range(LANES):
            a, b, c, d, e = shares[i, s], shares[j, s], shares[k, s], shares[m, s], shares[n, s]
            out[0, s] += (a0 * a + b0 * b + c0 * c) + (d0 * d + e0 * e)
            out[1, s] += (a1 * a + b1 * b + c1 * c) + (d1 * d + e1 * e)
            out[2, s] += (a2 * a + b2 * b + c2 * c) + (d2 * d + e2 * e)
            out[3, s] += (a3 * a + b3 * b + c3 * c) + (d3 * d + e3 * e)
    for i in range(tickers - tickers % TICKERS, tickers):
        a0, a1, a2, a3 = p[0, i], p[1, i], p[2, i], p[3, i]
        for s in range(LANES):
            out[0, s] += a0 * shares[i, s]
            out[1, s] += a1 * shares[i, s]
            out[2, s] += a2 * shares[i, s]
            out[3, s] += a3 * shares[i, s]


@uncounted
def value_session(levels: Floats, given: Floats, out: Floats) -> None:
    """Fill out (LANES,) with the sum of levels (N,) times shares, added up as in value_four."""
    shares = lane_rows(given)
    tickers = shares.shape[0]
    for s in range(LANES):
        out[s] = 0.0
    for i in range(0, tickers - TICKERS + 1, TICKERS):
        a, b, c, d, e = levels[i], levels[i + 1], levels[i + 2], levels[i + 3], levels[i + 4]
        for s in range(LANES):
            first = a * shares[i, s] + b * shares[i + 1, s] + c * shares[i + 2, s]
            out[s] += first + (d * shares[i + 3, s] + e * shares[i + 4, s])
    for i in range(tickers - tickers % TICKERS, tickers):
        a = levels[i]
        for s in range(LANES):
            out[s] += a * shares[i, s]


@uncounted
def value_mark(levels: Floats, shares: Floats, lanes: Floats) -> None:
    """Fill the section NAV with NAV at prices (N,)."""
    value_session(levels, shares, lanes[NAV : NAV + LANES])
    for s in range(LANES):
        lanes[NAV + s] += lanes[CASH + s]


@uncounted
def value_book(book: Structs) -> float:
    """The value of one lane's positions, added up as in value_four: else a NAV that stands still would seem to move
    by a rounding when the lane comes back to its tile."""
    tickers, total = book.size, 0.0
    for i in range(0, tickers - TICKERS + 1, TICKERS):
        first = _value(book[i]) + _value(book[i + 1]) + _value(book[i + 2])
        total += first + (_value(book[i + 3]) + _value(book[i + 4]))
    for i in range(tickers - tickers % TICKERS, tickers):
        total += _value(book[i])
    return total


@uncounted
def _value(held: Structs) -> float:
    return held.shares * held.price if held.shares != 0.0 else 0.0
