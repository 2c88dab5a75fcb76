"""What commands print: one JSON object, or tables for people; errors and progress on standard error."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .plain import plain, plain_cell, plain_json
from .streams import quiet_stdout, speaks_unicode

if TYPE_CHECKING:
    from rich.console import Console

    from hedgebook.reports.page.table import Table

PROGRESS_AFTER_SECONDS = 1.0


EXIT_INTERRUPTED = 130
NOTHING_WRITTEN = "stopped; nothing was written"


class Stopped(Exception):  # noqa: N818
    """A command was stopped by its user; the message says what is kept."""


def stop_at_once(kept: Path | None) -> NoReturn:
    """Leave without waiting for threads, which may still write parts under names that are not final.

    kept: the file without which nothing can be gone on with, None where nothing is kept.
    """
    said = "stopped at once; go on with --resume" if kept is not None and kept.is_file() else NOTHING_WRITTEN
    print(f"hedgebook: {said}", file=sys.stderr, flush=True)
    os._exit(EXIT_INTERRUPTED)


def print_json(value: Mapping[str, Any]) -> None:
    """Print exactly one JSON object on standard output, the reasons of its nulls beside them.

    Letters that the output cannot take, and names of files that are no text, are written as JSON's escapes.
    """
    from hedgebook.reports.page.undefined import reasoned

    value = value if "error" in value else reasoned(dict(value))
    text = plain_json(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))
    try:
        text.encode("utf-8" if speaks_unicode() else "ascii")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2, allow_nan=False)
    try:
        print(text)
    except BrokenPipeError:
        # The reader has gone (`hedgebook events --json | head`): what the command does goes on all the same.
        quiet_stdout()


def print_error(problem: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one message on standard error and, for scripts, the same as a JSON object on standard output."""
    if as_json:
        try:
            print_json({"error": dict(problem)})
            sys.stdout.flush()
        except OSError:
            quiet_stdout()
    with suppress(OSError):  # Nobody listens, and the exit code still tells.
        print(f"hedgebook: {plain(str(problem['message']))}", file=sys.stderr, flush=True)


def console(*, stderr: bool = False) -> Console:
    """A console that never interprets what it is given as markup, and no control character."""
    from .plain_console import PlainConsole

    return PlainConsole(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=False)


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """Show on standard error what takes longer than a second, and for how long, on a terminal only.

    Gives a function that changes the words when the next phase begins.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    shown = Progress(*columns, console=console(stderr=True), transient=True)
    task = shown.add_task(what, total=None)
    timer = threading.Timer(PROGRESS_AFTER_SECONDS, shown.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda words: shown.update(task, description=words)
    finally:
        timer.cancel()
        shown.stop()


def print_tables(*tables: Table) -> None:
    """Print tables one under the other; an empty one is left out, and so are columns that a terminal has no room for.

    A file or a pipe has no width: there every column is printed, on lines as long as they must be.
    """
    out = console()
    whole = not has_width()
    for table in tables:
        if table.rows:
            _print_table(out, table, whole=whole)


def has_width() -> bool:
    """Whether standard output is a terminal, or stands in for one whose width COLUMNS gives."""
    given = os.environ.get("COLUMNS", "")
    return sys.stdout.isatty() or (given.isascii() and given.isdigit())


def _print_table(out: Console, table: Table, *, whole: bool) -> None:
    from rich.text import Text

    from .layout import set_table

    table = _plain(table)
    made = set_table(table, out.width, whole=whole)
    if table.title:
        out.print(table.title, style="bold")
    for line in made.head:
        out.print(Text(line, style="bold"), soft_wrap=True)
    first_total = len(table.rows) - table.totals
    for i, row in enumerate(made.rows):
        if table.totals and i == first_total:
            out.print()
        for line in row:
            out.print(Text(line, style="bold" if i >= first_total else ""), soft_wrap=True)
    if table.note:
        out.print(table.note, style="dim")
    if made.left_out:
        named = ", ".join(made.left_out)
        out.print(f"Not shown at this width: {named}; see the report or --json.", style="dim")
    out.print()


def _plain(table: Table) -> Table:
    """The same table with what a terminal would obey in its cells shown, each cell on one line."""
    return replace(
        table,
        title=plain_cell(table.title),
        columns=tuple(replace(column, name=plain_cell(column.name)) for column in table.columns),
        rows=tuple(tuple(plain_cell(cell) for cell in row) for row in table.rows),
    )
