"""Sessions that have not come yet, for the dates of a plan alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hedgebook.engine.exchanges.timeline import refuse_several
from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import as_utc, trading_calendar
from hedgebook.universes.event import EventLibrary, event_calendar
from hedgebook.universes.market import FIELDS, Market

from ..trade.plan import TradePlan
from ..trade.trade import EventTrade


def with_sessions_ahead(market: Market, sessions: int) -> Market:
    """A market with so many sessions more, in which what printed last stands still.

    No plan of an event trade looks at a price after its news: the prices say no more than that a ticker is there.
    """
    year = int(str(market.sessions[-1])[:4])
    calendar = trading_calendar(year, year + 2 + sessions // 250)
    first = int(np.searchsorted(calendar.sessions, market.sessions[-1], side="right"))
    part = slice(first, first + sessions)
    fields: dict[str, Any] = {}
    for name in FIELDS:
        last = np.full(len(market.tickers), np.nan) if name == "volume" else market.close[-1]
        still = np.broadcast_to(last, (sessions, len(market.tickers)))
        fields[name] = np.concatenate([getattr(market, name), still])
    return replace(
        market,
        sessions=np.concatenate([market.sessions, calendar.sessions[part]]),
        open_at=np.concatenate([market.open_at, calendar.open_at[part]]),
        close_at=np.concatenate([market.close_at, calendar.close_at[part]]),
        **fields,
    )


def plan_ahead(trade: EventTrade, market: Market, events: EventLibrary) -> TradePlan:
    """The plan of a trade whose exit, or entry too, may lie after the market's last session.

    Raises what its plan raises, and ParameterError for hindsight and for news that has not come by the last close.
    """
    refuse_several(market)
    if market.quotes is not None:
        what = "a journal needs prices that are adjusted, without corporate actions beside them"
        raise ParameterError(what, where="actions", remedy="Load the prices without actions.")
    if trade.hindsight:
        what = "a trade with hindsight cannot be on: its entry is before the news"
        raise ParameterError(what, where="hindsight", value=True, remedy="Set hindsight=false.")
    event = events.get(trade.event)
    news = as_utc(event.known_by(event_calendar(event)))
    following = with_sessions_ahead(market, 1)
    if news >= following.open_at[-1]:
        what = f"event {event.id} comes after the next open that these prices lead to"
        raise ParameterError(
            what, where=market.provenance.source, value=f"{event.announced_on} {event.timing.value}",
            bound=f"news before the open of {following.sessions[-1]}", remedy="Open it when the news is there.",
        )  # fmt: skip
    needed = trade.delay + trade.hold + 2
    return trade.plan(with_sessions_ahead(market, needed), events)
