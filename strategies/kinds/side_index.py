"""The equal-weight index of buckets and tickers that a spread or a trend is measured on, as known at each close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.engine.arrays import Flags, Floats, Ints
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market

from ..strategy.members import priced_names

# A price older than this many sessions no longer stands for its ticker.
MAX_QUIET_SESSIONS = 5


@dataclass(frozen=True, eq=False)
class SideIndex:
    """N members in the order in which they are named, and their index over T sessions.

    columns: (N,) columns of the market; priced: (T, N) listed and with a close of that session; closes: (T, N) closes
    that each member has had so far; log_level: (T,) log of the index, 0 at its first close, NaN where no member has a
    close; notes: what was left out. Row t uses no price after the close of session t.
    """

    tickers: tuple[str, ...]
    columns: Ints
    priced: Flags
    closes: Ints
    log_level: Floats
    notes: tuple[str, ...] = ()


def side_index(market: Market, names: Sequence[str], where: str) -> SideIndex:
    """The index of what `names` bring, held at equal weights that are restored at each close.

    A member counts from its second close on. Its price stands still in a halt and catches up after it; after more than
    MAX_QUIET_SESSIONS sessions without a close it has left, and what it moved meanwhile does not count. Raises
    UniverseError for an unknown name, PriceDataError for a ticker named itself without prices, ParameterError where
    no member has any.
    """
    tickers, unpriced = priced_names(market, names, where)
    columns = np.array([market.column(ticker) for ticker in tickers], dtype=np.int64)
    close = np.where(market.universe.listed(tickers, market.sessions), market.close[:, columns], np.nan)
    priced = np.isfinite(close)
    if not priced.any():
        raise ParameterError(
            "none of these tickers has a close",
            where=where,
            value=", ".join(names),
            remedy=f"Name buckets or tickers: {', '.join(market.universe.bucket_names)}.",
        )
    notes = (f"{where}: no prices, so never held: {', '.join(unpriced)}",) if unpriced else ()
    return SideIndex(tickers, columns, priced, priced.cumsum(axis=0), _log_level(close, priced), notes)


def _log_level(close: Floats, priced: Flags) -> Floats:
    """(T,) log of the index of (T, N) closes."""
    sessions = np.arange(len(close))[:, None]
    last = np.maximum.accumulate(np.where(priced, sessions, -1), axis=0)
    known = np.where(last >= 0, np.take_along_axis(close, np.maximum(last, 0), axis=0), np.nan)
    there = (last >= 0) & (sessions - last <= MAX_QUIET_SESSIONS)
    moves = np.zeros_like(close)
    moves[1:] = known[1:] / known[:-1] - 1.0
    # Who comes back after having left begins anew.
    counts = np.zeros(close.shape, dtype=np.bool_)
    counts[1:] = there[1:] & there[:-1]
    count = counts.sum(axis=1)
    mean = np.divide(np.where(counts, moves, 0.0).sum(axis=1), count, out=np.zeros(len(close)), where=count > 0)
    return np.where(priced.any(axis=1), np.cumsum(np.log1p(mean)), np.nan)
