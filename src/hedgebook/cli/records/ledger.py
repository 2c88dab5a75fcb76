"""hedgebook ledger: what was run in a workspace, and how many trials that makes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted

from ..options import Json
from ..output import console, print_json, print_tables

if TYPE_CHECKING:
    from hedgebook.front.ledger.store import Ledger

MOST = 20


def ledger(
    do: Annotated[str, typer.Argument(help="ls or clear.", metavar="ls|clear")] = "ls",
    most: Annotated[int, typer.Option("--most", help="How many lines ls shows, newest first.")] = MOST,
    yes: Annotated[bool, typer.Option("--yes", help="Clear without asking; needed where nobody can be asked.")] = False,
    as_json: Json = False,
) -> None:
    """Show or clear the trial ledger: every run, sweep, verdict and search of the workspace.

    The workspace is the nearest folder upward that has a folder .hedgebook in it; without one it is all that the user
    runs. HEDGEBOOK_LEDGER=FILE names another file, HEDGEBOOK_LEDGER=off and --no-ledger keep none.
    """
    from hedgebook import ledger as front

    if do not in ("ls", "clear"):
        raise ParameterError("unknown word", where="ledger", value=do, bound="ls or clear")
    if most < 1:
        raise ParameterError("this is no number of lines", where="--most", value=most, bound="1 or more")
    place = front.path()
    if place is None:
        told: dict[str, Any] = {"ledger": None, "trials": 0, "lines": []}
        _say(told, "The ledger is switched off.", as_json)
        return
    if do == "clear":
        _clear(front.opened(place), str(place), yes=yes, as_json=as_json)
        return
    lines, trials = front.opened(place).lines(most), front.trials()
    _say({"ledger": str(place), "trials": trials, "lines": lines}, "", as_json)
    if not as_json:
        _print(lines, trials, str(place))


def _clear(held: Ledger, place: str, *, yes: bool, as_json: bool) -> None:
    """Delete every line, once who types has said so. Raises ParameterError where nobody can be asked."""
    count = held.count()
    what = f"{counted(count, 'line')} of {place}"
    if count and not yes:
        if as_json or not _someone_is_there():
            remedy = "Add --yes: they cannot be brought back, and luck is judged without them from then on."
            raise ParameterError(f"this deletes {what}", where="ledger clear", remedy=remedy)
        if not typer.confirm(f"Delete {what}? They cannot be brought back.", err=True):
            console().print("Nothing was deleted.")
            raise typer.Exit(1)
    cleared = held.clear()
    _say({"ledger": place, "cleared": cleared}, f"Cleared {counted(cleared, 'line')} of {place}", as_json)


def _someone_is_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _say(told: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json(told)
    elif sentence:
        console().print(sentence, soft_wrap=True)


def _print(lines: list[dict[str, Any]], trials: int, place: str) -> None:
    from hedgebook.reports.page.table import Column, Table

    names = ("No.", "Made at", "Kind", "Strategy", "Trials", "Result")
    rows = [
        (str(one["number"]), one["made_at"], one["kind"], one["name"], f"{one['trials']:,}", one["result_sha256"][:12])
        for one in lines
    ]
    columns = tuple(Column(name) for name in names)
    print_tables(Table("Trial ledger", columns, tuple(rows)))
    console().print(f"{counted(trials, 'different trial')} in {place}", soft_wrap=True)
