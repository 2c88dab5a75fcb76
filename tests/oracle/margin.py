"""Margin in plain Python: what positions need, what an entry may take, what a call does."""

from __future__ import annotations

import math

from .book import Book
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


def reduce_to_initial(margin: OracleMargin, book: Book, nav: float) -> None:
    """After a call every position is cut by one factor, to where the NAV covers the initial requirement."""
    needed = math.fsum(
        abs(q) * book.last_price[i] * _initial_frac(margin, q) * _house(margin, i) for i, q in book.held()
    )
    for i, q in book.held():
        if book.waits_to_exit(i):
            continue
        weight = q * book.last_price[i] / nav * min(1.0, nav / needed) if nav > 0.0 else 0.0
        book.order(i, weight, Reason.MARGIN_CALL)


def _initial_frac(margin: OracleMargin, signed: float) -> float:
    return margin.initial_long if signed > 0.0 else margin.initial_short


def _house(margin: OracleMargin, i: int) -> float:
    return 1.0 if margin.house is None else margin.house[i]
