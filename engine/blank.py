"""Large arrays of zeros."""

from __future__ import annotations

import math
import mmap

import numpy as np

from .arrays import Floats

# Below this, what the operating system is asked for takes longer than it saves.
LARGE_BYTES = 2_000_000


def zeros(*shapes: tuple[int, ...]) -> tuple[Floats, ...]:
    """Arrays of zeros of these shapes, large ones in one piece of memory of their own, in pages of two megabytes.

    What is not written takes no memory. A run leaves more than is in the caches, and in pages of four kilobytes to come
    by the memory took as long as the simulation.
    """
    sizes = [math.prod(shape) for shape in shapes]
    total = 8 * sum(sizes)
    if total < LARGE_BYTES or not hasattr(mmap, "MADV_HUGEPAGE"):
        return tuple(np.zeros(shape) for shape in shapes)
    memory = mmap.mmap(-1, total, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE)
    whole = np.frombuffer(memory, dtype=np.float64)
    ends = np.cumsum(sizes).tolist()
    return tuple(whole[end - size : end].reshape(shape) for shape, size, end in zip(shapes, sizes, ends, strict=True))
