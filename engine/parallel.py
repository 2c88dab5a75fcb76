"""Arrays in pieces, one thread for each core: kernels hold no lock while they run."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise


def in_parallel(work: Callable[[int, int], None], count: int, grain: int) -> None:
    """Run work(first, last) over 0..count in one thread for each core; pieces begin at multiples of `grain`."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    pieces = max(1, min(4 * threads, count // grain))
    if threads == 1 or pieces == 1:
        work(0, count)
        return
    edges = [count * i // pieces // grain * grain for i in range(pieces)] + [count]
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, a, b) for a, b in pairwise(edges) if a < b]:
            done.result()
