"""Many sets at once, as constraints and columns see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .axis import Axis
from .column import ChunkSets, ParameterColumn


@dataclass(frozen=True, eq=False)
class SetBlock:
    """n sets over some of a space's axes.

    axes: by name; codes: (n,) int64 levels of the discrete ones; points: (n,) float64 of the continuous ones.
    """

    axes: Mapping[str, Axis]
    codes: Mapping[str, NDArray[np.int64]]
    points: Mapping[str, NDArray[np.float64]]
    count: int

    def column(self, name: str) -> ParameterColumn:
        """One typed column."""
        axis = self.axes[name]
        if not axis.continuous:
            return ParameterColumn(axis.levels, self.codes[name], axis.dtype)
        levels, codes = np.unique(self.points[name], return_inverse=True)
        return ParameterColumn(tuple(levels.tolist()), codes.astype(np.int64), axis.dtype)

    def sets(self, start: int) -> ChunkSets:
        """All of them as sets of which the first has the index `start`."""
        return ChunkSets(start, {name: self.column(name) for name in self.axes})

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each set as typed values by name."""
        columns = [
            self.points[name].tolist() if axis.continuous else [axis.levels[code] for code in self.codes[name].tolist()]
            for name, axis in self.axes.items()
        ]
        for values in zip(*columns, strict=True):
            yield dict(zip(self.axes, values, strict=True))
