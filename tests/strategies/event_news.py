"""Invented events on an invented market, for trades over many of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from hedgebook.engine.frictions.costs import Costs
from hedgebook.strategies.series.choice import parse_choice
from hedgebook.strategies.series.run import EventSeries, run_event_series
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.trade.trade import EventTrade, build_trade
from hedgebook.universes.event import Event, Timing
from hedgebook.universes.market import Market
from tests import markets

# Rows of the dirty market: 33 and 36 overlap with 5 sessions of holding, 60 to 66 overlap in a chain, 90 stands alone.
ROWS = (33, 36, 60, 64, 66, 90)
COSTS = Costs.model_validate(
    {"commission": {"rate_bps": 2}, "half_spread": {"default_bps": 4}, "borrow": {"default_annual": 0.1}}
)


def series_market() -> Market:
    """120 sessions: DRIFT stops printing after session 30, LATE lists on session 16."""
    return markets.dirty_market(120)


def event_on(market: Market, row: int, **more: Any) -> Event:
    """News before the open of a row of the market."""
    values: dict[str, Any] = {
        "id": f"news-{row}",
        "announced_on": date.fromisoformat(str(market.sessions[row])),
        "timing": Timing.PRE_OPEN,
        "headline": "News",
        "sources": ("nowhere",),
        "tags": ("odd",) if row % 2 else ("even",),
        "expected_winners": ("maker",),
        "expected_losers": ("CLOUD", "fund"),
    }
    return Event(**(values | more))


def all_events(market: Market) -> tuple[Event, ...]:
    """One event a row."""
    return tuple(event_on(market, row) for row in ROWS)


def trade(**changes: Any) -> EventTrade:
    """ACME and BOLT against CLOUD, held for five sessions."""
    values = {"name": "t", "event": "none", "long": "ACME,BOLT", "short": "CLOUD", "hold": 5, "lookback": 20}
    return build_trade({**values, "capital": 2e6, **changes})


def series(market: Market, events: tuple[Event, ...] | None = None, **asked: Any) -> EventSeries:
    """The trade on all events; keywords of the choice go there, all others to the trade."""
    names = ("tags", "sides", "between", "overlap")
    choice = parse_choice(**{name: asked.pop(name) for name in names if name in asked})
    costs = asked.pop("costs", Costs())
    return run_event_series(trade(**asked), events or all_events(market), RunSetting(market, costs), choice=choice)
