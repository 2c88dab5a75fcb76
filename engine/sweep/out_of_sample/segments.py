"""Segments of sessions: the fewest pieces of which every sample of every split is made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.errors import ParameterError

from ...arrays import Flags, Floats, Ints
from .split import Split


@dataclass(frozen=True, eq=False)
class Segments:
    """G segments of T sessions, numbered in the order in which they first appear; each session belongs to one.

    of_session: (T,) its segment; train, test: (C, G) whether a split trains on a segment, or tests on it. A segment
    that is neither is left out by that split. A segment need not be one run of sessions.
    """

    of_session: Ints
    train: Flags
    test: Flags

    @property
    def counts(self) -> Floats:
        """(G,) sessions in each segment."""
        return np.bincount(self.of_session, minlength=self.train.shape[1]).astype(np.float64)

    def moments(self, returns: Floats) -> tuple[Floats, Floats]:
        """(n, G), (n, G): sums of returns and of their squares by segment, of (T, n) returns without NaN."""
        out = np.zeros((2, self.train.shape[1], returns.shape[1]))
        np.add.at(out[0], self.of_session, returns)
        np.add.at(out[1], self.of_session, returns**2)
        return np.ascontiguousarray(out[0].T), np.ascontiguousarray(out[1].T)


def segments_of(splits: Sequence[Split], sessions: int) -> Segments:
    """The coarsest partition of sessions in which all samples of all splits are unions of segments.

    splits: session indices below `sessions`. Two sessions share a segment exactly when every split treats them
    alike. Raises ParameterError for no split, a session out of range, or one that is trained and tested on.
    """
    if not splits:
        raise ParameterError("there is no split", where="splits")
    role = np.zeros((sessions, len(splits)), dtype=np.int8)
    for c, split in enumerate(splits):
        for code, part in ((1, split.train), (2, split.test), (3, split.purged)):
            if len(part) and (part.min() < 0 or part.max() >= sessions):
                raise ParameterError(
                    "names a session that there is not", where=f"splits[{c}]", bound=f"0 to {sessions - 1}"
                )
            if role[part, c].any():
                raise ParameterError("puts a session in two samples", where=f"splits[{c}]")
            role[part, c] = code
    _, first, label = np.unique(role, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    roles = role[first[order]].T
    return Segments(number[label.reshape(-1)].astype(np.int64), roles == 1, roles == 2)
