"""Sets next to a set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .block import SetBlock
    from .parameter_sets import ParameterSets

_PART = 2**18


def grid_neighbours(sets: ParameterSets, index: int) -> tuple[int, ...]:
    """Sets of a grid that are one step away on one axis alone, in order of index."""
    space = sets.space
    number = index if sets.words is None else int(sets.words[index, 0])
    found: list[int] = []
    for name, place in space.discrete.items():
        _, weight, _ = space.radix.places[place]
        level = number // weight % space.radix.sizes[place]
        found.extend(number + (other - level) * weight for other in space.by_name[name].next_to(level))
    beside = np.sort(np.array(found, dtype=np.int64))
    if sets.words is None:
        return tuple(beside.tolist())
    kept = sets.words[:, 0]
    at = np.searchsorted(kept, beside)
    there = at < len(kept)
    there[there] = kept[at[there]] == beside[there]
    return tuple(at[there].tolist())


def nearest(sets: ParameterSets, index: int) -> tuple[int, ...]:
    """The 2 x axes nearest sets in normalised distance, in order of index. One pass over all sets."""
    own = sets.block(index, index + 1)
    distance = np.empty(sets.count)
    for start in range(0, sets.count, _PART):
        stop = min(start + _PART, sets.count)
        distance[start:stop] = _squared_distance(sets.block(start, stop), own)
    distance[index] = np.inf
    wanted = min(2 * len(sets.space.axes), sets.count - 1)
    if wanted == 0:
        return ()
    limit = np.partition(distance, wanted - 1)[wanted - 1]
    near = np.flatnonzero(distance <= limit)
    near = near[np.argsort(distance[near], kind="stable")][:wanted]
    return tuple(np.sort(near).tolist())


def _squared_distance(block: SetBlock, own: SetBlock) -> NDArray[np.float64]:
    """(n,) squared distance of each set of a block to the one set of another, over all axes."""
    found = np.zeros(block.count)
    for name, axis in block.axes.items():
        if axis.low is not None and axis.high is not None:
            found += ((block.points[name] - own.points[name][0]) / (axis.high - axis.low)) ** 2
            continue
        level = int(own.codes[name][0])
        apart = np.arange(len(axis)) != level
        by_level = apart.astype(np.float64)
        if axis.numeric and not axis.missing[level]:
            width = float(np.nanmax(axis.numbers) - np.nanmin(axis.numbers)) or 1.0
            scaled = (axis.numbers - axis.numbers[level]) / width
            by_level = np.where(axis.missing, 1.0, scaled**2)
        found += by_level[block.codes[name]]
    return found
