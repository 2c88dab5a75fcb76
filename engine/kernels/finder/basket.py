"""The best hedge with one basket of names: an exact quadratic programme of a handful of variables.

Minimises q(w) = w'Aw/2 + b'w + sum(plus_i max(w_i, 0) + minus_i max(-w_i, 0)) within low <= w <= high, Bw = d and
sum |w| <= budget. Each piece of |w| and each bound is a state of its variable; where the states are known it is a
linear system. States are exchanged until the Karush-Kuhn-Tucker conditions hold, so that the answer is exact.
"""

from __future__ import annotations

import math

from ...arrays import Floats
from ..jit import uncounted
from .reach import affordable, reachable
from .room import (
    ABOVE,
    AT_HIGH,
    AT_LOW,
    AT_ONCE,
    BELOW,
    BUDGET_ROUNDS,
    LARGEST_PRICE,
    ONE_BY_ONE,
    SLACK,
    ZERO,
    Room,
)  # fmt: skip


@uncounted
def _spread(r: Room, n: int) -> int:
    """Put what is not free where its state says; the number of free variables, which r.free lists."""
    count = 0
    for i in range(n):
        state = r.state[i]
        r.w[i] = r.low[i] if state == AT_LOW else r.high[i] if state == AT_HIGH else 0.0
        if state in (BELOW, ABOVE):
            r.free[count] = i
            count += 1
    return count


@uncounted
def _factorise(r: Room, matrix: Floats, count: int) -> bool:
    """The Cholesky factor of the free rows; False where they depend on each other."""
    for a in range(count):
        i = r.free[a]
        for b in range(a + 1):
            total = matrix[i, r.free[b]]
            for k in range(b):
                total -= r.factor[a, k] * r.factor[b, k]
            if a > b:
                r.factor[a, b] = total / r.factor[b, b]
            elif total > 0.0:
                r.factor[a, a] = math.sqrt(total)
            else:
                return False
    return True


@uncounted
def _back_solve(r: Room, count: int, column: int) -> None:
    """Solve for one right-hand side in place."""
    values = r.columns
    for a in range(count):
        total = values[column, a]
        for k in range(a):
            total -= r.factor[a, k] * values[column, k]
        values[column, a] = total / r.factor[a, a]
    for a in range(count - 1, -1, -1):
        total = values[column, a]
        for k in range(a + 1, count):
            total -= r.factor[k, a] * values[column, k]
        values[column, a] = total / r.factor[a, a]


@uncounted
def _eliminate(r: Room, m: int) -> bool:
    """Solve the m rows of r.schur, right-hand side last, into r.price; False where they depend on each other."""
    s = r.schur
    scale = 0.0
    for i in range(m):
        scale = max(scale, abs(s[i, i]))
    for column in range(m):
        best = column
        for i in range(column + 1, m):
            if abs(s[i, column]) > abs(s[best, column]):
                best = i
        if not abs(s[best, column]) > 1e-11 * scale:
            return False
        for j in range(m + 1):
            s[column, j], s[best, j] = s[best, j], s[column, j]
        for i in range(column + 1, m):
            times = s[i, column] / s[column, column]
            for j in range(column, m + 1):
                s[i, j] -= times * s[column, j]
    for i in range(m - 1, -1, -1):
        total = s[i, m]
        for j in range(i + 1, m):
            total -= s[i, j] * r.price[j]
        r.price[i] = total / s[i, i]
    return True


@uncounted
def _stand(r: Room, matrix: Floats, slope: Floats, n: int, m: int, more: float) -> bool:
    """Solve for the free variables in their states, with m equations; False where that has no single answer.

    more: price of the budget, on top of every cost.
    """
    count = _spread(r, n)
    if count < m or not _factorise(r, matrix, count):
        return False
    for a in range(count):
        i = r.free[a]
        total = -slope[i] - (r.plus[i] + more if r.state[i] > 0 else -r.minus[i] - more)
        for j in range(n):
            total -= matrix[i, j] * r.w[j]
        r.columns[0, a] = total
        for f in range(m):
            r.columns[f + 1, a] = r.rules[f, i]
    for f in range(m + 1):
        _back_solve(r, count, f)
    for f in range(m):
        total = -r.target[f]
        for j in range(n):
            total += r.rules[f, j] * r.w[j]
        for a in range(count):
            total += r.rules[f, r.free[a]] * r.columns[0, a]
        r.schur[f, m] = total
        for g in range(m):
            total = 0.0
            for a in range(count):
                total += r.rules[f, r.free[a]] * r.columns[g + 1, a]
            r.schur[f, g] = total
    if m and not _eliminate(r, m):
        return False
    for a in range(count):
        total = r.columns[0, a]
        for f in range(m):
            total -= r.columns[f + 1, a] * r.price[f]
        r.w[r.free[a]] = total
    return True


