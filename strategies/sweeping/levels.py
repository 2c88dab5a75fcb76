"""Levels of a trade's parameters: as a person gives them, as a column holds them, and as the trade has them.

A column holds whole numbers, fractions, names, true and false, None, and baskets of several names; a basket of one
name is that name, and a basket without names is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from hedgebook.engine.hedging.request import Method
from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rebalance import Rebalance
from hedgebook.engine.rules.rules import RULE_PARAMETERS
from hedgebook.errors import InputError, ParameterError, did_you_mean

from ..trade.trade import PARAMETERS, EventTrade, build_trade

NOT_SWEPT = ("name", "title", "rules")
SWEPT = tuple(name for name in PARAMETERS if name not in NOT_SWEPT)
# A trade that any value of one parameter goes with, where the value itself is right.
_PLAIN_TRADE = {"name": "plain", "event": "any", "long": ("LONG",), "short": ("SHORT",)}


@dataclass(frozen=True)
class SetProblem:
    """Why something cannot be run."""

    text: str


def typed_levels(name: str, values: Sequence[Any]) -> tuple[Any, ...]:
    """The levels of a parameter as a column holds them. Raises ParameterError, naming the parameter."""
    check_swept(name)
    return tuple(plain_level(_checked(name, value)) for value in values)


def check_swept(name: str) -> None:
    """Raise ParameterError, with the closest name, for what is no parameter that can be swept."""
    if name in NOT_SWEPT:
        remedy = "Give the rules' parameters by their own names." if name == "rules" else None
        raise ParameterError(f"{name} cannot be swept", where=name, remedy=remedy)
    if name not in SWEPT:
        raise ParameterError(f"a trade has no parameter {name!r}", where=name, remedy=did_you_mean(name, SWEPT))


def _checked(name: str, value: Any) -> Any:
    try:
        trade = build_trade({**_PLAIN_TRADE, name: value})
    except ParameterError as problem:
        if problem.where:
            raise
        raise ParameterError(problem.what, where=name, value=value) from None
    return getattr(trade.rules if name in RULE_PARAMETERS else trade, name)


def plain_level(value: Any) -> Any:
    """A value of the trade as a column holds it."""
    if isinstance(value, Method):
        return value.value
    if isinstance(value, Rebalance):
        return str(value)
    if isinstance(value, tuple):
        return value if len(value) > 1 else next(iter(value), None)
    return value


def trade_level(name: str, value: Any) -> Any:
    """A level as the trade has it, or the SetProblem that the trade has with it."""
    try:
        if isinstance(value, bool) and name != "hindsight":
            return _checked(name, value)  # True would pass for 1
        return _adapter(name).validate_python(value)
    except InputError as problem:
        return SetProblem(str(problem))
    except ValidationError:
        try:
            return _checked(name, value)
        except InputError as problem:
            return SetProblem(str(problem))


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    """What checks one parameter by itself, with the same limits as the trade does."""
    model = Rules if name in RULE_PARAMETERS else EventTrade
    field = model.model_fields[name]
    # What a checker of types makes of such a type does not matter: it is pydantic that reads it.
    kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return TypeAdapter(kind)
