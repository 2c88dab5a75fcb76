"""The trades that come with hedgebook, and those of a user's own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.toml_file import read_toml

from .event_trade import EventTrade, build_trade

TRADES_FILE = Path(__file__).parent / "data" / "trades.toml"
FLAGSHIP = "long-meta-short-neocloud"


def load_trades(path: str | Path = TRADES_FILE) -> dict[str, EventTrade]:
    """Every trade of a file by name. Raises ParameterError that names file, trade and parameter."""
    path = Path(path)
    tables = read_toml(path, error=ParameterError)
    trades = {}
    for name, values in tables.items():
        if not isinstance(values, dict):
            raise ParameterError("each trade is a table of its own", where=f"{path.name}: {name}")
        try:
            trades[name] = build_trade({"name": name, **values})
        except ParameterError as problem:
            raise ParameterError(str(problem), where=f"{path.name}: {name}") from None
    return trades


def find_trade(name: str = FLAGSHIP, **changes: Any) -> EventTrade:
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


def _from_file(path: Path, wanted: str) -> EventTrade:
    trades = load_trades(path)
    if not wanted and len(trades) == 1:
        return next(iter(trades.values()))
    if wanted not in trades:
        what = f"there is no trade {wanted!r}" if wanted else "the file holds several trades"
        raise ParameterError(
            what,
            where=str(path),
            remedy=did_you_mean(wanted, trades) if wanted else f"Name one, as in {path}:{next(iter(trades), 'x')}",
        )
    return trades[wanted]
