"""From what a user names to a strategy that sweeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.sweep.batch.batch import Batch
from hedgebook.engine.sweep.space.column import ChunkSets
from hedgebook.errors import ParameterError, StrategyError
from hedgebook.universes.event import Event, EventLibrary, Events, load_events
from hedgebook.universes.market import Market

from ..catalogue.read import find_named
from ..strategy.given import strategy_of
from ..strategy.load import load_strategy, made_from, names_file, told
from ..strategy.strategy import Strategy
from ..trade.trade import EventTrade
from .function_sweep import FunctionSweep
from .strategy_function import StrategyFunction
from .trade_sweep import TradeSweep


@runtime_checkable
class SweepStrategy(Protocol):
    """What sweeps: a strategy that turns many parameter sets into one batch."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def parameters(self) -> tuple[str, ...]:
        """The names that it takes."""
        ...

    def typed(self, name: str, values: Sequence[Any]) -> tuple[Any, ...]:
        """Levels of one parameter with their types. Raises ParameterError."""
        ...

    def batch(self, market: Market, sets: ChunkSets) -> Batch:
        """The sets as a batch on a market."""
        ...

    def describe(self) -> dict[str, Any]:
        """What it is, JSON-ready."""
        ...


PARTS = ("name", "parameters", "typed", "batch", "describe")


def sweep_strategy(
    thing: Any,
    *,
    events: Events | Mapping[str, Event] = "events",
    changes: Mapping[str, Any] | None = None,
    cut: bool = False,
) -> SweepStrategy:
    """The strategy behind a trade, a trade's name, "mine.py:name", a function, or an object.

    An object with a method `batch` is used as it is; a class is called without arguments. events: where a trade's
    events are looked up, a library or its file; changes: parameters that are set and do not vary; cut: whether sets
    start or end at sessions that are given, which are no parameters of a trade. Raises
    ParameterError for what is none of these and for changes that it does not take.
    """
    given = dict(changes or {})
    if isinstance(thing, str):
        thing = load_strategy(thing) if names_file(thing) else find_named(thing)
    if isinstance(thing, type) and issubclass(thing, Strategy):
        thing = thing()
    library = events if isinstance(events, Mapping) else load_events(events)
    if isinstance(thing, EventTrade) and not cut:
        return TradeSweep(thing.replaced(**given) if given else thing, library)
    if isinstance(thing, Schedule | pd.DataFrame):
        thing = strategy_of(thing)
    if isinstance(thing, Strategy):
        known = library if isinstance(library, EventLibrary) else None
        return FunctionSweep(StrategyFunction(thing.replaced(**given) if given else thing, known))
    if isinstance(thing, type):
        thing = made_from(_made(thing), thing)
    if callable(getattr(thing, "batch", None)):
        return _whole(thing, given)
    return FunctionSweep(thing, fixed=given)


def _made(kind: type) -> Any:
    try:
        return kind()
    except Exception as problem:
        raise StrategyError(told(problem), where=f"{kind.__name__}()") from problem


def _whole(thing: Any, given: Mapping[str, Any]) -> SweepStrategy:
    kind = type(thing).__name__
    if lacking := [part for part in PARTS if not hasattr(thing, part)]:
        raise ParameterError(
            f"a strategy with a method batch also needs {', '.join(lacking)}", where=kind, bound=", ".join(PARTS)
        )
    if given:
        raise ParameterError(
            "a strategy with a method batch sets its parameters itself", where=kind, value=", ".join(given)
        )
    found: SweepStrategy = thing
    return found
