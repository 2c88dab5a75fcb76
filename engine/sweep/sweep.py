"""Running a whole sweep: its calendar, its chunks, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hedgebook.universes.fingerprint import of_value

from .analyse import RankBy, analyse
from .batch.stage import SweepSetting
from .calendar import SweepCalendar, sweep_calendar
from .job import CHUNK_SETS, Sweepable, SweepJob
from .out_of_sample.validation import MomentLayout, Validation, check_room, lay_out
from .result import SweepResult
from .running.runner import SweepOutcome, run_job
from .space import ParameterSets
from .store.sink import MemorySink, Sink


@dataclass(frozen=True)
class Execution:
    """How a sweep is run; none of it changes a number.

    threads: of this machine; scheduler: address of a Dask scheduler instead; resume: go on with what the sink holds;
    progress: called with sets done, sets in all and seconds gone.
    """

    threads: int = 2
    scheduler: str | None = None
    resume: bool = False
    progress: Callable[[int, int, float], None] | None = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """A sweep before it runs: its job, and the calendar and layout that the analysis needs."""

    job: SweepJob
    calendar: SweepCalendar
    layout: MomentLayout
    sink: Sink = field(default_factory=MemorySink)

    def run(self, how: Execution | None = None) -> SweepOutcome:
        """Run what the sink does not hold yet. Raises as run_job."""
        given = how or Execution()
        return run_job(
            self.job,
            self.sink,
            threads=given.threads,
            resume=given.resume,
            progress=given.progress,
            scheduler=given.scheduler,
        )

    def analyse(self, wish: RankBy | None = None) -> SweepResult:
        """What the finished sweep says. Raises as `analyse` does."""
        return analyse(self.job, self.sink, self.calendar, self.layout, wish)


def prepare(
    setting: SweepSetting,
    strategy: Sweepable,
    sets: ParameterSets,
    *,
    validation: Validation | None = None,
    sink: Sink | None = None,
) -> Prepared:
    """Find the sessions on which any set is on and lay the cross-validation out over them.

    A strategy whose sets take long says in how small chunks they come: `chunk_sets`.
    """
    check_room(validation or Validation(), len(setting.market.sessions))
    # A file of rates that cannot be used is found here, before a sink makes a folder.
    setting.read_files()
    calendar = sweep_calendar(setting.market, strategy, sets)
    layout = lay_out(validation or Validation(), calendar.on)
    chunk_sets = int(getattr(strategy, "chunk_sets", CHUNK_SETS))
    asked = of_value(validation or Validation())
    job = SweepJob(setting, strategy, sets, layout.of_session, chunk_sets, asked, calendar.tiled)
    return Prepared(job, calendar, layout, MemorySink() if sink is None else sink)
