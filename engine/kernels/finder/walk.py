"""All baskets of a few names, for one book or for many books that differ in their slopes alone.

The baskets are the nodes of a tree: a basket's children have one more name, of a later number. Going down, one row is
added to a Cholesky factor, and for all books at once to the answers of a relaxed problem: without bounds and budget,
with the cost of each name as one fixed slope between what selling and what buying it costs, and with broken equations
at a price. Each of these can only lower the optimum, so a basket whose relaxed value is above the best that is known of
its size cannot be better, and need not be solved for that book.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...arrays import Floats, Ints
from ..jit import kernel, uncounted
from .basket import solve
from .room import MOST_NAMES, Room, room

# A relaxed value may be above its own optimum by rounding; what is this close is solved.
ROUNDING = 1e-9


class Books(NamedTuple):
    """R books that are hedged with N names under m equations.

    curve: (N, N); slopes: (R, N); rules: (m, N); targets: (R, m); low, high, plus, minus: (N,) bounds and costs;
    budget: (1,); stiffness: (1,) weight of broken equations when states are looked for.
    """

    curve: Floats
    slopes: Floats
    rules: Floats
    targets: Floats
    low: Floats
    high: Floats
    plus: Floats
    minus: Floats
    budget: Floats
    stiffness: Floats


class Relaxed(NamedTuple):
    """The relaxed problem. curve: (N, N); pulls: (N, R); base: (R,) its value without any hedge."""

    curve: Floats
    pulls: Floats
    base: Floats


class Found(NamedTuple):
    """What a walk fills.

    values: optimum of each basket of the first book in the order of the walk, infinite where there is none, empty where
    not asked for; best: (R, 6) least value by number of names, where it starts with what is known; names: (R, 6, 5)
    their names, -1 where the value is that which was known before; solved: (6,) optima of other books that were worked
    out, by number of names; told: (2,) baskets walked, and optima of which every state was tried.
    """

    values: Floats
    best: Floats
    names: Ints
    solved: Ints
    told: Ints


@uncounted
def load(books: Books, names: Ints, n: int, r: Room) -> None:
    """Put a basket's own rows where it is solved; what a book adds is put there by `aim`."""
    m = books.rules.shape[0]
    stiffness = books.stiffness[0]
    for a in range(n):
        i = names[a]
        r.low[a], r.high[a] = books.low[i], books.high[i]
        r.plus[a], r.minus[a] = books.plus[i], books.minus[i]
        for f in range(m):
            r.rules[f, a] = books.rules[f, i]
        for b in range(n):
            value = books.curve[i, names[b]]
            r.curve[a, b] = value
            for f in range(m):
                value += stiffness * books.rules[f, i] * books.rules[f, names[b]]
            r.stiff[a, b] = value


@uncounted
def aim(books: Books, names: Ints, n: int, book: int, r: Room) -> float:
    """The optimum of the basket that is loaded, for one book."""
    m = books.rules.shape[0]
    for f in range(m):
        r.target[f] = books.targets[book, f]
    for a in range(n):
        value = books.slopes[book, names[a]]
        r.slope[a] = value
        for f in range(m):
            value -= books.stiffness[0] * r.rules[f, a] * r.target[f]
        r.pull[a] = value
    return solve(r, n, m, books.budget[0])


@uncounted
def _go_down(relaxed: Relaxed, names: Ints, depth: int, factor: Floats, z: Floats, value: Floats) -> None:
    """Add name number `depth` of a basket to the factor, and to the relaxed values of all books."""
    i = names[depth]
    for q in range(depth):
        total = relaxed.curve[i, names[q]]
        for k in range(q):
            total -= factor[depth, k] * factor[q, k]
        factor[depth, q] = total / factor[q, q]
    total = relaxed.curve[i, i]
    for k in range(depth):
        total -= factor[depth, k] * factor[depth, k]
    # A name that moves as the others do adds nothing but rounding; so small a row keeps the value a lower bound.
    root = math.sqrt(max(total, 1e-14 * relaxed.curve[i, i]))
    factor[depth, depth] = root
    books = relaxed.base.size
    over = 1.0 / root
    for k in range(books):
        z[depth, k] = relaxed.pulls[i, k]
    for q in range(depth):
        times = factor[depth, q]
        for k in range(books):
            z[depth, k] -= times * z[q, k]
    for k in range(books):
        z[depth, k] *= over
        value[depth + 1, k] = value[depth, k] - 0.5 * z[depth, k] * z[depth, k]


