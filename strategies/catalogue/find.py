"""From what a user names to a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from ..strategy.given import strategy_of
from ..strategy.load import load_strategy, names_file
from ..strategy.strategy import Strategy
from ..trade.trade import EventTrade
from .read import find_named, no_event_trade


def find_strategy(thing: Any, changes: Mapping[str, Any] | None = None) -> Strategy:
    """The strategy that a user gives or names, with changed parameters.

    thing: a name of the catalogue, "mine.toml:name", "mine.py:name" (whose code is run), or whatever `strategy_of`
    takes. Raises ParameterError, with the closest name, for what does not exist.
    """
    if isinstance(thing, str | PurePath):
        thing = str(thing)
        thing = load_strategy(thing) if names_file(thing) else find_named(thing)
    return strategy_of(thing, changes)


def find_event_trade(name: str, changes: Mapping[str, Any] | None = None) -> EventTrade:
    """The event trade that a user names. Raises ParameterError as `find_strategy`, and for another kind."""
    found = find_strategy(name)
    if not isinstance(found, EventTrade):
        raise no_event_trade(name, found)
    return found.replaced(**changes) if changes else found
