"""Numbers on axes and in hovers, in the part of d3's format language that figures use."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from functools import lru_cache

from ..page.numbers import MINUS, UNDEFINED

_FORMAT = re.compile(r"(?P<sign>[+]?)(?P<comma>,?)(?:\.(?P<places>\d+))?(?P<trim>~?)(?P<kind>[fdsge%])")
EPOCH = date(1970, 1, 1)
MOST_DECIMALS = 9


@lru_cache(maxsize=64)
def _parsed(spec: str) -> re.Match[str]:
    # d3 takes the trim before or after the precision's digits.
    found = _FORMAT.fullmatch(spec)
    if found is None:
        raise ValueError(f"no such number format: {spec!r}")
    return found


def formatted(value: float, spec: str) -> str:
    """A number in a format such as ",~f", ".1%" or "d"; a dash for NaN and infinities."""
    if not math.isfinite(value):
        return UNDEFINED
    found = _parsed(spec)
    kind, percent = found["kind"], found["kind"] == "%"
    places = int(found["places"]) if found["places"] is not None else (0 if kind == "d" else 6)
    number = 100.0 * value if percent else value
    if kind in "ge":
        text = f"{abs(number):.{places}{kind}}"
    elif kind == "s":
        text = f"{abs(number):.{places}g}"
    else:
        text = f"{abs(number):{found['comma']}.{places}f}"
    if found["trim"] and "." in text:
        text = text.rstrip("0").rstrip(".")
    negative = number < 0 and any(digit in text for digit in "123456789")
    sign = MINUS if negative else found["sign"] if number > 0 else ""
    return f"{sign}{text}{'%' if percent else ''}"


def tick_text(value: float, spec: str, step: float) -> str:
    """A tick's label; without a format as many decimals as the step between ticks needs."""
    if spec:
        return formatted(round(value, 12), spec)
    return formatted(value, f",.{decimals_of(step)}f")


def decimals_of(step: float) -> int:
    """Decimals that tell ticks apart which are `step` from one another."""
    for decimals in range(MOST_DECIMALS):
        if math.isclose(step, round(step, decimals), rel_tol=1e-6):
            return decimals
    return MOST_DECIMALS


# Every line of a figure, wide and narrow, stands on the same days.
@lru_cache(maxsize=50_000)
def day_number(value: str | date) -> float:
    """A day as days since 1970; a moment with its part of the day."""
    text = value if isinstance(value, str) else value.isoformat()
    whole = float((date.fromisoformat(text[:10]) - EPOCH).days)
    if len(text) <= 10:
        return whole
    hours, minutes, *rest = text[11:19].split(":")
    return whole + (int(hours) * 3600 + int(minutes) * 60 + (int(rest[0]) if rest else 0)) / 86_400.0


def day_of(number: float) -> date:
    """The day that days since 1970 are in."""
    return EPOCH + timedelta(days=math.floor(number))
