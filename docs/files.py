"""docs/files.md: every TOML file of a user's own with its keys, read off the models that check them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hedgebook.engine.account.account import _Readable
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.stress.scenario import ScenarioFile
from hedgebook.strategies.catalogue.starting import filled, starting_text
from hedgebook.strategies.ticket.limits import Limits
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.quality.rules import RULES
from hedgebook.universes.universe import Universe

HEAD = """# Files

Every TOML file of your own: what each key takes, and a file that can be used as it is. `hedgebook new KIND NAME`
writes one; no file is ever replaced. All problems of a file are listed at once, each with its place, what was given,
what would be accepted and what to do. An unknown key is refused with the closest one. This page is written by
`python docs/files.py`.
"""
# Title, option, what else is to be known, model, kind of `hedgebook new`, and keys that a file does not have.
FILES: tuple[tuple[str, str, str, type[BaseModel], str, tuple[str, ...]], ...] = (
    (
        "Universe", "--universe FILE.toml",
        "Buckets of tickers. A list is a universe too: `--universe CEG,VST`, a text file with one ticker a line, "
        "a CSV file with a column `ticker` (or `symbol`) and, where known, `bucket`, `company` and `first_session`; in "
        'Python `hb.Universe.of({"power": ["CEG", "VST"]})`. `--universe all` takes every ticker of the price file. A '
        "ticker of the file that stands in no bucket can be held, hedged with and traded by its name, in the bucket "
        "`other`.",
        Universe, "universe", (),
    ),
    (
        "Events", "--events FILE.toml",
        "News with its day and timing. A day alone needs no file: `--event 2026-07-01:pre-open`; in Python "
        "`hb.backtest(trade, market, event=hb.Event(...))`.",
        EventLibrary, "event", (),
    ),
    (
        "Costs", "--costs FILE.toml",
        'What is left out stands as in the default costs, unless the file says `base = "none"`. A bucket that only the '
        "shipped file names is passed over, with a note, where a universe lacks it; one of your own file is refused. "
        "A ticker named neither by itself nor by its bucket has the numbers of its tier of liquidity: the first "
        "one whose limits it meets by mean USD traded and by volatility over the sessions that end at the close before "
        "the first session of a simulation; borrow fees are set anew by it each month, before the month. With too "
        "little history it is in the last tier. Where prices have no volumes, or a table has a default of your own, "
        "the default counts. "
        'The defaults below are those of `base = "none"`.',
        Costs, "costs", ("inherited", "shipped"),
    ),
    ("Account", "--account FILE.toml", "Rules of the account; what is left out is not enforced.", _Readable, "account",
     ()),
    (
        "Scenarios", "--scenarios FILE.toml",
        "Questions, not forecasts. What a scenario of your own names has to stand in the universe; of a shipped one"
        " the rest is passed over, with a note.",
        ScenarioFile, "scenario", (),
    ),
    (
        "Limits", "--limits FILE.toml",
        "What `hedgebook ticket` checks on the book with the orders in it; see [Before the trade](ticket.md). Names "
        "under `by_name` are tickers of the prices, buckets, factors, scenarios or events; an unknown one is refused.",
        Limits, "limits", (),
    ),
)  # fmt: skip
QUALITY = """
## Price files: what is looked for

`hedgebook check PRICES` looks for all of it and lists severity, count, examples and what to do; `--strict` exits 1
where a finding is an error, `--json` has the same table. What is marked "always" is looked for by every command
that reads prices. `refused`: no command takes the file. `error`: figures that use these prices are wrong. `warning`:
may be right.

