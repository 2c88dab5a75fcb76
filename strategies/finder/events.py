"""Events left out one at a time: what a hedge that knew nothing of them would have done on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.engine.finder.problem import HedgeProblem
from hedgebook.engine.finder.search import Search, best_hedge, optima
from hedgebook.engine.finder.shortfall import least_shortfall
from hedgebook.errors import EventError
from hedgebook.universes.event import Event, EventLibrary, event_calendar

from .request import LEAST_SESSIONS, HedgeSearch
from .result import LeftOut
from .sample import Sample


def event_blocks(sample: Sample, library: EventLibrary, horizon: int) -> dict[str, NDArray[np.bool_]]:
    """(T,) sessions of each event by its id: from its first fill over the horizon, as far as they lie in the sample."""
    found = {}
    for event in sorted(library.events, key=lambda one: (one.announced_on, one.id)):
        fill = _first_fill(event)
        if fill is None or fill > sample.sessions[-1]:
            continue
        sessions = sample.market.sessions
        first = int(np.searchsorted(sessions, fill))
        block = (sample.rows >= first) & (sample.rows < first + horizon)
        # An event before the sample has no session in it; one with two at least has a variance.
        if sessions[first] >= sample.sessions[0] and block.sum() >= 2 and (~block).sum() >= LEAST_SESSIONS:
            found[event.id] = block
    return found


def _first_fill(event: Event) -> np.datetime64 | None:
    try:
        return event.first_fill(event_calendar(event)).session
    except EventError:
        return None


def leave_out(
    sample: Sample,
    blocks: dict[str, NDArray[np.bool_]],
    winner: Sequence[str],
    asked: HedgeSearch,
    tell: Callable[[int], None],
) -> tuple[LeftOut, ...]:
    """Each event left out: the winner's names and plain hedges with weights set anew, and the whole search anew."""
    found = []
    for k, (name, block) in enumerate(blocks.items()):
        tell(k)
        found.append(_one(sample, name, block, winner, asked))
    return tuple(found)


def _one(sample: Sample, event: str, block: NDArray[np.bool_], winner: Sequence[str], asked: HedgeSearch) -> LeftOut:
    problem, rest = sample.problem, ~block
    books = problem.books(rows=rest)
    anew = Search(books, asked.sizes, everything=False).best_of_all()
    searched: dict[int, float] = {}
    names: tuple[str, ...] = ()
    for size in asked.sizes:
        basket = tuple(sorted(int(i) for i in anew.names[0, size, :size]))
        if basket and basket[0] < 0:
            continue  # Without the event no basket of this size keeps the limits.
        weights = np.zeros(len(problem.instruments))
        weights[list(basket)] = optima(books, 0, [basket])[1][0, :size]
        searched[size] = squares(problem, weights, block)
        if size == len(winner):
            names = tuple(problem.names[i] for i in basket)
    return LeftOut(
        event=event,
        sessions=int(block.sum()),
        book=squares(problem, np.zeros(len(problem.instruments)), block),
        winner=_refitted(problem.only(winner), rest, block, asked),
        searched=searched,
        plain={name: _refitted(one, rest, block, asked) for name, one in sample.plain.items()},
        names=names,
    )


def _refitted(problem: HedgeProblem, rest: NDArray[np.bool_], block: NDArray[np.bool_], asked: HedgeSearch) -> float:
    if asked.objective == "es":
        found = least_shortfall(problem, asked.level, rest)
        weights = None if found is None else found.weights
    else:
        weights = best_hedge(problem, rest)
    return math.nan if weights is None or np.isnan(weights).any() else squares(problem, weights, block)


def squares(problem: HedgeProblem, weights: Floats, block: NDArray[np.bool_]) -> float:
    """Sum of squared deviations of book and hedge from their mean over some sessions."""
    moves = problem.book[block] + problem.returns[block] @ weights
    return float(((moves - moves.mean()) ** 2).sum())
