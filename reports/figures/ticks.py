"""Where ticks stand: at round numbers, powers of ten, and the first days of months and years."""

from __future__ import annotations

import math
from datetime import date

from .formats import day_number, day_of, tick_text

Tick = tuple[float, str]
STEPS = (1.0, 2.0, 5.0, 10.0)
DAY_STEPS = (1, 2, 7, 14)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EDGE = 1e-9


def linear_ticks(low: float, high: float, most: int, spec: str = "") -> list[Tick]:
    """Round numbers within a range, at most `most` of them."""
    span = high - low
    if not span > 0.0 or most < 1:
        return [(low, tick_text(low, spec, abs(low) or 1.0))]
    step = nice_step(span / (2.0 * most))
    while _count(low, high, step) > most:
        step = nice_step(1.01 * step)
    return stepped_ticks(low, high, 0.0, step, spec)


def nice_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is no smaller than `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(k * power for k in STEPS if k * power >= least * (1.0 - EDGE))


def _count(low: float, high: float, step: float) -> int:
    return math.floor(high / step + EDGE) - math.ceil(low / step - EDGE) + 1


def stepped_ticks(low: float, high: float, origin: float, step: float, spec: str) -> list[Tick]:
    """Every `step` from `origin` on, within a range."""
    first = math.ceil((low - origin) / step - EDGE)
    last = math.floor((high - origin) / step + EDGE)
    values = [origin + k * step for k in range(first, last + 1)]
    return [(value, tick_text(value + 0.0, spec, step)) for value in values]


def log_ticks(low: float, high: float, most: int, spec: str = "") -> list[Tick]:
    """Powers of ten within a range of decimal logarithms; 2 and 5 times them too where there are few."""
    first, last = math.floor(low), math.ceil(high)
    for parts in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        values = [k * 10.0**power for power in range(first, last + 1) for k in parts]
        values = [value for value in values if low - EDGE <= math.log10(value) <= high + EDGE]
        if len(values) <= most:
            break
    if len(values) < 2:
        return [(math.log10(value), text) for value, text in linear_ticks(10.0**low, 10.0**high, most, spec)]
    every = max(1, math.ceil(len(values) / most))
    return [(math.log10(value), tick_text(value, spec, value)) for value in values[::every]]


def date_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Days, weeks, months or years within a range of days since 1970."""
    for step in DAY_STEPS:
        if (high - low) / step + 1 <= most:
            return _day_ticks(low, high, step)
    for step in MONTH_STEPS:
        found = _month_ticks(low, high, step)
        if len(found) <= most:
            break
    return found if len(found) > 1 else _day_ticks(low, high, max(1, math.ceil((high - low) / max(most - 1, 1))))


def _day_ticks(low: float, high: float, step: int) -> list[Tick]:
    # Weeks begin on a Monday; 5 January 1970 was one.
    first = 4 + 7 * math.ceil((low - 4) / 7) if step in (7, 14) else math.ceil(low)
    days = [first + k * step for k in range(int((high - first) // step) + 1)]
    return [(float(day), _day_text(day_of(day))) for day in days]


def _day_text(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}<br>{day.year}"


def _month_ticks(low: float, high: float, step: int) -> list[Tick]:
    start, end = day_of(low), day_of(high)
    found = []
    for months in range(12 * start.year + start.month - 1, 12 * end.year + end.month + 1):
        year, month = divmod(months, 12)
        if months % step or not date.min.year <= year <= date.max.year:
            continue
        at = day_number(date(year, month + 1, 1))
        if low <= at <= high:
            found.append((at, str(year) if step >= 12 else f"{MONTHS[month]}<br>{year}"))
    return found
