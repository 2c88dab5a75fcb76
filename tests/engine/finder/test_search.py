"""Every basket against plain Python and Clarabel, and what must hold for any search."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import clarabel
import numpy as np
import pytest
from scipy import sparse

from hedgebook.engine.finder.placebo import Placebo, luck_probability, placebo_books
from hedgebook.engine.finder.problem import HedgeProblem
from hedgebook.engine.finder.search import Search, optima
from hedgebook.engine.kernels.finder.walk import Books
from tests.oracle.baskets import every_basket

from .cases import made_up, task_of

SIZES = (1, 2, 3, 4, 5)


def searched(problem: HedgeProblem, placebos: int = 4, sizes: tuple[int, ...] = SIZES) -> tuple[Search, Any]:
    placebo = placebo_books(problem.book, np.empty((len(problem.book), 0)), placebos, Placebo.DATES, 1)
    search = Search(problem.books(np.vstack([problem.book, placebo])), sizes)
    return search, search.best_of_all()


def same(a: float, b: float) -> bool:
    return a == b if math.isinf(a) or math.isinf(b) else abs(a - b) < 1e-10


@pytest.mark.parametrize(
    ("seed", "rules", "sizes"), [(1, 0, (1, 2, 3, 4)), (2, 1, (1, 2, 3)), (3, 2, (2, 3)), (4, 1, (3, 5))]
)
def test_every_basket_is_that_of_plain_python(seed: int, rules: int, sizes: tuple[int, ...]) -> None:
    problem = made_up(seed, 7, rules)
    search, found = searched(problem, sizes=sizes)
    oracle = every_basket(task_of(search.books), sizes)
    baskets = search.baskets(range(search.count))
    assert sorted(baskets) == sorted(oracle)
    assert all(same(value, oracle[one]) for one, value in zip(baskets, found.values, strict=True))
    for size in sizes:
        assert same(found.best[0, size], min(v for one, v in oracle.items() if len(one) == size))


def test_nothing_is_missed_where_baskets_are_skipped() -> None:
    problem = made_up(5, 7, 1)
    search, found = searched(problem, placebos=3, sizes=(1, 2, 3))
    for book in (1, 3):
        oracle = every_basket(task_of(search.books, book), (1, 2, 3))
        for size in (1, 2, 3):
            assert same(found.best[book, size], min(v for one, v in oracle.items() if len(one) == size))
    assert found.solved.sum() < 3 * search.count


def by_clarabel(books: Books, at: list[int]) -> float:
    """The optimum with positions split into bought and sold; infinite where there is none."""
    n, m = len(at), len(books.rules)
    a = books.curve[np.ix_(at, at)]
    curve = sparse.csc_matrix(np.triu(np.block([[a, -a], [-a, a]])))
    line = np.concatenate([books.slopes[0, at] + books.plus[at], -books.slopes[0, at] + books.minus[at]])
    rules = np.hstack([books.rules[:, at], -books.rules[:, at]])
    rows = np.vstack([rules, np.eye(2 * n), -np.eye(2 * n), np.ones((1, 2 * n))])
    right = np.concatenate(
        [books.targets[0], books.high[at], -books.low[at], np.zeros(2 * n), [float(books.budget[0])]]
    )
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    for name in ("tol_gap_abs", "tol_gap_rel", "tol_feas"):
        setattr(settings, name, 1e-11)
    cones = [clarabel.ZeroConeT(m), clarabel.NonnegativeConeT(4 * n + 1)]
    found = clarabel.DefaultSolver(curve, line, sparse.csc_matrix(rows), right, cones, settings).solve()
    if str(found.status) in ("PrimalInfeasible", "AlmostPrimalInfeasible"):
        return math.inf
    return float(found.obj_val)


def test_a_thousand_baskets_are_those_of_clarabel() -> None:
    draw = np.random.default_rng(6)
    for rules in range(4):
        books = made_up(20 + rules, 20, rules).books()
        baskets = [tuple(sorted(draw.choice(20, 2 + k % 4, replace=False).tolist())) for k in range(250)]
        values, _ = optima(books, 0, baskets)
        for basket, value in zip(baskets, values, strict=True):
            other = by_clarabel(books, list(basket))
            assert abs(value - other) < 1e-8 if math.isfinite(value) else math.isinf(other), (rules, basket)


def test_the_order_of_names_changes_nothing() -> None:
    problem = made_up(7, 9, 1)
    other = problem.only(list(np.random.default_rng(0).permutation(problem.names)))
    (search, found), (_, again) = searched(problem), searched(other)
    assert np.allclose(found.best, again.best, rtol=0, atol=1e-12)
    assert search.count == len(again.values)


def test_a_larger_book_wants_a_larger_hedge() -> None:
    problem = made_up(8, 7)
    times = 3.0
    grown = tuple(
        replace(one, low_frac=times * one.low_frac, high_frac=times * one.high_frac) for one in problem.instruments
    )
    terms = replace(problem.terms, budget_frac=times * problem.terms.budget_frac)
    larger = HedgeProblem(grown, times * problem.book, problem.factors, None, terms)
    baskets = list(itertools.combinations(range(7), 4))
    values, weights = optima(problem.books(), 0, baskets)
    others, more = optima(larger.books(), 0, baskets)
    assert np.allclose(values, others, rtol=0, atol=1e-12)
    assert np.allclose(times * weights, more, rtol=0, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("seed", range(30, 36))
def test_looser_is_never_worse_and_dearer_never_better(seed: int) -> None:
    problem = made_up(seed, 8, seed % 3)
    baskets = list(itertools.combinations(range(8), 4))
    values, _ = optima(problem.books(), 0, baskets)
    looser = tuple(replace(o, low_frac=1.5 * o.low_frac, high_frac=1.5 * o.high_frac) for o in problem.instruments)
    dearer = tuple(
        replace(o, short_cost_frac=2 * o.short_cost_frac, long_cost_frac=2 * o.long_cost_frac)
        for o in problem.instruments
    )
    free = optima(replace(problem, instruments=looser).books(), 0, baskets)[0]
    paid = optima(replace(problem, instruments=dearer).books(), 0, baskets)[0]
    narrow = replace(problem, terms=replace(problem.terms, budget_frac=0.7 * problem.terms.budget_frac))
    with np.errstate(invalid="ignore"):
        assert not (free > values + 1e-11).any()
        assert not (paid < values - 1e-11).any()
        assert not (optima(narrow.books(), 0, baskets)[0] < values - 1e-11).any()


def test_more_names_are_never_worse() -> None:
    search, found = searched(made_up(9, 8, 1))
    value = dict(zip(search.baskets(range(search.count)), found.values, strict=True))
    for basket in value:
        for name in basket if len(basket) > 1 else ():
            assert value[basket] <= value[tuple(i for i in basket if i != name)] + 1e-11
    assert (np.diff(found.best[:, 1:], axis=1)[np.isfinite(found.best[:, 1:-1])] <= 1e-11).all()


def test_luck_is_even_on_books_of_noise() -> None:
    """Of books without any relation to the names, p-values are spread evenly: 20 of 200 are expected below 0.1."""
    low, values = 0, []
    for seed in range(200):
        _, found = searched(made_up(seed, 6, noise=True, sessions=50), placebos=19, sizes=(1, 2))
        gains = -found.best.min(axis=1)
        values.append(luck_probability(gains[0], gains[1:]))
        low += values[-1] <= 0.1
    # Binomial(200, 0.1) lies in 8 to 34 but for one case in a thousand.
    assert 8 <= low <= 34
    assert 0.42 < np.mean(values) < 0.64
