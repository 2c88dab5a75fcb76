"""Sets drawn from a space: at random, by a Latin hypercube, or by a Sobol sequence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgebook.errors import ParameterError

from ...arrays import Floats, Ints

if TYPE_CHECKING:
    from .space import Space


MOST_SAMPLED = 100_000_000
_PART = 2**16


def check_sample(n: Any, seed: Any) -> tuple[int, int]:
    """The number of sets and the seed. Raises ParameterError when one of them is not a whole number in its bounds."""
    if not _is_whole(n) or not 1 <= n <= MOST_SAMPLED:
        raise ParameterError(
            "this many sets cannot be drawn", where="n", value=n, bound=f"a whole number from 1 to {MOST_SAMPLED:,}"
        )
    if not _is_whole(seed) or seed < 0:
        raise ParameterError("this is not a seed", where="seed", value=seed, bound="a whole number from 0")
    return int(n), int(seed)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def sample(space: Space, how: str, n: int, seed: int) -> tuple[Ints, Floats]:
    """(m, W) words and (m, C) points of the first n sets drawn, of equal ones only the first, in the order drawn.

    On a discrete axis each level has an equal share of [0, 1); a continuous one is low + u (high - low).
    """
    words = np.empty((n, space.radix.words), dtype=np.int64)
    points = np.empty((n, len(space.continuous)))
    start = 0
    for units in _units(how, len(space.axes), n, seed):
        stop = start + len(units)
        words[start:stop], points[start:stop] = _placed(space, units)
        start = stop
    first = first_copies(words, points)
    return (words, points) if len(first) == n else (words[first], points[first])


def _units(how: str, dimensions: int, n: int, seed: int) -> Iterator[Floats]:
    """n rows of numbers in [0, 1), in parts. What is drawn does not depend on the parts."""
    if how == "random":
        draw = np.random.default_rng(seed)
        for start in range(0, n, _PART):
            yield draw.random((min(_PART, n - start), dimensions))
        return
    from scipy.stats import qmc

    if how == "lhs":
        yield qmc.LatinHypercube(d=dimensions, rng=np.random.default_rng(seed)).random(n)
        return
    sequence = qmc.Sobol(d=dimensions, scramble=True, rng=np.random.default_rng(seed))
    # The sequence is balanced in powers of two, and scipy warns of everything else.
    part = min(_PART, 1 << (n - 1).bit_length())
    for start in range(0, n, part):
        yield sequence.random(part)[: n - start]


def _placed(space: Space, units: Floats) -> tuple[Ints, Floats]:
    """Words and points of rows of numbers in [0, 1), a column for each axis of the space."""
    codes = []
    points = np.empty((len(units), len(space.continuous)))
    for column, axis in enumerate(space.axes):
        unit = units[:, column]
        if axis.low is None or axis.high is None:
            size = len(axis)
            # Rounding may lift the last number below 1 to the level after the last one.
            codes.append(np.minimum((unit * size).astype(np.int64), size - 1))
        else:
            points[:, space.continuous[axis.name]] = np.minimum(axis.low + unit * (axis.high - axis.low), axis.high)
    return space.radix.encode(codes, len(units)), points


def first_copies(words: Ints, points: Floats) -> Ints:
    """Rows that equal no earlier row, in order."""
    columns = [*words.T, *points.T]
    # lexsort keeps the order of equal rows, so that the first of a run is the first that was drawn.
    order = np.lexsort(columns)
    fresh = np.zeros(len(order), dtype=np.bool_)
    fresh[0] = True
    for column in columns:
        ordered = column[order]
        fresh[1:] |= ordered[1:] != ordered[:-1]
    return np.sort(order[fresh])
