"""Rows of weights, each stored once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedgebook.engine.arrays import Floats, Ints

# Rows are merged where that leaves at most so many of them: else it takes longer than it saves.
WORTH_FRAC = 0.75


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


def joined_rows(banks: Sequence[Floats]) -> tuple[Floats, Ints]:
    """(K, N) the rows of several banks (R, N), and (sum R,) the number of each row; equal rows mostly stand once."""
    if (whole := _side_by_side(banks)) is not None:
        return whole, np.arange(len(whole))
    # Odd multipliers and what overflows make a hash of each row, the same for the same bytes.
    factors = np.random.default_rng(0).integers(0, 2**62, banks[0].shape[1], dtype=np.uint64) * 2 + 1
    together = np.concatenate(banks)
    _, first, number = np.unique(together.view(np.uint64) @ factors, return_index=True, return_inverse=True)
    if len(first) <= WORTH_FRAC * len(together):
        kept = together[first]
        if np.array_equal(kept.view(np.uint64)[number], together.view(np.uint64)):
            return kept, np.asarray(number, dtype=np.int64)
    return together, np.arange(len(together))


def _side_by_side(banks: Sequence[Floats]) -> Floats | None:
    """Banks as the one array that they are parts of, one after another; None where they are not."""
    base = banks[0].base
    if len(banks) < 2 or not isinstance(base, np.ndarray) or base.dtype != np.float64 or not base.flags.c_contiguous:
        return None
    start = base.ctypes.data
    if any(not bank.flags.c_contiguous for bank in banks) or base.size != sum(bank.size for bank in banks):
        return None
    for bank in banks:
        if bank.ctypes.data != start:
            return None
        start += bank.nbytes
    return base.reshape(-1, banks[0].shape[1])
