"""What commands print: one JSON object, or tables for people; errors and progress on standard error."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from hedgebook.reports.table import Table

PROGRESS_AFTER_SECONDS = 1.0


class Stopped(Exception):  # noqa: N818
    """A command was stopped by its user; the message says what is kept."""


def print_json(value: Mapping[str, Any]) -> None:
    """Print exactly one JSON object on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_error(problem: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one message on standard error and, for scripts, the same as a JSON object on standard output."""
    if as_json:
        print_json({"error": dict(problem)})
    print(f"hedgebook: {problem['message']}", file=sys.stderr)


def console(*, stderr: bool = False) -> Console:
    """A console that never interprets what it is given as markup."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=False)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show a line on standard error while something takes longer than a second, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    status = console(stderr=True).status(what)
    timer = threading.Timer(PROGRESS_AFTER_SECONDS, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        status.stop()


def print_tables(*tables: Table) -> None:
    """Print tables one under the other; an empty one is left out."""
    out = console()
    for table in tables:
        if table.rows:
            out.print(_rich_table(table))
            if table.note:
                out.print(table.note, style="dim")
            out.print()


def _rich_table(table: Table) -> Any:
    """A rich table: names and numbers stay on one line, longer text wraps."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text

    made = RichTable(
        title=Text(table.title, style="bold"),
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for j, column in enumerate(table.columns):
        made.add_column(
            Text(column.name), justify="right" if column.right else "left", no_wrap=column.right or j == 0
        )
    first_total = len(table.rows) - table.totals
    for i, row in enumerate(table.rows):
        made.add_row(
            *(Text(cell) for cell in row),
            style="bold" if i >= first_total else "",
            end_section=table.totals > 0 and i == first_total - 1,
        )
    return made
