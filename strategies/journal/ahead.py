"""The plan of a trade whose exit, or entry too, has not come yet."""

from __future__ import annotations

from dataclasses import replace

from hedgebook.errors import ParameterError
from hedgebook.universes.actions.so_far import on_first_scale
from hedgebook.universes.calendar import as_utc
from hedgebook.universes.event import EventLibrary, event_calendar
from hedgebook.universes.market import Market

from ..ticket.known import carried_market
from ..trade.plan import TradePlan
from ..trade.trade import EventTrade


def plan_ahead(trade: EventTrade, market: Market, events: EventLibrary, stale_sessions: int) -> TradePlan:
    """The plan of a trade whose exit, or entry too, may lie after the market's last session.

    Raises what its plan raises, and ParameterError for hindsight and for news that has not come by the last close.
    """
    if trade.hindsight:
        what = "a trade with hindsight cannot be on: its entry is before the news"
        raise ParameterError(what, where="hindsight", value=True, remedy="Set hindsight=false.")
    event = events.get(trade.event)
    news = as_utc(event.known_by(event_calendar(event)))
    # Estimates look at returns, and no number that they see may change with an action that comes later.
    market = replace(on_first_scale(market), quotes=None)
    following = carried_market(market, 1, stale_sessions)
    if news >= following.open_at[-1]:
        what = f"event {event.id} comes after the next open that these prices lead to"
        raise ParameterError(
            what, where=market.provenance.source, value=f"{event.announced_on} {event.timing.value}",
            bound=f"news before the open of {following.sessions[-1]}", remedy="Open it when the news is there.",
        )  # fmt: skip
    needed = trade.delay + trade.hold + 2
    return trade.plan(carried_market(market, needed, stale_sessions), events)
