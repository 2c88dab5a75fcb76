"""A user's own function as a sweep: the same schedules as when it is called alone, and errors that name the set."""

from __future__ import annotations

import dataclasses
import pickle
import re
import sys
from typing import Any, Literal

import numpy as np
import pytest

from hedgebook import backtest
from hedgebook.engine.account import Account
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.rules import Rules
from hedgebook.engine.sweep.batch.batch import Batch
from hedgebook.engine.sweep.space.column import ChunkSets, ParameterColumn
from hedgebook.errors import AccountingError, InputError, ParameterError, StrategyError
from hedgebook.strategies.sweeping import FunctionSweep, SweepStrategy, TradeSweep, sweep_strategy
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets

from .pools import EVENTS, TRADE, related_market
from .single import assert_equal_sets, problem_of

MARKET = related_market()


def momentum(
    market: Market, window: int = 5, every: int = 10, size: float = 0.5, side: Literal["up", "down"] = "up"
) -> Schedule:
    """Hold what rose most over the window, or fell most; sold where there is no window before."""
    rows = []
    for t in range(window + 1, len(market.sessions), every):
        moves = np.nan_to_num(market.close[t - 1] / market.close[t - 1 - window] - 1.0)
        chosen = int(np.argmax(moves if side == "up" else -moves))
        weights = [size if i == chosen else 0.0 for i in range(len(market.tickers))]
        weights[-1] = np.nan
        rows.append((t, Mark.OPEN, weights))
    return markets.schedule_of(market, rows)


class Object:
    """A strategy with a state and attributes of its run."""

    name = "object"
    capital = 250_000.0
    until = "2026-08-31"
    legs = {"ACME": "long", "CLOUD": "short"}  # noqa: RUF012

    def __init__(self, size: float = 0.3) -> None:
        self.size = size

    def schedule(self, market: Market, first: int, stop_loss: float = 0.5) -> Schedule:
        """Its own stop_loss is no rule."""
        row = [self.size * stop_loss] + [0.0] * (len(market.tickers) - 1)
        return markets.schedule_of(market, [(first, Mark.OPEN, row), (first + 4, Mark.CLOSE, [0.0] * len(row))])


