"""`python docs/api.py > docs/api.md`: every public name with its signature and docstring."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from typing import Any

import hedgebook as hb

HEAD = """# Python

`import hedgebook as hb` and everything below is there; nothing is loaded before it is used. Returns are simple
fractions, weights fractions of NAV. A figure that is undefined is NaN, and the result says why. Wrong input raises an
`hb.InputError` that names value, bound and remedy. This page is written by `python docs/api.py` from the docstrings.
"""
WIDTH = 110


def api_markdown() -> str:
    """The page as Markdown: functions, classes, then modules, each by name."""
    named = {name: getattr(hb, name) for name in hb.__all__}
    kinds = {
        "Functions": {name: one for name, one in named.items() if inspect.isroutine(one)},
        "Classes": {name: one for name, one in named.items() if inspect.isclass(one)},
        "Modules": {name: one for name, one in named.items() if inspect.ismodule(one)},
    }
    parts = [HEAD]
    for title, ones in kinds.items():
        parts.append(f"\n## {title}\n")
        for name, one in sorted(ones.items(), key=lambda pair: pair[0].lower()):
            parts.append(f"\n### hb.{name}\n")
            parts += _module(name, one) if inspect.ismodule(one) else _entry(f"hb.{name}", one)
    return "".join(parts)


def _entry(called: str, one: Any) -> Iterator[str]:
    """Signature, docstring and, of a class, its own attributes."""
    shown = not inspect.isclass(one) or not issubclass(one, BaseException)
    if shown:
        yield f"\n```text\n{_signature(called, one)}\n```\n"
    yield f"\n{_text(one)}\n"
    if inspect.isclass(one):
        rows = list(_members(one))
        if rows:
            yield "\n| Has | What it is |\n|---|---|\n"
            yield from rows


def _signature(called: str, one: Any) -> str:
    """The call, a parameter a line where it is long; defaults that have no literal are left out."""
    try:
        signature = inspect.signature(one)
    except ValueError:
        return called
    given, star = [], False
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            given.append("*")
            star = True
        mark = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        star = star or mark == "*"
        given.append(f"{mark}{name}{_default(parameter.default)}")
    line = f"{called}({', '.join(given)})"
    return "\n".join(textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_long_words=False))


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return ""
    plain = value is None or isinstance(value, str | int | float | bool | tuple)
    shown = str(getattr(value, "value", value)) if not plain else repr(value)
    return f"={shown}" if plain and "0x" not in shown and len(shown) < 60 else "=..."


def _text(one: Any) -> str:
    """A docstring with its paragraphs; doctests as code."""
    text = inspect.cleandoc(one.__doc__ or "").strip()
    # A line of a doctest and what it prints belong together, and are no running text.
    parts = []
    for part in re.split(r"\n\s*\n", text):
        parts.append(f"```python\n{part}\n```" if ">>>" in part else _escaped(part))
    return "\n\n".join(parts)


def _escaped(text: str) -> str:
    """What Markdown would take for a mark of its own."""
    return text.replace("<", "&lt;").replace("*", "\\*")


def _members(one: type) -> Iterator[str]:
    """Public methods and properties that the class or its bases in this package say something about."""
    seen: set[str] = set()
    for base in one.__mro__:
        if not base.__module__.startswith("hedgebook"):
            continue
        for name, member in vars(base).items():
            if name.startswith("_") or name in seen:
                continue
            held = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            held = held.func if isinstance(held, cached_property) else held
            if not (inspect.isfunction(held) or isinstance(held, property)) or not held.__doc__:
                continue
            seen.add(name)
            shown = name
            if not isinstance(member, property | cached_property):
                call = " ".join(_signature(name, held).split())
                shown = re.sub(r"\((self|cls)(, )?", "(", call)
            yield _row(shown, held.__doc__)


def _module(name: str, one: Any) -> Iterator[str]:
    """A module's text, and each of its functions with the first paragraph of its docstring."""
    yield f"\n{_text(one)}\n\n| Call | What it gives |\n|---|---|\n"
    names = getattr(one, "__all__", None) or [key for key in dir(one) if not key.startswith("_")]
    for key in sorted(names):
        value = getattr(one, key)
        if not callable(value) or not (value.__doc__ or "").strip():
            continue
        chosen = inspect.isclass(value) and issubclass(value, Enum)
        call = f"{name}.{key}" if chosen else " ".join(_signature(f"{name}.{key}", value).split())
        yield _row(call, value.__doc__)


def _row(call: str, text: str) -> str:
    """A line of a table: a call and the first paragraph of its docstring."""
    first = inspect.cleandoc(text).split("\n\n")[0].replace("\n", " ")
    cells = (cell.replace("|", "\\|") for cell in (f"`{call}`", _escaped(first)))
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    print(api_markdown(), end="")
