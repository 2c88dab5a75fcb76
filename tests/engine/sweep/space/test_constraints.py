"""Constraints: texts that are never executed, and functions of one set."""

from __future__ import annotations

import operator
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.space import parse_axes, space_of
from hedgebook.engine.sweep.space.constraints import qualified_name
from hedgebook.errors import ParameterError

from . import by_hand
from .test_grid import rows_of

Row = dict[str, Any]
AXES: dict[str, list[Any]] = {
    "delay": [0, 1, 2],
    "hold": [1, 5, 10, 20],
    "hedge": ["dollar", "beta", None],
    "short": ["miner", "neocloud", ("miner", "neocloud")],
    "stop_loss": [None, 0.05, 0.1],
    "hindsight": [True, False],
}


def has(value: Any, name: str) -> bool:
    return value == name or (isinstance(value, tuple) and name in value)


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("delay + hold <= 11", lambda r: r["delay"] + r["hold"] <= 11),
        ("hedge != 'dollar' or hold == 5", lambda r: r["hedge"] != "dollar" or r["hold"] == 5),
        ("5 <= hold < 20", lambda r: 5 <= r["hold"] < 20),
        ("0 < delay < hold < 20 and hold > 1", lambda r: 0 < r["delay"] < r["hold"] < 20 and r["hold"] > 1),
        ("not (delay == 1 and hold in (5, 10))", lambda r: not (r["delay"] == 1 and r["hold"] in (5, 10))),
        ("hold not in [1, 20]", lambda r: r["hold"] not in [1, 20]),
        ("hedge in ('beta', none)", lambda r: r["hedge"] in ("beta", None)),
        ("max(delay, 1) * 5 >= min(hold, 10, 7)", lambda r: max(r["delay"], 1) * 5 >= min(r["hold"], 10, 7)),
        ("abs(delay - hold) % 3 == 1", lambda r: abs(r["delay"] - r["hold"]) % 3 == 1),
        ("hold // 3 - -delay ** 2 > 2.5", lambda r: r["hold"] // 3 - -(r["delay"] ** 2) > 2.5),
        ("hold / delay > 5", lambda r: r["delay"] != 0 and r["hold"] / r["delay"] > 5),
        ("hold / delay == none", lambda r: r["delay"] == 0),
        ("hold % delay != 0", lambda r: r["delay"] == 0 or r["hold"] % r["delay"] != 0),
        ("stop_loss > 0.05", lambda r: r["stop_loss"] is not None and r["stop_loss"] > 0.05),
        ("stop_loss <= 0.1", lambda r: r["stop_loss"] is not None),
        ("not stop_loss <= 0.1", lambda r: r["stop_loss"] is None),
        ("stop_loss == none", lambda r: r["stop_loss"] is None),
        ("stop_loss is None", lambda r: r["stop_loss"] is None),
        (
            "stop_loss is not none and stop_loss < hold / 99",
            lambda r: r["stop_loss"] and r["stop_loss"] < r["hold"] / 99,
        ),
        ("stop_loss != 0.1", lambda r: r["stop_loss"] != 0.1),
        ("stop_loss + 1 != 1.1", lambda r: r["stop_loss"] is None or r["stop_loss"] + 1 != 1.1),
        ("hold < none or delay == 1", lambda r: r["delay"] == 1),
        ("hindsight", lambda r: r["hindsight"]),
        ("not hindsight or delay == 0", lambda r: not r["hindsight"] or r["delay"] == 0),
        ("hindsight == False", lambda r: not r["hindsight"]),
        ("hindsight != (delay < 1)", lambda r: r["hindsight"] != (r["delay"] < 1)),
        ("short == 'neocloud+miner'", lambda r: r["short"] == ("miner", "neocloud")),
        ("'miner' in short", lambda r: has(r["short"], "miner")),
        ("'miner' not in short and hedge == 'beta'", lambda r: r["short"] == "neocloud" and r["hedge"] == "beta"),
        ("short in ('miner', 'memory')", lambda r: r["short"] == "miner"),
        ("hedge == short or hedge == none", lambda r: r["hedge"] is None),
        ("hold in (delay + 4, 10)", lambda r: r["hold"] in (r["delay"] + 4, 10)),
        ("  (hold)\n >= 10 ", None),
    ],
)
def test_texts_keep_what_python_keeps(text: str, keep: Callable[[Row], Any] | None) -> None:
    if keep is None:
        # A line ends an expression, as it does in Python.
        with pytest.raises(ParameterError, match="cannot be read"):
            space_of(AXES, text)
        return
    expected = by_hand.grid(AXES, lambda row: bool(keep(row)))
    sets = space_of(AXES, text).grid()
    assert rows_of(sets, 100) == expected
    assert 0 < sets.count < 648
    assert rows_of(space_of(AXES, keep_bool(keep)).grid(), 64) == expected


