"""Which level of each axis a set has, as the landscape and the choices of splits need it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, did_you_mean

from ...arrays import Ints

# (n, P) level of sets start .. stop - 1 on each of P axes; -1 on a continuous axis.
CodesOf: TypeAlias = Callable[[int, int], Ints]
CHUNK = 65_536


class AxisLike(Protocol):
    """An axis of a sweep: its name, and its values where they are discrete."""

    @property
    def name(self) -> str:
        """The parameter."""

    @property
    def values(self) -> tuple[Any, ...] | None:
        """Its levels in order, None where it is continuous."""


def axis_number(axes: Sequence[AxisLike], name: str) -> int:
    """The place of a discrete axis. Raises ParameterError, with the closest name."""
    names = [axis.name for axis in axes]
    if name not in names:
        raise ParameterError("there is no such axis", where="axis", value=name, remedy=did_you_mean(name, names))
    place = names.index(name)
    if axes[place].values is None:
        raise ParameterError("is continuous, so it has no levels", where=name, remedy="Give it a list of values.")
    return place


def codes_of_axes(codes: CodesOf, count: int, places: Sequence[int]) -> list[NDArray[np.int32]]:
    """(count,) levels on each of the axes at those places, read in chunks."""
    out = [np.empty(count, dtype=np.int32) for _ in places]
    for start in range(0, count, CHUNK):
        stop = min(start + CHUNK, count)
        part = codes(start, stop)
        for column, place in zip(out, places, strict=True):
            column[start:stop] = part[:, place]
    return out


def codes_at(codes: CodesOf, indices: Sequence[int] | Ints) -> Ints:
    """(n, P) levels of single sets."""
    rows = [np.asarray(codes(int(i), int(i) + 1), dtype=np.int64) for i in indices]
    return np.concatenate(rows) if rows else np.empty((0, 0), dtype=np.int64)
