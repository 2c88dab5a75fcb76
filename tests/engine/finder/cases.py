"""Small made-up problems of a search for a hedge."""

from __future__ import annotations

import numpy as np

from hedgebook.engine.finder.problem import HedgeInstrument, HedgeProblem, Terms
from hedgebook.engine.kernels.finder.walk import Books
from tests.oracle.baskets import Task


def made_up(seed: int, count: int = 8, rules: int = 0, *, noise: bool = False, sessions: int = 80) -> HedgeProblem:
    """A book that moves with some names, or with none (`noise`), and names with a common factor."""
    draw = np.random.default_rng(seed)
    factors = draw.normal(0.0, 0.012, (sessions, max(rules, 1)))
    loadings = draw.uniform(0.4, 1.6, (factors.shape[1], count)) * draw.choice([1.0, -0.3], (factors.shape[1], count))
    returns = factors @ loadings + draw.normal(0.0, 0.015, (sessions, count))
    book = 0.3 * returns[:, :3].sum(axis=1) + draw.normal(0.0, 0.01, sessions)
    if noise:
        book = draw.standard_t(4, sessions) * 0.01
    instruments = tuple(
        HedgeInstrument(
            f"N{i}", returns[:, i], -float(draw.choice([0.0, draw.uniform(0.05, 0.7)])), float(draw.uniform(0.05, 0.7)),
            float(draw.uniform(0.0, 0.004)), float(draw.uniform(0.0, 0.003)),
        )
        for i in range(count)
    )  # fmt: skip
    return HedgeProblem(
        instruments, book, factors[:, :rules], None, Terms(10, 0.2, float(draw.choice([0.5, 1.0, 3.0])))
    )


def task_of(books: Books, book: int = 0) -> Task:
    """The same for the oracle."""
    return Task(
        books.curve.tolist(), books.slopes[book].tolist(), books.rules.tolist(), books.targets[book].tolist(),
        books.low.tolist(), books.high.tolist(), books.plus.tolist(), books.minus.tolist(), float(books.budget[0]),
    )  # fmt: skip
