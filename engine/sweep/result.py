"""A finished sweep: every set, the best one and how much of it is luck, and how the metric lies over the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.checks import TEXT, many, takes, whole
from hedgebook.universes.counted import counted

from ..arrays import Floats
from ..kernels.sets.tally import MEASURES
from .analysis.landscape import CellFigure, Plateau, heat_map, marginal_effects, plateau_score
from .analysis.luck import Luck
from .analysis.top import parallel_coordinates, top_k
from .calendar import SweepCalendar
from .job import SweepJob
from .out_of_sample.judged import OutOfSample
from .out_of_sample.validation import MomentLayout
from .space import Axis, ParameterSets
from .store.sink import Sink, iter_table, read_rows


@dataclass(frozen=True, eq=False, repr=False)
class Best:
    """The best set by the metric, never without its luck.

    index: of the set; parameters: its own, by name, typed; metrics: its measures; luck: how much of it is luck;
    plateau: how good its neighbours are.
    """

    index: int
    metric: str
    parameters: dict[str, Any]
    metrics: dict[str, float]
    luck: Luck
    plateau: Plateau

    @property
    def value(self) -> float:
        """The metric."""
        return self.metrics[self.metric]

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"<Best of {counted(self.luck.ran, 'set')}: {told}; {self.metric} {self.value:.4g}. {self.luck.verdict}>"


@dataclass(frozen=True, eq=False, repr=False)
class SweepResult:
    """A sweep that has run.

    job: what was run, the setting and the parameter sets; sink: where the table is kept; calendar: sessions on which
    any set is on; layout: how they were split for validation. Fractions and USD, NaN where a figure is undefined.
    metric: what sets are compared by; values: (N,) it, NaN where a set could not run; top: indices of the best sets,
    best first; luck, out_of_sample (None where none was asked for), plateau: of the best; problems: why sets could
    not run, with how many of them; short: sets that are on for fewer than min_sessions, which no annual metric ranks;
    ruined, untraded: sets that lost their capital or traded nothing, which no metric ranks;
    stale: sets that end with a position at an old price, which are ranked as if it were one that could be had.
    """

    job: SweepJob
    sink: Sink
    calendar: SweepCalendar
    layout: MomentLayout
    metric: str
    values: Floats
    top: NDArray[np.int64]
    luck: Luck
    plateau: Plateau
    out_of_sample: OutOfSample | None
    problems: Mapping[str, int]
    short: int = 0
    min_sessions: int = 1
    ruined: int = 0
    untraded: int = 0
    stale: int = 0

    @property
    def sets(self) -> ParameterSets:
        """The parameter sets by index."""
        return self.job.sets

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The parameters that vary."""
        return self.sets.space.axes

    @property
    def count(self) -> int:
        """How many sets there are."""
        return self.sets.count

    @property
    def ran(self) -> int:
        """How many of them could be run."""
        return self.count - sum(self.problems.values())

    @cached_property
    def table(self) -> pd.DataFrame:
        """Every set in order: parameters, measures, and the problem of one that could not run (None: it ran).

        A parameter that is called like another column, as sessions, stands in a column parameter_sessions.
        """
        frames = [pd.DataFrame(columns).set_index("set") for _, columns in iter_table(self.sink)]
        types = self.job.column_types
        return pd.concat(frames).astype(types)

    @cached_property
    def best(self) -> Best:
        """The best set and its luck. Raises ParameterError where no set has the metric."""
        index = int(self.top[0])
        row = read_rows(self.sink, [index]).iloc[0]
        return Best(
            index=index,
            metric=self.metric,
            parameters=self.sets.at(index),
            metrics={name: float(row[name]) for name in MEASURES},
            luck=self.luck,
            plateau=self.plateau,
        )

    @cached_property
    def best_sets(self) -> pd.DataFrame:
        """The best sets, best first: parameters and measures."""
        return read_rows(self.sink, self.top).drop(columns="problem")

    def overfitting(self) -> Luck:
        """How much of the best set is luck, by every measure there is."""
        return self.luck

    def marginal_effects(self) -> pd.DataFrame:
        """The metric by value of each parameter, over all sets that have it; see analysis.landscape."""
        return marginal_effects(self.values, self.sets.codes, self.axes, metric=self.metric)

    @takes(first=TEXT, second=TEXT, how=TEXT)
    def heat_map(self, first: str, second: str, how: CellFigure | str = CellFigure.MEAN) -> pd.DataFrame:
        """The metric by two parameters, rows by `first` and columns by `second`, NaN where a cell has no set.

        how: "mean", "median" or "best" of the sets in a cell. Raises ParameterError for a parameter that does not
        vary, or varies without steps.
        """
        return heat_map(self.values, self.sets.codes, self.axes, (first, second), metric=self.metric, how=how)

    @takes(count=whole(1))
    def parallel_coordinates(self, count: int = 100) -> pd.DataFrame:
        """The best `count` sets: their metric and, for each parameter, where its value stands among all of them.

        Raises ParameterError for a count that is no whole number of 1 or more.
        """
        best = top_k(self.values, count, metric=self.metric)
        return parallel_coordinates(best, self.values[best], self.sets.codes, self.axes, metric=self.metric)

    @takes(index=whole(0))
    def plateau_of(self, index: int) -> Plateau:
        """How good the neighbours of set number `index` are. Raises ParameterError for a set without the metric."""
        self._known(index)
        return plateau_score(self.values, index, self.sets.neighbours(index), metric=self.metric)

    @takes(indices=many(whole(0), "a list of numbers of sets, as in [0, 3]"))
    def returns_of(self, indices: list[int]) -> pd.DataFrame:
        """Session returns of the sets numbered `indices`, over the sessions on which any set is on, 0 where it is not.

        Raises ParameterError for a set that does not exist.
        """
        for index in indices:
            self._known(index)
        rows = self.calendar.rows
        sessions = pd.DatetimeIndex(self.job.setting.market.sessions[rows].astype("datetime64[ns]"), name="session")
        return pd.DataFrame(self.job.returns_of(indices)[rows], index=sessions, columns=indices)

    @cached_property
    def best_returns(self) -> pd.Series[float]:
        """Session returns of the best set over the sessions on which it is on, as a single run of it has them."""
        index = int(self.top[0])
        first, last = self.job.span_of(index)
        rows = slice(first, last + 1)
        sessions = pd.DatetimeIndex(self.job.setting.market.sessions[rows].astype("datetime64[ns]"), name="session")
        return pd.Series(self.job.returns_of([index])[rows, 0], index=sessions, name="return")

    def _known(self, index: int) -> None:
        if index >= self.count:
            raise ParameterError("there is no such set", where="set", value=index, bound=f"0 to {self.count - 1}")

    def to_dict(self) -> dict[str, Any]:
        """The best set with its luck, and what else was found of all sets together, JSON-ready."""
        best = self.best
        return {
            "metric": self.metric,
            "sets": self.count,
            "ran": self.ran,
            "ruined": self.ruined,
            "not_traded": self.untraded,
            "stale": self.stale,
            "trials": self.luck.ran,
            "trials_with_sharpe": self.luck.with_ratio,
            "duplicates": self.sets.duplicates,
            "refused": self.sets.refused,
            "problems": dict(self.problems),
            "best": {
                "set": best.index,
                "parameters": {name: _plain(value) for name, value in best.parameters.items()},
                "metrics": {name: None if value != value else value for name, value in best.metrics.items()},
            },
            "overfitting": self.luck.to_dict(),
            "plateau": self.plateau.to_dict(),
            "out_of_sample": None if self.out_of_sample is None else self.out_of_sample.to_dict(),
            "warnings": list(self.warnings),
        }

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before trusting any of it."""
        setting = self.job.setting
        universe = setting.market.universe
        found = [*setting.market.warnings, *setting.costs.notes(universe), *setting.account.notes(universe)]
        found += setting.costs.tier_notes(setting.market, None, setting.market.tickers)
        if self.problems:
            found.append(f"{self.count - self.ran:,} of {counted(self.count, 'set')} could not be run")
        if self.untraded:
            found.append(f"{_were(self.untraded, self.count)} not traded: no fill, so not ranked and no trial")
        if self.ruined:
            found.append(f"{_were(self.ruined, self.count)} ruined: NAV fell to zero or below, so they are not ranked")
        if self.stale:
            old = "held stale positions at their end, which count at their last prices"
            found.append(f"{self.stale:,} of {counted(self.count, 'set')} {old}: see the column stale_positions")
        if self.short:
            few = (
                f"{counted(self.short, 'set is', 'sets are')} on for fewer than {counted(self.min_sessions, 'session')}"
            )
            found.append(f"{few}: no annual metric here")
        if self.sets.duplicates:
            found.append(f"{counted(self.sets.duplicates, 'set was', 'sets were')} drawn more than once and run once")
        if self.sets.refused and self.sets.how != "grid":
            found.append(
                f"{counted(self.sets.refused, 'set was', 'sets were')} drawn that the constraints refuse, and not run"
            )
        return (*found, *self.best_notes)

    @cached_property
    def best_notes(self) -> tuple[str, ...]:
        """What a single run of the best set says of halts, write-offs and orders against volume."""
        if not len(self.top):
            return ()
        return tuple(f"the best set: {note}" for note in self.job.notes_of(int(self.top[0])))

    def __repr__(self) -> str:
        return (
            f"<SweepResult {self.job.strategy.name}: {self.ran:,} of {counted(self.count, 'set')} ran; {self.best!r}>"
        )


def _were(some: int, count: int) -> str:
    return f"{some:,} of {counted(count, 'set')} {'was' if some == 1 else 'were'}"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def check_metric(metric: str) -> str:
    """A measure by its name. Raises ParameterError with the closest one."""
    if metric not in MEASURES:
        remedy = did_you_mean(metric, MEASURES)
        raise ParameterError("there is no such metric", where="metric", value=metric, remedy=remedy)
    return metric
