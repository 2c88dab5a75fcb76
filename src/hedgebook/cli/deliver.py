"""How every command ends that writes a folder: the folder first, then one JSON object or a page for people."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

import typer

from hedgebook.errors import ParameterError

from .options import Json
from .output import console, print_json, print_tables, progress
from .streams import keep

if TYPE_CHECKING:
    from hedgebook.reports.page.section import Header
    from hedgebook.reports.page.table import Table

NAME_BYTES = 120
PDF, WORKBOOK = "report.pdf", "report.xlsx"


class Paper(Enum):
    """The pages of a PDF."""

    A4 = "a4"
    LETTER = "letter"


class Readable(Protocol):
    """What can be read as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that its JSON file holds."""
        ...


class Deliverable(Readable, Protocol):
    """What a command has made: it can be written as a folder as well."""

    def save(
        self, folder: str | Path, *, overwrite: bool = False, pdf: bool = False, paper: str = "a4", xlsx: bool = False
    ) -> Path:
        """Write the folder, all of it or nothing; pdf: its report as report.pdf too; xlsx: a workbook too."""
        ...


def default_folder(name: str) -> Path:
    """runs/NAME-TIME, whatever stands in a name: letters, digits, - and _ are kept, and so many that it fits.

    Names come from files of other people; as parts of a path they could lead anywhere.
    """
    plain = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
    try:
        os.fsencode(plain)
    except UnicodeEncodeError:
        plain = plain.encode("ascii", "replace").decode().replace("?", "-")
    while len(os.fsencode(plain)) > NAME_BYTES:
        plain = plain[:-1]
    return Path("runs") / f"{plain or 'run'}-{datetime.now():%Y%m%d-%H%M%S-%f}"


@dataclass(frozen=True)
class MaybeFolder:
    """Where a result goes that is written where a folder is named, and printed in any case."""

    out: Annotated[
        Path | None, typer.Option("--out", help="Write figures and report to this folder.", metavar="DIR")
    ] = None
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier result of this kind in that folder.")
    ] = False
    pdf: Annotated[bool, typer.Option("--pdf", help="The report as report.pdf in the folder too.")] = False
    paper: Annotated[
        Paper | None, typer.Option("--paper", help="Of the PDF's pages: a4, which is the default, or letter.")
    ] = None
    xlsx: Annotated[bool, typer.Option("--xlsx", help="A workbook, report.xlsx, in the folder too.")] = False
    view: Annotated[bool, typer.Option("--view", help="Open the report in the browser.")] = False
    json: Json = False

    # Whether there is a folder without a name that was given.
    always: ClassVar[bool] = False

    def __post_init__(self) -> None:
        asked = "--pdf" if self.pdf else "--xlsx" if self.xlsx else "--view"
        if (self.pdf or self.xlsx or self.view) and self.out is None and not self.always:
            raise ParameterError("there is no folder for it", where=asked, remedy="Name one with --out.")
        if self.paper is not None and not self.pdf:
            raise ParameterError("only a PDF has a paper", where="--paper", remedy="To have one, add --pdf.")

    @property
    def documents(self) -> dict[str, Any]:
        """What is asked for beside the report, as `save` takes it."""
        return {"pdf": self.pdf, "paper": (self.paper or Paper.A4).value, "xlsx": self.xlsx}

    def deliver(self, made: Deliverable) -> bool:
        """Write what was made where a folder is named, and print it where JSON is asked for.

        Returns whether the page for people is still to be printed.
        """
        if self.out is not None:
            with progress("Writing the report"):
                made.save(self.out, overwrite=self.overwrite, **self.documents)
        return self.written(made)

    def written(self, made: Readable) -> bool:
        """The same for what has written its folder itself."""
        where = {}
        if self.out is not None:
            keep(self.out)  # For a message, should the output then not be shown.
            where = {"folder": str(self.out), "report": str(self.out / "report.html")}
            if self.pdf:
                where["pdf"] = str(self.out / PDF)
            if self.xlsx:
                where["xlsx"] = str(self.out / WORKBOOK)
            if self.view:
                open_in_browser(self.out / "report.html")
        note(made)
        if self.json:
            print_json({**made.to_dict(), **where})
        return not self.json


def note(made: object) -> None:
    """Add what a command has run to the ledger of the workspace, if it is a trial and a ledger is kept.

    A ledger that cannot be written is told in one line; what was run stands all the same.
    """
    from hedgebook import ledger
    from hedgebook.errors import HedgebookError
    from hedgebook.front.replay.call import call_of

    if ledger.path() is None or call_of(made) is None:
        return
    try:
        ledger.note(made)
    except HedgebookError as problem:
        print(f"hedgebook: note: {problem}", file=sys.stderr, flush=True)


def open_in_browser(page: Path) -> None:
    """Show a page to who sits before this machine; where there is no browser its path is printed as always."""
    import webbrowser

    with suppress(webbrowser.Error):
        webbrowser.open(page.resolve().as_uri())


@dataclass(frozen=True)
class ToFolder(MaybeFolder):
    """Where a result goes that is written in any case."""

    always = True

    out: Annotated[Path | None, typer.Option("--out", help="The folder. Default: runs/NAME-TIME.", metavar="DIR")] = (
        None
    )

    def named(self, name: str) -> ToFolder:
        """The same with a folder: the one that was given, else runs/NAME-TIME."""
        return replace(self, out=self.out or default_folder(name))


def print_page(
    top: Header,
    tables: Sequence[Table],
    warnings: Sequence[str],
    folder: Path | None,
    *,
    subtitle: str = "",
    not_run: Sequence[str] = (),
) -> None:
    """Print a result as a report begins: title, badges, verdict, then its tables, notes and the report's path.

    not_run: what could not be done, before the notes; folder: None where no report was written.
    """
    out = console()
    out.print(top.title, style="bold")
    for badge in top.badges:
        out.print(badge, style="bold red")
    if subtitle:
        out.print(subtitle, style="dim")
    out.print(top.verdict)
    out.print()
    print_tables(*tables)
    for problem in not_run:
        out.print(f"Not run: {problem}")
    for warning in warnings:
        out.print(f"Note: {warning}")
    print_report_path(folder)


def print_report_path(folder: Path | None) -> None:
    """Print where a report was written, nothing where none was."""
    if folder is not None:
        console().print(f"Report: {folder / 'report.html'}", soft_wrap=True)
        if (folder / PDF).exists():
            console().print(f"PDF: {folder / PDF}", soft_wrap=True)
        if (folder / WORKBOOK).exists():
            console().print(f"Workbook: {folder / WORKBOOK}", soft_wrap=True)
