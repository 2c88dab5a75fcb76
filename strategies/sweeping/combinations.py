"""Distinct combinations of parameters: planning is done once for each of them, never once for each set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Ints
from hedgebook.engine.sweep.space.column import ChunkSets, ParameterColumn

LARGEST_CODE = 2**62


@dataclass(frozen=True, eq=False)
class Combinations:
    """The distinct combinations of some parameters among S sets.

    values: one tuple for each, in the order of the names asked for; of: (S,) which of them each set has.
    """

    values: tuple[tuple[Any, ...], ...]
    of: Ints

    def among(self, sets: Ints) -> tuple[Ints, Ints]:
        """The combinations that some of the sets have, ascending, and for each the first of these sets."""
        found, first = np.unique(self.of[sets], return_index=True)
        return found, sets[first]

    def renumbered(self, sets: Ints) -> Ints:
        """(S,) the number of each set's combination among those that some of the sets have; 0 for all other sets."""
        out = np.zeros(len(self.of), dtype=np.int64)
        out[sets] = np.unique(self.of[sets], return_inverse=True)[1]
        return out


@dataclass(frozen=True, eq=False)
class CombinationTable:
    """S sets with the levels that a strategy works with.

    levels, codes: of each parameter that varies; base: what a parameter is that does not.
    """

    size: int
    levels: Mapping[str, tuple[Any, ...]]
    codes: Mapping[str, Ints]
    base: Mapping[str, Any]

    @classmethod
    def of(cls, sets: ChunkSets, level: Callable[[str, Any], Any], base: Mapping[str, Any]) -> CombinationTable:
        """A chunk's columns, each level turned into what the strategy works with."""
        used = {name: _used(column) for name, column in sets.columns.items()}
        levels = {name: tuple(level(name, value) for value in values) for name, (values, _) in used.items()}
        return cls(len(sets), levels, {name: codes for name, (_, codes) in used.items()}, base)

    def combinations(self, names: Sequence[str]) -> Combinations:
        """The distinct combinations of parameters; one that does not vary is the same in all of them."""
        varying = [name for name in names if name in self.codes]
        key, span = np.zeros(self.size, dtype=np.int64), 1
        for name in varying:
            count = max(1, len(self.levels[name]))
            if span * count > LARGEST_CODE:
                key = np.unique(key, return_inverse=True)[1].astype(np.int64)
                span = self.size
            key, span = key * count + self.codes[name], span * count
        _, first, of = np.unique(key, return_index=True, return_inverse=True)
        columns = [
            [self.levels[name][code] for code in self.codes[name][first].tolist()]
            if name in self.codes
            else [self.base[name]] * len(first)
            for name in names
        ]
        return Combinations(tuple(zip(*columns, strict=True)) or ((),) * len(first), of.astype(np.int64))

    def numbers(self, name: str) -> NDArray[np.float64]:
        """(S,) a parameter that is a number; a level that is none must belong to no set that runs."""
        if name not in self.codes:
            return np.full(self.size, float(self.base[name]))
        levels = [float(v) if isinstance(v, int | float) else np.nan for v in self.levels[name]]
        return np.array(levels, dtype=np.float64)[self.codes[name]]


def _used(column: ParameterColumn) -> tuple[tuple[Any, ...], Ints]:
    """The levels of a column, without those that no set has where these are many."""
    if len(column.levels) <= len(column.codes):
        return column.levels, np.asarray(column.codes, dtype=np.int64)
    kept, codes = np.unique(column.codes, return_inverse=True)
    return tuple(column.levels[level] for level in kept.tolist()), codes.astype(np.int64)
