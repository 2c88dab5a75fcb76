"""What is said of an option or argument that cannot be read, in words of our own where typer has those of others."""

from __future__ import annotations

from typing import Any

WHOLE, NUMBER = "this is not a whole number", "this is not a number"


def usage_message(problem: Any) -> str:
    """The message of a typer exception; of a number that cannot be read with what was given and what may be meant."""
    found = getattr(problem.__cause__, "errors", None)
    option = getattr(getattr(problem, "param", None), "opts", None)
    if not callable(found) or not option:
        return str(problem.format_message())
    first = found(include_url=False)[0]
    kind, value = str(first["type"]), first["input"]
    if not kind.startswith(("int", "float")):
        return str(problem.format_message())
    from hedgebook.errors import ParameterError
    from hedgebook.universes.meant_number import meant_number

    whole, name = kind.startswith("int"), str(option[0])
    meant = meant_number(str(value), name.lstrip("-").replace("-", "_"))
    if meant is not None and not (whole and "." in meant):
        remedy = f"Did you mean {name} {meant}?"
    else:
        remedy = f"Write a {'whole number, as in 20' if whole else 'number, as in 0.05'}."
    return str(ParameterError(WHOLE if whole else NUMBER, where=name, value=value, remedy=remedy))
