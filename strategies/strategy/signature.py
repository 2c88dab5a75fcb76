"""What a user's own function takes, and the types of its parameters."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError

from hedgebook.engine.sweep.space import axis_of
from hedgebook.engine.sweep.space.values import numbers_of, plain_value
from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.model import Value
from hedgebook.universes.refusal.problems import explained

LEVELS = "whole numbers, fractions, names, true and false, None, and tuples of names or of numbers"


@dataclass(frozen=True, eq=False)
class Signature:
    """The parameters of a function after the market, which comes first.

    names: of those that can be given by name; defaults: of those that need not be given; open: whether it takes any
    other name as well.
    """

    function: Callable[..., Any]
    names: tuple[str, ...]
    defaults: Mapping[str, Any]
    open: bool

    @classmethod
    def of(cls, function: Callable[..., Any], name: str) -> Signature:
        """Read a function's signature. Raises ParameterError where it takes no market."""
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            raise ParameterError(
                "it cannot be seen what this takes", where=name, remedy="Wrap it in a function of your own."
            ) from None
        kinds = inspect.Parameter
        if not parameters or parameters[0].kind in (kinds.KEYWORD_ONLY, kinds.VAR_KEYWORD):
            raise ParameterError("a strategy takes the market first", where=name, bound="def strategy(market, ...)")
        rest = parameters if parameters[0].kind is kinds.VAR_POSITIONAL else parameters[1:]
        named = [one for one in rest if one.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)]
        return cls(
            function,
            tuple(one.name for one in named),
            {one.name: one.default for one in named if one.default is not kinds.empty},
            any(one.kind is kinds.VAR_KEYWORD for one in rest),
        )

    def takes(self, name: str) -> bool:
        """Whether the function can be given a parameter of this name."""
        return name in self.names or self.open

    def missing(self, given: Sequence[str]) -> tuple[str, ...]:
        """Parameters without a default that are not among those given."""
        return tuple(name for name in self.names if name not in self.defaults and name not in given)

    def refuse(self, name: str, called: str, others: Sequence[str] = ()) -> NoReturn:
        """Raise the ParameterError for a parameter that the function `called` does not take; others: what else goes."""
        raise ParameterError(
            f"{called} has no parameter {name!r}", where=name, remedy=did_you_mean(name, (*self.names, *others))
        )

    def level(self, name: str, value: Any) -> Any:
        """A value as the function's annotation wants it, else as its default suggests.

        Raises ParameterError for a value that the annotation does not allow, and for what is no level.
        """
        adapter = self._adapters.get(name)
        if isinstance(value, str) and not isinstance(self.defaults.get(name), str):
            value = numbers_of(value) or value
        if adapter is not None:
            try:
                value = adapter.validate_python(value)
            except ValidationError as problem:
                first = explained(Value, problem.errors()[0], ParameterError)[0]
                raise ParameterError(
                    first.what, where=name, value=_shown(value), bound=first.bound, remedy=first.remedy
                ) from None
        elif isinstance(value, str) and not isinstance(self.defaults.get(name), str):
            value = _meant(name, value)
        elif isinstance(value, float) and value.is_integer() and type(self.defaults.get(name)) is int:
            value = int(value)
        return as_level(name, value)

    def called_with(self, name: str, level: Any) -> Any:
        """What the function is called with for a level: several numbers are a tuple again."""
        numbers = numbers_of(level) if isinstance(level, str) and not isinstance(self.defaults.get(name), str) else None
        return level if numbers is None else numbers

    @cached_property
    def _adapters(self) -> dict[str, TypeAdapter[Any]]:
        """What checks the parameters with an annotation that can be understood."""
        called = self.function if inspect.isroutine(self.function) else type(self.function).__call__
        try:
            hints = typing.get_type_hints(called, include_extras=True)
        except (NameError, TypeError, AttributeError):
            return {}
        found = {}
        for name in self.names:
            try:
                found[name] = TypeAdapter(hints[name])
            except (KeyError, PydanticSchemaGenerationError, PydanticUserError):
                continue
        return found


def _meant(name: str, text: str) -> Any:
    """What a text of a command line stands for, as the values of a grid do, where no annotation says it."""
    found = axis_of(name, text).values
    return found[0] if found is not None and len(found) == 1 else text


def as_level(name: str, value: Any) -> Any:
    """A value as a column holds it. Raises ParameterError for what no column can hold."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(str(part) for part in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple) and len(value) > 1:
        return plain_value(name, value)
    raise ParameterError(
        f"a {type(value).__name__} is not a value of a parameter", where=name, value=_shown(value), bound=LEVELS
    )


def _shown(value: object) -> object:
    return value if isinstance(value, str) else repr(value)