| Rule | Severity | Finds | What to do | Looked for |
|---|---|---|---|---|
"""


def files_markdown() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for title, option, text, model, kind, hidden in FILES:
        parts.append(f"\n## {title}\n\n`{option}`. {text}\n")
        parts += list(_tables(model, "", set(), hidden))
        parts.append(f"\n```toml\n{filled(starting_text(kind), 'mine').strip()}\n```\n")
    parts.append(QUALITY)
    for rule in RULES.values():
        when = "always" if rule.cheap else "check"
        parts.append(f"| {rule.title} | {rule.severity.value} | {rule.text} | {rule.remedy} | {when} |\n")
    return "".join(parts)


def _tables(model: type[BaseModel], prefix: str, seen: set[type], hidden: tuple[str, ...]) -> Iterator[str]:
    """A table of the keys of a model, and one for each model that stands in it."""
    if model in seen:
        return
    seen.add(model)
    where = f"`{prefix}`" if prefix else "the file itself"
    yield f"\nKeys of {where}:\n\n| Key | Takes | Default |\n|---|---|---|\n"
    inner: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        if name in hidden:
            continue
        # A file is called by its own name where it does not say another.
        default = "the file's" if name in ("name", "title") and not prefix else _default(field)
        yield f"| `{name}` | {_takes(field)} | {default} |\n"
        several, found = _nested(field.annotation)
        if found is not None:
            path = f"{prefix}.{name}".lstrip(".")
            inner.append((f"[[{path}]]" if several and not prefix.startswith("[[") else path, found))
    for path, found in inner:
        yield from _tables(found, path, seen, hidden)


def _nested(annotation: Any) -> tuple[bool, type[BaseModel] | None]:
    """Whether a field holds several of a model, and which."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return False, annotation
    for part in get_args(annotation):
        _, found = _nested(part)
        if found is not None:
            return get_origin(annotation) in (tuple, list), found
    return False, None


def _takes(field: FieldInfo) -> str:
    """What a key takes, in words."""
    return f"{_words(field.annotation)}{_limits(field.annotation, field.metadata)}"


def _words(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    value = getattr(annotation, "__value__", None)
    if value is not None:
        return _words(value)
    if origin is Literal:
        return "one of " + ", ".join(f"`{one}`" for one in arguments)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "one of " + ", ".join(f"`{one.value}`" for one in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "a table"
    if origin in (tuple, list):
        return f"a list: {_words(arguments[0])} each"
    if origin is dict:
        return f"a table by name: {_words(arguments[1])} each{_limits(arguments[1], ())}"
    if arguments:
        kept = [_words(one) for one in arguments if one is not type(None) and not _is_mark(one)]
        return kept[0] if kept else "a value"
    plain = {"str": "text", "float": "a number", "int": "a whole number", "bool": "true or false", "date": "a day"}
    name = str(getattr(annotation, "__name__", annotation))
    return plain.get(name, {"AwareDatetime": "a moment with its offset", "Path": "a path"}.get(name, "a value"))


def _is_mark(value: Any) -> bool:
    return isinstance(value, FieldInfo | Ge | Gt | Le | Lt | MinLen | MaxLen)


def _limits(annotation: Any, metadata: Any) -> str:
    """Bounds of a key, in words."""
    found: list[str] = []
    words = {Ge: ("ge", "from"), Gt: ("gt", "above"), Le: ("le", "up to"), Lt: ("lt", "below")}
    for mark in _marks(annotation, metadata):
        for kind, (name, word) in words.items():
            if isinstance(mark, kind):
                found.append(f"{word} {getattr(mark, name):g}")
    return ", " + " ".join(dict.fromkeys(found)) if found else ""


def _marks(annotation: Any, metadata: Any) -> Iterator[Any]:
    for mark in metadata:
        yield from mark.metadata if isinstance(mark, FieldInfo) else (mark,)
    value = getattr(annotation, "__value__", None)
    if value is not None:
        yield from _marks(value, ())
        return
    yield from _marks(None, getattr(annotation, "__metadata__", ())) if annotation is not None else ()
    if get_origin(annotation) not in (dict, tuple, list):
        for part in get_args(annotation):
            if get_args(part) or getattr(part, "__value__", None) is not None:
                yield from _marks(part, ())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    default = field.get_default(call_default_factory=True)
    if default is None or default in ("", (), {}) or isinstance(default, BaseModel):
        return "-"
    shown = default.value if isinstance(default, Enum) else default
    return f"`{re.sub('^(True|False)$', lambda m: m[0].lower(), str(shown))}`"


if __name__ == "__main__":
    print(files_markdown(), end="")
