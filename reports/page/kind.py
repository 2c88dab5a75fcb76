"""What a kind of result is as documents: its report, its figures as JSON, and its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from .document import NO_COPIES, Copies, Document, remembered
from .files import write_json
from .folder import save_folder
from .html import render_document, write_page
from .section import Header, Section

T = TypeVar("T")
REPORT = "report.html"


@dataclass(frozen=True, eq=False)
class ReportKind(Generic[T]):
    """What is written of every result of one kind.

    json: the file of its figures; to_dict: these, as values that JSON has; header, sections: what its report says;
    more: what writes a further file of its folder, by name, for a result that has it.
    """

    json: str
    to_dict: Callable[[T], dict[str, Any]]
    header: Callable[[T], Header]
    sections: Callable[[T], tuple[Section, ...]]
    more: Mapping[str, Callable[[T, Path], None]] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        """The files of its folder, without the copies that may stand beside them."""
        return (self.json, *self.more, REPORT)

    @cached_property
    def document(self) -> Callable[[T], Document]:
        """What every document says of a result, made once for each as long as that lives."""

        @remembered
        def document(result: T) -> Document:
            return Document(self.header(result), self.sections(result))

        return document

    def html(self, result: T) -> str:
        """The report as HTML text."""
        return render_document(self.document(result))

    def report(self, result: T, path: str | Path) -> Path:
        """Write the report to a file and return its path. Raises RunFolderError where that fails."""
        return write_page(self.html(result), path)

    def save(self, result: T, folder: str | Path, *, overwrite: bool = False, also: Copies = NO_COPIES) -> Path:
        """Write the folder of a result, all of it or nothing, and return it.

        overwrite, also: as in `save_folder`. Raises RunFolderError as it does.
        """

        def write(target: Path) -> None:
            write_json(self.to_dict(result), target / self.json)
            for name, write_file in self.more.items():
                write_file(result, target / name)
            self.report(result, target / REPORT)

        return save_folder(folder, self.files, write, overwrite=overwrite, also=also)
