"""A split of sessions, and what must be left out of training so that nothing of the test leaks into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgebook.errors import ParameterError

from ...arrays import Ints
from ...risk.series import check_whole

Horizon = int | ArrayLike


@dataclass(frozen=True, eq=False)
class Split:
    """Session indices in rising order: train to fit on, test to judge on, purged left out because of the test."""

    train: Ints
    test: Ints
    purged: Ints

    def to_dict(self) -> dict[str, Any]:
        """The indices as lists."""
        return {"train": self.train.tolist(), "test": self.test.tolist(), "purged": self.purged.tolist()}


def outcome_ends(sessions: int, horizon_sessions: Horizon) -> Ints:
    """(T,) the session at whose end the outcome of a decision is known.

    horizon_sessions: how many sessions later that is, one number or one for each session; 0 when a decision is
    judged by its own session alone. Raises ParameterError for anything but whole numbers from 0.
    """
    given = np.asarray(horizon_sessions, dtype=np.float64)
    if given.ndim > 1 or (given.ndim == 1 and len(given) != sessions):
        raise ParameterError(
            "does not fit the sessions", where="horizon_sessions", value=given.shape, bound=f"one number or {sessions}"
        )
    if not np.isfinite(given).all() or (given < 0).any() or (given != np.floor(given)).any():
        raise ParameterError("cannot be used", where="horizon_sessions", bound="whole numbers from 0")
    return np.arange(sessions, dtype=np.int64) + given.astype(np.int64)


def split_without_leak(test: Ints, ends: Ints, embargo_sessions: int, candidates: NDArray[np.bool_]) -> Split:
    """Train on the candidates outside of the test whose outcomes no outcome of the test overlaps.

    For each run of test sessions a .. b, whose outcomes are all known by session e: left out are sessions up to e
    whose outcome reaches a, and the embargo_sessions after e. ends: as outcome_ends gives them. Source: Lopez de
    Prado (2018), Advances in Financial Machine Learning, chapter 7.
    """
    every = np.arange(len(ends))
    tested = np.zeros(len(ends), dtype=np.bool_)
    tested[test] = True
    leak = np.zeros(len(ends), dtype=np.bool_)
    for run in np.split(test, np.flatnonzero(np.diff(test) > 1) + 1):
        known = ends[run].max()
        leak |= (every <= known) & (ends >= run[0])
        leak |= (every > known) & (every <= known + embargo_sessions)
    left = candidates & ~tested
    return Split(np.flatnonzero(left & ~leak), np.asarray(test, dtype=np.int64), np.flatnonzero(left & leak))


def check_embargo(embargo_sessions: int) -> int:
    """The embargo. Raises ParameterError unless it is a whole number from 0."""
    return check_whole("embargo_sessions", embargo_sessions, 0)
