"""Margin in plain Python: what positions need, what an entry may take, what a call does."""

from __future__ import annotations

import math

from .book import Book, Mark
from .inputs import Action, OracleMargin, Reason, Vector


def maintenance_requirement(margin: OracleMargin, book: Book) -> float:
    """The sum over positions of what each needs to be kept, in USD."""
    return math.fsum(_maintenance(margin, q, book.last_price[i]) * _house(margin, i) for i, q in book.held())


def _maintenance(margin: OracleMargin, q: float, v: float) -> float:
    """A long needs a fraction of its value; a short a fraction too, but not less than so much a share."""
    value, count = abs(q) * v, abs(q)
    if q > 0.0:
        return value * margin.maint_long
    if v >= margin.low_price:
        return max(margin.maint_short * value, margin.short_floor * count)
    return max(margin.low_frac * value, margin.low_floor * count)


def is_called(margin: OracleMargin, book: Book, nav: float, requirement: float) -> bool:
    """Less equity than the positions need, and positions to need it."""
    return margin.action != Action.OFF and bool(book.held()) and nav < requirement


def entry_scale(margin: OracleMargin, weights: Vector, scale: float) -> float:
    """The factor that brings the weights down to what initial margin allows, 1 where they fit."""
    if margin.action < Action.REDUCE:
        return 1.0
    wanted = [(i, w * scale) for i, w in enumerate(weights) if not math.isnan(w) and w != 0.0]
    needed = math.fsum(abs(w) * _initial_frac(margin, weights[i]) * _house(margin, i) for i, w in wanted)
    return 1.0 if needed == 0.0 else min(1.0, 1.0 / needed)


def ask_for_cuts(book: Book) -> None:
    """After a call every position waits to be cut, but those that leave anyway."""
    for i, _ in book.held():
        if not book.waits_to_exit(i):
            book.order_cut(i, Reason.MARGIN_CALL)


def kept_frac(margin: OracleMargin, book: Book, at: Mark) -> float:
    """What every position that waits to be cut keeps of itself, at the prices of the mark.

    Each has to meet its initial requirement, and never less than what keeps it from the next call. The NAV less what
    the other positions require is there for them; one that leaves at this mark requires nothing.
    """
    asked, others = [], []
    for i, q in book.held():
        v = book.last_price[i]
        needs = max(abs(q) * v * _initial_frac(margin, q), _maintenance(margin, q, v)) * _house(margin, i)
        if book.waits_to_be_cut(i):
            asked.append(needs)
        elif not (book.waits_to_exit(i) and math.isfinite(at.reference[i])):
            others.append(needs)
    left, needed = at.nav - math.fsum(others), math.fsum(asked)
    return 1.0 if needed == 0.0 or left >= needed else max(left, 0.0) / needed


def _initial_frac(margin: OracleMargin, signed: float) -> float:
    return margin.initial_long if signed > 0.0 else margin.initial_short


def _house(margin: OracleMargin, i: int) -> float:
    return 1.0 if margin.house is None else margin.house[i]