@uncounted
def _wanted(r: Room, i: int, gradient: float, more: float, slack: float) -> int:
    """The state that a variable should be in: its own where it fits."""
    state, w = r.state[i], r.w[i]
    if state == ABOVE:
        return ZERO if w < 0.0 else AT_HIGH if w > r.high[i] else ABOVE
    if state == BELOW:
        return ZERO if w > 0.0 else AT_LOW if w < r.low[i] else BELOW
    up, down = gradient + r.plus[i] + more, gradient - r.minus[i] - more
    if state == ZERO:
        if up < -slack and r.high[i] > 0.0:
            return ABOVE
        return BELOW if down > slack and r.low[i] < 0.0 else ZERO
    if state == AT_HIGH:
        return ABOVE if up > slack else AT_HIGH
    return BELOW if down < -slack else AT_LOW


@uncounted
def _settle(r: Room, matrix: Floats, slope: Floats, n: int, m: int, more: float) -> bool:
    """Exchange states until every condition holds: all that are wrong at once, later one by one. False: not settled."""
    slack = 0.0
    for i in range(n):
        slack = max(slack, abs(slope[i]))
    slack *= SLACK
    for turn in range(AT_ONCE + ONE_BY_ONE):
        if not _stand(r, matrix, slope, n, m, more):
            return False
        fits = True
        # Free variables that left their piece go first: the slopes of the others mean nothing until they stand.
        for i in range(n - 1, -1, -1):
            gradient = slope[i]
            for j in range(n):
                gradient += matrix[i, j] * r.w[j]
            for f in range(m):
                gradient += r.rules[f, i] * r.price[f]
            state = _wanted(r, i, gradient, more, slack)
            if state != r.state[i] and (fits or turn < AT_ONCE):
                r.best[i] = state
                fits = False
            else:
                r.best[i] = r.state[i]
        if fits:
            return True
        for i in range(n):
            r.state[i] = r.best[i]
    return False


@uncounted
def _value(r: Room, n: int, more: float) -> float:
    total = 0.0
    for i in range(n):
        w = r.w[i]
        half = 0.0
        for j in range(n):
            half += r.curve[i, j] * r.w[j]
        total += w * (0.5 * half + r.slope[i]) + (w * (r.plus[i] + more) if w > 0.0 else -w * (r.minus[i] + more))
    return total


@uncounted
def _lies_on(r: Room, n: int, m: int, count: int) -> bool:
    """Where there are no more free variables than equations: put them where the equations say, if they agree."""
    for f in range(m):
        total = r.target[f]
        for j in range(n):
            total -= r.rules[f, j] * r.w[j]
        r.price[f] = total
    # Normal equations; curve is not touched by them.
    for a in range(count):
        total = 0.0
        for f in range(m):
            total += r.rules[f, r.free[a]] * r.price[f]
        r.columns[0, a] = total
        for b in range(a + 1):
            total = 0.0
            for f in range(m):
                total += r.rules[f, r.free[a]] * r.rules[f, r.free[b]]
            for k in range(b):
                total -= r.factor[a, k] * r.factor[b, k]
            if a > b:
                r.factor[a, b] = total / r.factor[b, b]
            elif total > 1e-20:
                r.factor[a, a] = math.sqrt(total)
            else:
                return False
    _back_solve(r, count, 0)
    for a in range(count):
        r.w[r.free[a]] = r.columns[0, a]
    return True


@uncounted
def _is_inside(r: Room, n: int, m: int) -> bool:
    """Whether w keeps its bounds, its states' signs and the equations."""
    for i in range(n):
        slack = SLACK * (1.0 + max(-r.low[i], r.high[i]))
        if r.w[i] < r.low[i] - slack or r.w[i] > r.high[i] + slack:
            return False
        if (r.state[i] == ABOVE and r.w[i] < -slack) or (r.state[i] == BELOW and r.w[i] > slack):
            return False
    for f in range(m):
        total, size = -r.target[f], abs(r.target[f])
        for i in range(n):
            total += r.rules[f, i] * r.w[i]
            size += abs(r.rules[f, i] * r.w[i])
        if abs(total) > 1e-10 * size:
            return False
    return True


