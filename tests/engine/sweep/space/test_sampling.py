"""Samples, against draws made one at a time and scipy.stats.qmc called live."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import qmc

from hedgebook.engine.sweep.space import Axis, Space, given_sets, parse_axes, space_of
from hedgebook.engine.sweep.space import sampling as sampling_module
from hedgebook.errors import ParameterError

from .test_grid import rows_of

TEXTS = ["hold=1:60", "hedge=a,b,beta", "gross=0.5:2", "stop_loss=none,0.05:0.2:0.05", "delay=0", "x=-3:9e0"]
HOWS = ("random", "lhs", "sobol")


def units_of(how: str, n: int, dimensions: int, seed: int) -> NDArray[np.float64]:
    """Numbers in [0, 1) from the libraries themselves."""
    if how == "random":
        return np.random.default_rng(seed).random((n, dimensions))
    if how == "lhs":
        return np.asarray(qmc.LatinHypercube(d=dimensions, rng=seed).random(n))
    power = max(n - 1, 0).bit_length()
    return np.asarray(qmc.Sobol(d=dimensions, scramble=True, rng=seed).random_base2(power))[:n]


def placed(space: Space, units: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Sets of numbers in [0, 1), one number at a time; of equal sets the first."""
    rows: list[dict[str, Any]] = []
    for unit in units.tolist():
        row = {}
        for u, axis in zip(unit, space.axes, strict=True):
            if axis.values is None:
                row[axis.name] = axis.low + u * (axis.high - axis.low)
            else:
                row[axis.name] = next(v for place, v in enumerate(axis.values) if u * len(axis.values) < place + 1)
        rows.append(row)
    first: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        first.setdefault(tuple(row.values()), row)
    return list(first.values())


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("n", [1, 2, 37, 256, 1000])
def test_sets_are_the_units_of_the_library_placed_on_the_axes(how: str, n: int) -> None:
    space = space_of(parse_axes(TEXTS))
    sets = space.sets(how, n, 42)
    assert rows_of(sets, 64) == placed(space, units_of(how, n, len(TEXTS), 42))
    assert (sets.how, sets.seed, sets.count, sets.duplicates) == (how, 42, n, 0)


@pytest.mark.parametrize("how", HOWS)
def test_sets_drawn_twice_are_kept_once_and_counted(how: str) -> None:
    space = space_of(parse_axes(["hold=1:7", "hedge=a,b,c", "short=a,a+b", "flag=true,false"]))
    sets = space.sets(how, 200, 7)
    expected = placed(space, units_of(how, 200, 4, 7))
    assert rows_of(sets, 33) == expected
    assert sets.duplicates == 200 - len(expected) > 0


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(HOWS), st.integers(1, 300), st.integers(0, 2**40), st.integers(1, 300))
def test_the_same_seed_gives_the_same_sets_whatever_the_chunks(how: str, n: int, seed: int, size: int) -> None:
    def passes(row: dict[str, Any]) -> bool:
        return bool(row["hold"] < 50 or row["hedge"] == "beta" or row["gross"] < 1.9)

    space = space_of(parse_axes(TEXTS), "hold < 50 or hedge == 'beta' or gross < 1.9")
    free = rows_of(space_of(space.axes).sets(how, n, seed), n)
    if not any(map(passes, free)):
        with pytest.raises(ParameterError, match="no set passes"):
            space.sets(how, n, seed)
        return
    sets, again = space.sets(how, n, seed), space.sets(how, n, seed)
    whole = rows_of(again, n)
    assert whole == [row for row in free if passes(row)]
    assert sets.refused == len(free) - len(whole)
    assert rows_of(sets, size) == whole
    assert [sets.at(index) for index in range(sets.count)] == whole
    assert sets.describe() == again.describe()
    codes = sets.codes(0, sets.count)
    sizes = np.array([len(axis) for axis in space.axes])
    assert ((codes == -1) == (sizes == 0)).all()
    assert ((codes < sizes) | (sizes == 0)).all()


