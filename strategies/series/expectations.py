"""What each event was expected to favour and to hurt, held against what happened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.equal import STILL
from hedgebook.errors import InputError
from hedgebook.universes.event import Event, event_calendar
from hedgebook.universes.market import Market

from ..trade.trade import EventTrade

COLUMNS = ("event", "name", "expected", "tickers", "first_session", "first_hit", "window", "window_hit", "reason")


@dataclass(frozen=True)
class Expectation:
    """One expectation with what was measured.

    expected: "up" or "down"; first_session: the mean return of the name's tickers on the session of the first fill,
    close to close, over the benchmark's; window: from the mark of the trade's entry to the close of its exit, over
    the benchmark's. NaN and None where prices do not say; then `reason` does.
    """

    event: str
    name: str
    expected: str
    tickers: int
    first_session: float
    first_hit: bool | None
    window: float
    window_hit: bool | None
    reason: str


def check_expectations(
    events: Sequence[Event], trade: EventTrade, market: Market, benchmark: str | None
) -> pd.DataFrame:
    """Hits and misses of every expected side of every event, one row each, whether it was traded or not.

    benchmark: what returns are measured against, None for raw returns. Tickers count as listed at the last close
    before the news, with equal weights; one without both prices is left out of its mean.
    """
    found = [
        _expectation(event, name, side, trade, market, benchmark)
        for event in events
        for side, names in (("up", event.expected_winners), ("down", event.expected_losers))
        for name in names
    ]
    return pd.DataFrame([[getattr(one, column) for column in COLUMNS] for one in found], columns=list(COLUMNS))


def _expectation(
    event: Event, name: str, side: str, trade: EventTrade, market: Market, benchmark: str | None
) -> Expectation:
    first = event.first_fill(event_calendar(event)).session
    if not market.sessions[0] < first <= market.sessions[-1]:
        return _unknown(event, name, side, f"the prices do not cover {first}")
    row = market.session_index(first)
    try:
        listed = market.resolve([name], market.sessions[row - 1].item())
    except InputError as problem:
        return _unknown(event, name, side, problem.what)
    tickers = [ticker for ticker in listed if ticker in market.columns and ticker != benchmark]
    if not tickers:
        return _unknown(event, name, side, f"no member of {name} was listed and has prices")
    day = _excess(market, tickers, benchmark, (market.close, row - 1), row)
    entry, leave = (market.open, row + trade.delay), row + trade.delay + trade.hold
    if trade.hindsight:
        entry = (market.close, row - 1)
    reason, held = "", math.nan
    if leave < len(market.sessions):
        held = _excess(market, tickers, benchmark, entry, leave)
    else:
        reason = "the prices end inside the window"
    if math.isnan(held) and not reason:
        reason = "prices of the window's ends are missing"
    return Expectation(event.id, name, side, len(tickers), day, _hit(day, side), held, _hit(held, side), reason)


def _excess(
    market: Market, tickers: Sequence[str], benchmark: str | None, start: tuple[Floats, int], stop: int
) -> float:
    """Mean return from a mark to the close of row `stop`, over the benchmark's; NaN without prices."""
    levels, row = start

    def move(ticker: str) -> float:
        i = market.column(ticker)
        return float(market.close[stop, i] / levels[row, i] - 1.0)

    moves = [x for x in (move(ticker) for ticker in tickers) if math.isfinite(x)]
    if not moves:
        return math.nan
    return sum(moves) / len(moves) - (move(benchmark) if benchmark else 0.0)


def _hit(value: float, side: str) -> bool | None:
    if math.isnan(value):
        return None
    return value > STILL if side == "up" else value < -STILL


def _unknown(event: Event, name: str, side: str, reason: str) -> Expectation:
    return Expectation(event.id, name, side, 0, math.nan, None, math.nan, None, reason)
