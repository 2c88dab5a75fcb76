"""Combinatorial purged cross-validation: many test paths through the same history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgebook.errors import ParameterError

from ...arrays import Ints
from ...risk.series import check_whole
from .split import Horizon, Split, check_embargo, outcome_ends, split_without_leak

MOST_SPLITS = 20_000


@dataclass(frozen=True, eq=False)
class CombinatorialSplits:
    """C splits of F folds, k of them tested, which recombine to P = C k / F paths that test every session once.

    splits: in lexicographic order of the tested folds; folds: the sessions of each fold; tested: (C, k) the folds
    that a split tests; paths: (C, k) the path that each of them belongs to.
    """

    splits: tuple[Split, ...]
    folds: tuple[Ints, ...]
    tested: Ints
    paths: Ints

    @property
    def path_count(self) -> int:
        """How many paths there are."""
        return int(self.paths.max()) + 1

    def to_dict(self) -> dict[str, Any]:
        """How many there are, and which folds and paths each split tests; the indices are in `splits`."""
        return {
            "splits": len(self.splits),
            "folds": len(self.folds),
            "paths": self.path_count,
            "tested_folds": self.tested.tolist(),
            "path_of_tested_fold": self.paths.tolist(),
        }

    def recombine(self, values: Sequence[ArrayLike]) -> NDArray[np.float64]:
        """(P, T): the paths, from one array of test values a split, in the order of its test sessions.

        Raises ParameterError when a split's values do not fit its test sessions.
        """
        if len(values) != len(self.splits):
            raise ParameterError(
                "one array a split is needed", where="values", value=len(values), bound=str(len(self.splits))
            )
        out = np.full((self.path_count, sum(len(fold) for fold in self.folds)), np.nan)
        for c, (split, given) in enumerate(zip(self.splits, values, strict=True)):
            array = np.asarray(given, dtype=np.float64)
            if array.shape != split.test.shape:
                raise ParameterError(
                    "does not fit the test sessions",
                    where=f"values[{c}]",
                    value=array.shape,
                    bound=str(split.test.shape),
                )
            by_session = dict(zip(split.test.tolist(), array.tolist(), strict=True))
            for fold, path in zip(self.tested[c], self.paths[c], strict=True):
                out[path, self.folds[fold]] = [by_session[t] for t in self.folds[fold].tolist()]
        return out


def combinatorial_purged(
    sessions: int, *, folds: int = 10, test_folds: int = 2, horizon_sessions: Horizon = 0, embargo_sessions: int = 0
) -> CombinatorialSplits:
    """Every choice of test_folds out of `folds` as the test, purged by the horizon of outcomes.

    sessions: T, of which indices are given; folds are of T // folds sessions, the last one longer. Folds, choices
    and paths are skfolio's; what a horizon leaves out is split_without_leak's, which is the same as skfolio's
    purged_size where the horizon is one number. Raises ParameterError for counts that do not work, more than 20,000
    splits, or a split with nothing left to train on. Source: Lopez de Prado (2018), chapter 12.
    """
    from skfolio.model_selection import CombinatorialPurgedCV

    total = check_whole("sessions", sessions, 2)
    count, chosen = check_whole("folds", folds, 3), check_whole("test_folds", test_folds, 2)
    embargo = check_embargo(embargo_sessions)
    if not chosen < count or total < 3 * count:
        raise ParameterError(
            "these folds do not work",
            where="sessions, folds, test_folds",
            value=f"{total}, {count}, {chosen}",
            bound="test_folds below folds, and at least 3 sessions a fold",
        )
    if math.comb(count, chosen) > MOST_SPLITS:
        raise ParameterError(
            "there are too many splits",
            where="folds, test_folds",
            value=math.comb(count, chosen),
            bound=f"at most {MOST_SPLITS}",
        )
    ends = outcome_ends(total, horizon_sessions)
    source = CombinatorialPurgedCV(n_folds=count, n_test_folds=chosen)
    paths, tested = np.asarray(source.get_path_ids()), np.asarray(source.test_set_index)
    every = np.ones(total, dtype=np.bool_)
    pieces: dict[int, Ints] = {}
    splits = []
    for c, (_, tests) in enumerate(source.split(np.zeros((total, 1)))):
        pieces.update(zip(tested[c].tolist(), tests, strict=True))
        split = split_without_leak(np.concatenate(tests), ends, embargo, every)
        if len(split.train) == 0:
            raise ParameterError(
                "a split has nothing left to train on",
                where="horizon_sessions, embargo_sessions",
                value=f"tested folds {tested[c].tolist()}",
                remedy="Take fewer test folds or longer ones.",
            )
        splits.append(split)
    return CombinatorialSplits(tuple(splits), tuple(pieces[k] for k in range(count)), tested, paths)
