"""The nearest move is that of a dense grid of all moves, and no move is nearer than what is called proved."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from hedgebook.engine.arrays import Floats
from hedgebook.engine.option_ledger.margin import OptionMarginRules
from hedgebook.engine.options.lines import Lines
from hedgebook.engine.stress.held.margin import HeldMargin
from hedgebook.engine.stress.held.options import HeldOptions
from hedgebook.engine.stress.held.reverse import reverse_loss_revalued
from hedgebook.engine.stress.nearest import nearest_of
from hedgebook.engine.stress.positions import Positions
from hedgebook.universes.chains.chain import Listed

from .books import DAY, answers

FARTHEST = 20.0


def sphere(size: int, count: int) -> Floats:
    """Directions in one, two or three factors, evenly."""
    if size == 1:
        return np.array([[1.0], [-1.0]])
    angle = np.linspace(0.0, 2.0 * math.pi, count, endpoint=False)
    if size == 2:
        return np.column_stack([np.cos(angle), np.sin(angle)])
    height = np.linspace(-1.0, 1.0, count)
    turn = np.arange(count) * math.pi * (3.0 - math.sqrt(5.0))
    flat = np.sqrt(1.0 - height**2)
    return np.column_stack([flat * np.cos(turn), flat * np.sin(turn), height])


def by_grid(left: Callable[[Floats], Floats], size: int, count: int, step: float) -> float:
    """Distance of the first shell on which a point is below zero."""
    directions = sphere(size, count)
    return next((r for r in np.arange(step, FARTHEST + step, step) if (left(r * directions) < 0.0).any()), math.inf)


def spreads(rng: np.random.Generator) -> Callable[[Floats], Floats]:
    """Three tickers, each with a line and up to three options that expire now, bought or sold: edges everywhere."""
    terms = [(rng.normal(0.0, 30.0), rng.uniform(-0.3, 0.3, 3), rng.normal(0.0, 120.0, 3)) for _ in range(3)]

    def curve(moves: Floats) -> Floats:
        each = []
        for i, (slope, strikes, sizes) in enumerate(terms):
            m = np.maximum(moves[:, i], -1.0)
            start = np.maximum(-strikes, 0.0) @ sizes
            each.append(slope * m + np.maximum(m[:, None] - strikes, 0.0) @ sizes - start)
        return np.column_stack(each)

    return curve


@pytest.mark.parametrize(("size", "count"), [(1, 2), (2, 720), (3, 5_000)])
def test_the_nearest_point_of_curves_with_edges_is_that_of_a_dense_grid(size: int, count: int) -> None:
    rng = np.random.default_rng(size)
    seen = 0
    for _ in range(12 if size < 3 else 5):
        curve, moves, base = spreads(rng), rng.normal(0.0, 0.03, (3, size)), float(rng.uniform(2.0, 25.0))

        def left(z: Floats, curve=curve, moves=moves, base=base) -> Floats:  # type: ignore[no-untyped-def]
            return np.asarray(base + curve(z @ moves.T).sum(axis=1))

        def first(direction: Floats, left=left) -> Floats | None:  # type: ignore[no-untyped-def]
            ray = direction / np.linalg.norm(direction)
            sizes = np.arange(1e-3, FARTHEST, 1e-3)
            below = np.flatnonzero(left(sizes[:, None] * ray) < 0.0)
            return np.asarray(sizes[below[0]] * ray) if len(below) else None

        found = nearest_of(curve, base, moves, None, FARTHEST, first)
        grid = by_grid(left, size, count, 0.02)
        # The proof holds against every point of the grid; what is found is as near, but for the grid's own steps.
        assert found.at_least <= grid
        if found.point is None:
            assert grid > FARTHEST
            continue
        seen += 1
        distance = float(np.linalg.norm(found.point))
        assert left(found.point[None, :])[0] < 0.0
        assert found.at_least >= 0.98 * distance
        assert distance <= grid + 0.02
    assert seen >= 3


def test_a_loss_that_lies_between_all_rays_is_found() -> None:
    """Long options of two stocks: both must move against what was sold and leave what was bought, 16 deviations off."""
    contracts = {
        Listed("B", date(2026, 8, 18), "call", 215.3): 2.0,
        Listed("B", date(2026, 8, 18), "call", 150.7): 4.0,
        Listed("A", date(2026, 12, 18), "put", 103.8): 4.0,
        Listed("A", date(2026, 9, 18), "put", 60.6): -3.0,
    }
    names = list(contracts)
    lines = Lines(
        tuple(one.ticker for one in names), np.array([1 if one.right == "call" else -1 for one in names]),
        np.array([one.strike for one in names]), np.array([one.expiry for one in names], dtype="datetime64[D]"),
        100.0 * np.array(list(contracts.values())), np.array([1.0, 0.7, 0.7, 0.7]), np.zeros(4), 0.04,
    )  # fmt: skip
    spots = np.array([86.54, 143.56])
    held = HeldOptions(
        contracts, ("A", "B"), ("x", "y"), spots, np.array([1, 1, 0, 0]), lines, DAY, "by hand", (), False
    )
    book = HeldMargin(held, 50_000.0, OptionMarginRules(), np.ones(2))
    positions = Positions(("A", "B"), np.array(list(held.delta_shares().values())), spots, ("x", "y"), 50_000.0, DAY)
    betas, covariance = np.array([[1.1, 0.2], [0.4, 1.3]]), np.diag([4e-4, 3e-4])
    loss = 0.05
    found = reverse_loss_revalued(book, positions, answers(positions, betas, covariance), loss)
    each = betas @ np.sqrt(covariance)
    shells = np.arange(1.0, 40.0, 0.25)[:, None, None] * sphere(2, 180)[None, :, :]
    moves = np.maximum(shells.reshape(-1, 2) @ each.T, -1.0)
    lost = -held.changes(moves).reshape(shells.shape[:2]) > loss * book.nav_usd
    grid = float(np.arange(1.0, 40.0, 0.25)[np.flatnonzero(lost.any(axis=1))[0]]) if lost.any() else math.inf
    assert found.at_least <= grid
    assert found.moves is not None
    assert found.distance == pytest.approx(grid, abs=0.3)
    assert found.at_least == pytest.approx(found.distance, rel=0.01)
