"""Each parameter with its type, bounds, value and the sentence about it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import Field

import hedgebook as hb
from hedgebook.strategies.strategy.described import ParameterText, described, mention, sentences
from hedgebook.strategies.strategy.given import strategy_of


class Side(Enum):
    LEFT = "left"
    RIGHT = "right"


class Mine(hb.Strategy):
    """Does nothing.

    window_sessions: how far back it looks; low, high: the range that is
    traded, in USD (None: any); kind: "a" or "b". Enters at the close. side: which one; names: buckets or tickers.
    The rest is said of spare_frac here.
    """

    window_sessions: int = Field(default=20, ge=5, lt=100)
    low: Annotated[float, Field(gt=0)] | None = None
    high: Annotated[float, Field(gt=0, le=2_000)] | None = 7.5
    kind: Literal["a", "b"] = "a"
    side: Side = Side.LEFT
    names: tuple[str, ...] = ("META",)
    on: bool = False
    spare_frac: float = 0.5
    seed: int = 4


def by_name(strategy: hb.Strategy) -> dict[str, ParameterText]:
    return {one.name: one for one in described(strategy)}


def test_a_class_of_ones_own() -> None:
    found = by_name(Mine(window_sessions=30))
    told = {name: (one.kind, one.bounds, one.value, one.says) for name, one in found.items() if not one.rule}
    assert told == {
        "capital": ("number or none", "> 0, < 1e+15", None, "USD (None: the account's)"),
        "window_sessions": ("whole number", ">= 5, < 100", 30, "how far back it looks"),
        "low": ("number or none", "> 0", None, "the range that is traded, in USD (None: any)"),
        "high": ("number or none", "> 0, <= 2,000", 7.5, "the range that is traded, in USD (None: any)"),
        "kind": ("choice", "a, b", "a", '"a" or "b"'),
        "side": ("choice", "left, right", "left", "which one"),
        "names": ("names", "", ["META"], "buckets or tickers"),
        "on": ("true or false", "", False, ""),
        "spare_frac": ("number", "", 0.5, "The rest is said of spare_frac here"),
        "seed": ("whole number", "", 4, "where the thought comes from"),
    }
    assert {name for name, one in found.items() if one.rule} == set(hb.Rules.model_fields)


def test_a_function() -> None:
    def mine(market: hb.Market, window: int = 60, frac: float = 0.2, spare="x") -> hb.Schedule:  # type: ignore[no-untyped-def]
        """Does nothing.

        window: sessions that it looks back; frac: of NAV.
        """
        raise NotImplementedError

    found = by_name(strategy_of(mine, {"window": 30}))
    assert [(one.kind, one.value, one.says) for one in list(found.values())[:3]] == [
        ("whole number", 30, "sessions that it looks back"),
        ("number", 0.2, "of NAV"),
        ("text", "x", ""),
    ]
    assert found["stop_loss"].bounds == "> 0, < 1"


@pytest.mark.parametrize("name", sorted(hb.trades()))
def test_every_parameter_of_the_catalogue_is_explained(name: str) -> None:
    """Every name that can be given is described, at the value that it has, with a sentence."""
    strategy = hb.trade(name)
    found = by_name(strategy)
    assert set(found) == set(type(strategy).parameter_names()) - {"name", "title"}
    values = strategy.parameters()
    for one in found.values():
        assert one.value == values.get(one.name), one
        assert one.says, one
        assert one.kind, one


def test_sentences() -> None:
    text = 'Head: is no name. a, b_c: one thing (x: y); d: "e; f". More of it. g: last'
    assert sentences(text)["a"] == sentences(text)["b_c"] == "one thing (x: y)"
    assert sentences(text)["g"] == "last"
    assert "Head" not in sentences(text)
    assert mention("zz", "Nothing here.") == ""
