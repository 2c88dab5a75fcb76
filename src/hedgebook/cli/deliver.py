"""How every command ends that writes a folder: the folder first, then one JSON object or a page for people."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .output import console, print_json, print_tables, progress
from .streams import keep

if TYPE_CHECKING:
    from hedgebook.reports.page.section import Header
    from hedgebook.reports.page.table import Table

NAME_BYTES = 120


class Savable(Protocol):
    """What can be written as a folder."""

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the folder, all of it or nothing."""
        ...


class Deliverable(Savable, Protocol):
    """What a command has made: it can be written as a folder and read as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that its JSON file holds."""
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


def write_folder(made: Savable, folder: Path, *, overwrite: bool) -> None:
    """Write what was made, and remember where for a message should the output then not be shown."""
    with progress("Writing the report"):
        made.save(folder, overwrite=overwrite)
    keep(folder)


def deliver(made: Deliverable, name: str, out: Path | None, *, overwrite: bool, as_json: bool) -> Path | None:
    """Write what was made to `out`, or to runs/NAME-TIME; print it where JSON is asked for.

    Returns the folder where the page for people is still to be printed, else None.
    """
    folder = out or default_folder(name)
    write_folder(made, folder, overwrite=overwrite)
    if not as_json:
        return folder
    print_json({**made.to_dict(), "folder": str(folder), "report": str(folder / "report.html")})
    return None


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
    if folder is not None:
        out.print(f"Report: {folder / 'report.html'}", soft_wrap=True)
