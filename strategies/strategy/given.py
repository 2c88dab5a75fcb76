"""From whatever a user gives to a strategy, and from whatever its method gives back to a plan."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import ParameterError, StrategyError
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.market import Market

from .load import guarded, loaded_from, told
from .plan import Leg, Plan
from .signature import Signature
from .span import Span
from .strategy import Strategy
from .weights import TargetWeights

STRATEGIES = "a strategy, its name, a Schedule, a DataFrame of weights, or a function of the market that gives one"


class GivenSchedule(Strategy):
    """A schedule that stands already."""

    _noun: ClassVar[str] = "a schedule"

    name: str = "schedule"
    title: str = "A schedule of orders"
    schedule: Any = Field(repr=False)
    legs: Any = Field(default=None, repr=False)

    def plan(self, market: Market) -> Plan:
        """The schedule as it is."""
        del market
        return Plan(schedule=self.schedule, legs=_legs(self.legs))


class FunctionStrategy(Strategy):
    """A user's function f(market, **parameters), or an object with such a method `plan` or `schedule`.

    values: its parameters by name, those that are not given having its defaults.
    """

    _noun: ClassVar[str] = "a function"

    function: Any = Field(repr=False)
    values: Any = Field(default_factory=dict)

    @property
    def signature(self) -> Signature:
        """What the function takes."""
        return Signature.of(self.called_function, self.name)

    @property
    def called_function(self) -> Callable[..., Any]:
        """What is called with the market."""
        found: Callable[..., Any] = method_of(self.function) or self.function
        return found

    def plan(self, market: Market, events: EventLibrary | None = None) -> Plan:
        """What the function gives back for the market and its values. Raises StrategyError where it fails."""
        found = called(self.called_function, market, events, self.values, self.name, self.function)
        plan = plan_of(found, market, self.name, getattr(self.function, "legs", None))
        return Span(until=getattr(self.function, "until", None)).cut(plan, market)

    def replaced(self, /, **changes: Any) -> FunctionStrategy:
        """The same function with other values, `changes` by name, those of the run among them."""
        signature, own, run = self.signature, dict(self.values), {}
        for name, value in changes.items():
            if signature.takes(name) and name not in ("name", "title"):
                own[name] = signature.level(name, value)
            elif name in (*self._of_rules(), "name", "title", "capital", "rules"):
                run[name] = value
            else:
                signature.refuse(name, self.name, self._of_rules())
        base = {"name": self.name, "title": self.title, "capital": self.capital, "rules": self.rules}
        return FunctionStrategy(function=self.function, values=own, **(base | run))

    def parameters(self) -> dict[str, Any]:
        """The function's parameters by name, and those of the run."""
        base = {k: v for k, v in super().parameters().items() if k not in ("values", "function")}
        own = {**self.signature.defaults, **self.values}
        head = {"name": base.pop("name"), "title": base.pop("title")}
        return {**head, **{k: v for k, v in own.items() if k in self.values or _shown(v)}, **base}


def strategy_of(thing: Any, changes: Mapping[str, Any] | None = None) -> Strategy:
    """The strategy behind what a user gives, with changed parameters; names are looked up before.

    thing: a strategy or a class of one, a Schedule, a DataFrame of weights, a function of the market, or an object
    with a method `plan` or `schedule`. Raises ParameterError for anything else, and for parameters that it lacks.
    """
    given = dict(changes or {})
    if isinstance(thing, type) and issubclass(thing, Strategy):
        return thing(**given)
    if isinstance(thing, type):
        try:
            thing = thing()
        except Exception as problem:
            raise StrategyError(told(problem), where=f"{thing.__name__}()") from problem
    found: Strategy
    if isinstance(thing, Strategy):
        found = thing
    elif isinstance(thing, Schedule):
        found = GivenSchedule(schedule=thing)
    elif isinstance(thing, pd.DataFrame):
        found = TargetWeights(frame=thing)
    elif callable(thing) or method_of(thing) is not None:
        found = FunctionStrategy(
            function=thing,
            name=str(getattr(thing, "name", "") or getattr(thing, "__name__", None) or type(thing).__name__),
            title=_first_line(thing),
            capital=getattr(thing, "capital", None),
        )
    else:
        kind = type(thing).__name__
        tables = kind in ("Series", "dict", "ndarray", "list", "tuple")
        remedy = "A table of weights is a DataFrame with dates as its index and a column a ticker." if tables else None
        raise ParameterError("this is no strategy", where="strategy", value=kind, bound=STRATEGIES, remedy=remedy)
    return found.replaced(**given) if given else found