def sets_of(sweep: SweepStrategy, **levels: list[Any]) -> ChunkSets:
    """Sets that step through the levels side by side, each in its own rhythm."""
    count = max(len(values) for values in levels.values()) * 7
    columns = {}
    for k, (name, values) in enumerate(levels.items()):
        columns[name] = ParameterColumn(sweep.typed(name, values), (np.arange(count) // (k + 1)) % len(values))
    return ChunkSets(0, columns)


def assert_schedule(batch: Batch, s: int, schedule: Schedule, last: str | None = None) -> None:
    asked = schedule.orders(MARKET, 0)
    rows = batch.orders[batch.offsets[s] : batch.offsets[s + 1]]
    for name in ("session", "mark", "scale"):
        assert rows[name].tolist() == asked.rows[name].tolist()
    np.testing.assert_array_equal(batch.bank[rows["row"]], asked.bank)
    assert batch.first[s] == asked.rows["session"][0]
    assert batch.last[s] == (len(MARKET.sessions) - 1 if last is None else MARKET.session_index(last))
    assert batch.runs[s]


def test_a_function_gives_the_schedules_that_it_gives_alone() -> None:
    sweep = FunctionSweep(momentum)
    assert sweep.name == "momentum"
    assert sweep.parameters()[:4] == ("window", "every", "size", "side")
    sets = sets_of(sweep, window=[2, 5, 9], every=[4, 10], size=[0.25, 0.5], side=["up", "down"], stop_loss=[None, 0.1])
    batch = sweep.batch(MARKET, sets).check(len(MARKET.sessions), len(MARKET.tickers))
    for s, given in enumerate(sets):
        rules = Rules(stop_loss=given.pop("stop_loss"))
        assert_schedule(batch, s, momentum(MARKET, **given))
        assert batch.rules[batch.rules_of[s]] == rules
        assert batch.legs[batch.legs_of[s]] == {}
        assert batch.capital[s] == 1e6
    assert len(batch.rules) == 2
    assert len({row.tobytes() for row in batch.bank}) == len(batch.bank) < len(batch.orders) / 4


def test_it_is_called_once_for_each_combination_of_its_own_parameters() -> None:
    calls = []

    def watched(market: Market, window: int = 5) -> Schedule:
        calls.append(window)
        return momentum(market, window)

    sweep = FunctionSweep(watched)
    sweep.batch(MARKET, sets_of(sweep, window=[2, 3], stop_loss=[0.1, 0.2, 0.3], capital=[1e5, 2e5]))
    assert sorted(calls) == [2, 3]
    sweep.batch(MARKET, sets_of(sweep, window=[3, 4], band=[0.1]))
    assert sorted(calls) == [2, 3, 4]


def test_another_market_is_planned_anew_and_what_is_kept_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def watched(market: Market, window: int) -> Schedule:
        calls.append(window)
        return momentum(market, window)

    sweep = FunctionSweep(watched)
    other = dataclasses.replace(MARKET, close=1.0 / MARKET.close)
    sets = sets_of(sweep, window=[2, 3])
    batches = [sweep.batch(market, sets) for market in (MARKET, other, MARKET)]
    assert len(calls) == 6
    assert batches[0].bank.tolist() != batches[1].bank.tolist()
    assert_equal_sets(batches[0], 1, batches[2], 1)
    monkeypatch.setattr("hedgebook.strategies.sweeping.plan_memory.MOST_BYTES", 3_500)
    small = FunctionSweep(watched)
    calls.clear()
    for _ in range(2):
        assert_equal_sets(small.batch(MARKET, sets), 1, batches[0], 1)
    assert calls == [2, 3, 3]


def test_an_object_with_a_schedule_and_attributes() -> None:
    sweep = sweep_strategy(Object(0.4))
    assert isinstance(sweep, FunctionSweep)
    assert sweep.name == "object"
    assert "stop_loss" in sweep.parameters()
    sets = sets_of(sweep, first=[3, 30, 60], stop_loss=[0.25, 0.5], long_stop=[None, 0.1], take_profit=[0.2])
    batch = sweep.batch(MARKET, sets).check(len(MARKET.sessions), len(MARKET.tickers))
    for s, given in enumerate(sets):
        schedule = Object(0.4).schedule(MARKET, given["first"], given["stop_loss"])
        # Orders after the last session are not placed.
        kept = schedule.session <= np.datetime64("2026-08-31")
        assert kept.all() == (given["first"] != 60)
        rows = {name: getattr(schedule, name)[kept] for name in ("decided_at", "session", "mark", "weights")}
        schedule = dataclasses.replace(schedule, **rows)
        assert_schedule(batch, s, schedule, "2026-08-31")
        assert batch.rules[batch.rules_of[s]] == Rules(take_profit=0.2, long_stop=given["long_stop"])
        assert batch.capital[s] == 250_000.0
        assert batch.legs[batch.legs_of[s]] == Object.legs


def test_a_class_is_called_without_arguments() -> None:
    sweep = sweep_strategy(Object)
    assert isinstance(sweep, FunctionSweep)
    assert sweep.strategy.size == 0.3

    class Needs:
        def __init__(self, size: float) -> None: ...

    with pytest.raises(StrategyError, match=r"Needs\(\): TypeError: .*size"):
        sweep_strategy(Needs)


def test_a_callable_object() -> None:
    class Fixed:
        def __call__(self, market: Market, window: int) -> Schedule:
            return momentum(market, window)

    sweep = sweep_strategy(Fixed(), changes={"window": "7", "capital": 5e5, "band": 0.2})
    assert sweep.typed("window", [3.0]) == (3,)
    batch = sweep.batch(MARKET, sets_of(sweep, max_hold=[3, None]))
    assert_schedule(batch, 1, momentum(MARKET, 7))
    assert set(batch.capital) == {5e5}
    assert batch.rules[batch.rules_of[0]] == Rules(band=0.2, max_hold=3)
    assert sweep.describe()["fixed"] == {"window": 7, "capital": 5e5, "band": 0.2}


def test_a_function_that_takes_every_name() -> None:
    def anything(market: Market, **parameters: Any) -> Schedule:
        assert set(parameters) == {"window", "stop_loss", "capital"}
        return momentum(market, parameters["window"], size=parameters["stop_loss"])

    sweep = FunctionSweep(anything)
    assert sweep.parameters() == ()
    sets = sets_of(sweep, window=[2, 3], stop_loss=[0.25, 0.5], capital=["all"])
    batch = sweep.batch(MARKET, sets)
    for s, given in enumerate(sets):
        assert_schedule(batch, s, momentum(MARKET, given["window"], size=given["stop_loss"]))
        assert batch.rules[batch.rules_of[s]] == Rules()
        assert batch.capital[s] == 1e6


def test_the_last_session_may_vary() -> None:
    sweep = FunctionSweep(momentum, fixed={"every": 100})
    sets = sets_of(sweep, until=["2026-07-31", None, "2026-08-02", "2026-06-02"])
    batch = sweep.batch(MARKET, sets)
    assert_schedule(batch, 0, momentum(MARKET, every=100), "2026-07-31")
    assert_schedule(batch, 1, momentum(MARKET, every=100))
    # 2026-08-02 is a Sunday: the last session before it is the last one of the run, as of a single run.
    assert_schedule(batch, 2, momentum(MARKET, every=100), "2026-07-31")
    with pytest.raises(ParameterError) as alone:
        backtest(momentum(MARKET, every=100), MARKET, "none", until="2026-06-02")
    assert problem_of(batch, 3) == str(alone.value)
    with pytest.raises(ParameterError, match=r"until: this is no day \(got 'soon'\)"):
        sweep.typed("until", ["soon"])


def test_problems_are_those_of_a_single_run() -> None:
    def sometimes(market: Market, kind: str) -> Schedule:
        if kind == "refuses":
            raise ParameterError("no signal", where="kind")
        if kind == "stranger":
            found = momentum(market)
            return Schedule((*found.tickers[:-1], "ACEM"), found.decided_at, found.session, found.mark, found.weights)
        if kind == "holiday":
            weights = np.zeros((1, 1))
            day = np.array(["2026-07-03"], dtype="datetime64[D]")
            return Schedule(("ACME",), day.astype("datetime64[ns]"), day, np.zeros(1, dtype=np.int64), weights)
        return momentum(market)

    sweep = FunctionSweep(sometimes)
    sets = sets_of(sweep, kind=["refuses", "fine", "stranger", "holiday"])
    batch = sweep.batch(MARKET, sets).check(len(MARKET.sessions), len(MARKET.tickers))
    for s, given in enumerate(sets):
        if given["kind"] == "fine":
            assert_schedule(batch, s, momentum(MARKET))
            continue
        with pytest.raises(InputError) as alone:
            run_schedule(MARKET, sometimes(MARKET, **given), "none")
        assert problem_of(batch, s) == str(alone.value)
    assert len(batch.problems) == 3


def test_a_look_ahead_is_a_problem_of_its_set_alone() -> None:
    def ahead(market: Market, late: bool) -> Schedule:
        found = momentum(market)
        return found if not late else Schedule(
            found.tickers, found.decided_at + np.timedelta64(1, "h"), found.session, found.mark, found.weights
        )  # fmt: skip

    sweep = FunctionSweep(ahead)
    sweep.batch(MARKET, sets_of(sweep, late=[False]))
    batch = sweep.batch(MARKET, sets_of(sweep, late=[False, True]))
    assert batch.runs[:2].tolist() == [True, False]
    assert re.match(r"schedule row 0: the open of .* is not after", problem_of(batch, 1) or "")


def breaks(market: Market, window: int, size: float = 0.5) -> Schedule:
    if window == 3:
        raise ZeroDivisionError("by\nzero")
    if window == 4:
        return market  # type: ignore[return-value]
    if window == 5:
        raise AccountingError("a defect")
    if window == 6:
        np.zeros(3)[7]
    if window == 7:
        sys.exit("enough")
    return momentum(market, window, size=size)


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (3, r"breaks\(window=3\), test_function_sweep.py, line \d+: ZeroDivisionError: by zero"),
        (4, r"breaks\(window=4\): this gives back no schedule \(got 'Market'\)"),
        (6, r"breaks\(window=6\), test_function_sweep.py, line \d+: IndexError: index 7 is out of bounds"),
        (7, r"breaks\(window=7\), test_function_sweep.py, line \d+: SystemExit: enough"),
    ],
)
def test_errors_of_a_function_name_the_set_and_the_line_and_end_no_sweep(window: int, message: str) -> None:
    sweep = FunctionSweep(breaks)
    batch = sweep.batch(MARKET, sets_of(sweep, window=[2, window, 8]))
    assert batch.runs[:3].tolist() == [True, False, True]
    assert re.match(message, problem_of(batch, 1) or "")


