"""A report as a value that every kind of document is made of, and the copies that may stand beside its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar
from weakref import finalize, ref

from hedgebook.errors import RunFolderError

from .files import write_whole_bytes
from .made import made
from .section import Header, Section

F = TypeVar("F", bound=Callable[..., Any])

PDF, WORKBOOK, MANIFEST, KEPT = "report.pdf", "report.xlsx", "manifest.json", "report.json.gz"
# What a folder may hold beside the files of its kind; PDF and workbook are written where they are asked for.
COPIES = (PDF, WORKBOOK, MANIFEST, KEPT)
# How each copy is written, by its name.
Copies = Mapping[str, Callable[[Path], object]]
NO_COPIES: Copies = {}


@dataclass(frozen=True)
class Document:
    """What a report says. made_at: the moment that stands in its files, None where they are to tell none."""

    header: Header
    sections: tuple[Section, ...]
    made_at: datetime | None = None


def write_document(data: bytes, path: Path) -> Path:
    """Write a document to a file, all of it or nothing, and return its path. Raises RunFolderError where that fails."""
    try:
        write_whole_bytes(data, path)
    except OSError as problem:
        what = f"the document cannot be written: {problem.strerror or problem}"
        raise RunFolderError(what, where=str(path)) from problem
    return path


def remembered(make: F) -> F:
    """A function that makes the document of a result, once for each result as long as that lives.

    What a folder holds is the same content several times: page, PDF, workbook and the content itself.
    """
    known: dict[int, tuple[Any, Any, Document]] = {}

    @wraps(make)
    def document(result: Any, *more: Any, **named: Any) -> Document:
        told, key = (made(), more, tuple(named.items())), id(result)
        found = known.get(key)
        if found is not None and found[0]() is result and found[1] == told:
            return found[2]
        new: Document = make(result, *more, **named)
        if key not in known:
            finalize(result, known.pop, key, None)
        known[key] = (ref(result), told, new)
        return new

    return document  # type: ignore[return-value]
