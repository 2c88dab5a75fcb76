"""All baskets in pieces: what begins them, what each one gives, and what they give together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import Flags, Floats, Ints
from ..kernels.finder.room import MOST_NAMES
from ..kernels.finder.walk import Books, Found, Relaxed, begin, solve_some, walk
from .problem import HedgeProblem

# Weight of broken equations in the relaxed problem: less than where states are looked for, as it goes through a factor.
RELAXED_STIFFNESS = 1e4
MOST_PIECES = 64


@dataclass(frozen=True, eq=False)
class Piece:
    """What a run of baskets gave.

    values: (Q,) Q - 1 of the first book, infinite where no hedge is possible; best: (R, 6) least by number of names;
    names: (R, 6, 5) of these, -1 = none better than was known; solved: (6,) optima of other books that were worked out;
    tried: optima of which every state was tried.
    """

    values: Floats
    best: Floats
    names: Ints
    solved: Ints
    tried: int


@dataclass(frozen=True, eq=False)
class Search:
    """A search before it runs: R books with the same instruments, the first one the book itself.

    sizes: numbers of names; everything: whether the optimum of every basket is wanted for the first book, else the best
    one of each size alone. It can be pickled, and the same piece gives the same numbers wherever it runs.
    """

    books: Books
    sizes: tuple[int, ...]
    everything: bool = True

    @cached_property
    def start(self) -> tuple[Floats, Ints, Relaxed]:
        """Good baskets of every book to begin with, and the relaxed problem that they give."""
        many = len(self.books.slopes)
        best = np.full((many, MOST_NAMES + 1), np.inf)
        names = np.full((many, MOST_NAMES + 1, MOST_NAMES), -1, dtype=np.int64)
        begin(self.books, best, names)
        return best, names, relaxed(self.books, names)

    @property
    def instruments(self) -> int:
        """N."""
        return len(self.books.curve)

    @cached_property
    def count(self) -> int:
        """How many baskets there are."""
        return sum(math.comb(self.instruments, size) for size in self.sizes)

    @cached_property
    def pieces(self) -> tuple[Ints, ...]:
        """Roots of trees, in pieces of about as many baskets each; the number of pieces depends on the search alone."""
        total = self.instruments
        roots = [(i, j) for i in range(total) for j in (-1, *range(i + 1, total))]
        roots = [root for root in roots if self._below(root)]
        most, pieces, held = max(self.count // MOST_PIECES, 1), [], 0
        start = 0
        for k, root in enumerate(roots):
            held += self._below(root)
            if held >= most or k == len(roots) - 1:
                pieces.append(np.array(roots[start : k + 1], dtype=np.int64))
                start, held = k + 1, 0
        return tuple(pieces)

    def _below(self, root: tuple[int, int]) -> int:
        if root[1] < 0:
            return int(1 in self.sizes)
        rest = self.instruments - 1 - root[1]
        return sum(math.comb(rest, size - 2) for size in self.sizes if size >= 2)

    def size(self, k: int) -> int:
        """Baskets of piece k."""
        return sum(self._below((int(i), int(j))) for i, j in self.pieces[k])

    def run(self, k: int) -> Piece:
        """Piece k."""
        best, _, easier = self.start
        count = self.size(k) if self.everything else 0
        found = Found(
            np.full(count, np.nan), best.copy(), np.full((len(best), MOST_NAMES + 1, MOST_NAMES), -1, dtype=np.int64),
            np.zeros(MOST_NAMES + 1, dtype=np.int64), np.zeros(2, dtype=np.int64),
        )  # fmt: skip
        wanted = np.array([int(size in self.sizes) for size in range(MOST_NAMES + 1)], dtype=np.int64)
        walk(self.books, easier, self.pieces[k], wanted, found)
        return Piece(found.values, found.best, found.names, found.solved, int(found.told[1]))

    def together(self, pieces: Sequence[Piece]) -> Piece:
        """What all pieces say; of equal values the first one in the order of the tree stands."""
        best, names, _ = self.start
        best, names = best.copy(), names.copy()
        for piece in pieces:
            better = piece.best < best
            best[better], names[better] = piece.best[better], piece.names[better]
        values = np.concatenate([piece.values for piece in pieces]) if pieces else np.empty(0)
        unasked = [size for size in range(MOST_NAMES + 1) if size not in self.sizes]
        best[:, unasked], names[:, unasked] = np.inf, -1
        solved = np.sum([piece.solved for piece in pieces], axis=0)
        return Piece(values, best, names, solved, sum(piece.tried for piece in pieces))

    def best_of_all(self) -> Piece:
        """All pieces, one after the other."""
        return self.together([self.run(k) for k in range(len(self.pieces))])

    def baskets(self, at: Sequence[int]) -> list[tuple[int, ...]]:
        """The baskets at some places of `values`, in the order asked for."""
        return [self._basket(int(place)) for place in at]

    @cached_property
    def _ends(self) -> tuple[Ints, Ints]:
        """All roots in order, and how many baskets there are up to the end of each."""
        roots = np.concatenate(self.pieces)
        return roots, np.cumsum([self._below((int(i), int(j))) for i, j in roots])

    def _basket(self, place: int) -> tuple[int, ...]:
        roots, ends = self._ends
        k = int(np.searchsorted(ends, place, side="right"))
        i, j = int(roots[k, 0]), int(roots[k, 1])
        return (i,) if j < 0 else self._within((i, j), place - (int(ends[k - 1]) if k else 0))

    def _within(self, basket: tuple[int, ...], place: int) -> tuple[int, ...]:
        """The basket at a place of the tree below another one, itself the first if its size is asked for."""
        if len(basket) in self.sizes:
            if place == 0:
                return basket
            place -= 1
        for j in range(basket[-1] + 1, self.instruments):
            rest = self.instruments - 1 - j
            below = sum(math.comb(rest, size - len(basket) - 1) for size in self.sizes if size > len(basket))
            if place < below:
                return self._within((*basket, j), place)
            place -= below
        raise IndexError(place)


def relaxed(books: Books, names: Ints) -> Relaxed:
    """A problem that is easier for every basket: the cost of each name is one slope between its two.

    The slopes are those that make the best known basket of a book the best of all names, where there are any: then
    hardly a basket that is not better looks as if it could be.
    """
    slopes, rules, targets = books.slopes, books.rules, books.targets
    stiffness = RELAXED_STIFFNESS * float(books.curve.diagonal().max())
    prices = np.clip(-slopes, -books.minus, books.plus)
    for k in range(len(slopes)):
        known = np.flatnonzero(names[k, :, 0] >= 0)
        if not len(known):
            continue
        size = int(known[-1])
        at = names[k, size, :size]
        weights = optima(books, k, [tuple(int(i) for i in at)])[1][0, :size]
        slope = slopes[k] + books.curve[:, at] @ weights
        if len(rules):
            cost = np.where(weights > 0.0, books.plus[at], -books.minus[at])
            inside = (weights != 0.0) & (weights > books.low[at]) & (weights < books.high[at])
            slope = slope - rules.T @ np.linalg.lstsq(rules[:, at[inside]].T, (slope[at] + cost)[inside], rcond=None)[0]
        prices[k] = np.clip(-slope, -books.minus, books.plus)
    pulls = np.ascontiguousarray((slopes + prices - stiffness * targets @ rules).T)
    base = 0.5 * stiffness * (targets**2).sum(axis=1)
    return Relaxed(np.ascontiguousarray(books.curve + stiffness * rules.T @ rules), pulls, base)


def optima(books: Books, book: int, baskets: Sequence[tuple[int, ...]]) -> tuple[Floats, Floats]:
    """Q - 1 (K,) and weights (K, 5) of some baskets for one book; infinite and NaN where no hedge is possible."""
    sizes = np.array([len(one) for one in baskets], dtype=np.int64)
    padded = np.full((len(baskets), MOST_NAMES), -1, dtype=np.int64)
    for k, one in enumerate(baskets):
        padded[k, : len(one)] = one
    values, weights = np.empty(len(baskets)), np.full((len(baskets), MOST_NAMES), np.nan)
    solve_some(books, book, padded, sizes, values, weights)
    return values, weights


def best_hedge(problem: HedgeProblem, rows: Flags | None = None) -> Floats:
    """(N,) the optimum with all instruments of a problem of at most five over some sessions, NaN where none exists."""
    count = len(problem.instruments)
    return optima(problem.books(rows=rows), 0, [tuple(range(count))])[1][0, :count]
