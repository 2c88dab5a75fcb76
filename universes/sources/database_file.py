"""What databases that are one file share: the file, what is asked of it, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hedgebook.errors import PriceDataError, did_you_mean

from ..raw_file import files_in, is_file
from .sql import OPTIONS, Asked, asked_in
from .url import SourceURL


@dataclass(frozen=True)
class DatabaseFile:
    """A table or a query of a database that is one file."""

    path: Path
    asked: Asked
    name: str

    @classmethod
    def of(cls, url: SourceURL) -> Self:
        """The source that a URL names. Raises PriceDataError."""
        url.only(*OPTIONS)
        path = url.file()
        # As a URL that reads the same again from the same folder.
        label = f"{url.scheme}:///{path}{asked_in(url)}"
        return cls(path, Asked.of(url, label), label)

    @property
    def label(self) -> str:
        """What it is called in output."""
        return self.asked.label


def check_there(path: Path, suffixes: tuple[str, ...]) -> None:
    """Raises PriceDataError where there is no such file."""
    if not is_file(path):
        near = files_in(path.parent, suffixes)
        remedy = did_you_mean(path.name, near) if near else f"The folder {path.parent} has no database."
        raise PriceDataError("there is no such file", where=str(path), remedy=remedy)
