"""The console on which commands print."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from .plain import plain


class PlainConsole(Console):
    """Prints text as `plain` gives it: titles, notes and names come from files."""

    def print(self, *objects: Any, **how: Any) -> None:
        """As rich does."""
        super().print(*(plain(one) if isinstance(one, str) else one for one in objects), **how)
