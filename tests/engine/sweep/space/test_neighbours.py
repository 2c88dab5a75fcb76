"""Sets next to a set, against a search through all pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.space import Axis, ParameterSets, axis_of, given_sets, parse_axes, space_of

from . import by_hand
from .test_grid import SPACES, rows_of

AXES: dict[str, list[Any]] = {
    "hold": [20, 1, 10, 5],
    "hedge": ["dollar", "beta", "min_variance"],
    "stop_loss": [0.1, None, 0.05, 0.2],
    "hindsight": [False, True],
    "short": ["miner", ("miner", "neocloud")],
}


def ends(axis: Axis) -> tuple[float, float] | None:
    """The lowest and highest number of an axis; None where it has no order."""
    if axis.low is not None and axis.high is not None:
        return axis.low, axis.high
    numbers = [value for value in axis.levels if by_hand.is_number(value)]
    return (min(numbers), max(numbers)) if numbers else None


def assert_nearest(sets: ParameterSets, index: int) -> None:
    rows = rows_of(sets, 1000)
    bounds = {axis.name: ends(axis) for axis in sets.space.axes}
    wanted = min(2 * len(bounds), len(rows) - 1)
    assert list(sets.neighbours(index)) == by_hand.nearest(bounds, rows, index, wanted)[0]


@pytest.mark.parametrize(
    ("values", "level", "expected"),
    [
        ([20, 1, 10, 5], 0, (2,)),
        ([20, 1, 10, 5], 2, (0, 3)),
        (["a", "b", "c"], 1, (0, 2)),
        ([True, False], 0, (1,)),
        ([0.1, None, 0.05, 0.2], 0, (1, 2, 3)),
        ([0.1, None, 0.05, 0.2], 3, (0, 1)),
        ([0.1, None, 0.05, 0.2], 1, (0, 2, 3)),
        ([2**53 + 1, 2**53, 2**53 + 2], 1, (0,)),
        ([7], 0, ()),
        ([None], 0, ()),
    ],
)
def test_levels_one_step_away(values: list[Any], level: int, expected: tuple[int, ...]) -> None:
    assert axis_of("x", values).next_to(level) == expected


def test_neighbours_of_a_grid_differ_by_one_step_on_one_axis() -> None:
    sets = space_of(AXES).grid()
    rows = by_hand.grid(AXES)
    for index in range(0, sets.count, 7):
        assert sets.neighbours(index) == by_hand.neighbours(AXES, rows, index)


@settings(deadline=None, max_examples=60)
@given(SPACES, st.integers(0, 2**30), st.integers(1, 4))
def test_neighbours_that_constraints_refuse_are_left_out(axes: dict[str, list[Any]], draw: int, modulus: int) -> None:
    def keep(row: dict[str, Any]) -> bool:
        return sum(len(str(value)) for value in row.values()) % modulus == 0 or row == by_hand.grid(axes)[0]

    sets = space_of(axes, keep).grid()
    rows = by_hand.grid(axes, keep)
    index = draw % sets.count
    found = sets.neighbours(index)
    assert found == by_hand.neighbours(axes, rows, index)
    assert all(index in sets.neighbours(other) for other in found)


@pytest.mark.parametrize("how", ["random", "lhs", "sobol"])
def test_neighbours_of_a_sample_are_the_nearest(how: str) -> None:
    space = space_of([*space_of(AXES).axes, Axis.between("gross", 0.5, 2.0), Axis("capital", (1000.0,))])
    sets = space.sets(how, 200, 11)
    for index in (0, 1, 57, sets.count - 1):
        assert_nearest(sets, index)
        assert len(sets.neighbours(index)) == 14


def test_neighbours_of_a_sample_with_many_ties_are_the_first_of_them() -> None:
    sets = space_of(AXES).random(400, 5)
    for index in range(0, sets.count, 9):
        assert_nearest(sets, index)


def test_a_few_given_sets_are_all_neighbours() -> None:
    sets = given_sets([{"hold": 5, "gross": 1.0}, {"hold": 9, "gross": 1.0}, {"hold": 5, "gross": 2.0}])
    assert sets.neighbours(1) == (0, 2)
    assert given_sets([{"hold": 5}]).neighbours(0) == ()


def test_neighbours_of_a_million() -> None:
    axes = {name: range(10) for name in "abcdef"}
    sets = space_of(axes, "a + b <= 17").grid()
    # 99 does not pass: of the 10,000 sets from 990,000 on, none is left.
    assert sets.count == 990_000
    assert sets.neighbours(989_999) == tuple(989_999 - step for step in (100_000, 10_000, 1000, 100, 10, 1))
    index = 123_456
    expected = [index + sign * 10**power for power in range(6) for sign in (-1, 1)]
    assert sets.neighbours(index) == tuple(np.sort(expected).tolist())


def test_neighbours_of_a_sample_pass_the_constraints_too() -> None:
    sets = space_of(parse_axes(["hold=1:20", "delay=0:5", "gross=0.5:2"]), "hold + delay <= 15").sobol(256, 3)
    for index in range(0, sets.count, 31):
        assert_nearest(sets, index)
