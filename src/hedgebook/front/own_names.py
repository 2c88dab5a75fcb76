"""Parameters of a strategy that are called like an argument of the function that varies them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from hedgebook.errors import InputError
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.strategy.given import FunctionStrategy

P = ParamSpec("P")
R = TypeVar("R")
# What an error about an argument says it is about, where that is not its name.
CALLED = {"where": "constraint"}


def own_names_told(function: Callable[P, R]) -> Callable[P, R]:
    """A function of a strategy, a market, options and `**axes` whose errors say where a strategy's own parameter goes.

    An error about an argument that the strategy has a parameter of the same name for may be about that one.
    """
    named = [one.name for one in signature(function).parameters.values() if one.kind is not one.VAR_KEYWORD]

    @wraps(function)
    def told(*args: P.args, **values: P.kwargs) -> R:
        for name in named[: len(args)]:
            if name in values:
                raise InputError("this is given twice", where=name, remedy=_remedy(name, args[0]))
        try:
            return function(*args, **values)
        except InputError as problem:
            strategy = args[0] if args else values.get("strategy")
            for name in (name for name in named if name in values):
                if _about(problem, name) and _has(strategy, name):
                    remedy = " ".join(filter(None, (problem.remedy, _remedy(name, strategy))))
                    raise type(problem)(
                        problem.what, where=problem.where, value=problem.value, bound=problem.bound, remedy=remedy
                    ) from None
            raise

    return told


def _remedy(name: str, strategy: Any) -> str:
    if not _has(strategy, name):
        return "Give it once."
    return (
        f"{name} is an argument of hb.sweep. For values of the strategy's own parameter of that name write "
        f'options=hb.SweepOptions(axes={{"{name}": [...]}}).'
    )


def _about(problem: InputError, name: str) -> bool:
    """Whether an error is about an argument: it stands in its place or, in what is wrong, as a word."""
    if problem.where in (name, CALLED.get(name)):
        return True
    return name in problem.what.replace(":", " ").split()


def _has(strategy: Any, name: str) -> bool:
    try:
        found = find_strategy(strategy)
    except Exception:  # what it is not made of is said elsewhere
        return False
    if isinstance(found, FunctionStrategy):
        return found.signature.takes(name)
    return name in found.own_parameters()
