"""Timing whole processes and single calls: medians, because machines are noisy."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path


def process_seconds(command: Sequence[str], *, cwd: Path, runs: int = 5, env: dict[str, str] | None = None) -> float:
    """Median wall-clock seconds of a command that must succeed, after one run that does not count."""
    took = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, cwd=cwd, env=env, check=True, capture_output=True)
        took.append(time.perf_counter() - start)
    return statistics.median(took[1:])


def call_seconds(call: Callable[[], object], *, runs: int = 5) -> float:
    """Median wall-clock seconds of a call, after one that does not count."""
    took = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return statistics.median(took[1:])
