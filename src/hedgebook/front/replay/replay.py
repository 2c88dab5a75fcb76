"""Making a result again from its folder: identical, or the first input and number that differ."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.errors import RunFolderError
from hedgebook.universes.checks import FLAG, MARKET, PATH, maybe, takes
from hedgebook.universes.fingerprint import Difference, differences, of_program
from hedgebook.universes.raw_file import is_folder

from .call import call_of
from .decode import Reader
from .encode import encode_arguments
from .figures import figures_in
from .known import known
from .manifest import call_told, read_manifest, seed_of
from .numbers import NumberDifference, digests, first_of_figures, first_of_nav, first_of_table, sets_of

if TYPE_CHECKING:
    from hedgebook.universes.market import Market

SAID_ANYWAY = re.compile(r"\.value(?=\.|$|\[)|\.files\.0|\.code(?=\.)")
MOST_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Replay:
    """A result that was made again from a folder's manifest.

    folder: whose; command: that made it, None for a script; inputs: what differs of what the numbers come from, in the
    order of the call, then of the program; number: the first number that differs, None where all are the same;
    notes: what was taken from the manifest; result: what was made now.
    """

    folder: Path
    command: str | None
    inputs: tuple[str, ...]
    number: NumberDifference | None
    notes: tuple[str, ...]
    result: Any = field(repr=False)

    @property
    def identical(self) -> bool:
        """Whether every input and every number is the same."""
        return not self.inputs and self.number is None

    @property
    def verdict(self) -> str:
        """In a sentence."""
        if self.identical:
            return "Identical: every input and every number is the same."
        numbers = "every number is the same" if self.number is None else f"the first number that differs: {self.number}"
        if not self.inputs:
            return f"Not identical: every input is the same, but {numbers}."
        more = f", and {len(self.inputs) - 1} more" if len(self.inputs) > 1 else ""
        return f"Not identical: the first input that differs: {self.inputs[0]}{more}; {numbers}."

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        number = self.number
        told = None if number is None else {"name": number.name, "there": number.old, "here": number.new}
        return {
            "folder": str(self.folder),
            "command": self.command,
            "identical": self.identical,
            "verdict": self.verdict,
            "inputs": list(self.inputs),
            "number": told,
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return f"<Replay of {self.folder}: {self.verdict}>"


@takes(folder=PATH, market=maybe(MARKET), recorded=FLAG, prices=maybe(PATH), universe=maybe(PATH))
def replay(
    folder: str | Path,
    market: Market | None = None,
    *,
    recorded: bool = False,
    prices: str | Path | None = None,
    universe: str | Path | None = None,
    **given: Any,
) -> Replay:
    """Make a result again from the manifest of its folder, and say whether it is the same to the bit.

    Inputs are read where they were read then: a file that was changed since is told, and of one that is gone the
    content of then is taken, but for code. market: prices in place of those recorded; prices,
    universe: a price file and a universe to read them from instead; recorded: take every input but
    prices from the manifest, code included, which is then run; given: arguments in place of the recorded ones, by
    name, as in strategy=f or seed=7. Raises RunFolderError for a folder without a manifest and for inputs that
    cannot be had again, and what the function raises.
    """
    path = Path(folder)
    if not is_folder(path):
        remedy = "Give a folder that --out has written."
        raise RunFolderError("there is no such folder", where=str(folder), remedy=remedy)
    manifest = read_manifest(path)
    told = call_told(manifest, path)
    with tempfile.TemporaryDirectory(prefix="hedgebook-") as scratch:
        instead = {name: value for name, value in (("path", prices), ("universe", universe)) if value is not None}
        reader = Reader(str(path), Path(scratch), recorded, market, instead, given)
        made = reader.call(told)
        call = call_of(made)
        if call is None:
            raise RunFolderError("the result does not know how it was made", where=str(path))
        here = {"call": encode_arguments(call.arguments), "seed": seed_of(call), "program": of_program()}
        there = {"call": told["arguments"], "seed": manifest["seed"], "program": manifest["program"]}
        inputs = tuple(_input(one) for key in here for one in differences(key, known(there[key]), known(here[key])))
        number = _first_number(path, manifest, made)
    return Replay(path, manifest["made"].get("command"), inputs, number, tuple(reader.notes), made)


def _input(one: Difference) -> str:
    """A difference by the name that a user knows: costs.half_spread.default_bps, prices.tickers.META."""
    name = SAID_ANYWAY.sub("", one.name.removeprefix("call.")).replace("events.events.", "events.")
    for inner in ("market.prices", "market.universe", "market.calendar"):
        if name.startswith(inner):
            name = name.removeprefix("market.")
    return str(Difference(name, one.old, one.new, one.file if one.file and "/" not in one.file else None))


def _first_number(folder: Path, manifest: Mapping[str, Any], made: Any) -> NumberDifference | None:
    """The first number of a folder that the new result does not have."""
    values = made.to_dict()
    there, here = manifest["result"], digests(made, values)
    old = _saved(folder)
    if here["nav_sha256"] is not None and here["nav_sha256"] != there.get("nav_sha256") and old is not None:
        found = first_of_nav(old.nav, made.nav)
        if found is not None:
            return found
    if here["table_sha256"] is not None and there.get("table_sha256") not in (None, here["table_sha256"]):
        found = first_of_table(_sets(folder), sets_of(made))
        if found is not None:
            return found
    if all(here[key] == there.get(key) for key in here):
        return None
    saved = figures_in(folder)
    if saved is not None and (found := first_of_figures(saved, values)) is not None:
        return found
    key = next(key for key in here if here[key] != there.get(key))
    return NumberDifference(f"the hash of the result ({key})", there.get(key), here[key])


def _saved(folder: Path) -> Any:
    if not (folder / "nav.parquet").is_file():
        return None
    from hedgebook.reports.run.folder import read_run

    return read_run(folder)


def _sets(folder: Path) -> Any:
    import pandas as pd

    from hedgebook.reports.express.page import SETS

    if (folder / SETS).is_file():
        try:
            return pd.read_parquet(folder / SETS)
        except (OSError, ValueError) as problem:
            raise RunFolderError(f"{SETS} cannot be read: {problem}", where=str(folder)) from problem
    from hedgebook.engine.sweep.store.folder import FolderSink
    from hedgebook.engine.sweep.store.sink import iter_table

    sink = FolderSink.open(folder)
    frames = [pd.DataFrame(columns).set_index("set") for _, columns in iter_table(sink)]
    return pd.concat(frames).astype(dict(sink.layout.types))
