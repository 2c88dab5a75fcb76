"""Walk-forward: fit on the past, test on what follows, move on."""

from __future__ import annotations

import numpy as np

from hedgebook.errors import ParameterError

from ...risk.series import check_whole
from .split import Horizon, Split, check_embargo, outcome_ends


def walk_forward(
    sessions: int,
    *,
    train_sessions: int,
    test_sessions: int,
    anchored: bool = False,
    horizon_sessions: Horizon = 0,
    embargo_sessions: int = 0,
) -> tuple[Split, ...]:
    """Splits whose tests follow one another without a gap; an incomplete last test is dropped.

    sessions: T, of which indices are given. anchored: training always begins at session 0 (else it moves along and
    stays train_sessions long). Between training and test lie horizon_sessions (the fewest, where they differ by
    session) and embargo_sessions; training sessions whose outcome, and the embargo after it, reach into the test
    are purged. Raises ParameterError when there is no room for one split, or a split has nothing left to train on.
    """
    total = check_whole("sessions", sessions, 2)
    train, test = check_whole("train_sessions", train_sessions, 1), check_whole("test_sessions", test_sessions, 1)
    embargo = check_embargo(embargo_sessions)
    ends = outcome_ends(total, horizon_sessions)
    gap = int((ends - np.arange(total)).min()) + embargo
    if train + gap + test > total:
        raise ParameterError(
            "there is no room for one split",
            where="sessions",
            value=total,
            bound=f"at least train_sessions + gap + test_sessions = {train + gap + test}",
        )
    splits = []
    for start in range(train + gap, total - test + 1, test):
        first = 0 if anchored else start - gap - train
        window = np.arange(first, start - gap)
        safe = ends[window] + embargo < start
        if not safe.any():
            raise ParameterError(
                "every training session has an outcome that reaches into the test",
                where="horizon_sessions",
                value=f"test from session {start}",
                remedy="Train on more sessions.",
            )
        splits.append(Split(window[safe], np.arange(start, start + test), window[~safe]))
    return tuple(splits)
