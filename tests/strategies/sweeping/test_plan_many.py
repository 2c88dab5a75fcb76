"""Many sets planned at once: the same numbers as function by function, and what it says of sets that it cannot plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.sweep.space import space_of
from hedgebook.errors import ParameterError
from hedgebook.strategies.strategy.load import load_strategy
from hedgebook.strategies.sweeping import FunctionSweep, function_plans, sweep_strategy
from hedgebook.strategies.sweeping.rows import joined_rows
from tests import markets

MARKET = markets.random_market(5, sessions=90, tickers=6, missing_frac=0.02)
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "ranks.py"
DECIDED = np.arange(3, 80, 6)


def one(market: hb.Market, tilt: float, name: int = 1) -> hb.Schedule:
    """Long the first ticker and short another."""
    weights = np.zeros((len(DECIDED), len(market.tickers)))
    weights[:, 0], weights[:, name] = tilt, -tilt
    return hb.Schedule(market.tickers, market.close_at[DECIDED], market.sessions[DECIDED + 1], DECIDED * 0, weights)


def stacked(market: hb.Market, sets: Sequence[Mapping[str, Any]], **changes: Any) -> hb.Schedules:
    weights = np.zeros((len(sets), len(DECIDED), len(market.tickers)))
    for mine, given in zip(weights, sets, strict=True):
        mine[:, 0], mine[:, given["name"]] = given["tilt"], -given["tilt"]
    times = {"decided_at": market.close_at[DECIDED], "session": market.sessions[DECIDED + 1], "mark": DECIDED * 0}
    return hb.Schedules(**{"tickers": market.tickers, **times, "weights": weights, **changes})


def table_of(strategy: Any, **axes: Any) -> Any:
    return hb.sweep(strategy, MARKET, **{"tilt": [0.1, 0.2, 0.3], "name": [1, 2, 5], **axes}).table


@pytest.mark.parametrize("piece_bytes", [16_000_000, 20_000])
@pytest.mark.parametrize("form", ["stack", "list"])
def test_many_at_once_are_what_they_are_alone(monkeypatch: pytest.MonkeyPatch, form: str, piece_bytes: int) -> None:
    monkeypatch.setattr(function_plans, "PIECE_BYTES", piece_bytes)
    asked: list[int] = []

    def many(market: hb.Market, sets: Sequence[Mapping[str, Any]]) -> Any:
        asked.append(len(sets))
        return stacked(market, sets) if form == "stack" else [one(market, **given) for given in sets]

    def never(market: hb.Market, tilt: float, name: int = 1) -> hb.Schedule:
        raise AssertionError("plan_many is there", market, tilt, name)

    varied = {"stop_loss": [None, 0.05], "until": [None, str(MARKET.sessions[85])]}
    found = table_of(FunctionSweep(never, plan_many=many), **varied)
    assert found.equals(table_of(one, **varied))
    assert found["problem"].isna().all()
    assert max(asked) > 1


def test_defaults_are_given_and_tickers_may_be_some_of_the_markets() -> None:
    def many(market: hb.Market, sets: Sequence[Mapping[str, Any]]) -> hb.Schedules:
        whole = stacked(market, sets)
        return stacked(market, sets, tickers=market.tickers[:2][::-1], weights=whole.weights[:, :, :2][:, :, ::-1])

    sets = {"tilt": [0.1, 0.2]}
    found, wanted = (hb.sweep(FunctionSweep(one, plan_many=chosen), MARKET, **sets).table for chosen in (many, None))
    np.testing.assert_allclose(found["final_nav"], wanted["final_nav"], rtol=1e-12)


def test_what_is_wrong_is_told_by_set() -> None:
    def many(market: hb.Market, sets: Sequence[Mapping[str, Any]]) -> list[Any]:
        answers = {0.1: None, 0.2: ValueError("no signal"), 0.3: "text", 0.4: ParameterError("refused"), 0.5: 0}
        return [
            answers.get(given["tilt"]) or (one(market, **given) if given["tilt"] >= 0.5 else None) for given in sets
        ]

    problems = hb.sweep(FunctionSweep(one, plan_many=many), MARKET, tilt=[0.1, 0.2, 0.3, 0.4, 0.5]).table["problem"]
    assert problems[0] == "one(tilt=0.1): this set has no schedule."
    assert problems[1] == "one(tilt=0.2): ValueError: no signal."
    assert problems[2].startswith("one(tilt=0.3): this gives back no schedule (got 'str')")
    assert problems[3] == "refused."
    assert problems.isna().tolist() == [False, False, False, False, True]


def test_weights_and_times_of_a_stack_are_checked() -> None:
    def many(market: hb.Market, sets: Sequence[Mapping[str, Any]]) -> hb.Schedules:
        late = any(given["name"] == 2 for given in sets)
        return stacked(market, sets, decided_at=market.close_at[DECIDED + 1]) if late else stacked(market, sets)

    tilts = [0.1, 2000.0, -1500.0]
    problems = hb.sweep(FunctionSweep(one, plan_many=many), MARKET, tilt=tilts).table["problem"]
    for k, tilt in enumerate(tilts[1:], start=1):
        with pytest.raises(ParameterError) as alone:
            one(MARKET, tilt)
        assert problems[k] == str(alone.value)
    with pytest.raises(
        ParameterError, match=r"none of the 2 sets could be run; 2 of them: schedule row 0: the open of"
    ):
        hb.sweep(FunctionSweep(one, plan_many=many), MARKET, tilt=[0.1, 0.2], name=[2])


@pytest.mark.parametrize(
    ("many", "message"),
    [
        (lambda _market, _sets: [], r"plan_many of one, 1 set: this plans another number of sets \(got 0\)"),
        (lambda _market, _sets: 1 / 0, r"plan_many of one, 1 set, .*line \d+: ZeroDivisionError"),
        (lambda _market, _sets: 5, r"plan_many of one, 1 set: this gives back no schedules \(got 'int'\)"),
    ],
)
def test_a_plan_many_that_fails_is_told(many: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        hb.sweep(FunctionSweep(one, plan_many=many), MARKET, tilt=[0.1, 0.2])


def test_the_example_plans_what_its_function_plans(market: hb.Market) -> None:
    strategy = sweep_strategy(f"{EXAMPLE}:ranks")
    assert isinstance(strategy, FunctionSweep)
    assert strategy.plan_many is not None
    ranks = load_strategy(f"{EXAMPLE}:ranks")
    sets = space_of({"window": [20, 50], "names": [1, 4], "every": [5, 10]}).retyped(strategy.typed).grid()
    for index, batch in zip(range(8), (strategy.batch(market, sets.chunk(i, i + 1)) for i in range(8)), strict=True):
        given = sets.at(index)
        schedule = ranks(market, **given)
        np.testing.assert_array_equal(batch.bank[batch.orders["row"]], schedule.orders(market, 0).bank)
        # Ranks by a plain loop.
        t = 80 if given["every"] == 10 else 85
        row = list(schedule.session).index(market.sessions[t + 1])
        gains = market.close[t] / market.close[t - given["window"]] - 1.0
        order = sorted((i for i in range(len(gains)) if np.isfinite(gains[i])), key=lambda i: gains[i])
        held = dict.fromkeys(order[: given["names"]], -0.5 / given["names"])
        held |= dict.fromkeys(order[-given["names"] :], 0.5 / given["names"])
        assert {i: w for i, w in enumerate(schedule.weights[row]) if w} == held
    whole = strategy.batch(market, sets.chunk(0, 8))
    for s in range(8):
        part = slice(whole.offsets[s], whole.offsets[s + 1])
        alone = ranks(market, **sets.at(s)).orders(market, 0)
        np.testing.assert_array_equal(whole.bank[whole.orders["row"][part]], alone.bank)


def test_stacks_are_not_copied_and_equal_rows_stand_once() -> None:
    stack = np.random.default_rng(0).normal(size=(4, 3, 5))
    bank, numbers = joined_rows(list(stack))
    assert np.shares_memory(bank, stack)
    assert numbers.tolist() == list(range(12))
    few = [np.array([[0.0, 1.0], [0.5, np.nan]]), np.array([[0.5, np.nan], [0.0, 1.0]]), np.array([[0.0, 1.0]])]
    bank, numbers = joined_rows(few)
    assert len(bank) == 2
    np.testing.assert_array_equal(bank[numbers], np.concatenate(few))


def test_schedules_refuse_what_no_schedule_is() -> None:
    with pytest.raises(ParameterError, match="weights: schedules need weights by schedule, row and ticker"):
        stacked(MARKET, [], weights=np.zeros((3, 2)))
    with pytest.raises(ParameterError, match="a schedule needs"):
        stacked(MARKET, [], weights=np.zeros((3, 2, 6)))
    found = stacked(MARKET, [{"tilt": 0.1, "name": 1}, {"tilt": 5000.0, "name": 1}])
    assert len(found) == 2
    assert found.sound().tolist() == [True, False]
    assert found[0].weights[0, 0] == 0.1
    with pytest.raises(ParameterError, match="a weight is a fraction of NAV"):
        list(found)
