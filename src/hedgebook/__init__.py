"""hedgebook: backtest event hedges, and know how risky they were.

Everything a script needs stands here. Nothing is imported before it is used, so `import hedgebook` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Where each public name lives; a module lives where it is called.
_HOMES = {
    "Account": "hedgebook.engine.account",
    "Actions": "hedgebook.universes.actions.actions",
    "Audit": "hedgebook.front.audit",
    "Backtest": "hedgebook.engine.backtest.result",
    "Book": "hedgebook.strategies.book.file",
    "BuyAndHold": "hedgebook.strategies.kinds.hold",
    "Capacity": "hedgebook.front.trade",
    "CatalogueResults": "hedgebook.front.catalogue",
    "Claims": "hedgebook.front.events",
    "Combined": "hedgebook.strategies.kinds.combined",
    "Comparison": "hedgebook.front.compare",
    "Costs": "hedgebook.engine.frictions.costs",
    "CrossSectionalRank": "hedgebook.strategies.kinds.rank",
    "Event": "hedgebook.universes.event",
    "EventTrade": "hedgebook.strategies.trade.trade",
    "Expressed": "hedgebook.front.desk.express",
    "FinderOptions": "hedgebook.front.desk.find",
    "HedgeBook": "hedgebook.strategies.book.request",
    "HedgeFound": "hedgebook.front.desk.find",
    "HedgeSearch": "hedgebook.strategies.finder.request",
    "HedgebookError": "hedgebook.errors",
    "HedgedBook": "hedgebook.front.book",
    "InputError": "hedgebook.errors",
    "Interrupted": "hedgebook.front.sweep",
    "Journal": "hedgebook.front.journal.view",
    "League": "hedgebook.front.league",
    "Leg": "hedgebook.strategies.strategy.plan",
    "Limits": "hedgebook.strategies.ticket.limits",
    "LookAheadError": "hedgebook.errors",
    "Mark": "hedgebook.universes.calendar",
    "Market": "hedgebook.universes.market",
    "PairSpread": "hedgebook.strategies.kinds.pair",
    "Period": "hedgebook.strategies.book.request",
    "Plan": "hedgebook.strategies.strategy.plan",
    "RebalancedBasket": "hedgebook.strategies.kinds.basket",
    "RefuteOptions": "hedgebook.strategies.refute.ask",
    "Refuted": "hedgebook.front.refute",
    "Regime": "hedgebook.strategies.kinds.regime",
    "Replay": "hedgebook.front.replay.replay",
    "Risk": "hedgebook.front.risk",
    "RiskOptions": "hedgebook.front.risk",
    "Rules": "hedgebook.engine.rules",
    "Run": "hedgebook.front.run",
    "Schedule": "hedgebook.engine.backtest.schedule",
    "Schedules": "hedgebook.engine.backtest.schedules",
    "Series": "hedgebook.front.events",
    "Strategy": "hedgebook.strategies.strategy.strategy",
    "Study": "hedgebook.front.events",
    "StudyOptions": "hedgebook.engine.event_study.settings",
    "Sweep": "hedgebook.front.sweep",
    "SweepOptions": "hedgebook.front.sweep",
    "PriceLayout": "hedgebook.universes.layouts.price_layout",
    "PriceStore": "hedgebook.universes.store.store",
    "TearSheet": "hedgebook.front.tearsheet",
    "Ticket": "hedgebook.front.ticket",
    "Universe": "hedgebook.universes.universe",
    "audit": "hedgebook.front.audit",
    "backtest": "hedgebook.front.run",
    "capacity": "hedgebook.front.trade",
    "catalogue_results": "hedgebook.front.catalogue",
    "check_claims": "hedgebook.front.events",
    "check_prices": "hedgebook.front.desk.prices",
    "compare": "hedgebook.front.compare",
    "compare_prices": "hedgebook.front.desk.prices",
    "event_series": "hedgebook.front.events",
    "event_study": "hedgebook.front.events",
    "events": "hedgebook.front.trade",
    "factors": "hedgebook.factors",
    "fetch": "hedgebook.universes.store.fetch",
    "express": "hedgebook.front.desk.express",
    "find_hedge": "hedgebook.front.desk.find",
    "hedge_book": "hedgebook.front.book",
    "hedges": "hedgebook.front.league",
    "journal": "hedgebook.journal",
    "ledger": "hedgebook.ledger",
    "load_account": "hedgebook.engine.account",
    "load_actions": "hedgebook.universes.actions.read",
    "load_costs": "hedgebook.engine.frictions.costs",
    "load_limits": "hedgebook.strategies.ticket.limits",
    "load_market": "hedgebook.universes.prices",
    "load_report": "hedgebook.front.replay.kept_report",
    "load_run": "hedgebook.front.loaded",
    "load_sweep": "hedgebook.front.replay.sweeps",
    "load_universe": "hedgebook.universes.universe",
    "luck": "hedgebook.luck",
    "metrics": "hedgebook.metrics",
    "options": "hedgebook.options",
    "read_book": "hedgebook.strategies.book.file",
    "refute": "hedgebook.front.refute",
    "replay": "hedgebook.front.replay.replay",
    "risk": "hedgebook.front.risk",
    "run_schedule": "hedgebook.front.run",
    "sample_market": "hedgebook.universes.sample",
    "signals": "hedgebook.front.run",
    "sweep": "hedgebook.front.sweep",
    "tearsheet": "hedgebook.front.tearsheet",
    "ticket": "hedgebook.front.ticket",
    "trade": "hedgebook.front.trade",
    "trades": "hedgebook.front.trade",
    "weights": "hedgebook.front.run",
}

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
