"""Time and memory of a search of all baskets: 1,385,979 of 45 names, 200 books, and one event left out at a time.

Run as `python -m benchmarks find_hedge`. Bounds, costs, a budget and two equations are in force. Some baskets are
checked against a search of numpy's, and placebo books against one that solves every basket.
"""

from __future__ import annotations

import math
import resource
import sys
import time

import numpy as np

from hedgebook.engine.finder.pieces import Pieces, SearchJob, run_search
from hedgebook.engine.finder.placebo import Placebo, placebo_books
from hedgebook.engine.finder.problem import HedgeInstrument, HedgeProblem, Terms
from hedgebook.engine.finder.search import Piece, Search, best_hedge, optima
from hedgebook.errors import VerificationError

BOUND_SECONDS, BOUND_BYTES = 60.0, 1_000_000_000
NAMES, SESSIONS, PLACEBOS, EVENTS = 45, 252, 199, 25
CHECKED = 300
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"NAMES": 12, "SESSIONS": 90, "PLACEBOS": 19, "EVENTS": 3, "CHECKED": 40}


def problem() -> HedgeProblem:
    """A book of three of the names and noise, names that move with two factors, and two factors to be neutral to."""
    draw = np.random.default_rng(18)
    factors = draw.normal(0.0, 0.012, (SESSIONS, 2))
    loadings = np.vstack([draw.uniform(0.6, 1.8, NAMES), draw.normal(0.3, 0.8, NAMES)])
    returns = factors @ loadings + draw.normal(0.0, 0.018, (SESSIONS, NAMES))
    book = 0.25 * returns[:, :3].sum(axis=1) + 0.1 * factors[:, 0] + draw.normal(0.0, 0.01, SESSIONS)
    instruments = tuple(
        HedgeInstrument(
            f"N{i:02}", returns[:, i], -float(draw.uniform(0.1, 0.6)), float(draw.uniform(0.1, 0.6)),
            float(draw.uniform(0.0006, 0.006)), float(draw.uniform(0.0004, 0.003)),
        )
        for i in range(NAMES)
    )  # fmt: skip
    return HedgeProblem(instruments, book, factors, None, Terms(10, 0.2, 1.5))


def search_all(given: HedgeProblem, placebo: np.ndarray) -> tuple[Search, Piece]:
    """Every basket for the book and its placebo books."""
    search = Search(given.books(np.vstack([given.book, placebo])), (1, 2, 3, 4, 5))
    pieces = Pieces()
    run_search(SearchJob(search, {}), pieces, threads=2)
    return search, search.together(pieces.in_order())


def leave_out(given: HedgeProblem, names: list[str]) -> list[float]:
    """The winner's names and the whole search anew without each of some spans of sessions; squares on these."""
    found = []
    for k in range(EVENTS):
        rest = np.ones(SESSIONS, dtype=np.bool_)
        first = 5 + k * (SESSIONS - 20) // EVENTS
        rest[first : first + 10] = False
        anew = Search(given.books(rows=rest), (1, 2, 3, 4, 5), everything=False).best_of_all()
        weights = best_hedge(given.only(names), rest)
        moves = given.book[~rest] + given.only(names).returns[~rest] @ weights
        found.append(float((moves**2).sum()) + float(anew.best[0, 5]))
    return found


def check(given: HedgeProblem, placebo: np.ndarray, search: Search, found: Piece) -> None:
    """Raise VerificationError unless no small step from an optimum is better, and no placebo's best was missed."""
    draw = np.random.default_rng(1)
    at = [int(k) for k in draw.choice(len(found.values), min(CHECKED, len(found.values)), replace=False)]
    baskets = search.baskets(at)
    values, weights = optima(search.books, 0, baskets)
    if not np.array_equal(values, found.values[at]):
        raise VerificationError("a basket solved by itself differs from the same in the search")
    for basket, value, w in zip(baskets, values, weights, strict=True):
        if math.isfinite(value):
            _no_step_is_better(search, basket, float(value), w[: len(basket)])
    whole = Search(given.books(placebo[:1]), search.sizes)
    every = whole.best_of_all()
    if not np.allclose(np.min(every.values), found.best[1].min(), rtol=0, atol=1e-12):
        raise VerificationError("the best basket of a placebo book was passed over")


def _no_step_is_better(search: Search, basket: tuple[int, ...], value: float, w: np.ndarray) -> None:
    books, at = search.books, list(basket)
    curve, slope = books.curve[np.ix_(at, at)], books.slopes[0, at]
    rules, low, high = books.rules[:, at], books.low[at], books.high[at]
    plus, minus = books.plus[at], books.minus[at]

    def q(x: np.ndarray) -> float:
        return float(x @ curve @ x / 2 + slope @ x + plus @ np.maximum(x, 0) + minus @ np.maximum(-x, 0))

    if abs(q(w) - value) > 1e-10 or np.abs(rules @ w - books.targets[0]).max() > 1e-9:
        raise VerificationError("weights, value and equations of a basket do not agree")
    # Directions that keep the equations.
    keep = np.eye(len(at)) - np.linalg.pinv(rules) @ rules
    for step in np.vstack([keep, -keep]):
        moved = w + 1e-4 * step
        inside = (moved >= low).all() and (moved <= high).all() and np.abs(moved).sum() <= books.budget[0]
        if inside and q(moved) < value - 1e-10:
            raise VerificationError("a step from an optimum is better")


def main() -> int:
    """Print time and memory of everything, kernels compiled before; 0 when both are within the bounds."""
    given = problem()
    placebo = placebo_books(given.book, np.empty((SESSIONS, 0)), PLACEBOS, Placebo.DATES, 0)
    small = given.only(given.names[:8])
    search_all(small, placebo[:3])
    start, used = time.perf_counter(), time.process_time()
    search, found = search_all(given, placebo)
    size = int(np.argmin(found.best[0]))
    leave_out(given, [given.names[i] for i in found.names[0, size, :size]])
    took, cpu = time.perf_counter() - start, time.process_time() - used
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    check(given, placebo, search, found)
    print(
        f"{len(found.values):,} baskets of {NAMES} names, {PLACEBOS} placebo books, {EVENTS} events left out: "
        f"{took:.1f} s, {cpu:.1f} s of processor, {held / 1e6:,.0f} MB; {int(np.isfinite(found.values).sum()):,} keep "
        f"limits and equations; {int(found.solved.sum()):,} optima of placebo books worked out"
    )
    return 0 if took <= BOUND_SECONDS and held <= BOUND_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