def method_of(thing: Any) -> Callable[..., Any] | None:
    """The method of an object that makes its plan, None for one that is called itself."""
    for name in ("plan", "schedule"):
        method = getattr(thing, name, None)
        if callable(method):
            found: Callable[..., Any] = method
            return found
    return None


def planned(strategy: Strategy, market: Market, events: EventLibrary | None = None) -> Plan:
    """The plan of a strategy on a market, with an event library for one that asks for it (None: the shipped one).

    Raises StrategyError where a method of the user's own fails or gives back what is no plan.
    """
    found = called(strategy.plan, market, events, {}, strategy.name, strategy)
    return plan_of(found, market, strategy.name, None)


def called(
    function: Callable[..., Any], market: Market, events: EventLibrary | None, values: Mapping[str, Any], name: str,
    owner: Any,
) -> Any:  # fmt: skip
    """What a function gives back for a market; one with a parameter `events` is given the library."""
    more = dict(values)
    if "events" not in more and _takes_events(function):
        if events is None:
            from hedgebook.universes.event import load_events

            events = load_events()
        more["events"] = events
    said = ", ".join(f"{key}={value!r}" for key, value in values.items())
    try:
        return guarded(
            lambda: function(market, **more), f"{name}({said})", lambda: loaded_from(owner) or _file(function)
        )
    except StrategyError as problem:
        if isinstance(problem.__cause__, TypeError) and (why := _cannot_be_called(function, market, more)):
            bound = "def plan(self, market) of a class, def strategy(market, ...) of a function"
            raise ParameterError(f"it cannot be called with a market: {why}", where=name, bound=bound) from None
        raise


def _cannot_be_called(function: Callable[..., Any], market: Market, values: Mapping[str, Any]) -> str | None:
    """Why a function does not take a market and these values, None where it does."""
    try:
        inspect.signature(function).bind(market, **values)
    except ValueError:
        return None
    except TypeError as problem:
        return str(problem)
    return None


def _file(function: Callable[..., Any]) -> Path | None:
    """The file in which a function was written, None for one of another language."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return None if code is None else Path(code.co_filename)


def plan_of(found: Any, market: Market, name: str, legs: Any) -> Plan:
    """A plan from what a method gave back: a Plan, a Schedule, a DataFrame of weights, or another strategy."""
    if isinstance(found, Plan):
        return found
    if isinstance(found, Schedule):
        return Plan(schedule=found, legs=_legs(legs))
    if isinstance(found, pd.DataFrame):
        return TargetWeights(frame=found).plan(market)
    if isinstance(found, Strategy):
        return planned(found, market)
    raise StrategyError(
        "this gives back no schedule", where=name, value=type(found).__name__, bound="a Plan, a Schedule or a DataFrame"
    )


def _takes_events(function: Callable[..., Any]) -> bool:
    plain = getattr(function, "__func__", function)
    if inspect.isfunction(plain) and not hasattr(plain, "__wrapped__") and not hasattr(plain, "__signature__"):
        code = plain.__code__  # what `inspect.signature` would say, in a thirtieth of the time
        return "events" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    try:
        return "events" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _legs(sides: Mapping[str, str] | None) -> tuple[Leg, ...]:
    """Legs from "long" or "short" by ticker; their weights are those of the schedule, so they have none here."""
    given = sides or {}
    return tuple(
        Leg(name, tuple(ticker for ticker, side in given.items() if side == name), float("nan"))
        for name in dict.fromkeys(given.values())
    )


def _first_line(thing: Any) -> str:
    text = (getattr(thing, "__doc__", None) or "") if inspect.isroutine(thing) or isinstance(thing, type) else ""
    return text.strip().splitlines()[0].strip().rstrip(".") if text.strip() else ""


def _shown(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
