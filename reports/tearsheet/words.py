"""Measures as a reader sees them."""

from __future__ import annotations

import math

from hedgebook.engine.risk.measures import Form
from hedgebook.engine.tearsheet.definitions import MEASURES, Definition
from hedgebook.engine.tearsheet.measures import Value

from ..page.numbers import UNDEFINED, number, percent

# Ratios beyond this say that almost nothing was lost.
LARGE = 1000.0


def written(key: str, value: float) -> str:
    """The value of a measure: a fraction as a percentage, a ratio as a number, a count without decimals."""
    form = MEASURES[key].form
    if form is Form.FRACTION:
        return percent(value)
    if form is Form.COUNT:
        return number(value, 0)
    return number(value, 0 if abs(value) >= LARGE else 2)


def with_error(key: str, found: Value) -> str:
    """The value with its standard error, where there is one."""
    if not math.isfinite(found.value):
        return UNDEFINED
    text = written(key, found.value)
    return f"{text} ± {written(key, found.stderr)}" if math.isfinite(found.stderr) else text


def formula_note(key: str) -> str:
    """Definition, source, and what other packages do, in one line."""
    one: Definition = MEASURES[key]
    return f"{one.text} {one.source}." + (f" {one.differs}" if one.differs else "")
