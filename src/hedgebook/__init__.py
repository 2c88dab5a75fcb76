"""hedgebook: backtest event hedges, and know how risky they were.

Everything a script needs stands here. Nothing is imported before it is used, so `import hedgebook` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Where each public name lives; a module lives where it is called.
_ROOMS = {
    "engine.account": "Account load_account",
    "engine.backtest.result": "Backtest",
    "engine.backtest.schedule": "Schedule",
    "engine.backtest.schedules": "Schedules",
    "engine.event_study.settings": "StudyOptions",
    "engine.frictions.costs": "Costs load_costs",
    "engine.rules": "Rules",
    "errors": "HedgebookError InputError LookAheadError",
    "factors": "factors",
    "front.audit": "Audit audit",
    "front.book": "HedgedBook hedge_book",
    "front.catalogue": "CatalogueResults catalogue_results",
    "front.compare": "Comparison compare",
    "front.desk.express": "Expressed express",
    "front.desk.find": "FinderOptions HedgeFound find_hedge",
    "front.desk.prices": "check_prices compare_prices",
    "front.events": "Claims Series Study check_claims event_series event_study",
    "front.journal.view": "Journal",
    "front.league": "League hedges",
    "front.loaded": "load_run",
    "front.refute": "Refuted refute",
    "front.replay.kept_report": "load_report",
    "front.replay.replay": "Replay replay",
    "front.replay.sweeps": "load_sweep",
    "front.risk": "Risk RiskOptions risk",
    "front.run": "Run backtest run_schedule signals weights",
    "front.sweep": "Interrupted Sweep SweepOptions sweep",
    "front.tearsheet": "TearSheet tearsheet",
    "front.ticket": "Ticket ticket",
    "front.trade": "Capacity capacity events trade trades",
    "journal": "journal",
    "ledger": "ledger",
    "luck": "luck",
    "metrics": "metrics",
    "options": "options",
    "strategies.book.file": "Book read_book",
    "strategies.book.request": "HedgeBook Period",
    "strategies.finder.request": "HedgeSearch",
    "strategies.kinds.basket": "RebalancedBasket",
    "strategies.kinds.combined": "Combined",
    "strategies.kinds.hold": "BuyAndHold",
    "strategies.kinds.pair": "PairSpread",
    "strategies.kinds.rank": "CrossSectionalRank",
    "strategies.kinds.regime": "Regime",
    "strategies.refute.ask": "RefuteOptions",
    "strategies.strategy.plan": "Leg Plan",
    "strategies.strategy.strategy": "Strategy",
    "strategies.ticket.limits": "Limits load_limits",
    "strategies.trade.trade": "EventTrade",
    "universes.actions.actions": "Actions",
    "universes.actions.read": "load_actions",
    "universes.calendar": "Mark",
    "universes.event": "Event",
    "universes.layouts.price_layout": "PriceLayout",
    "universes.market": "Market",
    "universes.prices": "load_market",
    "universes.sample": "sample_market",
    "universes.store.fetch": "fetch",
    "universes.store.store": "PriceStore",
    "universes.universe": "Universe load_universe",
}
_HOMES = {name: f"hedgebook.{room}" for room, names in _ROOMS.items() for name in names.split()}

if TYPE_CHECKING:
    from hedgebook import factors, journal, ledger, luck, metrics, options
    from hedgebook.engine.account import Account, load_account
    from hedgebook.engine.backtest.result import Backtest
    from hedgebook.engine.backtest.schedule import Schedule
    from hedgebook.engine.backtest.schedules import Schedules
    from hedgebook.engine.event_study.settings import StudyOptions
    from hedgebook.engine.frictions.costs import Costs, load_costs
    from hedgebook.engine.rules import Rules
    from hedgebook.errors import HedgebookError, InputError, LookAheadError
    from hedgebook.front.audit import Audit, audit
    from hedgebook.front.book import HedgedBook, hedge_book
    from hedgebook.front.catalogue import CatalogueResults, catalogue_results
    from hedgebook.front.compare import Comparison, compare
    from hedgebook.front.desk.express import Expressed, express
    from hedgebook.front.desk.find import FinderOptions, HedgeFound, find_hedge
    from hedgebook.front.desk.prices import check_prices, compare_prices
    from hedgebook.front.events import Claims, Series, Study, check_claims, event_series, event_study
    from hedgebook.front.journal.view import Journal
    from hedgebook.front.league import League, hedges
    from hedgebook.front.loaded import load_run
    from hedgebook.front.refute import Refuted, RefuteOptions, refute
    from hedgebook.front.replay.kept_report import load_report
    from hedgebook.front.replay.replay import Replay, replay
    from hedgebook.front.replay.sweeps import load_sweep
    from hedgebook.front.risk import Risk, RiskOptions, risk
    from hedgebook.front.run import Run, backtest, run_schedule, signals, weights
    from hedgebook.front.sweep import Interrupted, Sweep, SweepOptions, sweep
    from hedgebook.front.tearsheet import TearSheet, tearsheet
    from hedgebook.front.ticket import Ticket, ticket
    from hedgebook.front.trade import Capacity, capacity, events, trade, trades
    from hedgebook.strategies.book.file import Book, read_book
    from hedgebook.strategies.book.request import HedgeBook, Period
    from hedgebook.strategies.finder.request import HedgeSearch
    from hedgebook.strategies.kinds.basket import RebalancedBasket
    from hedgebook.strategies.kinds.combined import Combined
    from hedgebook.strategies.kinds.hold import BuyAndHold
    from hedgebook.strategies.kinds.pair import PairSpread
    from hedgebook.strategies.kinds.rank import CrossSectionalRank
    from hedgebook.strategies.kinds.regime import Regime
    from hedgebook.strategies.strategy.plan import Leg, Plan
    from hedgebook.strategies.strategy.strategy import Strategy
    from hedgebook.strategies.ticket.limits import Limits, load_limits
    from hedgebook.strategies.trade.trade import EventTrade
    from hedgebook.universes.actions.actions import Actions
    from hedgebook.universes.actions.read import load_actions
    from hedgebook.universes.calendar import Mark
    from hedgebook.universes.event import Event
    from hedgebook.universes.layouts.price_layout import PriceLayout
    from hedgebook.universes.market import Market
    from hedgebook.universes.prices import load_market
    from hedgebook.universes.sample import sample_market
    from hedgebook.universes.store.fetch import fetch
    from hedgebook.universes.store.store import PriceStore
    from hedgebook.universes.universe import Universe, load_universe

__all__ = [
    "Account", "Actions", "Audit", "Backtest", "Book", "BuyAndHold", "Capacity", "CatalogueResults", "Claims",
    "Combined", "Comparison", "Costs", "CrossSectionalRank", "Event", "EventTrade", "Expressed", "FinderOptions",
    "HedgeBook", "HedgeFound", "HedgeSearch", "HedgebookError", "HedgedBook", "InputError", "Interrupted", "Journal",
    "League", "Leg", "Limits", "LookAheadError", "Mark", "Market", "PairSpread", "Period", "Plan", "PriceLayout",
    "PriceStore", "RebalancedBasket", "RefuteOptions", "Refuted", "Regime", "Replay", "Risk", "RiskOptions", "Rules",
    "Run", "Schedule", "Schedules", "Series", "Strategy", "Study", "StudyOptions", "Sweep", "SweepOptions", "TearSheet",
    "Ticket", "Universe", "audit", "backtest", "capacity", "catalogue_results", "check_claims", "check_prices",
    "compare", "compare_prices", "event_series", "event_study", "events", "express", "factors", "fetch", "find_hedge",
    "hedge_book", "hedges", "journal", "ledger", "load_account", "load_actions", "load_costs", "load_limits",
    "load_market", "load_report", "load_run", "load_sweep", "load_universe", "luck", "metrics", "options", "read_book",
    "refute", "replay", "risk", "run_schedule", "sample_market", "signals", "sweep", "tearsheet", "ticket", "trade",
    "trades", "weights",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        from difflib import get_close_matches

        close = get_close_matches(name, _HOMES, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise AttributeError(f"module 'hedgebook' has no attribute {name!r}{hint}")
    home = import_module(_HOMES[name])
    value = home if home.__name__ == f"{__name__}.{name}" else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
