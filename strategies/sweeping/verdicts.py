"""What stands in the way of the sets of a chunk: the first reason counts, as it does for a single run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Ints
from hedgebook.engine.sweep.batch.batch import NO_PROBLEM

from .combinations import Combinations, CombinationTable
from .levels import SetProblem


class Verdicts:
    """The problems of S sets, found stage by stage; a set that has one is asked nothing more."""

    def __init__(self, size: int) -> None:
        self.problem_of: Ints = np.full(size, NO_PROBLEM, dtype=np.int64)
        self._numbers: dict[str, int] = {}

    @property
    def problems(self) -> tuple[str, ...]:
        """The distinct reasons, in the order in which they were found."""
        return tuple(self._numbers)

    @property
    def alive(self) -> Ints:
        """The sets without a problem so far."""
        return np.flatnonzero(self.problem_of == NO_PROBLEM)

    def levels(self, table: CombinationTable, names: Iterable[str]) -> None:
        """Put down the levels of parameters that are Problems, in the order of the names."""
        for name in names:
            if any(isinstance(level, SetProblem) for level in table.levels[name]):
                self.each(table.combinations((name,)), lambda level: level if isinstance(level, SetProblem) else None)

    def each(self, found: Combinations, ask: Callable[..., Any]) -> dict[int, Any]:
        """Ask about every combination that a set without a problem has; a SetProblem is put down for its sets.

        ask: takes the values of a combination. The other answers by number of the combination.
        """
        return self.all(found, lambda several, _: [ask(*values) for values in several])

    def all(
        self, found: Combinations, ask: Callable[[Sequence[tuple[Any, ...]], Ints], Sequence[Any]]
    ) -> dict[int, Any]:
        """As `each`, with one question for all combinations; ask: takes their values, and a set that has each."""
        alive = self.alive
        if not len(alive):
            return {}
        asked, examples = found.among(alive)
        answers = ask([found.values[k] for k in asked.tolist()], examples)
        number = np.full(len(found.values), NO_PROBLEM, dtype=np.int64)
        kept = {}
        for k, answer in zip(asked.tolist(), answers, strict=True):
            if isinstance(answer, SetProblem):
                number[k] = self._numbers.setdefault(answer.text, len(self._numbers))
            else:
                kept[k] = answer
        self.problem_of[alive] = number[found.of[alive]]
        return kept


def spread(answers: dict[int, Any], pick: Callable[[Any], int], found: Combinations) -> NDArray[np.int64]:
    """(S,) a whole number of each set's combination, 0 where there is no answer."""
    table = np.zeros(len(found.values), dtype=np.int64)
    for k, answer in answers.items():
        table[k] = pick(answer)
    return np.asarray(table[found.of])