def test_a_defect_of_hedgebook_is_not_blamed_on_the_function() -> None:
    sweep = FunctionSweep(breaks)
    with pytest.raises(AccountingError, match="a defect"):
        sweep.batch(MARKET, sets_of(sweep, window=[5]))


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("windw", [3], r"windw: momentum has no parameter 'windw'. Did you mean 'window'\?"),
        ("window", ["wide"], r"window: this is not a whole number .got 'wide'"),
        ("window", [2.5], r"window: this is not a whole number .got '2.5'"),
        ("side", ["sideways"], r"side: there is no such choice .got 'sideways'.*up, down"),
        ("stop_loss", [-1], r"stop_loss: out of range .got -1.*above 0, below 1"),
        ("capital", [0], r"capital: .*above 0"),
        ("long_stop", [0.1], r"long_stop: momentum does not say which tickers are long"),
        ("hold", [3], r"hold: momentum has no parameter 'hold'"),
    ],
)
def test_wrong_parameters(name: str, values: list[Any], message: str) -> None:
    sweep = FunctionSweep(momentum)
    with pytest.raises(ParameterError, match=message):
        sweep.typed(name, values)
    with pytest.raises(ParameterError, match=message):
        FunctionSweep(momentum, fixed={name: values[0]})


def test_a_parameter_without_a_value() -> None:
    sweep = FunctionSweep(breaks)
    with pytest.raises(ParameterError, match=r"breaks: window has no value. Vary it, or set it as in window="):
        sweep.batch(MARKET, sets_of(sweep, size=[0.1]))


