"""Batches of an event trade: every set is what the planner of single runs makes of it."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.hedging.request import Method
from hedgebook.engine.sweep.batch.batch import Batch
from hedgebook.engine.sweep.space.axis import Axis
from hedgebook.engine.sweep.space.column import ChunkSets, ParameterColumn
from hedgebook.errors import LookAheadError, ParameterError
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.sweeping import TradeSweep
from hedgebook.strategies.trade.plan import TradePlan
from hedgebook.strategies.trade.trade import PARAMETERS, build_trade
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market

from .pools import CLEAN, DIRTY, EVENTS, RULES, SHIPPED, TRADE, related_market
from .single import assert_equal_sets, assert_same, check_all, drawn, given, problem_of, sets_of, single

MARKET = related_market()


def sweep(**changes: Any) -> TradeSweep:
    return TradeSweep(TRADE.replaced(**changes), EVENTS)


@settings(deadline=None, max_examples=12)
@examples(seed=st.integers(0, 10**6))
def test_every_parameter_at_once_on_a_market_with_dirt(seed: int) -> None:
    check_all(sweep(), MARKET, DIRTY, 60, seed)


@settings(deadline=None, max_examples=6)
@examples(seed=st.integers(0, 10**6))
def test_sets_that_mostly_run(seed: int) -> None:
    check_all(sweep(), MARKET, CLEAN, 60, seed)


def test_these_sets_cover_what_can_happen() -> None:
    """Else the two laws above would say little."""
    assert set(DIRTY) == set(PARAMETERS) - {"name", "title"} == set(sweep().parameters())
    clean, plans = check_all(sweep(), MARKET, CLEAN, 300, 1)
    ran = [plan for plan in plans if isinstance(plan, TradePlan)]
    assert len(ran) > 180
    assert {plan.trade.hedge for plan in ran} == {Method(name) for name in CLEAN["hedge"]}
    assert len(clean.bank) < 2 * len(ran)
    dirty, _ = check_all(sweep(), MARKET, DIRTY, 1500, 2)
    assert dirty.runs.sum() > 20
    told = " | ".join(dirty.problems)
    for part in (
        "hindsight enters at the close before the news, so a delay has no meaning",
        "one leg alone cannot be hedged against another",
        "a trade needs a long or a short leg",
        "the prices do not cover event first-day",
        "the prices do not cover event after-the-prices",
        "sessions before the exit",
        "'rentr' is neither a bucket nor a ticker. Did you mean 'renter'?",
        "LATE was not listed on",
        "the prices of DRIFT end before the trade",
        "stands in both legs",
        "share 6 sessions before the decision",
        "has too few sessions before the decision",
        "BENHC has no prices",
        "no factor is called 'semi'",
        "needs prices of SPY",
    ):
        assert part in told


@pytest.mark.parametrize("name", [n for n in PARAMETERS if n not in ("name", "title")])
def test_each_parameter_alone(name: str) -> None:
    batch, _ = check_all(sweep(), MARKET, {name: DIRTY[name]}, 20, 3)
    assert batch.runs.any()


@pytest.mark.parametrize("seed", range(3))
def test_the_sample_market_with_factors(seed: int) -> None:
    batch, _ = check_all(TradeSweep(find_trade(), load_events()), sample_market(), SHIPPED, 150, seed)
    assert batch.runs.sum() > 50


def test_real_prices(real_market: Market) -> None:
    events = [event.id for event in load_events().events]
    pools = {**SHIPPED, "event": [*events[::4], "meta-compute-2026", "meta-compute-2026"]}
    batch, _ = check_all(TradeSweep(find_trade(), load_events()), real_market, pools, 200, 5)
    assert batch.runs.sum() > 40
    assert (~batch.runs).sum() > 5


def test_the_flagship_grid_on_real_prices(real_market: Market) -> None:
    pools: dict[str, list[Any]] = {
        "delay": [0, 3], "hold": [1, 16], "hedge": ["dollar", "beta", "min_variance", "equal_risk", "ridge"],
        "lookback": [60, 250], "gross": [0.5, 2.0], "stop_loss": [None, 0.1], "short": ["neocloud", "miner"],
    }  # fmt: skip
    whole = TradeSweep(find_trade(), load_events())
    grid = np.indices([len(pool) for pool in pools.values()]).reshape(len(pools), -1)
    codes = dict(zip(pools, grid, strict=True))
    batch = whole.batch(real_market, sets_of(whole, pools, codes))
    for s in range(len(batch)):
        assert_same(batch, s, single(whole.trade, load_events(), real_market, given(pools, codes, s)), real_market)
    # Both lookbacks of the dollar hedge hold the same, so 9 rows of weights for each bucket, and an exit for each.
    assert len(batch.bank) == 2 * 9 + 2
    assert (len(batch.rules), len(batch.legs), batch.problems) == (2, 2, ())


@settings(deadline=None, max_examples=8)
@examples(seed=st.integers(0, 10**6), chunk=st.integers(1, 60))
def test_neither_the_order_of_sets_nor_chunks_matter(seed: int, chunk: int) -> None:
    whole = sweep()
    codes = drawn(DIRTY, 60, seed)
    for name in ("delay", "hindsight", "hedge"):
        codes[name][::2] = 0
    batch = whole.batch(MARKET, sets_of(whole, DIRTY, codes))
    order = np.random.default_rng(seed).permutation(60)
    mixed = sweep().batch(MARKET, sets_of(whole, DIRTY, {name: code[order] for name, code in codes.items()}))
    parts: list[tuple[Batch, int]] = []
    again = sweep()
    for a in range(0, 60, chunk):
        piece = again.batch(MARKET, sets_of(whole, DIRTY, {name: code[a : a + chunk] for name, code in codes.items()}))
        parts.extend((piece, k) for k in range(len(piece)))
    for s in range(60):
        assert_equal_sets(batch, s, *parts[s])
        assert_equal_sets(batch, int(order[s]), mixed, s)


def test_a_continuous_axis_has_levels_of_its_own_in_each_chunk() -> None:
    whole = sweep()
    draw = np.random.default_rng(4)
    for _ in range(3):
        levels = {"gross": draw.uniform(0.1, 25.0, 40), "stop_loss": draw.uniform(0.01, 0.3, 40)}
        levels["half_life_sessions"] = draw.uniform(1.0, 99.0, 40)
        columns = {name: ParameterColumn(tuple(values.tolist()), np.arange(40)) for name, values in levels.items()}
        hedged = TRADE.replaced(hedge="min_variance")
        batch = TradeSweep(hedged, EVENTS).batch(MARKET, ChunkSets(0, columns)).check(90, len(MARKET.tickers))
        assert whole.batch(MARKET, ChunkSets(0, columns)).runs.tolist() == (levels["gross"] <= 20).tolist()
        for s in range(40):
            changes = {name: float(values[s]) for name, values in levels.items()}
            assert_same(batch, s, single(hedged, EVENTS, MARKET, changes), MARKET)


def test_a_volatility_target_has_the_gross_in_its_weights() -> None:
    pools: dict[str, list[Any]] = {"gross": [0.5, 2.0], "target_vol": [None, 0.1]}
    batch, _ = check_all(sweep(), MARKET, pools, 40, 0)
    entry = batch.orders[batch.offsets[:-1]]
    sizes = np.nansum(np.abs(batch.bank[entry["row"]]), axis=1)
    targeted = np.array([rules.target_vol is not None for rules in batch.rules])[batch.rules_of]
    assert set(np.round(sizes[targeted], 9)) == {0.5, 2.0}
    assert set(np.round(sizes[~targeted], 9)) == {1.0}
    assert set(entry["scale"][targeted]) == {1.0}
    assert set(entry["scale"][~targeted]) == {0.5, 2.0}


def test_no_set_can_run() -> None:
    pools: dict[str, list[Any]] = {"short": ["ACME"], "gross": [1.0, 2.0]}
    batch, plans = check_all(sweep(), MARKET, pools, 5, 0)
    assert batch.bank.shape == (0, len(MARKET.tickers))
    assert set(plans) == {"long, short: ACME stands in both legs."}


def test_prices_without_opens_are_a_problem_of_the_sets_that_trade_at_one() -> None:
    closes = dataclasses.replace(MARKET, open=np.full_like(MARKET.open, np.nan))
    batch, plans = check_all(sweep(), closes, {"hindsight": [False, True]}, 10, 0)
    assert batch.runs.any()
    assert (
        "made up: these prices have closes only, so nothing can be filled at an open. "
        in plans[int(np.flatnonzero(~batch.runs)[0])]
    )


def test_a_look_ahead_is_never_a_problem_of_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def ahead(*_: object) -> None:
        raise LookAheadError("the open is not after the decision")

    monkeypatch.setattr(Schedule, "check_tradable", ahead)
    whole = sweep()
    with pytest.raises(LookAheadError, match="not after the decision"):
        whole.batch(MARKET, sets_of(whole, {"hold": [1, 2]}, {"hold": np.array([0, 1])}))


def test_each_distinct_timing_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[tuple[str, ...]] = []
    real = Schedule.check_tradable

    def watched(self: Schedule, market: Market) -> None:
        checked.append(tuple(self.session.astype(str)))
        real(self, market)

    monkeypatch.setattr(Schedule, "check_tradable", watched)
    whole = sweep()
    pools: dict[str, list[Any]] = {"hold": [1, 2, 3], "delay": [0, 1], "gross": [1.0, 2.0], "stop_loss": [0.1, 0.2]}
    for seed in range(3):
        whole.batch(MARKET, sets_of(whole, pools, drawn(pools, 200, seed)))
    assert len(checked) == len(set(checked)) == 6


def test_another_market_is_planned_anew() -> None:
    whole = sweep(hedge="min_variance")
    pools: dict[str, list[Any]] = {"lookback": [20, 25]}
    other = dataclasses.replace(MARKET, close=MARKET.close * np.linspace(1.0, 3.0, len(MARKET.close))[:, None] ** 2)
    for market in (MARKET, other, MARKET):
        codes = drawn(pools, 8, 0)
        batch = whole.batch(market, sets_of(whole, pools, codes))
        for s in range(8):
            assert_same(batch, s, single(whole.trade, EVENTS, market, given(pools, codes, s)), market)


def test_what_is_planned_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hedgebook.strategies.sweeping.trade_book.MOST_PIECES", 30)
    whole = sweep()
    for seed in range(4):
        codes = drawn(CLEAN, 40, seed)
        batch = whole.batch(MARKET, sets_of(whole, CLEAN, codes))
        for s in range(40):
            assert_same(batch, s, single(whole.trade, EVENTS, MARKET, given(CLEAN, codes, s)), MARKET)


def test_levels_take_the_types_of_the_trade() -> None:
    whole = sweep()
    assert whole.typed("hold", [5.0, "7", 3]) == (5, 7, 3)
    assert [type(value) for value in whole.typed("hold", [5.0, "7", 3])] == [int] * 3
    assert whole.typed("gross", [1, "0.5"]) == (1.0, 0.5)
    assert whole.typed("hedge", ["dollar", "beta"]) == ("dollar", "beta")
    assert whole.typed("short", ["renter", "CLOUD,SPARE", ["A", "B"], "", None]) == (
        "renter", ("CLOUD", "SPARE"), ("A", "B"), None, None,
    )  # fmt: skip
    assert whole.typed("rebalance", ["weekly", "every:5", None]) == ("weekly", "every:5", "none")
    assert whole.typed("stop_loss", [None, 0.1]) == (None, 0.1)
    assert whole.typed("hindsight", [True, "false"]) == (True, False)
    for name, values in DIRTY.items():
        typed = whole.typed(name, values)
        assert whole.typed(name, typed) == typed


@settings(deadline=None, max_examples=30)
@examples(seed=st.integers(0, 10**6))
def test_levels_as_a_column_holds_them_give_the_same_trade(seed: int) -> None:
    """So that the parameters of the best set are those of a single run."""
    codes = drawn(CLEAN, 1, seed)
    plain = sets_of(sweep(), CLEAN, codes).at(0)
    assert TRADE.replaced(**plain) == TRADE.replaced(**given(CLEAN, codes, 0))
    assert all(Axis(name, (value,)).values == (value,) for name, value in plain.items())


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("hold", 5.5, r"hold: this is not a whole number .got 5\.5"),
        ("hold", 9999, r"hold: out of range .got 9999.*0 to 2520"),
        ("hedge", "dolar", r"hedge: there is no hedge 'dolar'. Did you mean 'dollar'\?"),
        ("stop_loss", -0.1, r"stop_loss: out of range .got -0.1.*above 0, below 1"),
        ("rebalance", "daily", r"rebalance: rebalance is none, weekly"),
        ("neutral_to", "market,market", r"neutral_to: neutral_to names market twice"),
        ("gross", None, r"gross: "),
        ("event", "preopen", r"event: there is no event 'preopen'. Did you mean 'pre-open'\?"),
        ("hodl", 3, r"hodl: a trade has no parameter 'hodl'. Did you mean 'hold'\?"),
        ("name", "x", r"name: name cannot be swept"),
        ("title", "x", r"title: title cannot be swept"),
        ("rules", {}, r"rules: rules cannot be swept. Give the rules' parameters by their own names"),
    ],
)
def test_wrong_levels(name: str, value: Any, message: str) -> None:
    with pytest.raises(Exception, match=message) as caught:
        sweep().typed(name, [value])
    assert type(caught.value).__name__ == ("EventError" if name == "event" else "ParameterError")
    if name in ("hodl", "name", "title", "rules"):
        with pytest.raises(ParameterError, match=message):
            sweep().batch(MARKET, ChunkSets(0, {name: ParameterColumn((value,), np.zeros(1, dtype=np.int64))}))


def test_a_value_that_fails_with_others_only_is_no_wrong_level() -> None:
    beta = sweep(hedge="beta")
    assert beta.typed("short", [""]) == (None,)
    pools: dict[str, list[Any]] = {"short": ["", "CLOUD"], "hedge": ["dollar", "min_variance"]}
    batch, _ = check_all(beta, MARKET, pools, 30, 0)
    assert batch.problems == ("one leg alone cannot be hedged against another; use hedge=dollar.",)
    assert sweep(hindsight=True).typed("delay", [3]) == (3,)


def test_events_may_be_a_mapping() -> None:
    mapped = TradeSweep(TRADE, {event.id: event for event in EVENTS.events})
    codes = drawn(DIRTY, 80, 9)
    sets = sets_of(mapped, DIRTY, codes)
    one, two = mapped.batch(MARKET, sets), sweep().batch(MARKET, sets)
    for s in range(80):
        assert_equal_sets(one, s, two, s)
    assert mapped.describe() == sweep().describe()
    with pytest.raises(Exception, match=r"event: there is no event 'x'\. Choose from: pre-open"):
        mapped.typed("event", ["x"])
    lost = TradeSweep(build_trade({**TRADE.model_dump(), "event": "x"}), EVENTS)
    batch = lost.batch(MARKET, sets_of(lost, {"hold": [1]}, {"hold": np.zeros(2, dtype=np.int64)}))
    assert problem_of(batch, 1) == single(lost.trade, EVENTS, MARKET, {"hold": 1})


def test_a_copy_in_another_process_plans_the_same() -> None:
    whole = sweep(hedge="ridge")
    sets = sets_of(whole, RULES, drawn(RULES, 50, 1))
    batch = whole.batch(MARKET, sets)
    copy = pickle.loads(pickle.dumps(whole))
    assert copy.describe() == whole.describe()
    other = copy.batch(MARKET, sets)
    for s in range(50):
        assert_equal_sets(batch, s, other, s)


def test_a_description_tells_trades_and_events_apart() -> None:
    plain = sweep().describe()
    assert plain["name"] == "t"
    assert plain["trade"]["lookback"] == 20
    assert sweep(hold=6).describe() != plain
    moved = EVENTS.model_copy(update={"events": EVENTS.events[:-1]})
    assert TradeSweep(TRADE, moved).describe()["events_sha256"] != plain["events_sha256"]
