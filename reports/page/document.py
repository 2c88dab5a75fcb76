"""A report as a value that every kind of document is made of, and the copies that may stand beside its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hedgebook.errors import RunFolderError

from .files import write_whole_bytes
from .section import Header, Section

PDF, WORKBOOK, MANIFEST = "report.pdf", "report.xlsx", "manifest.json"
# What a folder may hold beside the files of its kind; documents are written where they are asked for.
COPIES = (PDF, WORKBOOK, MANIFEST)
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
