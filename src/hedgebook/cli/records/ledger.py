"""hedgebook ledger: what was run in a workspace, and how many trials that makes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hedgebook.errors import ParameterError

from ..options import Json
from ..output import console, print_json, print_tables

MOST = 20


def ledger(
    do: Annotated[str, typer.Argument(help="ls or clear.", metavar="ls|clear")] = "ls",
    most: Annotated[int, typer.Option("--most", help="How many lines ls shows, newest first.")] = MOST,
    as_json: Json = False,
) -> None:
    """Show or clear the trial ledger: every run, sweep and search of the workspace.

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
        count = front.clear()
        _say({"ledger": str(place), "cleared": count}, f"Cleared {count:,} lines of {place}", as_json)
        return
    lines, trials = front.opened(place).lines(most), front.trials()
    _say({"ledger": str(place), "trials": trials, "lines": lines}, "", as_json)
    if not as_json:
        _print(lines, trials, str(place))


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
    console().print(f"{trials:,} different trials in {place}", soft_wrap=True)
