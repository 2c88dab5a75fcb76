"""Markets whose returns are given, for event studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.event import Event
from hedgebook.universes.market import Field, Market, Provenance, build_market
from tests.markets import news, universe_of


def market_of(
    closes: Floats, opens: Floats, buckets: Mapping[str, Sequence[str]], benchmark: str, first: str
) -> Market:
    """A market of (T, N) closes and opens from the first session on or after `first`, tickers in bucket order."""
    year = int(first[:4])
    calendar = trading_calendar(year, year + 3)
    start = int(np.searchsorted(calendar.sessions, np.datetime64(first)))
    sessions = calendar.sessions[start : start + len(closes)]
    tickers = tuple(t for members in buckets.values() for t in members)
    fields: dict[Field, Floats] = {
        "open": opens,
        "high": np.fmax(opens, closes),
        "low": np.fmin(opens, closes),
        "close": closes,
        "volume": np.full(closes.shape, np.nan),
    }
    provenance = Provenance("made up", "0" * 64, str(sessions[0]), str(sessions[-1]), simulated=True)
    return build_market(calendar, sessions, tickers, fields, universe_of(buckets, benchmark), provenance)


def closes_from(returns: Floats) -> Floats:
    """(T + 1, N) closes with the given (T, N) returns; NaN before the session ahead of the first return."""
    out = np.full((len(returns) + 1, returns.shape[1]), np.nan)
    for i in range(returns.shape[1]):
        start = int(np.argmax(np.isfinite(returns[:, i])))
        out[start, i] = 1.0
        out[start + 1 :, i] = np.cumprod(1.0 + returns[start:, i])
    return out


def event_at(day: np.datetime64 | str) -> Event:
    """News before the open of a session."""
    return news(date.fromisoformat(str(day)), event_id=f"news-{day}")


BUCKETS = {
    "fund": ("SPY", "SMH", "IBIT", "MTUM"),
    "maker": ("AAA", "BBB", "CCC"),
    "seller": ("DDD", "EEE", "FFF", "GGG"),
}


def dirty_market(seed: int = 5, *, length: int = 110, dirt: bool = True) -> Market:
    """Correlated prices of four funds and seven tickers; some list late, some miss closes or opens."""
    draw = np.random.default_rng(seed)
    market = draw.normal(0.0, 0.008, (2 * length, 1))
    group = np.repeat(draw.normal(0.0, 0.01, (2 * length, 3)), [4, 3, 4], axis=1)
    steps = draw.uniform(0.4, 2.0, 11) * market + group + draw.normal(0.0, 0.012, (2 * length, 11))
    steps[:, 0] = market[:, 0]
    path = draw.uniform(5.0, 300.0, 11) * np.exp(np.cumsum(steps, axis=0))
    opens, closes = path[0::2].copy(), path[1::2].copy()
    if dirt:
        opens[:25, 5], closes[:25, 5] = np.nan, np.nan  # BBB lists late
        opens[:70, 10], closes[:70, 10] = np.nan, np.nan  # GGG lists too late
        closes[40, 4] = np.nan  # AAA misses a close of the estimation window
        closes[93, 7] = np.nan  # DDD misses one after the event
        opens[90, 8] = np.nan  # EEE misses the open of session 0
        opens[30:34, 6] = np.nan  # CCC misses opens
        closes[20, 1] = np.nan  # so does a factor
    return market_of(closes, opens, BUCKETS, "SPY", "2025-01-06")


SESSION_0 = 90