def keep_bool(keep: Callable[[Row], Any]) -> Callable[[Row], bool]:
    return lambda row: bool(keep(row))


MAYBE: dict[str, list[Any]] = {
    "flag": [None, True, False],
    "other": [False, None, True],
    "leg": [None, "a", ("a", "b"), "b"],
    "nothing": [None],
}


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("flag", lambda r: r["flag"] is True),
        ("not flag", lambda r: r["flag"] is not True),
        ("flag == false", lambda r: r["flag"] is False),
        ("flag != false", lambda r: r["flag"] is not False),
        ("flag == other", lambda r: r["flag"] is r["other"]),
        ("flag != other", lambda r: r["flag"] is not r["other"]),
        ("flag is none", lambda r: r["flag"] is None),
        ("flag == nothing", lambda r: r["flag"] is None),
        ("nothing == none and leg != nothing", lambda r: r["leg"] is not None),
        ("flag in (none, true)", lambda r: r["flag"] in (None, True)),
        ("leg == 'a'", lambda r: r["leg"] == "a"),
        ("leg != 'b+a'", lambda r: r["leg"] != ("a", "b")),
        ("'a' in leg", lambda r: r["leg"] is not None and "a" in r["leg"]),
        ("'a' not in leg", lambda r: r["leg"] is None or "a" not in r["leg"]),
        ("leg in 'a+b'", lambda r: r["leg"] is not None),
        ("leg == none or nothing > 3", lambda r: r["leg"] is None),
        ("leg in ('b', none)", lambda r: r["leg"] in ("b", None)),
    ],
)
def test_none_among_truths_and_names(text: str, keep: Callable[[Row], bool]) -> None:
    sets = space_of(MAYBE, text).grid()
    assert rows_of(sets, 11) == by_hand.grid(MAYBE, keep)
    assert 0 < sets.count < 36


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "cannot be read"),
        ("hold <=", "cannot be read"),
        ("hold = 5", "cannot be read"),
        ("hold <= 5; delay < 1", "cannot be read"),
        ("hold && delay", "cannot be read"),
        ("hold\0", "cannot be read"),
        ("(" * 300 + "hold" + ")" * 300 + " > 1", "cannot be read"),
        ("hold > 1 or " * 300 + "delay > 1", "too long"),
        ("-" * 1900 + "hold > 1", None),
        ("hlod < 5", "no parameter 'hlod'"),
        ("hedge == dollar", "no parameter 'dollar'"),
        ("hold", "must be true or false"),
        ("hold + 1", "must be true or false"),
        ("hold and delay < 1", "'hold' is not true or false"),
        ("not hold", "'hold' is not true or false"),
        ("hedge < 'dollar'", "only numbers have an order"),
        ("hindsight > false", "only numbers have an order"),
        ("hedge + 1 > 2", "'hedge' is not a number"),
        ("-short == 1", "'short' is not a number"),
        ("hedge == 5", "can never be equal"),
        ("hold == '5'", "can never be equal"),
        ("hold == true", "can never be equal"),
        ("hold in ('a', 5)", "can never be equal"),
        ("hold in short", "in takes a list"),
        ("hold in 5", "in takes a list"),
        ("hold.real > 5", "nothing that a constraint may have"),
        ("hold[0] > 5", "nothing that a constraint may have"),
        ("[hold for delay in (hold,)] == 5", "nothing that a constraint may have"),
        ("(lambda: hold > 5)()", "no function"),
        ("__import__('os').system('true') == hold", "no function"),
        ("open('x') == hold", "no function 'open'"),
        ("round(hold) > 5", "no function 'round'"),
        ("abs(hold, delay) > 5", "abs takes one number"),
        ("max(hold) > 5", "max takes two numbers"),
        ("max(*hold) > 5", "max takes numbers and nothing else"),
        ("max(hold, delay, key=1) > 5", "max takes numbers and nothing else"),
        ("max(hedge, hold) > 5", "'hedge' is not a number"),
        ("hold if delay else hold", "nothing that a constraint may have"),
        ("(x := hold) > 5", None),
        ("hold > 1j", "nothing that a constraint may have"),
        ("hold > ...", "nothing that a constraint may have"),
        ("hold > b'a'", "nothing that a constraint may have"),
        ("f'{hold}' == 'a'", "nothing that a constraint may have"),
        ("hold > 1e999", "not a finite number"),
        ("hold < 9007199254740993", "too large"),
        ("hold @ delay > 1", "nothing that a constraint may have"),
        ("hold << 3 > 1", "nothing that a constraint may have"),
        ("~hold > 1", "nothing that a constraint may have"),
        ("(hold, 1) == (5, 1)", "nothing that a constraint may have"),
        ("1 < 2", "none of the swept parameters"),
        ("true", "none of the swept parameters"),
    ],
)
def test_texts_that_cannot_be_used(text: str, what: str | None) -> None:
    with pytest.raises(ParameterError) as caught:
        space_of(AXES, text)
    assert what is None or what in caught.value.what
    assert caught.value.where


