"""Running a whole sweep: its calendar, its chunks, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.fingerprint import of_value

from ..arrays import Floats
from .analyse import RankBy, analyse
from .batch.stage import SweepSetting
from .calendar import SweepCalendar, first_look, sweep_calendar
from .job import CHUNK_SETS, Sweepable, SweepJob
from .out_of_sample.validation import MomentLayout, Scheme, Validation, check_room, lay_out
from .result import SweepResult
from .running.kept import KeptSets
from .running.runner import SweepOutcome, run_job
from .space import ParameterSets
from .store.sink import MemorySink, Sink


@dataclass(frozen=True)
class Execution:
    """How a sweep is run; none of it changes a number.

    threads: of this machine; scheduler: address of a Dask scheduler instead; workers: processes of this machine
    instead; resume: go on with what the sink holds;
    progress: called with sets done, sets in all and seconds gone.
    """

    threads: int = 2
    scheduler: str | None = None
    resume: bool = False
    progress: Callable[[int, int, float], None] | None = None
    workers: int | None = None


@dataclass(eq=False)
class Prepared:
    """A sweep before it runs: its job, and the calendar and layout that the analysis needs.

    Where plans are made once, calendar and layout are those of a few sets until it has run.
    """

    job: SweepJob
    calendar: SweepCalendar
    layout: MomentLayout
    sink: Sink = field(default_factory=MemorySink)

    def run(self, how: Execution | None = None) -> SweepOutcome:
        """Run what the sink does not hold yet. Raises as run_job."""
        given = how or Execution()
        outcome = run_job(
            self.job,
            self.sink,
            threads=given.threads,
            resume=given.resume,
            progress=given.progress,
            scheduler=given.scheduler,
            workers=given.workers,
        )
        if self.job.kept is not None and not outcome.interrupted:
            self._settle(self.job.kept)
        return outcome

    def analyse(self, wish: RankBy | None = None) -> SweepResult:
        """What the finished sweep says. Raises as `analyse` does."""
        return analyse(self.job, self.sink, self.calendar, self.layout, wish)

    def _settle(self, kept: KeptSets) -> None:
        """Take the sessions on which any set was on, and sum moments anew where these are not those thought of."""
        calendar = SweepCalendar(*kept.calendar(), self.calendar.tiled)
        before, self.calendar = self.calendar, calendar
        layout = lay_out(self.layout.validation, calendar.on)
        if np.array_equal(before.on, calendar.on) and np.array_equal(layout.of_session, self.layout.of_session):
            self.layout = layout
            return
        self.layout = layout
        self.job = replace(self.job, blocks=layout.of_session)
        job, riskless = self.job, self.job.setting.riskless

        def moments(k: int) -> tuple[Floats, Floats]:
            found = kept.moments(k, job.blocks, riskless)
            if found is not None:
                return found
            again, _ = job.compute(k)
            return again.totals, again.squares

        self.sink.sum_anew(job, moments)


def prepare(
    setting: SweepSetting,
    strategy: Sweepable,
    sets: ParameterSets,
    *,
    validation: Validation | None = None,
    sink: Sink | None = None,
    once: RankBy | None = None,
) -> Prepared:
    """Find the sessions on which any set is on and lay the cross-validation out over them.

    A strategy whose sets take long says in how small chunks they come: `chunk_sets`. once: plan each set once, while
    it runs, of a strategy that says that its plans are dear (`plans_once`), and keep the plan of the set that is best
    by this; what is prepared must then be run here, and from its beginning.
    """
    check_room(validation or Validation(), len(setting.market.sessions))
    # A file of rates that cannot be used is found here, before a sink makes a folder.
    setting.read_files()
    asked = validation or Validation()
    chunk_sets = int(getattr(strategy, "chunk_sets", CHUNK_SETS))
    kept = None
    if once is not None and getattr(strategy, "plans_once", False):
        kept = KeptSets(len(setting.market.sessions), chunk_sets)
    calendar = first_look(setting.market, strategy, sets) if kept else sweep_calendar(setting.market, strategy, sets)
    layout = _first_layout(asked, calendar) if kept else lay_out(asked, calendar.on)
    job = SweepJob(setting, strategy, sets, layout.of_session, chunk_sets, of_value(asked), calendar.tiled)
    if kept and once:
        job = replace(job, kept=kept, best_by=once.compared)
    return Prepared(job, calendar, layout, MemorySink() if sink is None else sink)


def _first_layout(asked: Validation, calendar: SweepCalendar) -> MomentLayout:
    """A layout over the sessions of a few sets; where it is not possible there, it may be over those of all of them."""
    try:
        return lay_out(asked, calendar.on)
    except ParameterError:
        return replace(lay_out(replace(asked, scheme=Scheme.CSCV), calendar.on), validation=asked)
