"""The call that made a result, kept with it until it is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from importlib import import_module
from inspect import Signature, signature, unwrap
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")

# Every function whose result can be made again, by the name that a manifest gives it.
DOORS = {
    "backtest": "hedgebook.front.run",
    "capacity": "hedgebook.front.trade",
    "catalogue_results": "hedgebook.front.catalogue",
    "check_claims": "hedgebook.front.events",
    "compare": "hedgebook.front.compare",
    "event_series": "hedgebook.front.events",
    "event_study": "hedgebook.front.events",
    "express": "hedgebook.front.desk.express",
    "find_hedge": "hedgebook.front.desk.find",
    "hedge_book": "hedgebook.front.book",
    "hedges": "hedgebook.front.league",
    "refute": "hedgebook.front.refute",
    "risk": "hedgebook.front.risk",
    "sweep": "hedgebook.front.sweep",
    "tearsheet": "hedgebook.front.tearsheet",
    "ticket": "hedgebook.front.ticket",
}


@dataclass(frozen=True, eq=False)
class Call:
    """A function by its name in DOORS, and every argument by name as it was given, defaults included."""

    door: str
    arguments: Mapping[str, Any]


def repeatable(function: F) -> F:
    """A function whose results know the call that made them. It costs microseconds: nothing is read or written."""
    plain: Any = unwrap(function)

    @wraps(function)
    def kept(*args: Any, **named: Any) -> Any:
        made = function(*args, **named)
        bound = _signature(plain).bind(*args, **named)
        bound.apply_defaults()
        object.__setattr__(made, "_call", Call(plain.__name__, bound.arguments))
        return made

    return kept  # type: ignore[return-value]


def call_of(made: Any) -> Call | None:
    """The call that made a result, None for one that was changed since or made in another way."""
    found = getattr(made, "__dict__", {}).get("_call")
    return found if isinstance(found, Call) else None


def same_call(made: Any, other: R) -> R:
    """The other result, which is the same but for what is said beside its numbers, with the call that made the one."""
    if (call := call_of(made)) is not None:
        object.__setattr__(other, "_call", call)
    return other


def door(name: str) -> Callable[..., Any]:
    """The function of a name in DOORS."""
    found: Callable[..., Any] = getattr(import_module(DOORS[name]), name)
    return found


def loaded_run(folder: Path) -> Any:
    """The run of a folder, as `hedgebook.load_run` gives it."""
    return import_module("hedgebook.front.loaded").load_run(folder)


def options_of_sweep() -> Any:
    """The options that a sweep has where none are given."""
    return import_module("hedgebook.front.sweep").SweepOptions()


def named_arguments(function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by name, those that a function takes as `**more` among them."""
    spread = [one.name for one in signature(function).parameters.values() if one.kind is one.VAR_KEYWORD]
    found = {name: value for name, value in arguments.items() if name not in spread}
    for name in spread:
        found |= arguments.get(name, {})
    return found


@cache
def _signature(function: Callable[..., Any]) -> Signature:
    return signature(function)
