"""Axes from Python values."""

from __future__ import annotations

import enum
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.hedging.request import Method
from hedgebook.engine.sweep.space import Axis, axis_of
from hedgebook.errors import ParameterError

from .test_parse import typed


class Colour(str, enum.Enum):  # noqa: UP042  (an enumeration whose str() is not its value)
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (range(1, 4), (1, 2, 3)),
        (range(10, 0, -5), (10, 5)),
        ([1, 2], (1, 2)),
        ((0.5, 1.5), (0.5, 1.5)),
        (np.array([1, 2], dtype=np.int32), (1, 2)),
        (np.linspace(0.0, 1.0, 3), (0.0, 0.5, 1.0)),
        (np.array(["a", "b"]), ("a", "b")),
        (np.array(7), (7,)),
        (np.array([True, False]), (True, False)),
        (pd.Series([3, 1]), (3, 1)),
        (pd.Index(["a", "b"]), ("a", "b")),
        ((value for value in (1, 2)), (1, 2)),
        (5, (5,)),
        (5.0, (5.0,)),
        (np.float64(0.5), (0.5,)),
        (np.int64(5), (5,)),
        (True, (True,)),
        (None, (None,)),
        ("dollar", ("dollar",)),
        ("1:4", (1, 2, 3, 4)),
        ("miner+neocloud", (("miner", "neocloud"),)),
        (["dollar", "beta"], ("dollar", "beta")),
        (["miner", "miner+neocloud", ("a", "b"), ["c", "d"]], ("miner", ("miner", "neocloud"), ("a", "b"), ("c", "d"))),
        ([("miner",)], ("miner",)),
        (Method.BETA, ("beta",)),
        ([Method.BETA, Method.DOLLAR], ("beta", "dollar")),
        (Colour.RED, ("red",)),
        ([Colour.RED, Colour.BLUE], ("red", "blue")),
        ([1, 2.5, None], (1.0, 2.5, None)),
        ([-0.0], (0.0,)),
    ],
)
def test_values_from_python(values: Any, expected: tuple[Any, ...]) -> None:
    axis = axis_of("x", values)
    assert typed(axis.levels) == typed(expected)
    assert [str(value) for value in axis.levels] == [str(value) for value in expected]


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ([], "no values"),
        (range(0), "no values"),
        ({1, 2}, "no order"),
        ({"a": 1}, "no order"),
        (np.zeros((2, 2)), "not flat"),
        (b"ab", "bytes"),
        ([1, 1], "given twice"),
        ([1, 1.0], "given twice"),
        ([("a", "b"), "b+a"], "given twice"),
        ([True, 1], "several kinds"),
        (["a", 1], "several kinds"),
        ([float("nan")], "not a finite number"),
        (np.array([1.0, np.inf]), "not a finite number"),
        ([pd.NA], "not a value"),
        ([pd.Timestamp("2026-07-01")], "not a value"),
        ([("a", 1)], "not a value"),
        ([()], "not a value"),
        ([{}], "not a value"),
        (["a,b"], "cannot have ','"),
        ([("a+b", "c")], "cannot have '+'"),
        ([""], "a name is empty"),
        (2**63, "too large"),
        (range(10**30), "too many values"),
        (range(0, -(10**30), -3), "too many values"),
        (np.broadcast_to(np.int8(1), 2_000_000), "too many values"),
        (iter(range(10**12)), "too many values"),
    ],
)
def test_values_that_cannot_be_used(values: Any, what: str) -> None:
    with pytest.raises(ParameterError) as caught:
        axis_of("x", values)
    assert what in caught.value.what
    assert caught.value.where == "x"


def test_true_is_no_number_and_one_is_one() -> None:
    """1 and 1.0 are one value of an axis; true and 1 are of two kinds, and cannot stand on one axis."""
    assert axis_of("x", [1]).kind == "int"
    assert axis_of("x", [1.0]).kind == "float"
    assert axis_of("x", [True]).kind == "bool"
    assert axis_of("x", [None]).kind == "none"
    assert axis_of("x", ["a", ("a", "b")]).kind == "text"


def test_an_axis_is_passed_through_under_its_own_name_alone() -> None:
    axis = Axis.between("gross", 0.5, 2)
    assert axis_of("gross", axis) is axis
    with pytest.raises(ParameterError, match="another name"):
        axis_of("hold", axis)


@pytest.mark.parametrize("bounds", [(1.0, 1.0), (2.0, 1.0), (float("nan"), 1.0), (0.0, float("inf")), (-1e308, 1e308)])
def test_bounds_must_be_finite_and_in_order(bounds: tuple[float, float]) -> None:
    with pytest.raises(ParameterError, match="bounds are not in order"):
        Axis.between("x", *bounds)


def test_an_axis_has_values_or_bounds() -> None:
    with pytest.raises(ParameterError, match="values or bounds"):
        Axis("x", (1,), 0.0, 1.0)
    with pytest.raises(ParameterError, match="no values"):
        Axis("x")


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ("1:60", "x=1,2,3,...,60"),
        ("0.02:0.06:0.02", "x=0.02,0.04,0.06"),
        ("none,true", "x=none,true"),
        ("a,b+c", "x=a,b+c"),
        ("0.5:2", "x=0.5:2.0"),
    ],
)
def test_an_axis_prints_as_it_is_typed(values: str, shown: str) -> None:
    assert str(axis_of("x", values)) == shown


@pytest.mark.parametrize("values", ["1:60", "none,0.5:2:0.5", "a,b+c,none", "true,false", "1.0,2.0", "0.5:2", "none"])
def test_an_axis_comes_back_from_its_description_and_from_a_pickle(values: str) -> None:
    axis = axis_of("x", values)
    for copy in (Axis.from_description(axis.describe()), pickle.loads(pickle.dumps(axis))):
        assert copy == axis
        assert typed(copy.levels) == typed(axis.levels)
        assert (copy.kind, copy.dtype) == (axis.kind, axis.dtype)
