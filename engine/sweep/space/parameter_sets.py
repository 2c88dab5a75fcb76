"""Parameter sets by index: a grid, a sample, or a list that was given."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief

from ...arrays import Floats, Ints
from .block import SetBlock
from .column import ChunkSets

if TYPE_CHECKING:
    from .space import Space

HOWS = ("grid", "random", "lhs", "sobol", "given")
MOST_AT_ONCE = 100_000_000


@brief
@dataclass(frozen=True, eq=False)
class ParameterSets:
    """Sets of a space, each by an index from 0 to count - 1; none of them is listed before it is asked for.

    how: grid, random, lhs, sobol or given; seed: of a sample; duplicates: sets that were drawn or given again and are
    left out; refused: sets that the constraints left out. words: (count, W) numbers of the choices on discrete axes,
    None when set i is choice i; points: (count, C) values on continuous axes.
    """

    space: Space
    how: str
    seed: int | None
    count: int
    duplicates: int = 0
    refused: int = 0
    words: Ints | None = field(default=None, repr=False)
    points: Floats | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.count

    def chunk(self, start: int, stop: int) -> ChunkSets:
        """The sets start, ..., stop - 1, typed. Raises ParameterError beyond 0 to count, and above 100 million."""
        return self.block(start, stop).sets(start)

    def block(self, start: int, stop: int) -> SetBlock:
        """The sets start, ..., stop - 1 as levels and points. Raises ParameterError like `chunk`."""
        if not 0 <= start <= stop <= self.count:
            raise ParameterError(
                "there are no such sets", where="chunk", value=f"{start} to {stop}", bound=f"0 to {self.count}"
            )
        if stop - start > MOST_AT_ONCE:
            raise ParameterError(
                "too many sets at once", where="chunk", value=f"{stop - start:,}", bound=f"at most {MOST_AT_ONCE:,}"
            )
        words = self.space.radix.range(start, stop) if self.words is None else self.words[start:stop]
        points = np.empty((stop - start, 0)) if self.points is None else self.points[start:stop]
        return self.space.block(words, points)

    def at(self, index: int) -> dict[str, Any]:
        """One set as typed values by name. Raises ParameterError beyond 0 to count - 1."""
        self.check_index(index)
        return next(self.block(index, index + 1).rows())

    def codes(self, start: int, stop: int) -> Ints:
        """(n, P) levels by axis; -1 on continuous axes. Raises ParameterError like `chunk`."""
        block = self.block(start, stop)
        found = np.full((block.count, len(self.space.axes)), -1, dtype=np.int64)
        for column, name in enumerate(self.space.names):
            if name in block.codes:
                found[:, column] = block.codes[name]
        return found

    def neighbours(self, index: int) -> tuple[int, ...]:
        """Indices of the sets nearest to a set, in order of index. Raises ParameterError beyond 0 to count - 1.

        In a grid: the sets that differ on one axis alone and there by one step, which is the next lower or higher
        number, or any other value of an axis without an order (names, true and false; None is one step from every
        number); those that constraints refused are left out. Of other sets, in which hardly two differ on one axis
        alone: the nearest 2 per axis, numbers scaled to [0, 1] by the lowest and highest of their axis, values
        without an order 0 or 1 apart, in Euclidean distance; of equally near ones those with the lowest indices.
        """
        from .neighbours import grid_neighbours, nearest

        self.check_index(index)
        return grid_neighbours(self, index) if self.how == "grid" else nearest(self, index)

    def check_index(self, index: int) -> None:
        """Raise ParameterError when there is no set of this index."""
        if not 0 <= index < self.count:
            raise ParameterError("there is no such set", where="set", value=index, bound=f"0 to {self.count - 1}")

    def describe(self) -> dict[str, Any]:
        """How the sets came about, as JSON-ready values: equal for equal sets, so that a resume can compare it.

        digest: SHA-256 of the listed sets, so that a constraint whose helper has changed or another version of the
        sampler is noticed; None for a grid without constraints, which is listed nowhere.
        """
        return {
            "how": self.how,
            "seed": self.seed,
            "count": self.count,
            "duplicates": self.duplicates,
            "refused": self.refused,
            "digest": self._digest(),
            "space": self.space.describe(),
        }

    def _digest(self) -> str | None:
        if self.words is None:
            return None
        found = hashlib.sha256(np.ascontiguousarray(self.words, dtype="<i8").data)
        if self.points is not None:
            found.update(np.ascontiguousarray(self.points, dtype="<f8").data)
        return found.hexdigest()
