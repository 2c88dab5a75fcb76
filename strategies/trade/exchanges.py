"""When a trade over several exchanges is entered and left: each ticker at marks of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import Mark, as_utc
from hedgebook.universes.exchanges.venues import Venues
from hedgebook.universes.market import Market

if TYPE_CHECKING:
    from .plan import OrderTimes, PlacedEvent


def exchange_schedule(
    placed: PlacedEvent,
    market: Market,
    venues: Venues,
    tickers: Sequence[str],
    weights: Sequence[float],
    times: OrderTimes,
) -> Schedule:
    """Into the weights at each ticker's first open or close after the news, out at its last close up to the exit.

    Tickers of the first exchange trade as in a market of that alone. A delay counts its sessions, and the others enter
    after the close before that of the first exchange. Raises ParameterError for an exchange without such a mark, and
    for one whose last close before the exit comes before its entry.
    """
    rows: dict[tuple[int, int], list[float]] = {}

    def ask(row: int, mark: Mark, ticker: int, weight: float) -> None:
        rows.setdefault((row, int(mark)), [float("nan")] * len(tickers))[ticker] = weight

    announced = as_utc(placed.announced_at)
    days = venues.counted
    first = int(np.searchsorted(days, times.entry))
    after = announced
    if times.entry > placed.first and first > 0:
        after = max(announced, venues.close_at[days[first - 1], 0])
    for n, (ticker, weight) in enumerate(zip(tickers, weights, strict=True)):
        venue = int(venues.of[market.column(ticker)])
        entry, leave = _marks(venues, venue, times, after)
        if entry is None or leave is None or leave < entry[0] or (leave == entry[0] and entry[1] == Mark.CLOSE):
            raise ParameterError(
                f"{venues.names[venue]} has no session from the news to the exit on {market.sessions[times.exit]}",
                where="hold",
                value=ticker,
                remedy="Hold longer, or leave the ticker out.",
            )
        ask(*entry, n, weight)
        ask(leave, Mark.CLOSE, n, 0.0)
    keys = sorted(rows)
    return Schedule(
        tickers=tuple(tickers),
        decided_at=np.full(len(keys), announced),
        session=market.sessions[[row for row, _ in keys]],
        mark=np.array([mark for _, mark in keys], dtype=np.int64),
        weights=np.array([rows[key] for key in keys]),
        hindsight=times.hindsight,
        joins=np.arange(len(keys)) > 0,
    )


def _marks(
    venues: Venues, venue: int, times: OrderTimes, after: np.datetime64
) -> tuple[tuple[int, Mark] | None, int | None]:
    """Day and mark of the entry, and the day of the exit."""
    leave = venues.last_close(venue, times.exit)
    if times.hindsight:
        known = venues.last_close(venue, times.entry)
        return (None if known is None else (known, Mark.CLOSE)), leave
    if venue == 0:
        return (times.entry, times.mark), leave
    return venues.first_after(venue, after), leave
