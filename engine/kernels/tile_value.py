"""What the shares of a tile are worth."""

from __future__ import annotations

from .jit import inlined
from .records import Floats
from .tile import LANES

# Tickers whose prices stay in registers together.
TICKERS = 5


@inlined
def value_sessions(levels: Floats, shares: Floats, out: Floats, start: int, stop: int) -> None:
    """Fill out[start:stop] with levels (T, N) times shares (N, LANES), two sessions for each time shares are loaded."""
    tickers = shares.shape[0]
    for t in range(start, stop - 1, 2):
        for s in range(LANES):
            out[t, s] = 0.0
            out[t + 1, s] = 0.0
        for i in range(0, tickers - TICKERS + 1, TICKERS):
            a0, b0, c0, d0, e0 = levels[t, i], levels[t, i + 1], levels[t, i + 2], levels[t, i + 3], levels[t, i + 4]
            a1, b1, c1 = levels[t + 1, i], levels[t + 1, i + 1], levels[t + 1, i + 2]
            d1, e1 = levels[t + 1, i + 3], levels[t + 1, i + 4]
            for s in range(LANES):
                a, b, c, d, e = shares[i, s], shares[i + 1, s], shares[i + 2, s], shares[i + 3, s], shares[i + 4, s]
                out[t, s] += (a0 * a + b0 * b + c0 * c) + (d0 * d + e0 * e)
                out[t + 1, s] += (a1 * a + b1 * b + c1 * c) + (d1 * d + e1 * e)
        for i in range(tickers - tickers % TICKERS, tickers):
            a0, a1 = levels[t, i], levels[t + 1, i]
            for s in range(LANES):
                out[t, s] += a0 * shares[i, s]
                out[t + 1, s] += a1 * shares[i, s]
    if (stop - start) % 2 == 1:
        value_session(levels, shares, out, stop - 1)


@inlined
def value_session(levels: Floats, shares: Floats, out: Floats, t: int) -> None:
    """Fill out[t] with the sum of levels[t] times shares, added up as in value_sessions."""
    tickers = shares.shape[0]
    for s in range(LANES):
        out[t, s] = 0.0
    for i in range(0, tickers - TICKERS + 1, TICKERS):
        a, b, c, d, e = levels[t, i], levels[t, i + 1], levels[t, i + 2], levels[t, i + 3], levels[t, i + 4]
        for s in range(LANES):
            first = a * shares[i, s] + b * shares[i + 1, s] + c * shares[i + 2, s]
            out[t, s] += first + (d * shares[i + 3, s] + e * shares[i + 4, s])
    for i in range(tickers - tickers % TICKERS, tickers):
        a = levels[t, i]
        for s in range(LANES):
            out[t, s] += a * shares[i, s]
