"""The console on which commands print."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from .plain import plain
from .streams import quiet_stdout


class PlainConsole(Console):
    """Prints text as `plain` gives it: titles, notes and names come from files."""

    def on_broken_pipe(self) -> None:
        """Say no more where the reader has gone; rich itself would end the command here, half-way."""
        self.quiet = True
        if not self.stderr:
            quiet_stdout()

    def print(self, *objects: Any, **how: Any) -> None:
        """As rich does."""
        super().print(*(plain(one) if isinstance(one, str) else one for one in objects), **how)
