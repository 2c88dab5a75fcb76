"""Grids: every combination, in order, decoded chunk by chunk."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.space import Axis, ParameterSets, Space, parse_axes, space_of
from hedgebook.errors import ParameterError

from . import by_hand

AXES: dict[str, list[Any]] = {
    "delay": [2, 0, 1],
    "hedge": ["dollar", "beta"],
    "stop_loss": [None, 0.1, 0.05],
    "capital": [1_000_000],
    "short": ["miner", ("miner", "neocloud")],
    "hindsight": [True, False],
}
# Values of every kind; a list of them is an axis once doubles are dropped.
VALUES = st.one_of(
    st.lists(st.integers(-5, 5), min_size=1, max_size=5, unique=True),
    st.lists(st.sampled_from([None, 0.5, 1.5, -2.0, 3.25]), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(["a", "b", ("a", "b"), None]), min_size=1, max_size=4, unique=True),
    st.lists(st.booleans(), min_size=1, max_size=2, unique=True),
)
SPACES = st.lists(VALUES, min_size=1, max_size=4).map(lambda lists: {f"p{place}": v for place, v in enumerate(lists)})


def rows_of(sets: ParameterSets, size: int) -> list[dict[str, Any]]:
    """All sets, chunk by chunk."""
    chunks = [sets.chunk(start, min(start + size, sets.count)) for start in range(0, sets.count, size)]
    assert [chunk.start for chunk in chunks] == list(range(0, sets.count, size))
    return [row for chunk in chunks for row in chunk]


def test_a_grid_is_every_combination_with_the_last_axis_fastest() -> None:
    sets = space_of(AXES).grid()
    expected = by_hand.grid(AXES)
    assert (sets.how, sets.seed, sets.count, sets.duplicates, sets.refused) == ("grid", None, 72, 0, 0)
    assert rows_of(sets, 72) == expected
    assert [sets.at(index) for index in range(72)] == expected
    assert [{n: type(v) for n, v in sets.at(i).items()} for i in range(72)] == [
        {n: type(v) for n, v in row.items()} for row in expected
    ]


@settings(deadline=None)
@given(SPACES, st.integers(1, 40), st.integers(0, 4))
def test_chunks_put_together_are_the_whole(axes: dict[str, list[Any]], size: int, modulus: int) -> None:
    def keep(row: dict[str, Any]) -> bool:
        return not modulus or sum(len(str(value)) for value in row.values()) % (modulus + 1) > 0

    expected = by_hand.grid(axes, keep)
    space = space_of(axes, [keep] if modulus else [])
    if not expected:
        with pytest.raises(ParameterError, match="no set passes"):
            space.grid()
        return
    sets = space.grid()
    assert sets.count == len(expected)
    assert sets.refused == len(by_hand.grid(axes)) - len(expected)
    assert rows_of(sets, size) == expected
    codes = np.concatenate([sets.codes(a, min(a + size, sets.count)) for a in range(0, sets.count, size)])
    assert codes.dtype == np.int64
    levels = [space.by_name[name].levels for name in axes]
    assert [[levels[p][c] for p, c in enumerate(row)] for row in codes.tolist()] == [list(r.values()) for r in expected]


def test_columns_hold_levels_and_codes_into_them() -> None:
    chunk = space_of(AXES).grid().chunk(5, 30)
    assert len(chunk) == 25
    for name, column in chunk.columns.items():
        assert column.levels == tuple(AXES[name])
        assert column.codes.dtype == np.int64
        assert column.values() == [row[name] for row in by_hand.grid(AXES)[5:30]]
    assert chunk.at(3) == by_hand.grid(AXES)[8]
    with pytest.raises(ParameterError, match="no such set"):
        chunk.at(25)


@pytest.mark.parametrize("bounds", [(-1, 3), (3, 2), (0, 73), (73, 73)])
def test_a_chunk_beyond_the_sets_is_refused(bounds: tuple[int, int]) -> None:
    sets = space_of(AXES).grid()
    assert len(sets.chunk(72, 72)) == 0
    for call in (sets.chunk, sets.codes):
        with pytest.raises(ParameterError, match="no such sets"):
            call(*bounds)


@pytest.mark.parametrize("index", [-1, 72])
def test_a_set_beyond_the_sets_is_refused(index: int) -> None:
    sets = space_of(AXES).grid()
    for call in (sets.at, sets.neighbours):
        with pytest.raises(ParameterError, match="no such set"):
            call(index)


def test_a_space_needs_an_axis_and_names_each_once() -> None:
    with pytest.raises(ParameterError, match="no parameter to sweep"):
        space_of({})
    with pytest.raises(ParameterError, match="given twice"):
        Space((Axis("hold", (1,)), Axis("hold", (2,))))


def test_an_axis_of_one_value_is_constant() -> None:
    sets = space_of({"hold": 5}).grid()
    assert (sets.count, sets.at(0), sets.neighbours(0)) == (1, {"hold": 5}, ())


def test_a_continuous_axis_has_no_grid() -> None:
    with pytest.raises(ParameterError, match="has no grid") as caught:
        space_of(parse_axes(["hold=1:3", "gross=0.5:2"])).grid()
    assert (caught.value.where, caught.value.value) == ("gross", "0.5:2.0")
    assert "Give a step" in str(caught.value)


def test_a_grid_as_large_as_floats_count_is_never_listed() -> None:
    # 2^53 = 2^13 * 2^16 * 2^16 * 2^8; a level more is too much.
    axes = {"a": range(2**13), "b": range(2**16), "c": range(2**16), "d": range(2**8)}
    sets = space_of(axes).grid()
    assert sets.count == 2**53
    assert sets.words is None
    last = sets.chunk(2**53 - 3, 2**53)
    assert list(last) == [{"a": 8191, "b": 65535, "c": 65535, "d": d} for d in (253, 254, 255)]
    assert sets.at(2**24 + 2**8 + 7) == {"a": 0, "b": 1, "c": 1, "d": 7}
    assert sets.neighbours(2**53 - 1) == tuple(2**53 - 1 - step for step in (2**40, 2**24, 2**8, 1))
    with pytest.raises(ParameterError, match="too many sets") as caught:
        space_of({**axes, "a": range(2**13 + 1)}).grid()
    assert caught.value.value == f"{(2**13 + 1) * 2**40:,}"
    with pytest.raises(ParameterError, match="too many sets at once"):
        sets.chunk(0, 100_000_001)


def test_a_grid_under_constraints_is_listed_and_so_bounded() -> None:
    with pytest.raises(ParameterError, match="too many sets") as caught:
        space_of({"a": range(10**5), "b": range(10**5)}, "a < b").grid()
    assert "under constraints" in str(caught.value)


def test_sets_by_name_of_the_method() -> None:
    space = space_of(AXES)
    assert space.sets("grid").count == 72
    assert [space.sets(how, 5, 3).how for how in ("random", "lhs", "sobol")] == ["random", "lhs", "sobol"]
    for wrong in (("bayes", 5), ("given", 5), ("grid", 5), ("random", None)):
        with pytest.raises(ParameterError):
            space.sets(*wrong)


def test_retyped_values_stay_in_their_places() -> None:
    def typed(name: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
        if name == "hold" and any(value != int(value) for value in values):
            raise ParameterError("not whole", where=name)
        return tuple(int(value) for value in values) if name == "hold" else values

    space = space_of(parse_axes(["hold=5.0,3.0", "gross=0.5:2"]), "hold < 6")
    again = space.retyped(typed)
    assert repr(again.axes[0].values) == "(5, 3)"
    assert again.axes[1] == space.axes[1]
    assert again.constraints == space.constraints
    for text in ("hold=1.0:9.0", "hold=1.5:9.0", "hold=1.5,2.0"):
        with pytest.raises(ParameterError):
            space_of(parse_axes([text])).retyped(typed)


def test_sets_survive_a_pickle() -> None:
    sets = space_of(AXES, "delay < 2 or hedge == 'beta'").grid()
    copy = pickle.loads(pickle.dumps(sets))
    assert rows_of(copy, 7) == rows_of(sets, 50)
    assert copy.describe() == sets.describe()
