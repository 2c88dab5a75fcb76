"""What a finished sweep says, read from its store chunk by chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import InputError, ParameterError

from ..arrays import Flags, Floats, Ints
from ..kernels.sets.tally import MEASURES
from ..risk.measures import MEASURE_FACTS, direction_of
from .analysis.chunks import MomentChunk, ReturnsOf
from .analysis.landscape import plateau_score
from .analysis.luck import MOST_CANDIDATES, luck_of
from .analysis.luck_parts import Against, Chosen, LuckSettings
from .analysis.overfit import SweepCscv, cscv_of_sweep
from .analysis.sharpe_tally import SharpeTally
from .analysis.standing import ruined, untraded
from .analysis.top import top_k
from .batch.stale_sets import STALE_POSITIONS
from .calendar import SweepCalendar
from .job import SweepJob
from .null import family_null
from .out_of_sample.by_event import leave_events_out
from .out_of_sample.judged import Context, OutOfSample
from .out_of_sample.schemes import validate
from .out_of_sample.validation import MomentLayout, Scheme
from .result import SweepResult, check_metric
from .store.sink import Sink, iter_blocks, iter_table

SHOWN = 20
MIN_SESSIONS = 5


@dataclass(frozen=True)
class RankBy:
    """What is asked of a sweep.

    metric: what sets are compared by; top: how many of the best are listed; min_sessions: sets that are on for fewer
    have no annual metric (cagr, volatility, sharpe ...) to be compared by; elsewhere: trials of the same search that
    were run before, which count in deflated figures beside the sets, None = they are not asked for.
    """

    metric: str = "sharpe"
    top: int = SHOWN
    min_sessions: int = MIN_SESSIONS
    elsewhere: int | None = None

    def __post_init__(self) -> None:
        check_metric(self.metric)
        for name in ("top", "min_sessions"):
            if getattr(self, name) < 1:
                raise ParameterError("is too small", where=name, value=getattr(self, name), bound="1 or more")

    def compared(self, measures: Floats) -> Floats:
        """(n,) what sets with these measures (n, 18) are compared by, more is better; NaN: it is not ranked."""
        columns = dict(zip(MEASURES, measures.T, strict=True))
        return direction_of(self.metric) * self.stand(columns).values

    def stand(self, columns: Mapping[str, Floats]) -> Stand:
        """Which sets with these measures, by name, can be ranked."""
        idle, lost = untraded(columns["turnover"]), ruined(columns["max_drawdown"])
        brief = (columns["sessions"] < self.min_sessions) & ~idle & ~lost
        out = idle | lost | (brief if MEASURE_FACTS[self.metric].annual else False)
        return Stand(idle, lost, brief, np.where(out, np.nan, columns[self.metric]))


@dataclass(frozen=True, eq=False)
class Stand:
    """(n,) each: which sets traded nothing, lost their capital, or are on too shortly for an annual metric; and the
    metric, NaN where a set cannot be ranked."""

    idle: Flags
    lost: Flags
    brief: Flags
    values: Floats


def analyse(
    job: SweepJob, sink: Sink, calendar: SweepCalendar, layout: MomentLayout, wish: RankBy | None = None
) -> SweepResult:
    """Everything about a sweep whose chunks are all in the sink.

    A set that traded nothing or lost its capital is never ranked; the first is no trial, the second is one, without a
    Sharpe ratio. Raises ParameterError where no set could be run, with the first reason, or none can be ranked, and
    where the cross-validation asked for is not possible.
    """
    wanted = wish or RankBy()
    metric, top = wanted.metric, wanted.top
    scan = _scan(job, sink, wanted)
    values, tally, problems = scan.values, scan.tally, scan.problems
    best = top_k(values, max(top, MOST_CANDIDATES), metric=metric)
    _check_any(best, scan, wanted, job.count)
    usable = np.isfinite(values)

    def returns_of(indices: Ints) -> Floats:
        return job.returns_of([int(i) for i in indices])[calendar.rows]

    def excess_of(indices: Ints) -> Floats:
        return job.returns_of([int(i) for i in indices], excess=True)[calendar.rows]

    chosen = Chosen(int(best[0]), metric, float(values[best[0]]), _window(job, calendar, int(best[0])))
    overfitting = _cscv(sink, layout, metric, usable)
    counts = LuckSettings(elsewhere=wanted.elsewhere)
    null = family_null(job, chosen.index)
    against = None if null is None else Against(null.words, lambda rows: null.of(rows, calendar.rows))
    plateau = plateau_score(values, chosen.index, job.sets.neighbours(chosen.index), metric=metric)
    luck = luck_of(
        chosen, tally, returns_of, best[:MOST_CANDIDATES], overfitting, excess_of=excess_of, settings=counts,
        against=against, plateau=plateau.score,
    )  # fmt: skip
    return SweepResult(
        job=job,
        sink=sink,
        calendar=calendar,
        layout=layout,
        metric=metric,
        values=values,
        top=best[:top],
        luck=luck,
        plateau=plateau,
        out_of_sample=_out_of_sample(job, sink, calendar, layout, values, metric, (returns_of, excess_of)),
        problems=problems,
        short=scan.short,
        ruined=scan.ruined,
        untraded=scan.untraded,
        stale=scan.stale,
        min_sessions=wanted.min_sessions,
    )


@dataclass(frozen=True, eq=False)
class _Scan:
    """values: (N,) the metric, NaN for a set that cannot be ranked; short, ruined, untraded: how many are on too
    shortly for an annual metric, lost their capital, or traded nothing; a set counts once, for the last of these.
    stale: how many end with a position at an old price, whatever else they are."""

    values: Floats
    tally: SharpeTally
    problems: Counter[str]
    short: int
    ruined: int
    untraded: int
    stale: int


def _scan(job: SweepJob, sink: Sink, wish: RankBy) -> _Scan:
    """Everything that one pass over the table gives."""
    metric, counts = wish.metric, np.zeros(4, dtype=np.int64)
    asked = list(dict.fromkeys((metric, "sharpe", "sessions", "max_drawdown", "turnover", STALE_POSITIONS, "problem")))
    values, tally, problems = np.full(job.count, np.nan), SharpeTally(), Counter[str]()
    for start, columns in iter_table(sink, asked):
        stand = wish.stand(columns)
        values[start : start + len(stand.values)] = stand.values
        out = stand.brief | stand.lost | stand.idle
        tally.add(start, np.where(out, np.nan, columns["sharpe"]), np.where(stand.idle, np.nan, columns["sessions"]))
        old = columns[STALE_POSITIONS] > 0.0
        counts += [stand.brief.sum(), (stand.lost & ~stand.idle).sum(), stand.idle.sum(), old.sum()]
        problems.update(text for text in columns["problem"].tolist() if text is not None)
    return _Scan(values, tally, problems, *counts.tolist())


def _check_any(best: Ints, scan: _Scan, wish: RankBy, count: int) -> None:
    if len(best):
        return
    problems, ran = scan.problems, count - sum(scan.problems.values())
    if sum(problems.values()) == count:
        text, often = problems.most_common(1)[0]
        none = (
            f"none of the {count:,} sets could be run; {often:,} of them" if count > 1 else "the only set cannot be run"
        )
        raise ParameterError(f"{none}: {text}", where="sweep")
    if ran == scan.untraded + scan.ruined:
        parts = ((scan.untraded, "traded nothing"), (scan.ruined, "lost the capital"), (count - ran, "did not run"))
        told = ", ".join(f"{number:,} {what}" for number, what in parts if number)
        raise ParameterError(
            f"none of the {count:,} sets can be ranked: {told}"
            if count > 1
            else f"the only set cannot be ranked: {told}",
            where="sweep",
            remedy="Look at one of them with a single run, whose fills and rejected orders say why.",
        )
    raise ParameterError(
        "no set has this metric",
        where="metric",
        value=wish.metric,
        bound=f"for annual ones, sets that are on for {wish.min_sessions} sessions or more and whose returns move",
        remedy="Choose another metric, as in total_return, or, where sets are too short, longer holds or min_sessions.",
    )


def _window(job: SweepJob, calendar: SweepCalendar, index: int) -> tuple[int, int]:
    """First and last row of the union calendar on which a set is on."""
    rows, (first, last) = calendar.rows, job.span_of(index)
    return int(np.searchsorted(rows, first)), int(np.searchsorted(rows, last))


def _cscv(sink: Sink, layout: MomentLayout, metric: str, usable: NDArray[np.bool_]) -> SweepCscv | str:
    """The cross-validation by blocks, or why there is none."""
    if layout.no_cscv is not None:
        return layout.no_cscv

    def chunks() -> Iterable[MomentChunk]:
        return layout.by_block(iter_blocks(sink))

    try:
        return cscv_of_sweep(chunks, layout.block_counts, metric=metric, usable=usable)
    except InputError as problem:
        return str(problem)


def _out_of_sample(
    job: SweepJob,
    sink: Sink,
    calendar: SweepCalendar,
    layout: MomentLayout,
    values: Floats,
    metric: str,
    returns_of: tuple[ReturnsOf, ReturnsOf],
) -> OutOfSample | None:
    """What the scheme asked for says; None for CSCV alone, which stands in the luck.

    returns_of: session returns of single sets, and the same in excess of cash.
    """
    axes, codes = job.sets.space.axes, job.sets.codes
    if layout.validation.scheme is Scheme.EVENTS:
        if "event" not in job.sets.space.names:
            raise ParameterError(
                "leaving out events needs a sweep over events",
                where="cv",
                remedy="Sweep the event too, as in event=meta-compute-2026,other-event,third-event.",
            )
        embargo = layout.validation.embargo_sessions
        return leave_events_out(values, codes, axes, calendar.windows, metric=metric, embargo_sessions=embargo)
    if layout.plan is None:
        return None

    def chunks() -> Iterable[MomentChunk]:
        return layout.by_segment(iter_blocks(sink))

    context = Context(metric, axes, codes)
    plain, excess = returns_of
    return validate(layout.plan, chunks, context, returns_of=plain, excess_of=excess, usable=np.isfinite(values))
