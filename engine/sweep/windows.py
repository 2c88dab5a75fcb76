"""The sessions on which any set of an event is on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .space import ChunkSets


def widen(
    windows: dict[Any, tuple[int, int]],
    chunk: ChunkSets,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    runs: NDArray[np.bool_],
) -> None:
    """Take the windows of a chunk's events in."""
    if "event" not in chunk.columns:
        return
    column = chunk.columns["event"]
    for code in np.unique(column.codes[runs]):
        mine = runs & (column.codes == code)
        event = column.levels[code]
        low, high = int(first[mine].min()), int(last[mine].max())
        known = windows.get(event, (low, high))
        windows[event] = min(known[0], low), max(known[1], high)