def test_types_come_from_annotations_or_defaults() -> None:
    def plain(market, n=5, x=0.5, names=(), flag=False):  # type: ignore[no-untyped-def]  # noqa: ARG001
        return momentum(market, n)

    sweep = FunctionSweep(plain)
    assert sweep.typed("n", [3.0, 4, np.int64(5)]) == (3, 4, 5)
    assert all(type(value) is int for value in sweep.typed("n", [3.0, 4, np.int64(5)]))
    assert sweep.typed("x", [1, 0.5, None]) == (1, 0.5, None)
    assert sweep.typed("names", [["a", "b"], ("c",), "d"]) == (("a", "b"), ("c",), "d")
    assert type(sweep.typed("flag", [True])[0]) is bool
    with pytest.raises(ParameterError, match=r"x: a dict is not a value of a parameter .*Accepted: whole numbers"):
        sweep.typed("x", [{}])
    annotated = FunctionSweep(momentum)
    assert [type(v) for v in annotated.typed("window", ["3", 4.0])] == [int, int]
    assert [type(v) for v in annotated.typed("size", ["0.5", 1])] == [float, float]


def test_what_is_no_strategy() -> None:
    with pytest.raises(ParameterError, match=r"int: this is no strategy, because it cannot be called"):
        sweep_strategy(5)
    with pytest.raises(ParameterError, match="a strategy takes the market first"):
        sweep_strategy(lambda: None)
    with pytest.raises(ParameterError, match="it cannot be seen what this takes"):
        FunctionSweep(max)


def test_an_object_with_its_own_batch_is_used_as_it_is() -> None:
    whole = TradeSweep(TRADE, EVENTS)
    assert sweep_strategy(whole) is whole

    class Half:
        def batch(self) -> None: ...

    with pytest.raises(ParameterError, match="Half: a strategy with a method batch also needs name, parameters"):
        sweep_strategy(Half())
    with pytest.raises(ParameterError, match="sets its parameters itself"):
        sweep_strategy(whole, changes={"hold": 3})


def test_trades_by_name_and_value() -> None:
    named = sweep_strategy("long-meta-short-miner", changes={"hold": "7"})
    assert isinstance(named, TradeSweep)
    assert (named.trade.short, named.trade.hold) == (("miner",), 7)
    own = sweep_strategy(TRADE, events=EVENTS)
    assert isinstance(own, TradeSweep)
    assert own.trade is TRADE
    assert own.events is EVENTS
    with pytest.raises(ParameterError, match=r"there is no trade 'long-meta-short-mine'. Did you mean"):
        sweep_strategy("long-meta-short-mine")
    with pytest.raises(ParameterError, match=r"a trade has no parameter 'hodl'"):
        sweep_strategy(TRADE, events=EVENTS, changes={"hodl": 1})


def test_a_copy_in_another_process_plans_the_same() -> None:
    sweep = FunctionSweep(momentum, fixed={"rebalance": "weekly", "every": 9})
    sets = sets_of(sweep, window=[2, 3], stop_loss=[0.1, None])
    batch = sweep.batch(MARKET, sets)
    copy = pickle.loads(pickle.dumps(sweep))
    assert copy.describe() == sweep.describe()
    other = copy.batch(MARKET, sets)
    for s in range(len(batch)):
        assert_equal_sets(batch, s, other, s)
    assert sweep.describe()["file"] == "test_function_sweep.py"
    assert sweep.describe()["fixed"] == {"rebalance": "weekly", "every": 9}


def test_chunks_do_not_matter() -> None:
    sweep = FunctionSweep(momentum)
    sets = sets_of(sweep, window=[2, 5, 9], every=[4, 10], target_vol=[None, 0.1])
    batch = sweep.batch(MARKET, sets)
    for a in range(0, len(sets), 5):
        part = {name: ParameterColumn(column.levels, column.codes[a : a + 5]) for name, column in sets.columns.items()}
        piece = sweep.batch(MARKET, ChunkSets(a, part))
        for k in range(len(piece)):
            assert_equal_sets(batch, a + k, piece, k)


def test_the_account_that_a_single_run_has_by_default_has_the_same_capital() -> None:
    assert FunctionSweep(momentum).batch(MARKET, sets_of(FunctionSweep(momentum), window=[2])).capital[0] == (
        Account().capital_usd
    )
