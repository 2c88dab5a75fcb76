"""Measures as a reader sees them."""

from __future__ import annotations

from hedgebook.engine.risk.measures import Form
from hedgebook.engine.tearsheet.definitions import MEASURES

from ..page.numbers import number, percent

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
