"""manifest.json: everything that a folder's numbers came from, and their hash."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hedgebook.errors import RunFolderError
from hedgebook.reports.page.document import MANIFEST
from hedgebook.reports.page.files import json_text
from hedgebook.reports.page.json import versions
from hedgebook.reports.page.made import made
from hedgebook.universes.fingerprint import of_program
from hedgebook.universes.raw_file import read_bytes

from .call import Call, call_of
from .encode import IS, encode_arguments
from .figures import figures_in
from .numbers import digests
from .prices import encode_market as _prices  # noqa: F401  (what prices and strategies are written down by)
from .strategies import encode_strategy as _strategies  # noqa: F401

FORMAT = 1
KEYS = ("format", "made", "call", "seed", "program", "result")
# Of what is drawn where the caller gives no seed: those of RiskOptions and SweepOptions.
DEFAULT_SEEDS = {"risk": 0, "sweep": 0, "ticket": 0}
REMEDY = "Make the result again with this version to have one."


def manifest_of(result: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of a result whose figures are `values`, those of its JSON file."""
    call = call_of(result)
    told = None if call is None else {"door": call.door, "arguments": encode_arguments(call.arguments)}
    return {
        "format": FORMAT,
        "made": _made(),
        "call": told,
        "seed": None if call is None else seed_of(call),
        "program": of_program(),
        "versions": versions(),
        "result": {"kind": type(result).__name__, **digests(result, values)},
    }


def seed_of(call: Call) -> int | None:
    """The seed of what was drawn, None where nothing is drawn by a seed of the caller's."""
    arguments = call.arguments
    places = (arguments, arguments.get("more") or {}, vars(arguments["options"]) if arguments.get("options") else {})
    for place in places:
        if isinstance(place, Mapping) and isinstance(place.get("seed"), int):
            return int(place["seed"])
    return DEFAULT_SEEDS.get(call.door)


def write_manifest(result: Any, path: Path, values: Mapping[str, Any] | None = None) -> None:
    """Write the manifest of a result beside its other files. Raises OSError.

    values: its figures; None takes those of the JSON file that stands beside it already.
    """
    known = values if values is not None else figures_in(path.parent) or {}
    path.write_text(json_text(manifest_of(result, known)) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder. Raises RunFolderError where there is none or it is damaged."""
    where = str(folder)
    try:
        found = json.loads(read_bytes(folder / MANIFEST, error=RunFolderError))
    except FileNotFoundError:
        what = f"there is no {MANIFEST} here, which says how a result was made"
        raise RunFolderError(what, where=where, remedy=REMEDY) from None
    except (ValueError, RecursionError) as problem:
        raise RunFolderError(f"{MANIFEST} cannot be read: {problem}", where=where, remedy=REMEDY) from None
    if not isinstance(found, dict) or not all(key in found for key in KEYS):
        raise RunFolderError(f"{MANIFEST} does not say how a result was made", where=where, remedy=REMEDY)
    if found["format"] != FORMAT:
        raise RunFolderError(
            f"{MANIFEST} is of another format", where=where, value=found["format"], bound=str(FORMAT), remedy=REMEDY
        )
    return found


def call_told(manifest: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The call of a manifest. Raises RunFolderError where the result was made by none."""
    call = manifest.get("call")
    if not isinstance(call, dict) or not isinstance(call.get("arguments"), dict):
        made = manifest.get("made")
        command = made.get("command") if isinstance(made, dict) else None
        again = "Save what a function of hedgebook gave, as it gave it."
        raise RunFolderError(
            "this result was made by no function that could be called again",
            where=str(folder),
            remedy=f"Run its command again: {command}" if isinstance(command, str) and command else again,
        )
    return call


def market_told(told: Any) -> dict[str, Any] | None:
    """The prices that a call was made with, those of a run that it was given among them."""
    if isinstance(told, dict):
        if told.get(IS) == "prices":
            return told
        told = list(told.values())
    if isinstance(told, list):
        return next((found for found in map(market_told, told) if found is not None), None)
    return None


def _made() -> dict[str, Any]:
    """Command, moment and machine: none of it decides a number."""
    latest = made()
    return {
        "command": None if latest is None else latest.command,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
    }