def test_an_unknown_name_gets_the_closest_and_a_word_about_quotes() -> None:
    with pytest.raises(ParameterError) as caught:
        space_of(AXES, "hold < 5 and stop_los > 0.1")
    assert "Did you mean 'stop_loss'?" in str(caught.value)
    assert "quotes" in str(caught.value)


def test_names_of_fixed_parameters_can_be_used() -> None:
    fixed = {"lookback": 120, "gross": 0.5, "short": ["miner", "neocloud"], "benchmark": ()}
    axes = {"delay": [0, 1], "hold": [40, 60, 119]}
    sets = space_of(axes, "hold + delay < lookback and 'miner' in short and benchmark == none", fixed=fixed).grid()
    assert rows_of(sets, 9) == by_hand.grid(axes, lambda row: row["hold"] + row["delay"] < 120)
    described = sets.space.describe()["constraints"][0]
    assert described["fixed"] == {"lookback": 120, "short": ["miner", "neocloud"], "benchmark": None}
    with pytest.raises(ParameterError, match="Did you mean 'lookback'"):
        space_of(axes, "hold < lokback", fixed={"lookback": 3}).grid()
    # An axis goes before a fixed value of the same name.
    assert space_of(axes, "hold < 50", fixed={"hold": 5}).grid().count == 2


def test_a_constraint_that_no_set_passes_is_named() -> None:
    for constraint in ("hold > 20", lambda row: row["hold"] > 20):
        with pytest.raises(ParameterError, match="no set passes") as caught:
            space_of(AXES, [constraint]).grid()
        assert caught.value.where == "constraints"
        with pytest.raises(ParameterError, match="no set passes"):
            space_of(AXES, [constraint]).sobol(16, 1)


def test_several_constraints_must_all_pass_and_later_ones_see_what_is_left() -> None:
    seen: list[Row] = []

    def small(row: Row) -> bool:
        seen.append(row)
        return bool(row["delay"] < 2)

    sets = space_of(AXES, ["hold >= 10", small, "hindsight"]).grid()
    expected = by_hand.grid(AXES, lambda r: r["hold"] >= 10 and r["delay"] < 2 and r["hindsight"])
    assert rows_of(sets, 31) == expected
    assert seen == by_hand.grid(AXES, lambda r: r["hold"] >= 10)


