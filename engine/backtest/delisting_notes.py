"""What contradicts a delisting that was stated: prices after its day, and a recovery above the last price."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.market import Market

from ..account.delisting import Delisting
from ..kernels.book.records import Record
from .participation import WRITE_OFFS


def delisting_notes(market: Market, window: Market, record: Record, delisting: Delisting) -> tuple[str, ...]:
    """Of each ticker that was ordered or held: prices after the day on which it is said to be delisted, and a stated
    recovery above 1 that has not been paid. market: all prices there are; window: the sessions of the run."""
    days, recovery = delisting.days(window), delisting.recovery(window)
    lines = record.lines
    written_off = {
        int(line["ticker"]): window.sessions[line["session"]] for line in lines[np.isin(lines["reason"], WRITE_OFFS)]
    }
    touched = np.union1d(lines["ticker"], np.flatnonzero((record.shares != 0.0).any(axis=0)))
    found = []
    for i in touched.astype(np.int64).tolist():
        ticker = window.tickers[i]
        if not np.isnat(days[i]):
            found += _prices_after(market, i, days[i], written_off.get(i))
        if recovery[i] > 1.0 and i not in written_off:
            found.append(
                f"{ticker} has a stated recovery of {recovery[i]:.4g} of its last price: a write-off would pay a long "
                "position more than that price, as a takeover does; nothing was written off here"
            )
    return tuple(found)


def _prices_after(market: Market, i: int, day: np.datetime64, written_off: np.datetime64 | None) -> list[str]:
    """That a ticker prints after the day of its delisting, and what became of who held it."""
    printed: NDArray[np.bool_] = np.isfinite(market.open[:, i]) | np.isfinite(market.close[:, i])
    after = np.flatnonzero(printed & (market.sessions > day))
    if not len(after):
        return []
    count, first, last = len(after), market.sessions[after[0]], market.sessions[after[-1]]
    when = f"on {first}" if count == 1 else f"in {count} sessions, {first} to {last}"
    what = "only a close without a price writes a position off"
    if written_off is not None:
        back = after[market.sessions[after] > written_off]
        what = f"its position was written off on {written_off}, {len(back) or 'none'} of them after that"
    ticker = market.tickers[i]
    return [f"{ticker} is marked as delisted on {day} and has prices after it, {when}: {what}; check the day"]
