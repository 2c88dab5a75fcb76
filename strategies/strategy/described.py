"""What the parameters of a strategy are: type, bounds, value and the sentence about each in a docstring."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from annotated_types import Ge, Gt, Le, Lt, MinLen

from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rebalance import Rebalance

from .given import FunctionStrategy
from .strategy import Strategy

TYPES = {int: "whole number", float: "number", bool: "true or false", str: "text"}
SIGNS = ((Ge, "ge", ">="), (Gt, "gt", ">"), (Le, "le", "<="), (Lt, "lt", "<"))
# "hold: what it is;" or "long, short: what they are." at the start of a sentence or after a semicolon.
SAID = re.compile(r"(?:^|[;.)]\s)\s*(?P<names>[a-z]\w*(?:, [a-z]\w*)*): ")
NOT_SHOWN = ("name", "title")


@dataclass(frozen=True)
class ParameterText:
    """A parameter for a reader. kind: its type; bounds: what it may be, empty where anything of its type goes; value:
    what it is, JSON-ready; says: what stands about it in the docstring, empty where nothing does; rule: whether it is
    one of the rules'."""

    name: str
    kind: str
    bounds: str
    value: Any
    says: str
    rule: bool = False


def described(strategy: Strategy) -> tuple[ParameterText, ...]:
    """Every parameter of a strategy that can be set, those of the rules last."""
    values = strategy.parameters()
    if isinstance(strategy, FunctionStrategy):
        own = [*_of_function(strategy, values)]
        fields = {name: Strategy.model_fields[name] for name in ("capital",)}
        said = sentences(inspect.getdoc(Strategy) or "")
    else:
        own, fields = (
            [],
            {n: f for n, f in type(strategy).model_fields.items() if n in type(strategy).parameter_names()},
        )
        said = _said_of(type(strategy))
    for name, field in fields.items():
        kind, bounds = _typed(field.annotation, field.metadata)
        if name in strategy.fields_of_strategies():
            kind = "strategies" if kind.startswith("list") else "strategy"
        if name not in NOT_SHOWN:
            own.append(ParameterText(name, kind, bounds, values.get(name), said.get(name, "")))
    doc = inspect.getdoc(Rules) or ""
    rules = {name: mention(name, doc) for name in Rules.model_fields} | sentences(doc)
    lent = [name for name in Rules.model_fields if name in values and name not in {one.name for one in own}]
    return (
        *own,
        *(
            ParameterText(
                name, *_typed(Rules.model_fields[name].annotation, Rules.model_fields[name].metadata), values[name],
                rules.get(name, ""), rule=True,
            )
            for name in lent
        ),
    )  # fmt: skip


def sentences(docstring: str) -> dict[str, str]:
    """By parameter, what a docstring says of it, where it is written "name: what it is; other: ...", in one paragraph
    or a line each."""
    text = " ".join(inspect.cleandoc(docstring).split())
    found: dict[str, str] = {}
    starts = list(SAID.finditer(text))
    for i, start in enumerate(starts):
        end = starts[i + 1].start() if i + 1 < len(starts) else len(text)
        said = text[start.end() : end].strip()
        # What follows a full stop is no longer about the last one that is named.
        said = re.split(r"\.(?:\s+(?=[A-Z])|$)", said)[0].rstrip(" ;")
        for name in start["names"].split(", "):
            found.setdefault(name, said)
    return found


def mention(name: str, docstring: str) -> str:
    """The part of a sentence that speaks of a parameter among others, empty where none does; of one that says what
    another parameter is, only where to look."""
    text = " ".join(inspect.cleandoc(docstring).split())
    parts = re.split(r";\s|\.\s+(?=[A-Z])|(?<=[a-z)])\. ", text)
    found = next((one.strip().rstrip(".") for one in parts if re.search(rf"\b{re.escape(name)}\b", one)), "")
    other = SAID.match(found)
    return f"see {other['names']}" if other else found


def _said_of(kind: type[Strategy]) -> dict[str, str]:
    """What the docstrings of a class and those that it inherits from say, its own first."""
    found: dict[str, str] = {}
    for base in kind.__mro__:
        if isinstance(base, type) and issubclass(base, Strategy):
            for name, said in sentences(vars(base).get("__doc__") or "").items():
                found.setdefault(name, said)
    for name in kind.parameter_names():
        if name not in found and (said := mention(name, vars(kind).get("__doc__") or "")):
            found[name] = said
    return found


def _of_function(strategy: FunctionStrategy, values: Mapping[str, Any]) -> Iterator[ParameterText]:
    function = strategy.called_function
    said = sentences(inspect.getdoc(function) or "")
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError):
        hints = {}
    for name in strategy.signature.names:
        if name == "events":
            continue
        default = strategy.signature.defaults.get(name)
        annotation = hints.get(name, type(default) if default is not None else Any)
        value = strategy.values.get(name, values.get(name, default))
        shown = value if value is None or isinstance(value, bool | int | float | str | tuple) else str(value)
        yield ParameterText(name, *_typed(annotation, ()), shown, said.get(name, ""))


def _typed(annotation: Any, metadata: Iterable[Any]) -> tuple[str, str]:
    """Type and bounds of a field in words."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _typed(args[0], (*args[1:], *metadata))
    bounds = _bounds(metadata)
    if origin in (typing.Union, types.UnionType):
        inner = [_typed(one, ()) for one in args if one is not type(None)]
        kind = " or ".join(dict.fromkeys(one for one, _ in inner))
        limits = " or ".join(dict.fromkeys(one for _, one in inner if one))
        none = " or none" if type(None) in args else ""
        return f"{kind}{none}", ", ".join(part for part in (bounds, limits) if part)
    if origin is typing.Literal:
        return "choice", ", ".join(str(one) for one in args)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "choice", ", ".join(str(one.value) for one in annotation)
    if origin in (tuple, list):
        names = args and args[0] is str
        inner_kind, inner_bounds = ("names", "") if names else _typed(args[0], ()) if args else ("values", "")
        kind = "names" if names else f"list of {inner_kind}"
        return kind, ", ".join(part for part in (inner_bounds, bounds) if part)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        inner_kind, inner_bounds = _typed(args[1], ()) if len(args) > 1 else ("value", "")
        return f"{inner_kind} by name", ", ".join(part for part in (inner_bounds, bounds) if part)
    if annotation is Rebalance:
        return "text", "none, weekly, monthly, every:N"
    return TYPES.get(annotation, "value"), bounds


def _bounds(metadata: Iterable[Any]) -> str:
    found = []
    for mark in _flat(metadata):
        for kind, name, sign in SIGNS:
            if isinstance(mark, kind):
                found.append(f"{sign} {getattr(mark, name):,.10g}")
        if isinstance(mark, MinLen) and mark.min_length:
            found.append("at least one" if mark.min_length == 1 else f"at least {mark.min_length}")
    return ", ".join(found)


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    """Marks, those that pydantic keeps within another one among them."""
    for mark in metadata:
        inner = getattr(mark, "metadata", None)
        yield from _flat(inner) if inner else (mark,)
