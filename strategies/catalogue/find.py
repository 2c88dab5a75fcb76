"""From what a user names to a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, TypeVar

from ..strategy.given import strategy_of
from ..strategy.load import load_strategy, names_file
from ..strategy.strategy import Strategy
from ..trade.trade import EventTrade
from .read import find_named, no_event_trade

F = TypeVar("F", bound=Strategy)


def find_strategy(thing: Any, changes: Mapping[str, Any] | None = None) -> Strategy:
    """The strategy that a user gives or names, with changed parameters.

    thing: a name of the catalogue, "mine.toml:name", "mine.py:name" (whose code is run), or whatever `strategy_of`
    takes. Raises ParameterError, with the closest name, for what does not exist.
    """
    if not isinstance(thing, str | PurePath):
        return strategy_of(thing, changes)
    named = str(thing)
    found = strategy_of(load_strategy(named) if names_file(named) else find_named(named), changes)
    return _remembered(found, named, changes)


def find_event_trade(name: str, changes: Mapping[str, Any] | None = None) -> EventTrade:
    """The event trade that a user names. Raises ParameterError as `find_strategy`, and for another kind."""
    found = find_strategy(name)
    if not isinstance(found, EventTrade):
        raise no_event_trade(name, found)
    return _remembered(found.replaced(**changes), name, changes) if changes else found


def named_by(strategy: Strategy) -> tuple[str, Mapping[str, Any]] | None:
    """The text and the changes by which a strategy was found, None for one that is no longer what was found then."""
    kept = getattr(strategy, "__dict__", {}).get("_named_by")
    return kept[:2] if kept is not None and kept[2] == id(strategy) else None


def _remembered(strategy: F, text: str, changes: Mapping[str, Any] | None) -> F:
    """The same strategy, which knows by what it was found; a copy of it does not."""
    object.__setattr__(strategy, "_named_by", (text, dict(changes or {}), id(strategy)))
    return strategy
