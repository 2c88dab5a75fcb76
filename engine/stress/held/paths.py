"""Simulated paths of a book with options: every option revalued at each close of each path."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ...arrays import Floats
from ...kernels.series.paths import PATH
from ...options.lines import unit_values
from ...risk.bootstrap import in_threads
from ..evaluate import CALENDAR_DAYS_PER_SESSION
from .margin import HeldMargin
from .options import HeldOptions

# Paths that are held in memory together.
TOGETHER = 1_000
REVALUED = (
    "Each option is revalued at every close of a path on its day, its volatility, borrow and rate standing still, and "
    "settled in cash at its expiry; margin calls and nights are not looked at."
)

# Fills (P, T, U) with the moves of paths start .. start + P - 1.
Draw = Callable[[int, Floats], None]


def revalued_paths(book: HeldMargin, draw: Draw, paths: int, sessions: int, threads: int) -> Floats:
    """(paths, 5): what each path leaves, in the order of PATH; call_session is 0 and gap_usd NaN."""
    out = np.empty((paths, len(PATH)))

    def fill(start: int, stop: int) -> None:
        for first in range(start, stop, TOGETHER):
            last = min(first + TOGETHER, stop)
            moves = np.empty((last - first, sessions, len(book.held.tickers)))
            draw(first, moves)
            out[first:last] = walked(book, moves)

    in_threads(fill, paths, threads)
    return out


def worths(held: HeldOptions, moves: Floats) -> Iterator[Floats]:
    """(P,) USD that shares and options are worth at each close of moves (P, T, U), close to close, on its day: session
    t is t * 365/252 calendar days after the book's close; what an option brings at its expiry stays as it is."""
    lines, growth = held.lines, np.cumprod(np.maximum(1.0 + moves, 0.0), axis=1)
    units = np.repeat(held.units[None, :], len(moves), axis=0)
    open_ = np.ones(len(lines), dtype=np.bool_)
    for t in range(moves.shape[1]):
        day = held.session + np.timedelta64(round((t + 1) * CALENDAR_DAYS_PER_SESSION), "D")
        kept = np.flatnonzero(open_)
        spots = (held.spots * growth[:, t])[:, held.of[kept]]
        units[:, kept] = unit_values(lines.some(kept), spots, day)
        open_ &= ~(lines.options & (lines.expiry <= day))
        yield units @ lines.quantity


def walked(book: HeldMargin, moves: Floats) -> Floats:
    """(P, 5): the same of moves (P, T, U), close to close, at worst a loss of everything.

    Session t of a path is t * 365/252 calendar days after the book's close. An option that expires by then is worth
    what exercise gives at that close, in cash from there on.
    """
    held, paths = book.held, len(moves)
    cash = book.nav_usd - float(held.units @ held.lines.quantity)
    nav = np.full(paths, book.nav_usd)
    peak, fall, lowest = nav.copy(), np.zeros(paths), nav.copy()
    for worth in worths(held, moves):
        nav = cash + worth
        peak = np.maximum(peak, nav)
        fall = np.minimum(fall, nav / peak - 1.0)
        lowest = np.minimum(lowest, nav)
    none = np.zeros(paths)
    return np.column_stack([nav - book.nav_usd, fall, none, np.full(paths, np.nan), lowest])
