"""The values of a parameter as typed on the command line."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.space import parse_axes, parse_axis
from hedgebook.errors import ParameterError

from . import by_hand


def typed(values: Any) -> list[tuple[str, Any]]:
    return [(type(value).__name__, value) for value in values]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("hold=1:60", tuple(range(1, 61))),
        ("hold=5", (5,)),
        ("hold=-3:2", (-3, -2, -1, 0, 1, 2)),
        ("hold=10:60:20", (10, 30, 50)),
        ("hold=10:1:-3", (10, 7, 4, 1)),
        ("hold=5:5", (5,)),
        ("hold=5:5:3", (5,)),
        ("hold=1:5,10,20:60:20", (1, 2, 3, 4, 5, 10, 20, 40, 60)),
        (" hold = 1 , 2 ", (1, 2)),
        ("gross=0.5,1", (0.5, 1.0)),
        ("gross=1e-1,.5,2.", (0.1, 0.5, 2.0)),
        ("gross=0.02:0.10:0.02", (0.02, 0.04, 0.06, 0.08, 0.10)),
        ("gross=0.1:0.3:0.1", (0.1, 0.2, 0.3)),
        ("gross=0:1:0.4", (0.0, 0.4, 0.8)),
        ("gross=1:0.8:-0.1", (1.0, 0.9, 0.8)),
        ("gross=0:1:0.3333333333", (0.0, 0.3333333333, 0.6666666666, 1.0)),
        ("gross=0:1:0.3333333334", (0.0, 0.3333333334, 0.6666666668, 1.0)),
        ("gross=0:1:0.3334", (0.0, 0.3334, 0.6668)),
        ("hedge=dollar,beta,min_variance", ("dollar", "beta", "min_variance")),
        ("event=meta-compute-2026", ("meta-compute-2026",)),
        ("short=neocloud,miner,neocloud+miner", ("neocloud", "miner", ("neocloud", "miner"))),
        ("stop_loss=none,0.05:0.20:0.05", (None, 0.05, 0.1, 0.15, 0.2)),
        ("stop_loss=None", (None,)),
        ("hindsight=true,FALSE", (True, False)),
        ("ticker='700','none',\"true\"+'1:2'", ("700", "none", ("true", "1:2"))),
        ("capital=1000000,2000000", (1_000_000, 2_000_000)),
    ],
)
def test_values_are_typed_as_a_person_means_them(text: str, values: tuple[Any, ...]) -> None:
    axis = parse_axis(text)
    assert axis.name == text.partition("=")[0].strip()
    assert typed(axis.levels) == typed(values)
    assert not axis.continuous


@pytest.mark.parametrize(
    ("text", "low", "high"), [("gross=0.5:2", 0.5, 2.0), ("gross=1.0:2.0", 1.0, 2.0), ("gross=-1:1e1", -1.0, 10.0)]
)
def test_a_range_of_fractions_without_a_step_is_continuous(text: str, low: float, high: float) -> None:
    axis = parse_axis(text)
    assert (axis.continuous, axis.values, axis.low, axis.high) == (True, None, low, high)


@settings(deadline=None)
@given(st.integers(-500, 500), st.integers(1, 400), st.integers(0, 60), st.integers(0, 3), st.booleans())
def test_ranges_are_decimals_added_up(first: int, step: int, steps: int, digits: int, down: bool) -> None:
    def shown(number: int) -> str:
        return f"{number / 10**digits:.{digits}f}"

    last = first + (-1 if down else 1) * (steps * step + step // 3)
    signed = -step if down else step
    axis = parse_axis(f"x={shown(first)}:{shown(last)}:{shown(signed)}")
    assert list(axis.levels) == by_hand.decimals(shown(first), shown(last), shown(signed))
    # What a person would write is never longer than what was typed.
    assert all(len(str(abs(float(value))).partition(".")[2]) <= max(digits, 1) for value in axis.levels)


@settings(deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.integers(-5000, 5000))
def test_ranges_of_whole_numbers_either_count_like_range_or_say_why_not(first: int, last: int, step: int) -> None:
    text = f"x={first}:{last}:{step}"
    if step == 0 or (last - first) * step < 0:
        with pytest.raises(ParameterError):
            parse_axis(text)
    elif (last - first) // step + 1 <= 5000:
        assert parse_axis(text).levels == tuple(range(first, last + (1 if step > 0 else -1), step))


@pytest.mark.parametrize(
    ("text", "what", "value"),
    [
        ("hold", "not a parameter and its values", "hold"),
        ("=1:5", "not a parameter and its values", "=1:5"),
        ("hold=", "not a parameter and its values", "hold="),
        ("2hold=5", "not the name of a parameter", "'2hold'"),
        ("hold loss=5", "not the name of a parameter", "'hold loss'"),
        ("not=5", "not the name of a parameter", "'not'"),
        ("hold=1,,2", "a value is empty", "1,,2"),
        ("hold=1,2,", "a value is empty", "1,2,"),
        ("hold=1:", "a value is empty", "1:"),
        ("hold=1:2:3:4", "not a range", "1:2:3:4"),
        ("hold=1:b", "'b' is not a number", "1:b"),
        ("hold=5:1", "ends below its start", "5:1"),
        ("hold=1:5:-1", "runs away from its end", "1:5:-1"),
        ("hold=1:5:0", "the step is 0", "1:5:0"),
        ("gross=0.1:0.5:-0.1", "runs away from its end", "0.1:0.5:-0.1"),
        ("gross=0.5:0.1", "bounds are not in order", "0.5:0.1"),
        ("gross=0.5:0.5", "bounds are not in order", "0.5:0.5"),
        ("gross=0.5:2.0,3", "cannot be one of several values", "0.5:2.0"),
        ("hold=1:5,3", "given twice", "3"),
        ("hold=1,1.0", "given twice", "1.0"),
        ("hold=0,-0.0", "given twice", "0.0"),
        ("short=a+b,b+a", "given twice", "b+a"),
        ("stop_loss=none,None", "given twice", "none"),
        ("short=a+a", "names this twice", "a"),
        ("short=a+", "a value is empty", "a+"),
        ("hold=1,dollar", "several kinds", "1, dollar"),
        ("hold=true,1", "several kinds", "true, 1"),
        ("ticker='700", "quote is not closed", "'700"),
        ("ticker=a'b'c", "quote stands inside", "a'b'c"),
        ("capital=99999999999999999999", "too large", 99999999999999999999),
        ("gross=1e999", "not a finite number", float("inf")),
        ("hold=1:1000000000", "too many values", "1,000,000,000"),
        ("hold=1:1000000000000000000000000000000", "too many values", f"{10**30:,}"),
        ("gross=0:1:0.000000001", "too many values", "1,000,000,001"),
        ("gross=0:1:1e-300", "too many values", None),
        ("gross=9007199254740993,0.5", "would be rounded", 9007199254740993),
    ],
)
def test_what_cannot_be_read_says_what_where_and_which_value(text: str, what: str, value: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_axis(text)
    assert what in caught.value.what
    if value is not None:
        assert caught.value.value == value
    name, _, values = text.partition("=")
    if values and name.isidentifier() and name != "not":
        assert caught.value.where == name


@pytest.mark.parametrize(("text", "remedy"), [("hold=5:1", "Write 1:5, or 5:1:-1"), ("hold=1:5:-2", "(2)")])
def test_ranges_that_run_away_say_how_to_turn_them(text: str, remedy: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_axis(text)
    assert remedy in str(caught.value)


def test_several_axes_keep_their_order_and_no_name_comes_twice() -> None:
    assert [axis.name for axis in parse_axes(["hold=1:3", "delay=0:1"])] == ["hold", "delay"]
    with pytest.raises(ParameterError, match="given twice") as caught:
        parse_axes(["hold=1:3", "delay=0", "hold=7"])
    assert caught.value.value == "hold"


@settings(deadline=None)
@given(st.text(alphabet="ab01+-.,:='\" enNT", max_size=14))
def test_any_text_is_an_axis_or_a_parameter_error(text: str) -> None:
    axis = None
    with contextlib.suppress(ParameterError):
        axis = parse_axis(f"x={text}")
    assert axis is None or axis.continuous or len(set(axis.levels)) == len(axis.levels) > 0
