"""Whatever is exported says what it is: `help` answers without another page."""

from __future__ import annotations

import doctest
import inspect
import pydoc
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import pytest

import hedgebook as hb

from .test_import_rules import MODULES, needs

DOORS = ("factors", "luck", "metrics", "options")
NAMES = {
    **{name: getattr(hb, name) for name in hb.__all__ if name not in DOORS},
    **{f"{door}.{name}": getattr(getattr(hb, door), name) for door in DOORS for name in getattr(hb, door).__all__},
}
CLASSES = [name for name, value in NAMES.items() if isinstance(value, type)]
FUNCTIONS = [name for name, value in NAMES.items() if inspect.isfunction(value)]


def gaps(function: Callable[..., Any]) -> list[str]:
    """What the docstring and the signature of a function leave out."""
    inner = inspect.unwrap(function)
    doc, signature = inspect.getdoc(function) or "", inspect.signature(inner)
    found = [] if doc else ["no docstring"]
    if is_checked(function) and "Raises" not in doc:
        found.append("no Raises")
    names = [name for name in signature.parameters if name not in ("self", "cls")]
    found += [f"{name} is not named" for name in names if not re.search(rf"\b{name}\b", doc)]
    found += ["no type of what is returned"] if signature.return_annotation is inspect.Signature.empty else []
    return found


def is_checked(function: Any) -> bool:
    """Whether `takes` stands over a function, as one of the decorators around it."""
    while function is not None:
        if function.__code__.co_name == "checked":
            return True
        function = getattr(function, "__wrapped__", None)
    return False


def own_members(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Public methods and properties that a class has of hedgebook, those that it inherits among them."""
    for name in dir(kind):
        owner = next((base for base in kind.__mro__ if name in vars(base)), None)
        if name.startswith("_") or owner is None or not owner.__module__.startswith("hedgebook"):
            continue
        member: Any = vars(owner)[name]
        if isinstance(member, classmethod | staticmethod):
            member = member.__func__
        elif isinstance(member, property):
            member = member.fget
        elif isinstance(member, cached_property):
            member = member.func
        if inspect.isfunction(member):
            yield name, member


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_say_what_they_take_give_and_raise(name: str) -> None:
    assert gaps(NAMES[name]) == []


@pytest.mark.parametrize("name", CLASSES)
def test_methods_and_properties_say_what_they_are(name: str) -> None:
    found = {member: wrong for member, function in own_members(NAMES[name]) if (wrong := gaps(function))}
    assert found == {}


@pytest.mark.parametrize("name", CLASSES)
def test_classes_say_what_their_fields_are(name: str) -> None:
    kind = NAMES[name]
    assert vars(kind)["__doc__"], "no docstring of its own"
    fields = [*getattr(kind, "model_fields", ()), *getattr(kind, "__dataclass_fields__", ())]
    docs = "\n".join(base.__doc__ or "" for base in kind.__mro__ if base.__module__.startswith("hedgebook"))
    assert [field for field in fields if not re.search(rf"\b{field}\b", docs)] == []


@pytest.mark.parametrize("door", DOORS)
def test_doors_open_and_their_examples_run(door: str) -> None:
    module = getattr(hb, door)
    assert inspect.ismodule(module)
    assert module.__all__ == sorted(module.__all__)
    result = doctest.testmod(module)
    assert result.failed == 0
    assert result.attempted >= 5


def test_nothing_stands_where_nobody_reaches_it() -> None:
    """Every module of the source is needed by a command, by a function of the package or by one of its doors."""
    waiting = [name for name in MODULES if name == "hedgebook" or name.startswith(("hedgebook.cli", "hedgebook.front"))]
    waiting += [*hb._HOMES.values(), "hedgebook.__main__"]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            folder = name.rpartition(".")[0]
            waiting += [*needs(name, late=True), *([folder] if folder in MODULES else [])]
    folders_of_data = {name for name, path in MODULES.items() if not path.read_text().strip()}
    assert set(MODULES) - reached - folders_of_data == set()


def test_help_answers_without_another_page() -> None:
    text = pydoc.render_doc(hb.backtest, renderer=pydoc.plaintext)  # type: ignore[attr-defined]
    for words in ("strategy: ", "market: ", "costs: ", "account: ", "events: ", "USD", "NaN", "Raises", "-> 'Run'"):
        assert words in text, words


def _no_words(market: object, days: int):  # type: ignore[no-untyped-def]
    """Something of a market."""


def test_gaps_are_seen() -> None:
    assert gaps(_no_words) == ["days is not named", "no type of what is returned"]
    assert is_checked(hb.backtest)
    assert not is_checked(hb.trades)
    assert gaps(lambda: None) == ["no docstring", "no type of what is returned"]
