"""Stale prices: closes that repeat, as they do when a source carries the last price on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..market import Market

STALE_SESSIONS = 5
RECENT_SESSIONS = 250
SHOWN = 8


@dataclass(frozen=True)
class StaleRun:
    """At least five sessions in a row with one and the same close (USD)."""

    ticker: str
    first: str
    last: str
    sessions: int
    close: float


def stale_runs(market: Market, least_sessions: int = STALE_SESSIONS) -> tuple[StaleRun, ...]:
    """Every run of at least `least_sessions` equal closes, ticker by ticker; a missing close ends a run."""
    return tuple(
        StaleRun(
            ticker=market.tickers[column],
            first=str(market.sessions[start]),
            last=str(market.sessions[end]),
            sessions=end - start + 1,
            close=float(market.close[start, column]),
        )
        for column, start, end in _runs(market, least_sessions)
    )


def stale_warning(market: Market, least_sessions: int = STALE_SESSIONS) -> str | None:
    """One line about the runs that reach into the last 250 sessions of their ticker, None without any."""
    lines = []
    for column, start, end in _runs(market, least_sessions):
        last = int(np.flatnonzero(np.isfinite(market.close[:, column]))[-1])
        if end > last - RECENT_SESSIONS:
            close = market.close[start, column]
            day = market.sessions[start]
            lines.append(f"{market.tickers[column]} {close:g} for {end - start + 1} sessions from {day}")
    if not lines:
        return None
    more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return f"closes repeat, which may be stale prices: {', '.join(lines[:SHOWN])}{more}"


def _runs(market: Market, least_sessions: int) -> Iterator[tuple[int, int, int]]:
    """Column, first row and last row of every run of equal closes that is long enough."""
    close = market.close
    same = close[1:] == close[:-1]
    # Most tickers have no run at all and are passed over in whole columns.
    full = same
    for step in range(1, least_sessions - 1):
        full = full[:-1] & same[step:]
    for column in np.flatnonzero(full.any(axis=0)).tolist():
        edges = np.flatnonzero(np.diff(np.concatenate([[0], same[:, column].astype(np.int8), [0]])))
        # A run starts at the close that the first repetition repeats; `edges` hold starts and ends in turn.
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if end - start + 1 >= least_sessions:
                yield column, start, end
