"""The trades that come with hedgebook, and those of a user's own file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from hedgebook.errors import InputError, ParameterError, did_you_mean
from hedgebook.universes.toml_file import read_toml

from ..strategy.strategy import Strategy
from ..trade.trade import PARAMETERS, EventTrade
from .kinds import kind_of
from .parts import TradeFile

TRADES_FILE = Path(__file__).parents[1] / "data" / "trades.toml"
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
FLAGSHIP = "long-meta-short-neocloud"
# The files that are being read, one because another names a strategy of it.
_READING: ContextVar[tuple[Path, ...]] = ContextVar("reading", default=())


def load_trades(path: str | Path = TRADES_FILE) -> dict[str, Strategy]:
    """Every trade of a file by name. Raises ParameterError that names file, trade and parameter."""
    with _reading(Path(path)) as file:
        return file.all()


def sound_trades(path: str | Path) -> tuple[dict[str, Strategy], tuple[InputError, ...]]:
    """The trades of a file that can be used, by name, and what is wrong with the others.

    Raises ParameterError for a file that cannot be read.
    """
    with _reading(Path(path)) as file:
        return file.sound()


@contextmanager
def _reading(path: Path) -> Iterator[TradeFile]:
    """The tables of a file, to be built within. Raises ParameterError for a file without tables, and for files that
    name each other's strategies."""
    tables = read_toml(path, error=ParameterError)
    if not tables:
        raise ParameterError("there is no trade in it", where=path.name, remedy="Write a table a trade, as in [mine].")
    misplaced: dict[str, InputError] = {}
    for name, values in tables.items():
        if (remedy := _misplaced(name, values)) is not None:
            what = "each trade is a table of its own"
            misplaced[name] = ParameterError(what, where=f"{path.name}: {name}", remedy=remedy)
    reading = _READING.get()
    if path.resolve() in reading:
        files = " -> ".join(one.name for one in (*reading, path))
        raise ParameterError("files name each other's strategies", where=path.name, value=files)
    token = _READING.set((*reading, path.resolve()))
    try:
        yield TradeFile(path, tables, find_named, lambda: list(load_trades()), misplaced)
    finally:
        _READING.reset(token)


def _misplaced(name: str, values: object) -> str | None:
    """What to write where a table is not that of one trade: several in a list or in a table, or parameters without."""
    # A table may have a parameter's name: a trade may be called short.
    if name in PARAMETERS and not isinstance(values, dict):
        return "Write a head above the parameters, as in [mine]."
    if isinstance(values, list) and values and all(isinstance(one, dict) for one in values):
        names = [one.get("name") for one in values]
        given = [one for one in names if isinstance(one, str) and one.strip()]
    elif not isinstance(values, dict):
        given = [name]
    else:
        given = list(values)
        if not given or any(key in PARAMETERS or not isinstance(one, dict) for key, one in values.items()):
            return None
    heads = ", ".join(f"[{_key(one)}]" for one in given[:3]) or "[mine]"
    also = " for each trade" if isinstance(values, list | dict) and len(values) > 1 else ""
    left = "" if not isinstance(values, list) else f" in place of [[{_key(name)}]] and name"
    return f"Write {heads}{', ...' if len(given) > 3 else ''}{left}{also}, and the parameters under it."


def _key(name: str) -> str:
    """A name as the head of a TOML table has it."""
    return name if BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def find_trade(name: str = FLAGSHIP, **changes: Any) -> EventTrade:
    """An event trade of the catalogue, or of a file, with changed parameters.

    Raises ParameterError as `find_named` does, and for a strategy of another kind.
    """
    found = find_named(name, **changes)
    if not isinstance(found, EventTrade):
        raise no_event_trade(name, found)
    return found


def no_event_trade(name: str, found: Strategy) -> ParameterError:
    """The error for a strategy of another kind where an event trade is asked for."""
    return ParameterError(
        f"{name} is no event trade, so it has no event or hedge to look into",
        value=kind_of(found),
        remedy="Name an event trade here; `hedgebook run` takes every kind.",
    )


def find_named(name: str = FLAGSHIP, **changes: Any) -> Strategy:
    """A trade of the catalogue, or of a file ("mine.toml", "mine.toml:name"), with changed parameters.

    Raises ParameterError, with the closest name, for a trade or a parameter that does not exist.
    """
    file, _, wanted = name.partition(".toml")
    if name.startswith(f"{file}.toml") and (not wanted or wanted.startswith(":")):
        found = _from_file(Path(f"{file}.toml"), wanted.removeprefix(":"))
    else:
        trades = load_trades()
        if name not in trades:
            raise ParameterError(f"there is no trade {name!r}", remedy=did_you_mean(name, trades))
        found = trades[name]
    return found.replaced(**changes) if changes else found


def _from_file(path: Path, wanted: str) -> Strategy:
    """One trade of a file; what is wrong with others does not matter to it."""
    with _reading(path) as file:
        names = list(file.tables)
        if not wanted and len(names) == 1:
            return file.one(names[0])
        if wanted in names:
            return file.one(wanted)
    what = f"there is no trade {wanted!r}" if wanted else "the file holds several trades"
    remedy = did_you_mean(wanted, names) if wanted else f"Name one, as in {path}:{names[0]}"
    raise ParameterError(what, where=str(path), remedy=remedy)
