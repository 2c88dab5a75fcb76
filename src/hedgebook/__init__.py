"""hedgebook: backtest event hedges, and know how risky they were.

Everything a script needs stands here. Nothing is imported before it is used, so `import hedgebook` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Where each public name lives.
_HOMES = {
    "Account": "hedgebook.engine.account",
    "Backtest": "hedgebook.engine.result",
    "Book": "hedgebook.strategies.holdings_file",
    "Costs": "hedgebook.engine.costs",
    "Event": "hedgebook.universes.event",
    "EventTrade": "hedgebook.strategies.event_trade",
    "HedgeBook": "hedgebook.strategies.hedge_book",
    "HedgebookError": "hedgebook.errors",
    "HedgedBook": "hedgebook.hedge_front",
    "InputError": "hedgebook.errors",
    "League": "hedgebook.league_front",
    "LookAheadError": "hedgebook.errors",
    "Mark": "hedgebook.universes.calendar",
    "Market": "hedgebook.universes.market",
    "Period": "hedgebook.strategies.hedge_book",
    "Rules": "hedgebook.engine.rules",
    "Run": "hedgebook.front",
    "Schedule": "hedgebook.engine.schedule",
    "Sweep": "hedgebook.sweep_front",
    "SweepOptions": "hedgebook.sweep_front",
    "Universe": "hedgebook.universes.universe",
    "backtest": "hedgebook.front",
    "capacity": "hedgebook.front",
    "check_claims": "hedgebook.front_events",
    "check_prices": "hedgebook.universes.prices",
    "event_series": "hedgebook.front_events",
    "event_study": "hedgebook.front_events",
    "events": "hedgebook.front",
    "hedge_book": "hedgebook.hedge_front",
    "hedges": "hedgebook.league_front",
    "load_account": "hedgebook.engine.account",
    "load_costs": "hedgebook.engine.costs",
    "load_market": "hedgebook.universes.prices",
    "load_run": "hedgebook.reports.run_folder",
    "load_universe": "hedgebook.universes.universe",
    "read_book": "hedgebook.strategies.holdings_file",
    "risk": "hedgebook.risk_front",
    "run_schedule": "hedgebook.engine.backtest",
    "sample_market": "hedgebook.universes.sample",
    "sweep": "hedgebook.sweep_front",
    "trade": "hedgebook.front",
    "trades": "hedgebook.front",
}

if TYPE_CHECKING:
    from hedgebook.engine.account import Account, load_account
    from hedgebook.engine.backtest import run_schedule
    from hedgebook.engine.costs import Costs, load_costs
    from hedgebook.engine.result import Backtest
    from hedgebook.engine.rules import Rules
    from hedgebook.engine.schedule import Schedule
    from hedgebook.errors import HedgebookError, InputError, LookAheadError
    from hedgebook.front import Run, backtest, capacity, events, trade, trades
    from hedgebook.front_events import check_claims, event_series, event_study
    from hedgebook.hedge_front import HedgedBook, hedge_book
    from hedgebook.league_front import League, hedges
    from hedgebook.reports.run_folder import load_run
    from hedgebook.risk_front import risk
    from hedgebook.strategies.event_trade import EventTrade
    from hedgebook.strategies.hedge_book import HedgeBook, Period
    from hedgebook.strategies.holdings_file import Book, read_book
    from hedgebook.sweep_front import Sweep, SweepOptions, sweep
    from hedgebook.universes.calendar import Mark
    from hedgebook.universes.event import Event
    from hedgebook.universes.market import Market
    from hedgebook.universes.prices import check_prices, load_market
    from hedgebook.universes.sample import sample_market
    from hedgebook.universes.universe import Universe, load_universe

__all__ = [
    "Account",
    "Backtest",
    "Book",
    "Costs",
    "Event",
    "EventTrade",
    "HedgeBook",
    "HedgebookError",
    "HedgedBook",
    "InputError",
    "League",
    "LookAheadError",
    "Mark",
    "Market",
    "Period",
    "Rules",
    "Run",
    "Schedule",
    "Sweep",
    "SweepOptions",
    "Universe",
    "backtest",
    "capacity",
    "check_claims",
    "check_prices",
    "event_series",
    "event_study",
    "events",
    "hedge_book",
    "hedges",
    "load_account",
    "load_costs",
    "load_market",
    "load_run",
    "load_universe",
    "read_book",
    "risk",
    "run_schedule",
    "sample_market",
    "sweep",
    "trade",
    "trades",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        from difflib import get_close_matches

        close = get_close_matches(name, _HOMES, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise AttributeError(f"module 'hedgebook' has no attribute {name!r}{hint}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
