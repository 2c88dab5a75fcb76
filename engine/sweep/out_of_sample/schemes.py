"""Walk-forward and combinatorial purged cross-validation of a whole sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays import Flags
from ...risk.series import check_whole
from ..analysis.chunks import Chunks, ReturnsOf
from ..analysis.overfit import judged_by
from .combinatorial import CombinatorialSplits, combinatorial_purged
from .judge import judge
from .judged import Context, OutOfSample, of_judged, paths_of, stitched
from .segments import Segments, segments_of
from .split import Split
from .walk_forward import walk_forward

FEWEST_IN_TEST = 5


@dataclass(frozen=True)
class WalkForward:
    """Train on the past, test on what follows.

    train_sessions, test_sessions: None takes half of the union calendar to train on and a tenth of it to test on;
    anchored: training always begins at the first session; horizon_sessions: how long a decision's outcome takes,
    the longest hold of the sweep; embargo_sessions: left out after training besides.
    """

    train_sessions: int | None = None
    test_sessions: int | None = None
    anchored: bool = False
    horizon_sessions: int = 0
    embargo_sessions: int = 0

    def splits(self, sessions: int) -> tuple[Split, ...]:
        """The splits of a union calendar of that many sessions. Raises ParameterError as walk_forward does."""
        total = check_whole("sessions", sessions, 2)
        return walk_forward(
            total,
            train_sessions=max(total // 2, 1) if self.train_sessions is None else self.train_sessions,
            test_sessions=max(total // 10, 2) if self.test_sessions is None else self.test_sessions,
            anchored=self.anchored,
            horizon_sessions=self.horizon_sessions,
            embargo_sessions=self.embargo_sessions,
        )


@dataclass(frozen=True)
class CombinatorialPurged:
    """Every choice of test_folds out of `folds` as the test; horizon and embargo as in WalkForward."""

    folds: int = 10
    test_folds: int = 2
    horizon_sessions: int = 0
    embargo_sessions: int = 0

    def splits(self, sessions: int) -> CombinatorialSplits:
        """The splits of a union calendar of that many sessions. Raises ParameterError as combinatorial_purged does."""
        return combinatorial_purged(
            sessions,
            folds=self.folds,
            test_folds=self.test_folds,
            horizon_sessions=self.horizon_sessions,
            embargo_sessions=self.embargo_sessions,
        )


@dataclass(frozen=True, eq=False)
class SplitPlan:
    """A scheme laid out over a union calendar before the sweep runs, so that it can gather moments by segment.

    splits: of the scheme, in its own form; segments: G of them, whose of_session the kernel sums by.
    """

    scheme: WalkForward | CombinatorialPurged
    splits: tuple[Split, ...] | CombinatorialSplits
    segments: Segments
    sessions: int

    @property
    def name(self) -> str:
        """ "walk-forward" or "cpcv"."""
        return "walk-forward" if isinstance(self.scheme, WalkForward) else "cpcv"

    @property
    def each(self) -> tuple[Split, ...]:
        """The splits one by one."""
        return self.splits.splits if isinstance(self.splits, CombinatorialSplits) else self.splits

    def to_dict(self) -> dict[str, Any]:
        """The scheme's settings and how many splits and segments it makes."""
        return {
            "scheme": self.name,
            **vars(self.scheme),
            "splits": len(self.each),
            "segments": self.segments.train.shape[1],
        }


def plan(scheme: WalkForward | CombinatorialPurged, sessions: int) -> SplitPlan:
    """Lay a scheme out over a union calendar. Raises ParameterError where it does not fit."""
    splits = scheme.splits(sessions)
    each = splits.splits if isinstance(splits, CombinatorialSplits) else splits
    return SplitPlan(scheme, splits, segments_of(each, sessions), sessions)


def validate(
    laid_out: SplitPlan,
    chunks: Chunks,
    context: Context,
    *,
    returns_of: ReturnsOf | None = None,
    excess_of: ReturnsOf | None = None,
    usable: Flags | None = None,
) -> OutOfSample:
    """Choose on every training sample, judge on every test, over the union calendar of all sets.

    chunks: as judge() takes them, by the plan's segments; context: the metric asked for (where it is neither
    "sharpe" nor "mean" sets are judged by the Sharpe ratio, which notes say), axes and codes; returns_of: indices to
    (T, n) session returns of single sets, 0 where a set is not on (None: no stitched returns and no paths); excess_of:
    the same less what cash earns, of which the chunks' moments are, for the Sharpe ratios of what is stitched (None:
    returns_of); usable: (N,) whether a set can be ranked. Raises ParameterError as judge() does.
    """
    metric, notes = judged_by(context.asked)
    segments = laid_out.segments
    judged = judge(chunks, segments.counts, segments.train, segments.test, metric=metric, usable=usable)
    notes += _short_tests(laid_out)
    returns = None if returns_of is None else _returns(laid_out, judged.best, returns_of)
    excess = returns if excess_of is None else _returns(laid_out, judged.best, excess_of)
    return of_judged(laid_out.name, judged, context, (returns, excess), notes)


def _returns(laid_out: SplitPlan, best: Any, returns_of: ReturnsOf) -> np.ndarray[Any, np.dtype[np.float64]]:
    if isinstance(laid_out.splits, CombinatorialSplits):
        return paths_of(laid_out.splits, best, returns_of)
    return stitched(laid_out.splits, best, laid_out.sessions, returns_of)


def _short_tests(laid_out: SplitPlan) -> tuple[str, ...]:
    shortest = min(len(split.test) for split in laid_out.each)
    if shortest >= FEWEST_IN_TEST:
        return ()
    return (
        f"The shortest test has {shortest} session{'' if shortest == 1 else 's'}, fewer than {FEWEST_IN_TEST}: "
        "what a single split says is next to nothing.",
    )
