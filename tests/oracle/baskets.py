"""The best hedge of one basket and of all baskets, in plain Python: every combination of states is tried.

A position is at its lower bound, free below zero, zero, free above zero or at its upper bound, and the budget binds or
does not. Each combination is a linear system; the one whose answer keeps every condition is the optimum.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Row = list[float]
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Task:
    """w'Aw/2 + b'w + costs under low <= w <= high, rules w = targets, sum |w| <= budget; one entry a name."""

    curve: list[Row]
    slope: Row
    rules: list[Row]
    targets: Row
    low: Row
    high: Row
    plus: Row
    minus: Row
    budget: float

    def of(self, names: Sequence[int]) -> Task:
        def pick(row: Row) -> Row:
            return [row[i] for i in names]

        return Task(
            [pick(self.curve[i]) for i in names], pick(self.slope), [pick(row) for row in self.rules], self.targets,
            pick(self.low), pick(self.high), pick(self.plus), pick(self.minus), self.budget,
        )  # fmt: skip

    def value(self, w: Row) -> float:
        size = range(len(w))
        square = math.fsum(w[i] * self.curve[i][j] * w[j] for i in size for j in size)
        line = math.fsum(self.slope[i] * w[i] for i in size)
        cost = math.fsum(self.plus[i] * w[i] if w[i] > 0 else -self.minus[i] * w[i] for i in size)
        return square / 2 + line + cost


def solve(matrix: list[Row], right: Row) -> Row | None:
    """Elimination with pivoting; None where the rows depend on each other."""
    n = len(right)
    rows = [[*matrix[i], right[i]] for i in range(n)]
    for k in range(n):
        best = max(range(k, n), key=lambda i: abs(rows[i][k]))
        if abs(rows[best][k]) < 1e-13:
            return None
        rows[k], rows[best] = rows[best], rows[k]
        for i in range(k + 1, n):
            times = rows[i][k] / rows[k][k]
            if times:
                rows[i] = [a - times * b for a, b in zip(rows[i], rows[k], strict=True)]
    out = [0.0] * n
    for i in reversed(range(n)):
        out[i] = (rows[i][n] - math.fsum(rows[i][j] * out[j] for j in range(i + 1, n))) / rows[i][i]
    return out


def states(n: int) -> Iterator[tuple[int, ...]]:
    """All combinations of -2 .. 2, those with few positions at a bound first."""
    yield from sorted(itertools.product((-1, 1, 0, -2, 2), repeat=n), key=lambda s: sum(abs(x) == 2 for x in s))


STATES = {n: list(states(n)) for n in range(1, 6)}


def optimum(task: Task) -> Row | None:
    """The best weights, None where nothing keeps rules, bounds and budget."""
    if any(not _spans(task, f) for f in range(len(task.rules))):
        return None
    for binds in (False, True):
        for state in STATES[len(task.slope)]:
            found = _try(task, state, binds)
            if found is not None:
                return found
    return None


def _spans(task: Task, f: int) -> bool:
    """Whether bounds alone allow one rule by itself."""
    ends = [sorted((r * lo, r * hi)) for r, lo, hi in zip(task.rules[f], task.low, task.high, strict=True)]
    return math.fsum(a for a, _ in ends) <= task.targets[f] <= math.fsum(b for _, b in ends)


def _try(task: Task, state: tuple[int, ...], binds: bool) -> Row | None:
    size = range(len(state))
    free = [i for i in size if abs(state[i]) == 1]
    sign = [(s > 0) - (s < 0) for s in state]
    fixed = [task.low[i] if state[i] == -2 else task.high[i] if state[i] == 2 else 0.0 for i in size]
    if any((state[i] < 0 and task.low[i] == 0) or (state[i] > 0 and task.high[i] == 0) for i in size):
        return None
    equations = [*task.rules, *([[float(s) for s in sign]] if binds else [])]
    aims = [*task.targets, *([task.budget] if binds else [])]
    n, m = len(free), len(equations)
    price = [task.plus[i] if sign[i] > 0 else -task.minus[i] if sign[i] < 0 else 0.0 for i in size]
    matrix = [[task.curve[i][j] for j in free] + [row[i] for row in equations] for i in free]
    matrix += [[row[i] for i in free] + [0.0] * m for row in equations]
    right = [-task.slope[i] - price[i] - math.fsum(task.curve[i][j] * fixed[j] for j in size) for i in free]
    right += [aim - math.fsum(row[j] * fixed[j] for j in size) for row, aim in zip(equations, aims, strict=True)]
    found = solve(matrix, right)
    if found is None:
        return None
    w, prices = list(fixed), found[n:]
    for k, i in enumerate(free):
        w[i] = found[k]
    return w if _holds(task, state, w, prices, binds) else None


def _holds(task: Task, state: tuple[int, ...], w: Row, prices: Row, binds: bool) -> bool:
    size, rules = range(len(w)), len(task.rules)
    more = prices[rules] if binds else 0.0
    if more < -TOLERANCE or (not binds and math.fsum(map(abs, w)) > task.budget + TOLERANCE):
        return False
    for i in size:
        gradient = math.fsum(task.curve[i][j] * w[j] for j in size) + task.slope[i]
        gradient += math.fsum(prices[f] * task.rules[f][i] for f in range(rules))
        up, down = gradient + task.plus[i] + more, gradient - task.minus[i] - more
        fits = {
            -2: down >= -TOLERANCE,
            -1: task.low[i] - TOLERANCE <= w[i] <= TOLERANCE,
            0: (up >= -TOLERANCE or task.high[i] == 0) and (down <= TOLERANCE or task.low[i] == 0),
            1: -TOLERANCE <= w[i] <= task.high[i] + TOLERANCE,
            2: up <= TOLERANCE,
        }[state[i]]
        if not fits:
            return False
    return True


def every_basket(task: Task, sizes: Sequence[int]) -> dict[tuple[int, ...], float]:
    """The optimum of each basket, infinite where there is none."""
    found = {}
    for size in sizes:
        for names in itertools.combinations(range(len(task.slope)), size):
            part = task.of(names)
            w = optimum(part)
            found[names] = math.inf if w is None else part.value(w)
    return found
