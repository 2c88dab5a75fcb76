"""Large arrays in one piece of memory."""

from __future__ import annotations

import math
import mmap

import numpy as np

from .arrays import Floats

# Below this, what the operating system is asked for takes longer than it saves.
LARGE_BYTES = 2_000_000
# The C library keeps what is smaller for the next who asks, and has what is larger from the operating system each time.
REUSED_BYTES = 32_000_000


def untouched(*shapes: tuple[int, ...]) -> tuple[Floats, ...]:
    """Arrays of zeros of these shapes; what is never looked at takes no memory.

    Large ones lie in pages of two megabytes: with pages of four kilobytes a run took as long to come by its memory as
    to simulate.
    """
    total = 8 * sum(math.prod(shape) for shape in shapes)
    if total < LARGE_BYTES or not hasattr(mmap, "MADV_HUGEPAGE"):
        return tuple(np.zeros(shape) for shape in shapes)
    memory = mmap.mmap(-1, total, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE)
    return _cut(np.frombuffer(memory, dtype=np.float64), shapes)


def zeros(*shapes: tuple[int, ...], unset: int = 0) -> tuple[Floats, ...]:
    """Arrays of zeros of these shapes that will be written, and (unset,) numbers that may be anything."""
    every = (*shapes, (unset,))
    total = sum(math.prod(shape) for shape in every)
    if not LARGE_BYTES <= 8 * total < REUSED_BYTES:
        return untouched(*every)
    whole = np.empty(total)
    whole[: total - unset] = 0.0
    return _cut(whole, every)


def _cut(whole: Floats, shapes: tuple[tuple[int, ...], ...]) -> tuple[Floats, ...]:
    """The parts of an array, one after another, in these shapes."""
    ends = np.cumsum([math.prod(shape) for shape in shapes]).tolist()
    begins = [0, *ends[:-1]]
    return tuple(whole[a:b].reshape(shape) for shape, a, b in zip(shapes, begins, ends, strict=True))
