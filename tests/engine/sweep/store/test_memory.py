"""Memory of a sweep to a folder does not grow with its sets: twenty times as many need no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
# Values of all kinds, made fast: what is measured is the runner and the store, not the job.
SCRIPT = """
import resource, sys
from dataclasses import dataclass
from pathlib import Path
import numpy as np
from hedgebook.engine.sweep.store.chunk import ChunkResult
from hedgebook.engine.sweep.store.folder import FolderSink
from hedgebook.engine.sweep.running.runner import run_job
from hedgebook.engine.sweep.store.sink import iter_blocks, iter_table

@dataclass(frozen=True)
class Wide:
    count: int
    chunk_sets: int = 4096
    metric_names = tuple(f"metric_{i}" for i in range(20))
    column_types = {"hold": "int64", "hedge": "str"}
    counts = np.full(16, 60.0)

    def manifest(self):
        return {}

    def columns(self, k):
        n = min(self.chunk_sets, self.count - k * self.chunk_sets)
        return {"hold": np.arange(n) % 60, "hedge": np.array(["beta", "dollar"])[np.arange(n) % 2]}

    def run(self, k, threads):
        n = len(self.columns(k)["hold"])
        noise = np.random.default_rng(k).standard_normal((n, 52))
        metrics, totals, squares = noise[:, :20], noise[:, 20:36], noise[:, 36:]
        return ChunkResult(k * self.chunk_sets, metrics, (None,) * n, self.counts, totals, squares)

sink = FolderSink(Path(sys.argv[1]) / sys.argv[2])
outcome = run_job(Wide(int(sys.argv[2])), sink, threads=2)
assert outcome.done_sets == int(sys.argv[2])
assert sum(len(totals) for _, totals, _ in iter_blocks(sink)) == outcome.done_sets
assert sum(len(columns["hedge"]) for _, columns in iter_table(sink)) == outcome.done_sets
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss differs elsewhere")
def test_twenty_times_the_sets_need_no_more_memory(tmp_path: Path) -> None:
    def peak_mb(count: int) -> float:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path), str(count)],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        return int(done.stdout) / 1024

    # The larger one would need 166 MB more if it were kept, and has 2 MB in a chunk.
    assert peak_mb(400_000) < peak_mb(20_000) + 25
