"""hedgebook report: the documents of a folder again, without running anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import PDF, WORKBOOK, MaybeFolder, print_page
from ..options import grouped
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.replay.kept_report import KeptReport
    from hedgebook.reports.page.document import Copies

REPORT = "report.html"


@dataclass(frozen=True)
class IntoFolder(MaybeFolder):
    """Where documents go that are made again: into the folder that they are of, or another one."""

    always = True

    out: Annotated[
        Path | None,
        typer.Option("--out", help="Another folder for the documents. Default: the folder itself.", metavar="DIR"),
    ] = None


@grouped
def report(
    folder: Annotated[
        Path, typer.Argument(help="The folder of a run, sweep, risk report or any other result.", metavar="FOLDER")
    ],
    to: IntoFolder,
) -> None:
    """Write the report of a finished result again: page, PDF and workbook, without running anything.

    For example: hedgebook report runs/first --pdf --paper letter
    """
    from hedgebook.front.replay.kept_report import load_report

    found = load_report(folder)
    with progress("Writing the report"):
        if to.out is None:
            _write(found, folder, to)
        else:
            _write_folder(found, to)
    to = replace(to, out=to.out or folder)
    if to.written(found):
        document = found._document()
        top = document.header
        tables = () if top.figures is None else (top.figures,)
        print_page(top, tables, (), to.out)


def _write(found: KeptReport, folder: Path, to: IntoFolder) -> None:
    """Write what is asked for into a folder, each file whole or not at all."""
    found.report(folder / REPORT)
    for name, write in _copies(found, to).items():
        write(folder / name)


def _write_folder(found: KeptReport, to: IntoFolder) -> None:
    from hedgebook.reports.page.folder import save_folder

    assert to.out is not None

    def write(beside: Path) -> None:
        found.report(beside / REPORT)

    save_folder(to.out, (REPORT,), write, overwrite=to.overwrite, also=_copies(found, to))


def _copies(found: KeptReport, to: IntoFolder) -> Copies:
    paper = str(to.documents["paper"])
    return {
        **({PDF: lambda path: found.pdf(path, paper)} if to.pdf else {}),
        **({WORKBOOK: found.xlsx} if to.xlsx else {}),
    }
