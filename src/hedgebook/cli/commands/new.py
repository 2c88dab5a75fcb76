"""hedgebook new: a starting file of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hedgebook.errors import ParameterError, did_you_mean

from ..options import Json
from ..output import console, print_json

if TYPE_CHECKING:
    from pathlib import Path


def new(
    what: Annotated[
        str, typer.Argument(metavar="trade|universe|event|costs|account|scenario|limits", help="What the file is of.")
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The file is NAME.py or NAME.toml.")],
    toml: Annotated[
        bool, typer.Option("--toml", help="A trade that is made of others, rather than a class in Python.")
    ] = False,
    json: Json = False,
) -> None:
    """Write a commented file to start from; it can be used as it is, and no file is replaced."""
    from hedgebook.strategies.catalogue.starting import KINDS, starting_file

    if what not in KINDS:
        raise ParameterError("there is nothing new of this kind", value=what, remedy=did_you_mean(what, KINDS))
    path, text, strategy = starting_file(what, name, toml=toml or what == "universe")
    _write(path, text)
    run, show = _commands(what, name, strategy, path)
    if json:
        print_json({"file": str(path), "run": run, "show": show})
        return
    out = console()
    for line in (f"Wrote {path}.", f"Run it:  {run}", f"Show it: {show}"):
        out.print(line, soft_wrap=True)


def _commands(what: str, name: str, strategy: str, path: Path) -> tuple[str, str]:
    """How a file is used, and how it is looked at."""
    from hedgebook.strategies.catalogue.starting_files import COMMANDS, filled

    if what in COMMANDS:
        run, show = (filled(text, name) for text in COMMANDS[what])
        return run, show
    if strategy:
        return f"hedgebook run {strategy}", f"hedgebook run {strategy} --parameters"
    # The sample market has a universe of its own.
    return f"hedgebook run --prices PRICES --universe {path}", f"hedgebook universes {path}"


def _write(path: Path, text: str) -> None:
    """Write a new file whole or not at all. Raises ParameterError where there is one already, or none can be."""
    try:
        file = path.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        what, remedy = "this file is there already, and is left as it is", "Choose another name."
        raise ParameterError(what, where=str(path), remedy=remedy) from None
    except OSError as problem:
        raise ParameterError(f"it cannot be written: {problem.strerror or problem}", where=str(path)) from None
    try:
        with file:
            file.write(text)
    except OSError as problem:
        path.unlink()
        raise ParameterError(f"it cannot be written: {problem.strerror or problem}", where=str(path)) from None
