"""Leave one event out: choose parameters on all other events, judge them on the one left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError

from ...arrays import Floats, Ints
from ...risk.measures import direction_of
from ..analysis.codes import AxisLike, CodesOf, axis_number, codes_of_axes
from ..overfitting.ties import first_of_best, rank_of
from .events import EventSplit, leave_one_event_out
from .judged import Context, OutOfSample

FEWEST_EVENTS = 3


def leave_events_out(
    values: ArrayLike,
    codes: CodesOf,
    axes: Sequence[AxisLike],
    windows: Mapping[Any, tuple[int, int]],
    *,
    metric: str,
    axis: str = "event",
    embargo_sessions: int = 0,
) -> OutOfSample:
    """For every event: the parameters with the best mean metric over the other events, judged on this one.

    values: (N,) the metric of every set; codes: levels of sets start .. stop - 1, (n, P); windows: by value of the
    event axis, the first and last session (rows of the market, inclusive) of the longest window any set has on it.
    Sets that agree in all other parameters are one group; an event whose window overlaps the one left out is not
    trained on. A group takes part in a split when it has a finite metric on the event left out and on every event
    trained on; `sets` counts these groups. best is the set of the chosen group on the event left out. Groups whose
    mean is the same keep the order in which they first appear. An event on which no set has the metric, as one whose
    orders were never filled, is left out, with a note. Raises ParameterError for fewer than three events, a
    continuous axis, a window that is missing, or a split with fewer than two groups.
    """
    scores = np.asarray(values, dtype=np.float64)
    place = axis_number(axes, axis)
    table, member = _grouped(scores, codes, axes, place)
    every = tuple(axes[place].values or ())
    events = tuple(event for k, event in enumerate(every) if np.isfinite(table[:, k]).any())
    if len(events) < FEWEST_EVENTS:
        raise ParameterError(
            "too few events on which any set can be ranked",
            where=axis,
            value=len(events),
            bound=f"{FEWEST_EVENTS} or more",
        )
    splits = _splits(events, windows, axis, embargo_sessions)
    sign = direction_of(metric)
    level = {event: k for k, event in enumerate(every)}
    rows = [_judged(table, split, level, sign) for split in splits]
    best = np.array([member[row[0], level[split.test]] for row, split in zip(rows, splits, strict=True)])
    context = Context(metric, [one for k, one in enumerate(axes) if k != place], _without(codes, place))
    inside, outside, median, rank, sets = (np.array([row[k] for row in rows]) for k in range(1, 6))
    purged = sum(bool(split.purged) for split in splits)
    notes = [f"{purged} of {len(splits)} events leave out others that overlap them."] if purged else []
    if len(events) < len(every):
        idle = ", ".join(str(event) for event in every if event not in events)
        notes.append(f"On {len(every) - len(events)} of {len(every)} events no set can be ranked: {idle}.")
    if (sets < len(table)).any():
        notes.append(f"At least {len(table) - int(sets.max())} of {len(table)} parameter groups lack an event.")
    return OutOfSample(
        scheme="events",
        metric=metric,
        asked=metric,
        direction=sign,
        names=tuple(str(split.test) for split in splits),
        best=best.astype(np.int64),
        in_sample=inside,
        out_of_sample=outside,
        median=median,
        rank=rank,
        sets=sets.astype(np.int64),
        empty=np.zeros(len(splits), dtype=np.bool_),
        choices=context.choices(best.astype(np.int64)),
        returns=None,
        notes=tuple(notes),
    )


def _splits(
    events: tuple[Any, ...], windows: Mapping[Any, tuple[int, int]], axis: str, embargo: int
) -> tuple[EventSplit, ...]:
    missing = [str(event) for event in events if event not in windows]
    if missing:
        raise ParameterError("an event has no window", where=axis, value=", ".join(missing))
    first, last = (np.array([windows[event][k] for event in events], dtype=np.int64) for k in range(2))
    return leave_one_event_out(events, first, last, embargo_sessions=embargo)


def _grouped(scores: Floats, codes: CodesOf, axes: Sequence[AxisLike], place: int) -> tuple[Floats, Ints]:
    """(M, E) metric of each group on each event, NaN where it has none, and (M, E) its set, -1 where there is none.

    Groups in the order in which they first appear; of several sets of one group on one event the first counts.
    """
    places = list(range(len(axes)))
    for k in places:
        axis_number(axes, axes[k].name)
    columns = codes_of_axes(codes, len(scores), places)
    event = columns[place]
    # Joining the axes one at a time, and numbering the pairs anew, keeps the numbers small whatever their product.
    group = np.zeros(len(scores), dtype=np.int64)
    for k in places:
        if k != place:
            joined = group * len(axes[k].values or ()) + columns[k]
            group = np.unique(joined, return_inverse=True)[1].reshape(-1)
    _, first, group = np.unique(group, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    group = number[group.reshape(-1)]
    shape = (len(order), len(axes[place].values or ()))
    table, member = np.full(shape, np.nan), np.full(shape, -1, dtype=np.int64)
    cells, first = np.unique(group * shape[1] + event, return_index=True)
    table.flat[cells] = np.where(np.isfinite(scores), scores, np.nan)[first]
    member.flat[cells] = first
    return table, member


def _judged(
    table: Floats, split: EventSplit, level: Mapping[Any, int], sign: int
) -> tuple[int, float, float, float, float, int]:
    """Group chosen, its metric inside and outside, the median outside, its rank there, and the number of groups."""
    train, test = table[:, [level[event] for event in split.train]], table[:, level[split.test]]
    known = np.flatnonzero(np.isfinite(train).all(axis=1) & np.isfinite(test))
    if len(known) < 2:
        raise ParameterError(
            "fewer than two parameter groups ran on this event and on all others that do not overlap it",
            where=str(split.test),
            value=len(known),
            remedy="Leave the event out of the sweep.",
        )
    inside, outside = train[known].mean(axis=1), test[known]
    at = first_of_best(sign * inside)
    rank = rank_of(sign * outside, at)
    return int(known[at]), float(inside[at]), float(outside[at]), float(np.median(outside)), rank, len(known)


def _without(codes: CodesOf, place: int) -> CodesOf:
    """The levels of all axes but one."""

    def rest(start: int, stop: int) -> Ints:
        return np.delete(np.asarray(codes(start, stop), dtype=np.int64), place, axis=1)

    return rest
