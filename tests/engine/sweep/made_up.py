"""A made-up sweep whose every number follows from the index of its set, so that tests know the answer beforehand."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.sweep.store.chunk import ChunkResult

METRICS = ("sharpe", "total_return", "sessions")
# Every type of column; `late` is None in all sets of the first chunk.
TYPES = {
    "hold": "int64",
    "stop": "Float64",
    "delay": "Int64",
    "gross": "float64",
    "strict": "bool",
    "flag": "boolean",
    "hedge": "str",
    "late": "str",
}


def metric(i: int, name: str) -> float:
    """What a set has; every 17th did not run."""
    if i % 17 == 0:
        return float("nan")
    return {"sharpe": 1.0 / (i + 3), "total_return": (i * 7919 % 1009) / 1009 - 0.5, "sessions": float(i % 60)}[name]


def parameter(i: int, name: str) -> Any:
    """What a set was asked to do."""
    return {
        "hold": i % 60 + 1,
        "stop": None if i % 5 == 0 else i / 8,
        "delay": None if i % 3 == 0 else i - 2**53,
        "gross": i / 3,
        "strict": i % 2 == 1,
        "flag": (None, True, False)[i % 3],
        "hedge": ("dollar", "beta", "minimum variance; 50 % ü")[i % 3],
        "late": None if i < 64 else f"b{i % 2}",
    }[name]


def problem(i: int) -> str | None:
    """Why a set did not run."""
    return f"no price for ticker {i}" if i % 17 == 0 else None


def moment(i: int, b: int) -> float:
    """The sum of returns of a set in a block."""
    return ((i * 31 + b * 7) % 97 - 48) / 1000


@dataclass(frozen=True)
class MadeUp:
    """salt: the only thing besides its size that decides its numbers, so as to have another sweep.

    seconds: how long a chunk takes; fail_at: chunk that fails; flag: folder in which a chunk that begins leaves a file
    with the process that computes it; hold_back: file without which no chunk ends.
    """

    count: int = 1000
    chunk_sets: int = 64
    block_count: int = 4
    salt: float = 0.0
    seconds: float = 0.0
    fail_at: int | None = None
    flag: Path | None = None
    hold_back: Path | None = None

    @property
    def metric_names(self) -> tuple[str, ...]:
        return METRICS

    @property
    def column_types(self) -> Mapping[str, str]:
        return TYPES

    @property
    def counts(self) -> Floats:
        return np.arange(10, 10 + self.block_count, dtype=np.float64)

    def manifest(self) -> dict[str, Any]:
        return {"salt": self.salt, "prices": {"sha256": "0" * 64, "names": ["AAA", "BBB"]}}

    def indices(self, k: int) -> range:
        return range(k * self.chunk_sets, min((k + 1) * self.chunk_sets, self.count))

    def run(self, k: int, threads: int) -> ChunkResult:
        assert threads >= 1
        if self.flag is not None:
            (self.flag / f"begun-{k}-{os.getpid()}").touch()
        while self.hold_back is not None and not self.hold_back.exists():
            time.sleep(0.01)
        time.sleep(self.seconds)
        if k == self.fail_at:
            raise ZeroDivisionError(f"chunk {k} cannot be computed")
        sets = self.indices(k)
        totals = np.array([[moment(i, b) for b in range(self.block_count)] for i in sets])
        return ChunkResult(
            start=sets[0],
            metrics=np.array([[metric(i, name) + self.salt for name in METRICS] for i in sets]),
            problems=tuple(problem(i) for i in sets),
            counts=self.counts,
            totals=totals.reshape(len(sets), self.block_count),
            squares=(totals**2).reshape(len(sets), self.block_count),
        )

    def columns(self, k: int) -> dict[str, Any]:
        return {name: [parameter(i, name) for i in self.indices(k)] for name in TYPES}


def files(folder: Path) -> dict[str, bytes]:
    """The data files of a sweep's folder, byte for byte."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


def stray(folder: Path) -> list[str]:
    """Everything in a sweep's folder that has no final name."""
    return [path.name for path in folder.rglob("*") if path.is_file() and path.suffix not in (".parquet", ".json")]
