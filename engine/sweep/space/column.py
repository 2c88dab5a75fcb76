"""Typed columns of parameters, and the sets of one chunk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from .values import DTYPES, FLOAT, kind_of_all, text_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class ParameterColumn:
    """One parameter of many sets.

    levels: distinct typed values; codes: (n,) int64 into levels; dtype: the pandas type of the column (None: that of
    the levels). The levels of a discrete axis are all of its values, whether or not a chunk has them; of a continuous
    axis, those that the chunk has.
    """

    levels: tuple[Any, ...]
    codes: NDArray[np.int64]
    dtype: str | None = None

    def __len__(self) -> int:
        return len(self.codes)

    def values(self) -> list[Any]:
        """The (n,) typed values."""
        levels = self.levels
        return [levels[code] for code in self.codes.tolist()]

    def array(self) -> Any:
        """The (n,) values as a pandas array: int64, float64, bool or str; Int64, Float64, boolean with None.

        In a column of text None is missing (NaN), and baskets are written as miner+neocloud.
        """
        import pandas as pd

        used, codes = self.levels, self.codes
        if len(used) > len(codes):
            kept, codes = np.unique(codes, return_inverse=True)
            used = tuple(self.levels[level] for level in kept.tolist())
        dtype = self.dtype or _dtype_of(self.levels)
        if dtype == "str":
            values = [None if value is None else text_of(value) for value in used]
            return pd.Series(values, dtype="str").array.take(codes)
        if dtype in ("int64", "float64", "bool"):
            return np.array(used, dtype=dtype)[codes]
        return pd.Series(list(used), dtype=dtype).array.take(codes)


def _dtype_of(levels: tuple[Any, ...]) -> str:
    if not levels:
        return DTYPES[FLOAT, False]
    return DTYPES[kind_of_all("column", levels), None in levels]


@dataclass(frozen=True, eq=False)
class ChunkSets:
    """Parameter sets of one chunk: start is the index of the first one, columns holds each parameter by name."""

    start: int
    columns: dict[str, ParameterColumn]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each set as typed values by name."""
        names = tuple(self.columns)
        for values in zip(*(column.values() for column in self.columns.values()), strict=True):
            yield dict(zip(names, values, strict=True))

    def part(self, start: int, stop: int) -> ChunkSets:
        """The sets from one position of the chunk up to another."""
        columns = {
            name: ParameterColumn(column.levels, column.codes[start:stop], column.dtype)
            for name, column in self.columns.items()
        }
        return ChunkSets(self.start + start, columns)

    def at(self, position: int) -> dict[str, Any]:
        """The set at a position of the chunk, as typed values by name. Raises ParameterError beyond the chunk."""
        if not 0 <= position < len(self):
            raise ParameterError("there is no such set in the chunk", value=position, bound=f"0 to {len(self) - 1}")
        return {name: column.levels[column.codes[position]] for name, column in self.columns.items()}

    def frame(self) -> pd.DataFrame:
        """A row per set, indexed from `start`, and a typed column per parameter (see ParameterColumn.array)."""
        import pandas as pd

        index = pd.RangeIndex(self.start, self.start + len(self), name="set")
        return pd.DataFrame({name: column.array() for name, column in self.columns.items()}, index=index)
