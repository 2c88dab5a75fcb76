"""Leave one event out: fit on all other events, test on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgebook.errors import ParameterError

from .split import check_embargo


@dataclass(frozen=True)
class EventSplit:
    """The event that is tested, those to fit on, and those left out because their windows overlap its window."""

    test: Any
    train: tuple[Any, ...]
    purged: tuple[Any, ...]

    def to_dict(self) -> dict[str, Any]:
        """The events by role."""
        return {"test": self.test, "train": list(self.train), "purged": list(self.purged)}


def leave_one_event_out(
    events: Sequence[Any], first: ArrayLike, last: ArrayLike, *, embargo_sessions: int = 0
) -> tuple[EventSplit, ...]:
    """One split an event.

    events: E >= 2 names; first, last: (E,) session indices of each event's window, from its decision to the end of
    its outcome. An event that begins within embargo_sessions after the tested window is left out as well. Raises
    ParameterError for names that are not unique, windows that end before they begin, or an event whose test leaves
    nothing to fit on.
    """
    names = list(events)
    begin, end = (_indices(where, given, len(names)) for where, given in (("first", first), ("last", last)))
    embargo = check_embargo(embargo_sessions)
    if len(names) < 2 or len(set(names)) < len(names):
        raise ParameterError("two or more different events are needed", where="events", value=len(names))
    if (end < begin).any():
        raise ParameterError(
            "a window ends before it begins", where="last", value=str(names[int(np.argmax(end < begin))])
        )
    splits = []
    for k, name in enumerate(names):
        overlaps = (begin <= end[k] + embargo) & (end >= begin[k])
        train = tuple(other for j, other in enumerate(names) if not overlaps[j])
        purged = tuple(other for j, other in enumerate(names) if overlaps[j] and j != k)
        if not train:
            raise ParameterError(
                "every other event overlaps this one",
                where="events",
                value=str(name),
                remedy="Join the events that overlap to one, or shorten the windows.",
            )
        splits.append(EventSplit(name, train, purged))
    return tuple(splits)


def _indices(where: str, given: ArrayLike, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    values = np.asarray(given)
    if values.shape != (count,) or not np.issubdtype(values.dtype, np.integer) or (values < 0).any():
        raise ParameterError(
            "one session index an event is needed",
            where=where,
            value=values.shape,
            bound=f"{count} whole numbers from 0",
        )
    return values.astype(np.int64)
