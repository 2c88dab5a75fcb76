"""Whatever is exported says what it is: `help` answers without another page."""

from __future__ import annotations

import ast
import doctest
import inspect
import pydoc
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import pytest

import hedgebook as hb
from hedgebook import errors
from hedgebook.front.result import Figures

from .test_import_rules import MODULES, needs

# Rooms of functions; what stands in those that keep a file is shown in docs, as examples would write into one.
SHOWN = ("factors", "luck", "metrics", "options")
DOORS = (*SHOWN, "journal", "ledger")
NAMES = {
    **{name: getattr(hb, name) for name in hb.__all__ if name not in DOORS},
    **{f"{door}.{name}": getattr(getattr(hb, door), name) for door in DOORS for name in getattr(hb, door).__all__},
}
CLASSES = [name for name, value in NAMES.items() if isinstance(value, type)]
FUNCTIONS = [name for name, value in NAMES.items() if inspect.isfunction(value)]
# An audit has no numbers but counts.
RESULTS = [name for name in CLASSES if issubclass(NAMES[name], Figures) and name != "Audit"]
# What a docstring may call numbers, their shape, and what there is where a number is not.
UNITS = re.compile(r"\b(USD|fractions?|percent|basis points|betas?|ratios?|shares)\b")
SHAPE = re.compile(r"one (row|entry|run)\b|\([A-Za-z]\w*(, [\w+ -]+)*,?\)")
BLANK = re.compile(r"NaN|undefined|None where|\bno row|\b0 (where|for)\b|\bmissing\b")
NUMBERS = re.compile(r"DataFrame|Series\[|Floats|NDArray\[np\.float")


def gaps(function: Callable[..., Any]) -> list[str]:
    """What the docstring and the signature of a function leave out."""
    inner = inspect.unwrap(function)
    doc, signature = inspect.getdoc(function) or "", inspect.signature(inner)
    found = [] if doc else ["no docstring"]
    if can_raise(function) and "Raises" not in doc:
        found.append("no Raises")
    found += [f"{name} is no error" for name in errors_in(doc) if not hasattr(errors, name)]
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


def can_raise(function: Callable[..., Any]) -> bool:
    """Whether a function checks what it is given, or raises in its own lines."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    return is_checked(function) or any(isinstance(node, ast.Raise) for node in ast.walk(tree))


def errors_in(doc: str) -> list[str]:
    """The errors of ours that a docstring says are raised."""
    return re.findall(r"\b[A-Z]\w+Error\b", doc.partition("Raises")[2])


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


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_that_take_anything_say_what_they_refuse(name: str) -> None:
    function = inspect.unwrap(NAMES[name])
    assert "Raises" in (inspect.getdoc(function) or "") or not inspect.signature(function).parameters
    assert " at 0x" not in pydoc.render_doc(NAMES[name]), "a default is shown by where it lies in memory"


@pytest.mark.parametrize("name", RESULTS)
def test_results_say_units_shapes_and_what_is_undefined(name: str) -> None:
    """In the docstring of their own, which is what `help` shows first."""
    doc = vars(NAMES[name])["__doc__"]
    said = {"unit": UNITS.search(doc), "shape": SHAPE.search(doc), "NaN": re.search(r"\bNaN\b|\bNone\b", doc)}
    assert [what for what, found in said.items() if found is None] == []


@pytest.mark.parametrize("name", [*CLASSES, *FUNCTIONS])
def test_tables_and_arrays_say_what_stands_where_nothing_is(name: str) -> None:
    """Each by itself, or the docstring of its class for all of them."""
    value, members = NAMES[name], [(name, NAMES[name])]
    own = vars(value).get("__doc__") or "" if isinstance(value, type) else ""
    members = list(own_members(value)) if isinstance(value, type) else members
    silent = {
        member
        for member, function in members
        if NUMBERS.search(str(inspect.signature(inspect.unwrap(function)).return_annotation))
        and not BLANK.search((inspect.getdoc(function) or "") + own)
    }
    assert silent == set()


@pytest.mark.parametrize("door", SHOWN)
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


def _raises() -> None:
    """Nothing but trouble."""
    raise ValueError


def test_gaps_are_seen() -> None:
    assert gaps(_no_words) == ["days is not named", "no type of what is returned"]
    assert is_checked(hb.backtest)
    assert not is_checked(hb.trades)
    assert not can_raise(_no_words)
    assert can_raise(_raises)
    assert gaps(_raises) == ["no Raises"]
    assert errors_in("Makes a NoError. Raises NoError for none, InputError.") == ["NoError", "InputError"]
    assert all(SHAPE.search(doc) for doc in ("(T, N) prices", "(n,): all", "one row a session"))
    assert not SHAPE.search("a table (of rows)")
    assert gaps(lambda: None) == ["no docstring", "no type of what is returned"]
