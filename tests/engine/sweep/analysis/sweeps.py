"""Made-up sweeps: returns of sets, and their moments in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgebook.engine.sweep.analysis.chunks import MomentChunk


@dataclass(frozen=True)
class Axis:
    """An axis as the analysis sees it."""

    name: str
    values: tuple[Any, ...] | None


def noise(sessions: int = 160, sets: int = 70, seed: int = 0) -> np.ndarray:
    """(T, N) heavy-tailed returns."""
    return np.asarray(np.random.default_rng(seed).standard_t(5, (sessions, sets)) * 0.01)


def moments_by(label: np.ndarray, returns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(B,) sessions by label, (N, B) totals and (N, B) squares."""
    groups = [returns[label == g] for g in range(label.max() + 1)]
    counts = np.array([float(len(group)) for group in groups])
    totals = np.array([group.sum(axis=0) for group in groups]).T
    squares = np.array([(group**2).sum(axis=0) for group in groups]).T
    return counts, totals, squares


def in_chunks(totals: np.ndarray, squares: np.ndarray, size: int) -> Callable[[], Iterator[MomentChunk]]:
    """The same chunks whenever it is called."""

    def chunks() -> Iterator[MomentChunk]:
        for start in range(0, len(totals), size):
            yield start, totals[start : start + size].copy(), squares[start : start + size].copy()

    return chunks


def equal_blocks(sessions: int, blocks: int) -> np.ndarray:
    """(T,) block of each session."""
    cuts = np.arange(blocks + 1) * sessions // blocks
    return np.repeat(np.arange(blocks), np.diff(cuts))


def grid_codes(*sizes: int) -> Callable[[int, int], np.ndarray]:
    """Levels of a full grid, the last axis fastest."""

    def codes(start: int, stop: int) -> np.ndarray:
        return np.column_stack(np.unravel_index(np.arange(start, stop), sizes)).astype(np.int64)

    return codes
