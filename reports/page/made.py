"""What made a report: the command, the day and the versions."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from hedgebook.errors import MOST_TEXT, shortened, without_secrets

if TYPE_CHECKING:
    from .section import Section

PROGRAM = "hedgebook"
# The URL of a database with a slash too few may hold a password all the same.
MISTYPED = re.compile(r"(postgres(ql)?|mysql|mariadb|mssql|oracle)(\+\w+)?:", re.IGNORECASE)


@dataclass(frozen=True)
class Made:
    """A command as it was typed, without what is secret in it, and the day on which it ran."""

    command: str
    on: date


class _Latest:
    """The command that this process runs; None where a script calls the functions."""

    made: Made | None = None


def remember_command(arguments: Sequence[str], on: date) -> None:
    """Keep the arguments of the command that runs now for the reports that it writes.

    A URL that holds a user or a key stands there as its scheme alone.
    """
    shown = [shlex.quote(_shown(argument)) for argument in arguments]
    _Latest.made = Made(shortened(" ".join((PROGRAM, *shown)), MOST_TEXT), on)


def forget_command() -> None:
    """What is written from now on was made by no command."""
    _Latest.made = None


def made() -> Made | None:
    """The command that this process runs, None where a script calls the functions."""
    return _Latest.made


def made_section() -> Section:
    """How a report came to be: its command and day where a command made it, and the versions."""
    # Imported here: the command line remembers its arguments before it knows that anything heavy is needed.
    from .json import versions
    from .section import Section

    latest = made()
    command = () if latest is None else (("Command", latest.command), ("Made on", f"{latest.on:%Y-%m-%d}"))
    told = ", ".join(f"{name} {number}" for name, number in versions().items())
    return Section("versions", "How this was made", facts=(*command, ("Versions", told)), end=True)


def _shown(argument: str) -> str:
    option, there, value = argument.partition("=")
    if there and option.startswith("--"):
        return f"{option}={_shown(value)}"
    return without_secrets(argument) or "" if "://" in argument or MISTYPED.match(argument) else argument
