"""Shares and rates as they are written on the command line: 5% or 0.05, and never 5."""

from __future__ import annotations

import re

from hedgebook.errors import ParameterError

NO_LIMIT = "none"
NUMBER = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)\s*(%)?")


def share_of(text: str, where: str, low: float, high: float, *, may_be_none: bool = True) -> float | None:
    """A share such as 5% or 0.05, None for "none". Raises ParameterError for anything else, for one outside of low and
    high, and for a number above 1 without a percent sign, which might mean either."""
    bound = f"{low * 100:g}% to {high * 100:g}%, as in 5% or 0.05" + (", or none" if may_be_none else "")
    plain = text.strip().lower()
    if plain == NO_LIMIT and may_be_none:
        return None
    found = NUMBER.fullmatch(plain)
    if found is None:
        raise ParameterError("this is not a share", where=where, value=text, bound=bound)
    value = float(found[1])
    if found[2] is None and abs(value) > 1.0:
        # What may be 100 % at most is meant as a percentage.
        remedy = f"Write {value:g}% or {value * 100:g}%." if high > 1.0 else f"Write {value / 100.0:g} for {value:g}%."
        raise ParameterError("a percentage or a multiple?", where=where, value=text, bound=bound, remedy=remedy)
    share = value / 100.0 if found[2] else value
    if not low <= share <= high:
        raise ParameterError("this share is out of range", where=where, value=text, bound=bound)
    return share


def rate_of(text: str | None, where: str) -> float | None:
    """A yearly rate of -100% to 100%, None where none is given. Raises ParameterError as share_of does."""
    return None if text is None else share_of(text, where, -1.0, 1.0, may_be_none=False)
