"""hedgebook new: a starting file of one's own."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

from hedgebook.errors import ParameterError, did_you_mean

from ..options import DEFAULT_UNIVERSE, Json, grouped
from ..output import console, print_json


@dataclass(frozen=True)
class OwnEvent:
    """What is known of an event that is appended to a library."""

    on: Annotated[str | None, typer.Option("--on", help="Of an event: the day in New York.", metavar="DATE")] = None
    timing: Annotated[
        str | None, typer.Option("--timing", help="When on that day: pre-open, intraday, after-close or weekend.")
    ] = None
    headline: Annotated[str | None, typer.Option("--headline", help="What was announced, in a sentence.")] = None
    sources: Annotated[list[str] | None, typer.Option("--source", help="Where it can be read. May be repeated.")] = None
    tags: Annotated[
        list[str] | None,
        typer.Option(
            "--tag", help="capex-guidance, memory-prices, deployment, miner-contracts, or another. May be repeated."
        ),
    ] = None
    winners: Annotated[
        list[str] | None, typer.Option("--winner", help="A bucket or ticker that should gain. May be repeated.")
    ] = None
    losers: Annotated[
        list[str] | None, typer.Option("--loser", help="A bucket or ticker that should lose. May be repeated.")
    ] = None
    note: Annotated[str, typer.Option("--note", help="What else is known of it.")] = ""
    library: Annotated[
        Path | None,
        typer.Option("--library", help="The file that it is appended to. Default: your own events.", metavar="FILE"),
    ] = None

    @property
    def given(self) -> bool:
        """Whether anything of an event was given."""
        return any(getattr(self, part.name) for part in fields(self))

    def append(self, name: str) -> Path:
        """Append the event to its library, and return that file. Raises EventError, all problems at once."""
        from hedgebook.front.journal.view import user_library
        from hedgebook.universes.event import Event
        from hedgebook.universes.universe import load_universe
        from hedgebook.universes.watch.event_file import append_event

        wanted = {"--on": self.on, "--timing": self.timing, "--headline": self.headline, "--source": self.sources}
        if missing := [option for option, value in wanted.items() if not value]:
            what = f"an event needs {', '.join(missing)}"
            remedy = "Leave all of them out for a commented file to start from."
            raise ParameterError(what, where=name, remedy=remedy)
        event = Event.model_validate(
            {
                "id": name, "announced_on": self.on, "timing": self.timing, "headline": self.headline,
                "sources": tuple(self.sources or ()), "tags": tuple(self.tags or ()),
                "expected_winners": tuple(self.winners or ()), "expected_losers": tuple(self.losers or ()),
                "notes": self.note,
            }
        )  # fmt: skip
        return append_event(self.library or user_library(), event, load_universe(DEFAULT_UNIVERSE))


@grouped
def new(
    event: OwnEvent,
    what: Annotated[
        str, typer.Argument(metavar="trade|universe|event|costs|account|scenario|limits", help="What the file is of.")
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The file is NAME.py or NAME.toml.")],
    toml: Annotated[
        bool, typer.Option("--toml", help="A trade that is made of others, rather than a class in Python.")
    ] = False,
    json: Json = False,
) -> None:
    """Write a commented file to start from; it can be used as it is, and no file is replaced.

    With --on, --timing, --headline and --source an event is appended to a library of your own instead, and stands in
    the journals of the trades that it matters to.
    """
    from hedgebook.strategies.catalogue.starting import KINDS, starting_file

    if what == "event" and event.given:
        _say_appended(event.append(name), name, as_json=json)
        return
    if event.given:
        raise ParameterError("--on, --tag and the others are of an event", value=what, remedy="Write: new event NAME")

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


def _say_appended(path: Path, name: str, *, as_json: bool) -> None:
    show = f"hedgebook events {name} --events {path}"
    if as_json:
        print_json({"file": str(path), "event": name, "show": show})
        return
    for line in (f"Appended {name} to {path}.", f"Show it: {show}"):
        console().print(line, soft_wrap=True)


def _commands(what: str, name: str, strategy: str, path: Path) -> tuple[str, str]:
    """How a file is used, and how it is looked at."""
    from hedgebook.strategies.catalogue.starting import COMMANDS, filled

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
