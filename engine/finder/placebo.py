"""Placebo books: books of which chance alone knows how well they can be hedged."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from ..arrays import Floats


class Placebo(StrEnum):
    """What a placebo book is.

    dates: the book's own returns on dates drawn without replacement: the same volatility and tails, and no relation to
    any name; beyond: the part of the book that plain hedges explain stays on its dates, and what they leave is put on
    others, at the same volatility: what a name adds to plain hedges is luck.
    """

    DATES = "dates"
    BEYOND = "beyond"


def placebo_books(book: Floats, plain: Floats, count: int, kind: Placebo, seed: int) -> Floats:
    """(count, T) books like `book` (T,); plain: (T, P) returns of plain hedges, of which `beyond` keeps the part."""
    rng = np.random.default_rng(seed)
    rest, part = book, np.zeros_like(book)
    if kind is Placebo.BEYOND and plain.shape[1]:
        design = np.column_stack([np.ones(len(book)), plain])
        part = design @ np.linalg.lstsq(design, book, rcond=None)[0]
        rest = book - part
    made = np.array([part + rng.permutation(rest) for _ in range(count)]).reshape(count, len(book))
    if kind is Placebo.BEYOND:
        centred = made - made.mean(axis=1, keepdims=True)
        spread = centred.std(axis=1, keepdims=True)
        made = book.mean() + centred * np.where(spread > 0.0, book.std() / np.where(spread > 0.0, spread, 1.0), 1.0)
    return made


def luck_probability(value: float, by_luck: Floats) -> float:
    """The share of searches, the real one among them, that found something as good or better: (1 + b) / (1 + R)."""
    return (1.0 + float((by_luck >= value).sum())) / (1.0 + len(by_luck))
