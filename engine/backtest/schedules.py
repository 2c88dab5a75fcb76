"""Many schedules at once: rows at the same times, and the weights of each schedule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import as_array

from .schedule import LARGEST_WEIGHT, Schedule


@brief
@dataclass(frozen=True, eq=False)
class Schedules:
    """S schedules of R rows over N tickers that are decided and filled at the same times.

    tickers, decided_at, session, mark, hindsight: as in Schedule, shared by all; weights: (S, R, N) fractions of NAV,
    NaN = leave the ticker alone. What a strategy's plan_many gives where its sets differ in weights alone: nothing is
    made for each set. A schedule whose weights are no fractions is refused when it is asked for, not here. timetable:
    a schedule of the same rows without weights. Raises ParameterError as Schedule does for the rest.
    """

    tickers: tuple[str, ...]
    decided_at: NDArray[np.datetime64]
    session: NDArray[np.datetime64]
    mark: NDArray[np.int64]
    weights: NDArray[np.float64]
    hindsight: bool = False
    timetable: Schedule = field(init=False, repr=False)

    def __post_init__(self) -> None:
        weights = as_array(self.weights, np.float64, "weights")
        if weights.ndim != 3:
            raise ParameterError(
                "schedules need weights by schedule, row and ticker", where="weights", value=weights.shape
            )
        object.__setattr__(self, "weights", weights)
        empty = np.zeros(weights.shape[1:])
        made = Schedule(self.tickers, self.decided_at, self.session, self.mark, empty, self.hindsight)
        for name in ("tickers", "decided_at", "session", "mark"):
            object.__setattr__(self, name, getattr(made, name))
        object.__setattr__(self, "timetable", made)

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, index: int) -> Schedule:
        """One of them. Raises ParameterError for weights that are no fractions of NAV."""
        return Schedule(
            self.tickers, self.decided_at, self.session, self.mark, self.weights[index], hindsight=self.hindsight
        )

    def __iter__(self) -> Iterator[Schedule]:
        return (self[index] for index in range(len(self)))

    def sound(self) -> NDArray[np.bool_]:
        """(S,) whether all weights of a schedule are fractions of NAV or NaN."""
        # By schedule: all of them together may be most of what there is of memory.
        return np.array([not (np.abs(one) > LARGEST_WEIGHT).any() for one in self.weights], dtype=np.bool_)
