"""Ties: numbers that differ by rounding alone count as equal, so that the last digit of a return decides nothing."""

from __future__ import annotations

import numpy as np

from ...arrays import Flags, Floats, Ints
from ...equal import EQUAL, STILL


def slack(values: Floats | float) -> Floats:
    """How far a number may be off one of these and still be it; nothing for an infinity."""
    sizes = np.abs(values)
    return np.where(np.isfinite(sizes), np.maximum(EQUAL * sizes, STILL), 0.0)


def first_of_best(values: Floats) -> int:
    """The first of the values that are the highest but for rounding; (n,) without NaN."""
    top = float(values.max())
    return int((values >= top - float(slack(top))).argmax()) if np.isfinite(top) else int(values.argmax())


def share_below(values: Floats, bar: float) -> float:
    """Share of (n,) values below a bar, those that equal it counted half."""
    # Around zero rounding is as large as that of the values themselves.
    edge = float(slack(max(abs(bar), float(np.abs(values).mean()))))
    return float(((values < bar - edge).mean() + (values <= bar + edge).mean()) / 2.0)


def rank_of(values: Floats, at: int) -> float:
    """Rank of one of (n,) values, 1 the lowest, the middle of equals."""
    edge = float(slack(values[at]))
    below = np.count_nonzero(values < values[at] - edge)
    not_above = np.count_nonzero(values <= values[at] + edge)
    return float(below + not_above + 1) / 2.0


def best_first(values: Floats, labels: Ints) -> Ints:
    """(n,) places from the highest value down, equals by their label; without NaN."""
    order = np.lexsort((labels, -values))
    ordered = values[order]
    with np.errstate(invalid="ignore"):
        # Infinities of one sign are the same.
        step = ordered[:-1] - ordered[1:] > slack(ordered[:-1])
    group = np.zeros(len(values), dtype=np.int64)
    group[1:] = np.cumsum(step)
    return np.asarray(order[np.lexsort((labels[order], group))], dtype=np.int64)


def moves(values: Floats, axis: int = 0) -> Flags:
    """Whether values along an axis differ by more than rounding of returns."""
    return np.asarray(values.max(axis=axis) - values.min(axis=axis) > STILL)


def distinct_columns(table: Floats) -> list[int]:
    """Places of the columns of (T, K) that are no copies, but for rounding, of one before them."""
    kept: list[int] = []
    for k in range(table.shape[1]):
        if not kept or (np.abs(table[:, kept] - table[:, k : k + 1]).max(axis=0) > STILL).all():
            kept.append(k)
    return kept
