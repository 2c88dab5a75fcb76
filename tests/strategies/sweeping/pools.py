"""Made-up markets, events and levels for every parameter that a trade has."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import numpy as np

from hedgebook.strategies.trade.trade import build_trade
from hedgebook.universes.event import EventLibrary, Timing
from hedgebook.universes.market import Market
from tests import markets

EVENTS = EventLibrary(
    events=(
        markets.news(date(2026, 7, 1), event_id="pre-open"),
        markets.news(date(2026, 7, 15), Timing.INTRADAY, event_id="intraday"),
        markets.news(date(2026, 7, 2), Timing.AFTER_CLOSE, event_id="after-close"),
        markets.news(date(2026, 7, 5), Timing.WEEKEND, event_id="weekend"),
        markets.news(date(2026, 6, 10), event_id="early"),
        markets.news(date(2026, 6, 1), Timing.INTRADAY, event_id="first-day"),
        markets.news(date(2026, 11, 3), event_id="after-the-prices"),
    )
)
TRADE = build_trade(
    {"name": "t", "event": "pre-open", "long": "ACME,BOLT", "short": "CLOUD", "hold": 5, "lookback": 20}
)
# Levels as a user gives them. The base trade and the market make some combinations of them impossible.
RULES: dict[str, list[Any]] = {
    "stop_loss": [None, 0.05, 0.1],
    "take_profit": [None, 0.2],
    "trailing_stop": [None, 0.07],
    "long_stop": [None, 0.1],
    "short_stop": [None, 0.15],
    "max_hold": [None, 3, 7],
    "rebalance": ["none", "weekly", "monthly", "every:3"],
    "band": [None, 0.2],
    "target_vol": [None, None, 0.2],
    "vol_halflife": [5, 20.5],
    "max_scale": [1, 2.5],
    "derisk_drawdown": [None, 0.05],
    "derisk_to": [0, 0.5],
}
HEDGES: dict[str, list[Any]] = {
    "hedge": [
        "dollar", "beta", "min_variance", "min_variance_each", "multi_min_variance", "factor_neutral",
        "volatility_parity", "equal_risk", "total_least_squares", "kalman", "ridge",
    ],
    "lookback": [20, 25, 60],
    "half_life_sessions": [None, 10, 30.5],
    "ridge_penalty": [None, 0.5],
    "short_cap_frac": [None, None, None, 0.9],
}  # fmt: skip
DIRTY: dict[str, list[Any]] = {
    "event": [event.id for event in EVENTS.events] + ["pre-open", "intraday", "after-close", "weekend"] * 3,
    "long": ["ACME,BOLT", "maker", "ACME", "BOLT,SPARE", ["ACME", "CLOUD"], "", "LATE"],
    "short": ["CLOUD", "CLOUD,SPARE", "renter", "DRIFT", "rentr", "", "CLOUD", "SPARE,BENCH", "LATE,CLOUD"],
    "gross": [0.5, 1, 1.75],
    "neutral_to": ["", "dollar", "market", "semi"],
    "benchmark": [None, "SPARE", "BENHC"],
    "delay": [0, 1, 2, 20],
    "hold": [0, 1, 5, 20, 60],
    "capital": [1e5, 2_500_000],
    "hindsight": [False, False, False, True],
    **HEDGES,
    **RULES,
}
# Mostly possible combinations, so that many sets run.
CLEAN: dict[str, list[Any]] = {
    **DIRTY,
    "event": ["pre-open", "intraday", "after-close", "weekend"],
    "long": ["ACME,BOLT", "maker", "ACME"],
    "short": ["CLOUD", "CLOUD,SPARE", "SPARE"],
    "neutral_to": ["", "dollar"],
    "benchmark": [None, "BENCH"],
    "delay": [0, 1, 2],
    "hold": [0, 1, 5, 12],
    "hindsight": [False],
}
# Of the shipped universe, event and factors.
SHIPPED: dict[str, list[Any]] = {
    **CLEAN,
    "event": ["meta-compute-2026"],
    "long": ["META", "hyperscaler", "META,GOOGL"],
    "short": ["neocloud", "miner", "memory,equipment", "CRWV", "META"],
    "lookback": [20, 60, 120, 250],
    "neutral_to": ["", "market", "market,semis", "dollar,market", "bitcoin"],
    "benchmark": [None, "SMH"],
    "hold": [0, 1, 5, 20],
}


def related_market(sessions: int = 90) -> Market:
    """A made-up market whose tickers move with their benchmark, so that most hedges exist; dirt as ever."""
    market = markets.dirty_market(sessions)
    bench = market.close[:, market.column("BENCH")]
    common = np.append(0.0, np.diff(np.log(bench)))
    tables: dict[str, Any] = {}
    for name in ("open", "close"):
        values = getattr(market, name).copy()
        for ticker, slope in (("ACME", 0.9), ("BOLT", 1.2), ("CLOUD", 2.0), ("DRIFT", 1.1), ("SPARE", 0.7)):
            values[:, market.column(ticker)] *= np.exp(slope * np.cumsum(common))
        tables[name] = values
    return dataclasses.replace(market, **tables)
