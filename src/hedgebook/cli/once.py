"""Commands that refuse an option with a value that is given twice, where the last one would win without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand

from hedgebook.errors import ParameterError


class Once(TyperCommand):
    """A command whose options with a value are given once, unless they collect values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments. Raises ParameterError for an option that is there twice."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        seen = set()
        for one in order:
            if getattr(one, "multiple", True) or getattr(one, "is_flag", True) or one.param_type_name != "option":
                continue
            if one.name in seen:
                raise ParameterError("this option is given twice", where=max(one.opts, key=len), remedy="Give it once.")
            seen.add(one.name)
        return super().parse_args(ctx, args)


class Commands(typer.Typer):
    """A group of commands of that class."""

    def command(self, name: str | None = None, **more: Any) -> Callable[[Any], Any]:
        """Add a command; `more` as typer has it."""
        return super().command(name, **{"cls": Once, **more})
