"""hedgebook replay: make a result again from its folder, and say whether it is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options import Json
from ..output import console, print_json, progress

EXIT_DIFFERENT = 1


def replay(
    folder: Annotated[Path, typer.Argument(help="A folder that --out, or save in Python, has written.")],
    prices: Annotated[Path | None, typer.Option("--prices", help="Another place of the price file.")] = None,
    universe: Annotated[
        str | None, typer.Option("--universe", help="Another universe, shipped or a TOML file.", metavar="NAME|FILE")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Another seed, of what is drawn.")] = None,
    recorded: Annotated[
        bool,
        typer.Option(
            "--recorded", help="Every input but prices as the manifest holds it; code that stands there runs."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a result again from its folder: identical, or the first input and the first number that differ.

    Exit code 0 for identical, 1 for anything else.
    """
    from hedgebook.front.replay import replay as front

    given = {} if seed is None else {"seed": seed}
    with progress("Making it again"):
        done = front.replay(folder, recorded=recorded, prices=prices, universe=universe, **given)
    if as_json:
        print_json(done.to_dict())
    else:
        out = console()
        out.print(done.verdict, soft_wrap=True)
        for one in done.inputs[1 : front.MOST_SHOWN]:
            out.print(f"Differs too: {one}", soft_wrap=True)
        for note in done.notes:
            out.print(f"Note: {note}", soft_wrap=True)
    if not done.identical:
        raise typer.Exit(EXIT_DIFFERENT)
