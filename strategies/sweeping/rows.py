"""Rows of weights, each stored once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedgebook.engine.arrays import Floats


class NumberedRows:
    """Rows of N weights by number; the same bytes have the same number."""

    def __init__(self) -> None:
        self._rows: list[Floats] = []
        self._numbers: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Floats) -> int:
        """The number of a row, which is stored where it is new."""
        number = self._numbers.setdefault(row.tobytes(), len(self._rows))
        if number == len(self._rows):
            self._rows.append(row)
        return number

    def bank(self, numbers: Sequence[int] | None = None) -> Floats:
        """(K, N): the rows with these numbers, or all of them."""
        chosen = self._rows if numbers is None else [self._rows[k] for k in numbers]
        return np.array(chosen, dtype=np.float64)
