"""Descriptions for a manifest: JSON-ready, equal for equal sets, and enough to make the space again."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from hypothesis import given, settings

from hedgebook.engine.sweep.space import Axis, Space, given_sets, parse_axes, space_of
from hedgebook.engine.sweep.space.constraints import source_hash
from hedgebook.errors import ParameterError

from .test_grid import SPACES, rows_of

Row = dict[str, Any]


def short_hold(row: Row) -> bool:
    """A constraint of this module."""
    return bool(row["hold"] < 5)


def at_most(row: Row, limit: int) -> bool:
    """A constraint that a partial completes."""
    return bool(row["hold"] <= limit)


def limited(limit: int) -> Any:
    """Constraints of one source that differ."""

    def inner(row: Row) -> bool:
        return bool(row["hold"] <= limit)

    return inner


class Limit:
    """A constraint that is an object."""

    def __call__(self, row: Row) -> bool:
        return bool(row["hold"] <= 3)


def through_json(description: Any) -> Any:
    return json.loads(json.dumps(description, allow_nan=False))


def test_a_description_has_a_fixed_form() -> None:
    space = space_of(
        parse_axes(["hold=1:3", "short=a,b+c", "stop_loss=none,0.1", "gross=0.5:2"]),
        ["hold < lookback", short_hold],
        fixed={"lookback": 120, "capital": 5.0},
    )
    assert through_json(space.describe()) == {
        "axes": [
            {"name": "hold", "kind": "int", "values": [1, 2, 3]},
            {"name": "short", "kind": "text", "values": ["a", ["b", "c"]]},
            {"name": "stop_loss", "kind": "float", "values": [None, 0.1]},
            {"name": "gross", "kind": "float", "low": 0.5, "high": 2.0},
        ],
        "constraints": [
            {"text": "hold < lookback", "fixed": {"lookback": 120}},
            {"function": f"{__name__}.short_hold", "source_sha256": source_hash(short_hold)},
        ],
    }


@settings(deadline=None, max_examples=60)
@given(SPACES)
def test_a_space_comes_back_from_json(axes: dict[str, list[Any]]) -> None:
    space = space_of(axes, ["p0 == p0"])
    again = Space.from_description(through_json(space.describe()))
    assert again == space
    assert again.describe() == space.describe()
    assert repr(rows_of(again.grid(), 50)) == repr(rows_of(space.grid(), 50))


def test_fractions_stay_fractions_where_json_drops_their_point() -> None:
    described = {"name": "gross", "kind": "float", "values": [1, 2, None]}
    assert repr(Axis.from_description(described).values) == "(1.0, 2.0, None)"


def test_functions_come_back_by_name_when_their_source_is_the_same() -> None:
    for function in (short_hold, functools.partial(at_most, limit=3), limited(3), Limit()):
        space = space_of({"hold": range(1, 9)}, function)
        described = through_json(space.describe())
        assert Space.from_description(described, [len, function]) == space
        with pytest.raises(ParameterError, match="function of a constraint is not given"):
            Space.from_description(described, [len])
        described["constraints"][0]["source_sha256"] = "0" * 64
        with pytest.raises(ParameterError, match="has changed since"):
            Space.from_description(described, [function])


def test_a_partial_with_other_arguments_is_another_constraint() -> None:
    three, four = functools.partial(at_most, limit=3), functools.partial(at_most, limit=4)
    assert source_hash(three) != source_hash(four)
    assert source_hash(three) == source_hash(functools.partial(at_most, limit=3))
    assert source_hash(len) is None


def test_the_digest_tells_constraints_apart_whose_source_does_not() -> None:
    three, four = (space_of({"hold": range(1, 9)}, limited(limit)) for limit in (3, 4))
    assert three.describe() == four.describe()
    assert three.grid().describe() != four.grid().describe()
    assert three.grid().describe() == space_of({"hold": range(1, 9)}, limited(3)).grid().describe()


def test_sets_describe_how_they_came_about() -> None:
    space = space_of(parse_axes(["hold=1:9", "hedge=a,b"]), "hold != 5")
    described = through_json(space.grid().describe())
    digest = described.pop("digest")
    assert len(digest) == 64
    assert described == {
        "how": "grid",
        "seed": None,
        "count": 16,
        "duplicates": 0,
        "refused": 2,
        "space": space.describe(),
    }
    assert space_of(space.axes).grid().describe()["digest"] is None
    drawn = space.random(10, 3).describe()
    assert (drawn["how"], drawn["seed"], drawn["count"] + drawn["duplicates"] + drawn["refused"]) == ("random", 3, 10)
    assert drawn["digest"] != space.random(10, 4).describe()["digest"]
    assert given_sets([{"hold": 1}, {"hold": 2}]).describe()["digest"]


def test_the_digest_sees_points_of_continuous_axes() -> None:
    space = Space((Axis.between("gross", 0.0, 1.0),))
    wider = Space((Axis.between("gross", 0.0, 1.0 + 1e-9),))
    assert space.random(5, 1).describe()["digest"] != wider.random(5, 1).describe()["digest"]


@pytest.mark.parametrize(
    "description", [None, {}, {"axes": [{}]}, {"axes": ["hold"]}, {"axes": [{"name": "x"}]}, {"axes": []}]
)
def test_what_is_no_description_is_refused(description: Any) -> None:
    with pytest.raises(ParameterError):
        Space.from_description(description)