def test_a_function_that_fails_or_says_nothing_names_itself_and_the_set() -> None:
    def breaks(row: Row) -> bool:
        return bool(1 / row["delay"] > 0)

    def mumbles(row: Row) -> Any:
        return row["hold"]

    with pytest.raises(ParameterError, match="ZeroDivisionError: division by zero") as caught:
        space_of(AXES, breaks).grid()
    assert caught.value.where == qualified_name(breaks)
    assert caught.value.value == by_hand.grid(AXES)[0]
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(ParameterError, match="gave 1 for a set"):
        space_of(AXES, mumbles).grid()
    with pytest.raises(ParameterError, match="is the type of no constraint"):
        space_of(AXES, [5])


def module_level(row: Row) -> bool:
    """A constraint that can be pickled."""
    return bool(row["delay"] < 2)


def test_sets_pickle_where_the_function_does() -> None:
    sets = space_of(AXES, module_level).grid()
    assert rows_of(pickle.loads(pickle.dumps(sets)), 99) == rows_of(sets, 99)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(space_of(AXES, lambda row: row["delay"] < 2).grid())


def test_a_constraint_over_a_continuous_axis_sees_its_points() -> None:
    space = space_of(parse_axes(["hold=1:20", "gross=0.5:2"]), "gross * hold < 10 and gross > 1.0")
    sets = space.random(500, 3)
    free = space_of(space.axes).random(500, 3)
    expected = [row for row in rows_of(free, 500) if row["gross"] * row["hold"] < 10 and row["gross"] > 1.0]
    assert rows_of(sets, 37) == expected
    assert sets.refused == free.count - len(expected) > 0


# Conditions at random: each is a text and what plain Python makes of it, where None spoils arithmetic and order.
Number = tuple[str, Callable[[Row], Any]]
ACTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def calculated(sign: str, left: Number, right: Number) -> Number:
    def value(row: Row) -> Any:
        a, b = left[1](row), right[1](row)
        if a is None or b is None or (sign in ("/", "//", "%") and b == 0):
            return None
        return ACTIONS[sign](a, b)

    return f"({left[0]} {sign} {right[0]})", value


def compared(sign: str, left: Number, right: Number) -> Number:
    def value(row: Row) -> bool:
        a, b = left[1](row), right[1](row)
        if sign in ORDERS:
            return a is not None and b is not None and bool(ORDERS[sign](a, b))
        return bool(a == b) == (sign == "==")

    return f"{left[0]} {sign} {right[0]}", value


def joined(word: str, left: Number, right: Number) -> Number:
    if word == "not":
        return f"not ({left[0]})", lambda row: not left[1](row)
    both = {"and": lambda row: left[1](row) and right[1](row), "or": lambda row: left[1](row) or right[1](row)}
    return f"({left[0]}) {word} ({right[0]})", both[word]


NAMES = st.sampled_from(["delay", "hold", "stop_loss"]).map(lambda name: (name, operator.itemgetter(name)))
CONSTANTS = st.sampled_from([0, 1, 2, 5, 0.05, 10.5]).map(lambda number: (repr(number), lambda _row: number))
NUMBERS = st.recursive(
    st.one_of(NAMES, CONSTANTS),
    lambda inner: st.builds(calculated, st.sampled_from([*ACTIONS]), inner, inner),
    max_leaves=4,
)
TESTS = st.builds(compared, st.sampled_from([*ORDERS, "==", "!="]), NUMBERS, NUMBERS)
CONDITIONS = st.recursive(
    TESTS, lambda inner: st.builds(joined, st.sampled_from(["and", "or", "not"]), inner, inner), max_leaves=4
)


@settings(deadline=None, max_examples=300)
@given(CONDITIONS, st.integers(1, 200))
def test_a_text_keeps_and_drops_exactly_what_python_does(condition: Number, size: int) -> None:
    text, keep = condition
    axes = {name: AXES[name] for name in ("delay", "hold", "stop_loss")}
    # One more way to pass, so that the text speaks of a parameter and some set is left.
    expected = by_hand.grid(axes, lambda row: row["delay"] == 2 or keep(row))
    sets = space_of(axes, f"delay == 2 or ({text})").grid()
    assert rows_of(sets, size) == expected