@pytest.mark.parametrize("how", ["random", "sobol"])
def test_parts_do_not_change_what_is_drawn(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    space = space_of(parse_axes(TEXTS))
    whole = rows_of(space.sets(how, 1000, 9), 1000)
    monkeypatch.setattr(sampling_module, "_PART", 64)
    assert rows_of(space.sets(how, 1000, 9), 1000) == whole


def test_another_seed_gives_other_sets() -> None:
    space = space_of(parse_axes(TEXTS))
    for how in HOWS:
        assert rows_of(space.sets(how, 16, 1), 16) != rows_of(space.sets(how, 16, 2), 16)


def test_a_latin_hypercube_draws_each_level_equally_often() -> None:
    sets = space_of({"hold": range(1, 61), "gross": Axis.between("gross", 0.0, 1.0)}).latin_hypercube(600, 3)
    rows = rows_of(sets, 600)
    assert [sum(row["hold"] == hold for row in rows) for hold in range(1, 61)] == [10] * 60
    assert sorted(int(row["gross"] * 600) for row in rows) == list(range(600))


def test_a_space_larger_than_64_bits_can_be_sampled() -> None:
    axes = {f"p{place}": range(60) for place in range(14)}
    sets = space_of(axes).random(500, 5)
    assert space_of(axes).radix.count == 60**14 > 2**63
    assert rows_of(sets, 77) == placed(sets.space, units_of("random", 500, 14, 5))
    assert len(sets.neighbours(3)) == 28
    with pytest.raises(ParameterError, match="too many sets"):
        space_of(axes).grid()


def test_more_draws_than_sets_find_them_all() -> None:
    sets = space_of({"hold": [1, 2, 3], "hedge": ["a", "b"]}).random(2000, 1)
    assert (sets.count, sets.duplicates) == (6, 1994)
    assert sorted((row["hold"], row["hedge"]) for row in rows_of(sets, 2)) == [(h, x) for h in (1, 2, 3) for x in "ab"]


@pytest.mark.parametrize("n", [0, -1, 2.5, 2.0, True, "5", None, 100_000_001])
def test_the_number_of_draws_must_be_whole_and_bounded(n: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        space_of({"hold": [1]}).random(n, 1)
    assert (caught.value.where, caught.value.bound) == ("n", "a whole number from 1 to 100,000,000")


@pytest.mark.parametrize("seed", [-1, 0.5, None, "a", True])
def test_the_seed_must_be_whole(seed: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        space_of({"hold": [1]}).sobol(4, seed)
    assert caught.value.where == "seed"


def test_given_sets_are_kept_in_order_and_once() -> None:
    rows = [
        {"hold": 5, "short": "miner", "stop_loss": None},
        {"hold": 7, "short": ("a", "b"), "stop_loss": 1},
        {"hold": 5, "short": "miner", "stop_loss": None},
        {"hold": 7, "short": "b+a", "stop_loss": 1.0},
        {"hold": 5, "short": "a+b", "stop_loss": 0.5},
    ]
    sets = given_sets(rows)
    assert (sets.how, sets.seed, sets.count, sets.duplicates) == ("given", None, 3, 2)
    expected = [rows[0], {"hold": 7, "short": ("a", "b"), "stop_loss": 1.0}, {**rows[4], "short": ("a", "b")}]
    assert rows_of(sets, 2) == expected
    assert isinstance(sets.at(1)["stop_loss"], float)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([], "no sets"),
        ([{"hold": 5}, {"hold": 5, "gross": 1.0}], "differ from the first"),
        ([{"hold": 5}, {"gross": 1.0}], "differ from the first"),
        ([{}], "no parameter to sweep"),
        ([{"hold": 5}, {"hold": "a"}], "several kinds"),
        ([{"hold": float("nan")}], "not a finite number"),
    ],
)
def test_given_sets_that_cannot_be_used(rows: list[dict[str, Any]], what: str) -> None:
    with pytest.raises(ParameterError, match=what):
        given_sets(rows)
