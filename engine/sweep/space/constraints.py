"""Constraints between parameters: which sets of a space are kept."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from textwrap import dedent
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.fingerprint.values import of_value

from .axis import Axis
from .block import SetBlock
from .expression import WORDS, evaluate, names_in
from .operands import Number, Operand, operand_of_axis, operand_of_value
from .values import json_value, plain_value


@dataclass(frozen=True)
class TextConstraint:
    """A condition over parameters as text, such as `delay + hold <= 21` or `hedge != 'dollar' or lookback == 120`.

    fixed: values of parameters that are no axes and that the text uses, as pairs. Numbers are compared as float64.
    None is below, above and equal to no number, and differs from all; `stop_loss == none` asks for it. A name in a
    basket: `'miner' in short`; a basket: `short == 'miner+neocloud'`. A division by zero has no value, like None.
    """

    text: str
    fixed: tuple[tuple[str, Any], ...] = ()

    def uses(self, axes: Mapping[str, Axis]) -> tuple[str, ...]:
        """The axes that the text speaks of."""
        return tuple(name for name in names_in(self.text) if name in axes)

    def check(self, axes: Mapping[str, Axis]) -> None:
        """Raise ParameterError for unknown names, and for kinds that cannot be compared."""
        _check_names(self.text, [*axes, *(name for name, _ in self.fixed)])
        used = self.uses(axes)
        if not used:
            raise ParameterError(
                "the constraint speaks of none of the swept parameters",
                where="constraint",
                value=self.text,
                bound=", ".join(axes),
            )
        # The kinds of the operands show on no set as well as on all.
        codes = {name: np.zeros(0, dtype=np.int64) for name in used}
        points = {name: np.zeros(0) for name in used}
        self.passes(SetBlock({name: axes[name] for name in used}, codes, points, 0))

    def passes(self, block: SetBlock) -> NDArray[np.bool_]:
        """(n,) which sets are kept. The block has the axes of `uses` at least."""
        found: NDArray[np.bool_] = evaluate(self.text, self._operands(block), block.count)
        return found

    def _operands(self, block: SetBlock) -> dict[str, Operand]:
        found: dict[str, Operand] = {name: operand_of_value(value) for name, value in self.fixed}
        for name in self.uses(block.axes):
            axis = block.axes[name]
            found[name] = Number(block.points[name]) if axis.continuous else operand_of_axis(axis, block.codes[name])
        return found

    def describe(self) -> dict[str, Any]:
        """The text, and the fixed values that it uses."""
        return {"text": self.text, "fixed": {name: json_value(value) for name, value in self.fixed}}


@dataclass(frozen=True)
class FunctionConstraint:
    """A Python function that takes one set, as a dictionary of typed values by name, and says whether to keep it."""

    function: Callable[[dict[str, Any]], Any]

    def uses(self, axes: Mapping[str, Axis]) -> tuple[str, ...]:
        """Every axis: the function gets the whole set."""
        return tuple(axes)

    def check(self, axes: Mapping[str, Axis]) -> None:
        """Nothing is known before the function is called."""

    def passes(self, block: SetBlock) -> NDArray[np.bool_]:
        """(n,) which sets are kept. Raises ParameterError where the function fails or says neither yes nor no."""
        found = np.empty(block.count, dtype=np.bool_)
        for place, values in enumerate(block.rows()):
            try:
                answer = self.function(values)
            except Exception as problem:
                raise ParameterError(
                    f"the constraint failed on a set with {type(problem).__name__}: {problem}",
                    where=qualified_name(self.function),
                    value=values,
                ) from problem
            if not isinstance(answer, bool | np.bool_):
                raise ParameterError(
                    f"the constraint gave {answer!r} for a set",
                    where=qualified_name(self.function),
                    value=values,
                    bound="True or False",
                )
            found[place] = answer
        return found

    def describe(self) -> dict[str, Any]:
        """The function's qualified name and the SHA-256 of its source, None where there is no source."""
        return {"function": qualified_name(self.function), "source_sha256": source_hash(self.function)}


Constraint = TextConstraint | FunctionConstraint


def constraint_of(given: Any, axes: Iterable[str], fixed: Mapping[str, Any] | None = None) -> Constraint:
    """The constraint that a text or a function stands for.

    axes: names of the swept parameters; fixed: values of others by name, of which the text's own are kept. Raises
    ParameterError for anything else, and for a text that cannot be read.
    """
    if isinstance(given, TextConstraint | FunctionConstraint):
        return given
    if isinstance(given, str):
        swept = list(axes)
        _check_names(given, [*swept, *(fixed or {})])
        used = {name: (fixed or {})[name] for name in names_in(given) if name not in swept and name in (fixed or {})}
        # A leg without names is no basket.
        held = {name: plain_value(name, None if value in ((), []) else value) for name, value in used.items()}
        return TextConstraint(given.strip(), tuple(held.items()))
    if callable(given):
        return FunctionConstraint(given)
    raise ParameterError(
        f"{type(given).__name__} is the type of no constraint",
        where="constraint",
        value=given,
        bound="a text such as 'delay + hold <= 21', or a function of one set",
    )


def _check_names(text: str, known: Sequence[str]) -> None:
    """Raise ParameterError when a text uses a name that is not known."""
    for name in names_in(text):
        if name not in known and name.lower() not in WORDS:
            raise ParameterError(
                f"there is no parameter {name!r} here",
                where="constraint",
                value=text,
                remedy=f"{did_you_mean(name, known)} Names such as 'dollar' must be in quotes",
            )


def constraint_from_description(
    description: Mapping[str, Any], functions: Sequence[Callable[[dict[str, Any]], Any]]
) -> Constraint:
    """The constraint that `describe` gave; one that is a function is found among `functions`.

    Raises ParameterError when the function is not there, and when its source is another one now.
    """
    if "text" in description:
        fixed = {name: plain_value(name, value) for name, value in dict(description.get("fixed", {})).items()}
        return TextConstraint(str(description["text"]), tuple(fixed.items()))
    name = str(description.get("function", ""))
    for function in functions:
        if qualified_name(function) == name:
            if source_hash(function) != description.get("source_sha256"):
                raise ParameterError(
                    "this constraint has changed since", where=name, remedy="Start a new sweep in another folder"
                )
            return FunctionConstraint(function)
    raise ParameterError("the function of a constraint is not given", where="constraint", value=name)


def qualified_name(function: Callable[..., Any]) -> str:
    """module.name of a function, of what a partial wraps, or of an object's class."""
    while isinstance(function, partial):
        function = function.func
    named: Any = function if hasattr(function, "__qualname__") else type(function)
    return f"{getattr(named, '__module__', None) or 'builtins'}.{named.__qualname__}"


def source_hash(function: Callable[..., Any]) -> str | None:
    """SHA-256 of a function's source and of the arguments that a partial holds; None where there is no source."""
    held = ""
    while isinstance(function, partial):
        held += repr(of_value((function.args, sorted(function.keywords.items()))))
        function = function.func
    source: Any = function if hasattr(function, "__qualname__") else type(function)
    try:
        text = dedent(inspect.getsource(source))
    except (OSError, TypeError):
        return None
    return hashlib.sha256((text + held).encode()).hexdigest()
