"""A method of value at risk as one record, and the ways in which methods answer many windows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from ...arrays import Floats
from .estimate import Question, RiskEstimate, VarSettings

Texts = NDArray[np.object_]
Answer = Callable[[Floats, Question, VarSettings], RiskEstimate]
# (W, n) windows and C tails to (W, C, 2): VaR and ES.
Reading = Callable[[Floats, Sequence[float], VarSettings], Floats]
# One window to the loss at a tail: VaR and ES.
LossFit = Callable[[Floats, VarSettings], Callable[[float], tuple[float, float]]]
# So many windows are read at once: a few megabytes.
CHUNK = 1000
NO_VARIANCE = "the variance falls to zero"


@dataclass(frozen=True)
class Windows:
    """What many answers are wanted of.

    table: (K, n) a window of returns before each forecast, oldest first; tails: C of them, 1 - confidence;
    refit_sessions: forecasts between two fits, for methods that keep theirs.
    """

    table: Floats
    tails: Sequence[float]
    refit_sessions: int
    settings: VarSettings

    def unanswered(self) -> tuple[Floats, Texts]:
        """(K, C, 2) NaN and (K, C) "": no loss and no reason yet."""
        shape = (len(self.table), len(self.tails))
        return np.full((*shape, 2), np.nan), np.full(shape, "", dtype=object)


@dataclass(frozen=True)
class VarMethod:
    """Every fact of a method, which tables, verdicts, forecasts and reports read.

    label: as tables name it; answer: VaR and ES of one series; answers: of many windows, (K, C, 2), and (K, C) why one
    is missing, "" where it is not; reads_sample: its quantile is read off the sample, so that a sample shorter than
    1 / (1 - confidence) has none; infinite_es: when its ES is infinite, "" for never.
    """

    label: str
    answer: Answer
    answers: Callable[[Windows], tuple[Floats, Texts]]
    reads_sample: bool = False
    infinite_es: str = ""


def read_afresh(reading: Reading) -> Callable[[Windows], tuple[Floats, Texts]]:
    """Answers of a method that reads all windows by array arithmetic."""

    def answers(asked: Windows) -> tuple[Floats, Texts]:
        losses, why = asked.unanswered()
        for start in range(0, len(losses), CHUNK):
            part = slice(start, start + CHUNK)
            losses[part] = reading(asked.table[part], asked.tails, asked.settings)
        why[np.isnan(losses[:, :, 0])] = NO_VARIANCE
        return losses, why

    return answers


def fitted_now_and_then(fit: LossFit) -> Callable[[Windows], tuple[Floats, Texts]]:
    """Answers of a method whose fit, and so its loss, stays for refit_sessions forecasts."""

    def answers(asked: Windows) -> tuple[Floats, Texts]:
        losses, why = asked.unanswered()
        for start in range(0, len(losses), asked.refit_sessions):
            part = slice(start, start + asked.refit_sessions)
            try:
                loss_at = fit(asked.table[start], asked.settings)
            except ParameterError as problem:
                why[part] = problem.what
                continue
            for c, tail in enumerate(asked.tails):
                try:
                    losses[part, c] = loss_at(tail)
                except ParameterError as problem:
                    why[part, c] = problem.what
        return losses, why

    return answers