@uncounted
def _try_all(r: Room, n: int, m: int, more: float) -> bool:
    """The best of all states, one after the other; False where none keeps bounds and equations."""
    r.told[0] += 1
    least, found = math.inf, False
    many = 1
    for _ in range(n):
        many *= 5
    for code in range(many):
        rest = code
        sensible = True
        for i in range(n):
            state = rest % 5 - 2
            rest //= 5
            r.state[i] = state
            if (state < 0 and not r.low[i] < 0.0) or (state > 0 and not r.high[i] > 0.0):
                sensible = False
        if not sensible:
            continue
        count = _spread(r, n)
        stands = _stand(r, r.curve, r.slope, n, m, more) if count > m else _lies_on(r, n, m, count)
        if stands and _is_inside(r, n, m):
            value = _value(r, n, more)
            if value < least:
                least, found = value, True
                for i in range(n):
                    r.kept[i], r.best[i] = r.w[i], r.state[i]
    for i in range(n):
        r.w[i], r.state[i] = r.kept[i], r.best[i]
    return found


@uncounted
def _begin(r: Room, n: int) -> None:
    """States to begin with: free on the side to which each variable would go by itself."""
    for i in range(n):
        r.state[i] = ZERO
        if r.pull[i] < 0.0 and r.high[i] > 0.0:
            r.state[i] = ABOVE
        elif r.pull[i] > 0.0 and r.low[i] < 0.0:
            r.state[i] = BELOW


@uncounted
def _optimum(r: Room, n: int, m: int, more: float) -> bool:
    """The optimum without the budget, from the states that there are; False where the equations cannot be kept."""
    if m == 0:
        return _settle(r, r.curve, r.slope, n, 0, more) or _try_all(r, n, 0, more)
    if _settle(r, r.stiff, r.pull, n, 0, more) and _settle(r, r.curve, r.slope, n, m, more):
        return True
    return _try_all(r, n, m, more)


@uncounted
def _gross(r: Room, n: int) -> float:
    total = 0.0
    for i in range(n):
        total += abs(r.w[i])
    return total


@uncounted
def _in_states(r: Room, n: int) -> float:
    """The same while no variable leaves its state, which makes it linear."""
    total = 0.0
    for i in range(n):
        total += r.w[i] if r.state[i] > 0 else -r.w[i]
    return total


@uncounted
def _within(r: Room, n: int, m: int, budget: float) -> bool:
    """Raise the price of gross until the budget is kept: it is linear in the price as long as no state changes."""
    below, above, price = 0.0, math.inf, 0.0
    gross = _gross(r, n)
    for _ in range(BUDGET_ROUNDS):
        if gross > budget:
            below = price
        else:
            above = price
        if abs(gross - budget) <= SLACK * budget or (above < math.inf and above - below <= 1e-15 * above):
            return True
        step = -1.0
        if _stand(r, r.curve, r.slope, n, m, price + 1.0):
            falls = gross - _in_states(r, n)
            # Where nothing gives way, only rounding does.
            step = (gross - budget) / falls if falls > SLACK * gross else -1.0
        price = price + step
        if not below < price < above:
            price = 0.5 * (below + above) if above < math.inf else 2.0 * below + 1.0
        if price > LARGEST_PRICE or not _optimum(r, n, m, price):
            return False
        gross = _gross(r, n)
    return gross <= budget * (1.0 + 1e-9)


@uncounted
def solve(r: Room, n: int, m: int, budget: float) -> float:
    """q at the optimum, which stands in r.w; infinite where no hedge keeps the equations, bounds and budget."""
    if m and not reachable(r, n, m):
        return math.inf
    _begin(r, n)
    if not _optimum(r, n, m, 0.0):
        return math.inf
    if _gross(r, n) > budget * (1.0 + SLACK):
        if m and not affordable(r, n, m, budget):
            return math.inf
        if not _within(r, n, m, budget):
            return math.inf
    return _value(r, n, 0.0)