@uncounted
def _visit(books: Books, found: Found, names: Ints, n: int, value: Floats, r: Room, at: int) -> None:
    """Solve a basket for the first book if all its values are wanted, and for those books for which it may be best."""
    everything = found.values.size > 0
    many = books.slopes.shape[0]
    hopeful = 0
    for k in range(1 if everything else 0, many):
        hopeful += value[n, k] < found.best[k, n] + ROUNDING
    if not everything and hopeful == 0:
        return
    load(books, names, n, r)
    for k in range(many):
        first = everything and k == 0
        if not first and not value[n, k] < found.best[k, n] + ROUNDING:
            continue
        q = aim(books, names, n, k, r)
        if first:
            found.values[at] = q
        else:
            found.solved[n] += 1
        if q < found.best[k, n]:
            found.best[k, n] = q
            for a in range(n):
                found.names[k, n, a] = names[a]


@kernel
def walk(books: Books, relaxed: Relaxed, roots: Ints, sizes: Ints, found: Found) -> None:
    """Walk the trees below some roots.

    roots: (U, 2) a name alone, whose second number is -1, or two names with all baskets that begin with them; sizes:
    (6,) whether baskets of so many names are wanted. `found` is filled.
    """
    many = books.slopes.shape[0]
    total = books.curve.shape[0]
    most = 0
    for n in range(1, MOST_NAMES + 1):
        if sizes[n]:
            most = n
    r = room()
    factor = np.zeros((MOST_NAMES, MOST_NAMES))
    z = np.zeros((MOST_NAMES, many))
    value = np.zeros((MOST_NAMES + 1, many))
    names = np.zeros(MOST_NAMES, np.int64)
    value[0, :] = relaxed.base
    at = 0
    for u in range(roots.shape[0]):
        names[0] = roots[u, 0]
        _go_down(relaxed, names, 0, factor, z, value)
        if roots[u, 1] < 0:
            if sizes[1]:
                _visit(books, found, names, 1, value, r, at)
                at += 1
            continue
        names[1] = roots[u, 1]
        depth = 1
        while depth >= 1:
            _go_down(relaxed, names, depth, factor, z, value)
            if sizes[depth + 1]:
                _visit(books, found, names, depth + 1, value, r, at)
                at += 1
            # The next basket: one more name, else the next name in the last place that has one.
            if depth + 1 < most and names[depth] + 1 < total:
                names[depth + 1] = names[depth] + 1
                depth += 1
                continue
            while depth >= 2 and names[depth] + 1 >= total:
                depth -= 1
            if depth < 2:
                break
            names[depth] += 1
    found.told[0] += at
    found.told[1] += r.told[0]


@kernel
def solve_some(books: Books, book: int, baskets: Ints, sizes: Ints, values: Floats, weights: Floats) -> None:
    """The optima of some baskets for one book: baskets (Q, 5) of which sizes (Q,) names count; weights: (Q, 5)."""
    r = room()
    for q in range(baskets.shape[0]):
        n = sizes[q]
        load(books, baskets[q], n, r)
        values[q] = aim(books, baskets[q], n, book, r)
        for a in range(n):
            weights[q, a] = r.w[a] if values[q] < math.inf else math.nan


@kernel
def begin(books: Books, best: Floats, names: Ints) -> None:
    """Good baskets of each size for every book: the best name is added to the one before, then each is changed.

    best: (R, 6); names: (R, 6, 5), -1 where none was found.
    """
    total = books.curve.shape[0]
    r = room()
    basket = np.zeros(MOST_NAMES, np.int64)
    for book in range(books.slopes.shape[0]):
        for n in range(1, min(MOST_NAMES, total) + 1):
            for a in range(n - 1):
                basket[a] = names[book, n - 1, a] if names[book, n - 1, 0] >= 0 else a
            basket[n - 1] = -1
            best[book, n] = math.inf
            names[book, n, :] = -1
            # The new place first, then each older one once more.
            for turn in range(2 * n):
                place = n - 1 - turn % n
                before = basket[place]
                kept = -1
                for i in range(total):
                    taken = False
                    for a in range(n):
                        taken = taken or (a != place and basket[a] == i)
                    if taken:
                        continue
                    basket[place] = i
                    load(books, basket, n, r)
                    q = aim(books, basket, n, book, r)
                    if q < best[book, n]:
                        best[book, n] = q
                        kept = i
                if kept >= 0:
                    basket[place] = kept
                    for a in range(n):
                        names[book, n, a] = basket[a]
                elif before >= 0:
                    basket[place] = before
                else:
                    break
