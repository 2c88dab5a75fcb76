"""Seeded markets and schedules full of dirt, for whatever is held against a whole backtest."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import Field, Market, Provenance, build_market
from tests.markets import universe_of

NAMES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH")
FIRST_YEAR, LAST_YEAR = 2024, 2026


def market_of(
    sessions: NDArray[np.datetime64],
    tickers: tuple[str, ...],
    opens: NDArray[np.float64],
    closes: NDArray[np.float64],
    volume: NDArray[np.float64] | None = None,
    listed: dict[str, date] | None = None,
) -> Market:
    """A market from opens and closes on sessions of the New York exchange."""
    fields: dict[Field, NDArray[np.float64]] = {
        "open": opens,
        "high": np.fmax(opens, closes),
        "low": np.fmin(opens, closes),
        "close": closes,
        "volume": np.full(closes.shape, np.nan) if volume is None else volume,
    }
    first, last = (int(str(day)[:4]) for day in (sessions[0], sessions[-1]))
    provenance = Provenance("made up", "0" * 64, str(sessions[0]), str(sessions[-1]), simulated=True)
    calendar = trading_calendar(first, last)
    buckets = {name: of for name, of in {"even": tickers[0::2], "odd": tickers[1::2]}.items() if of}
    universe = universe_of(buckets, tickers[0], listed=listed)
    return build_market(calendar, sessions, tickers, fields, universe, provenance)


def random_market(draw: np.random.Generator, *, complete: bool = False) -> Market:
    """Thirty to eighty sessions of three to eight tickers.

    Unless `complete`: one ticker lists late by the universe and one by its prices, one stops printing, and about
    a twelfth of all marks has no price.
    """
    count, length = int(draw.integers(3, 9)), int(draw.integers(30, 81))
    calendar = trading_calendar(FIRST_YEAR, LAST_YEAR)
    start = int(draw.integers(0, len(calendar.sessions) - length))
    sessions = calendar.sessions[start : start + length]
    steps = draw.normal(0.0, 0.03, (2 * length, count))
    path = draw.uniform(5.0, 300.0, count) * np.exp(np.cumsum(steps, axis=0))
    listed: dict[str, date] = {}
    volume = draw.uniform(1e5, 1e7, (length, count))
    if not complete:
        path[draw.random(path.shape) < 0.08] = np.nan
        path[: int(draw.integers(2, length)), 1] = np.nan
        path[int(draw.integers(length // 2, 2 * length)) :, 2] = np.nan
        listed[NAMES[0]] = sessions[int(draw.integers(1, length // 2))].astype(object)
        volume[draw.random(volume.shape) < 0.05] = np.nan
    return market_of(sessions, NAMES[:count], path[0::2], path[1::2], volume, listed)


def schedule_of(market: Market, rows: list[tuple[int, int]], weights: NDArray[np.float64]) -> Schedule:
    """A schedule of (row of the market, mark) pairs, each decided an hour before its mark."""
    at = [(market.open_at, market.close_at)[mark][t] for t, mark in rows]
    return Schedule(
        tickers=market.tickers,
        decided_at=np.array(at, dtype="datetime64[ns]") - np.timedelta64(1, "h"),
        session=market.sessions[[t for t, _ in rows]],
        mark=np.array([mark for _, mark in rows], dtype=np.int64),
        weights=weights,
    )


def random_schedule(draw: np.random.Generator, market: Market) -> Schedule:
    """Rows at a quarter of all marks; weights from -0.6 to 0.6, exits, and tickers left alone."""
    length, count = market.close.shape
    marks = np.flatnonzero(draw.random(2 * length) < 0.25)
    marks = marks if len(marks) else np.array([0])
    weights = draw.uniform(-0.6, 0.6, (len(marks), count))
    weights[draw.random(weights.shape) < 0.15] = 0.0
    weights[draw.random(weights.shape) < 0.25] = np.nan
    return schedule_of(market, [(int(m) // 2, int(m) % 2) for m in marks], weights)


def random_costs(draw: np.random.Generator) -> Costs:
    """Every friction and every rate, none of them zero."""
    bps, rates = draw.uniform(0.5, 20.0, 4), draw.uniform(0.01, 0.4, 4)
    return Costs.model_validate(
        {
            "name": "drawn",
            "commission": {"rate_bps": bps[0]},
            "half_spread": {"default_bps": bps[1], "by_bucket_bps": {"even": bps[2]}},
            "slippage": {"default_bps": bps[3], "by_ticker_bps": {"CCC": bps[0]}},
            "impact": {"y": 0.7},
            "borrow": {"default_annual": rates[0], "by_ticker_annual": {"BBB": rates[1]}},
            "cash": {"rate_annual": rates[2] / 4, "margin_rate_annual": rates[3] / 2},
        }
    )


def random_account(draw: np.random.Generator) -> Account:
    """A capital between a thousand and a hundred million, a patience of two to five sessions, and half recovered of
    what is quiet at the end."""
    return Account(
        capital_usd=float(10.0 ** draw.uniform(3.0, 8.0)),
        max_stale_sessions=int(draw.integers(2, 6)),
        delisting={"recovery_frac": 0.5},
    )
