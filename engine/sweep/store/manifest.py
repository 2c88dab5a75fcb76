"""What a sweep is, so that another can be told to be the same: format, version, table and job, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from hedgebook.errors import ParameterError, RunFolderError
from hedgebook.universes.fingerprint import Difference, bare, differences

from .chunk import ChunkLayout, Job

FORMAT = 2
IDENTITY = ("format", "hedgebook", "count", "chunk_sets", "metrics", "columns", "block_sessions", "job")
# In the order in which differences are told: what a user gave before what follows from it.
COMPARED = ("format", "hedgebook", "job", *(key for key in IDENTITY if key not in ("format", "hedgebook", "job")))
SHOWN = 3
RUNNING, INTERRUPTED, DONE = "running", "interrupted", "done"
ABSENT = "nothing"


def identity(job: Job, layout: ChunkLayout) -> dict[str, Any]:
    """Everything that decides what is in a sweep's folder, as JSON gives it back.

    Raises ParameterError where the job's manifest is not ready for JSON.
    """
    found = {
        "format": FORMAT,
        "hedgebook": version("hedgebook"),
        "count": layout.count,
        "chunk_sets": layout.chunk_sets,
        "metrics": list(layout.metrics),
        "columns": dict(layout.types),
        "block_sessions": list(layout.block_sessions),
        "job": dict(job.manifest()),
    }
    try:
        text = json.dumps(found, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise ParameterError(f"cannot be written as JSON: {problem}", where="the sweep's manifest") from None
    made: dict[str, Any] = json.loads(text)
    return made


def digest(known: Mapping[str, Any]) -> str:
    """SHA-256 of an identity, the same whatever the order of its keys and the names of files; column order counts."""
    ordered = {**bare(known), "columns": list(known["columns"].items())}
    return sha256(json.dumps(ordered, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def layout_of(manifest: Mapping[str, Any]) -> ChunkLayout:
    """The layout of a manifest. Raises KeyError, TypeError, ValueError or ParameterError where it tells of none."""
    made = ChunkLayout(
        count=int(manifest["count"]),
        chunk_sets=int(manifest["chunk_sets"]),
        metrics=tuple(manifest["metrics"]),
        types=tuple(manifest["columns"].items()),
        block_sessions=tuple(float(count) for count in manifest["block_sessions"]),
    )
    made.check()
    return made


def check_same(there: Mapping[str, Any], wanted: Mapping[str, Any], where: str) -> None:
    """Raise RunFolderError that names the first keys in which two identities differ, and both values."""
    found = [str(one) for key in COMPARED for one in _differences(key, there.get(key, ABSENT), wanted[key])]
    if found:
        # What was derived from a difference differs as well; the first ones are what it comes from.
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise RunFolderError(
            f"the folder holds another sweep: {'; '.join(found[:SHOWN])}{more}",
            where=where,
            remedy="Resume with the same arguments and data; else choose another folder or --overwrite.",
        )


def other_blocks(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether two identities differ in the blocks of sessions that moments are summed by, and in nothing else.

    A sweep that was stopped before all of its sets were planned had thought of other sessions than they turned out.
    """
    known, asked = ({**one, "job": dict(one["job"])} for one in ({key: there[key] for key in IDENTITY}, wanted))
    for one in (known, asked):
        one["block_sessions"] = one["job"]["blocks"] = None
    return digest(there) != digest(wanted) and digest(known) == digest(asked)


def _differences(key: str, old: Any, new: Any) -> Iterator[Difference]:
    """The job's parts go by their own names; the order of columns counts."""
    yield from differences("" if key == "job" else key, old, new)
    if key == "columns" and isinstance(old, dict) and list(old) != list(new) and sorted(old) == sorted(new):
        yield Difference("columns in order", list(old), list(new))
