"""Sets of parameters, and what the planner of single runs makes of each: the batch's oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hedgebook.engine.sweep.batch.batch import Batch
from hedgebook.engine.sweep.space.column import ChunkSets, ParameterColumn
from hedgebook.errors import InputError, LookAheadError
from hedgebook.strategies.sweeping import TradeSweep
from hedgebook.strategies.trade.plan import TradePlan, plan_trade
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.market import Market

Pools = Mapping[str, Sequence[Any]]


def drawn(pools: Pools, count: int, seed: int) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
    """Codes of `count` random sets."""
    draw = np.random.default_rng(seed)
    return {name: draw.integers(0, len(pool), count) for name, pool in pools.items()}


def sets_of(sweep: Any, pools: Pools, codes: Mapping[str, Any], start: int = 0) -> ChunkSets:
    """Sets of a sweep, their levels typed by it."""
    columns = {name: ParameterColumn(sweep.typed(name, pool), np.asarray(codes[name])) for name, pool in pools.items()}
    return ChunkSets(start, columns)


def given(pools: Pools, codes: Mapping[str, Any], s: int) -> dict[str, Any]:
    """The parameters of one set as a user would give them to a single run."""
    return {name: pool[int(codes[name][s])] for name, pool in pools.items()}


def single(trade: EventTrade, events: EventLibrary, market: Market, changes: Mapping[str, Any]) -> TradePlan | str:
    """A single run's plan, checked as running it would, or the message that it ends with."""
    try:
        changed = trade.replaced(**changes)
        plan = plan_trade(changed, events.get(changed.event), market)
        plan.schedule.check_tradable(market)
    except LookAheadError:
        raise
    except InputError as problem:
        return str(problem)
    return plan


def problem_of(batch: Batch, s: int) -> str | None:
    number = int(batch.problem_of[s])
    return None if number < 0 else batch.problems[number]


def assert_same(batch: Batch, s: int, plan: TradePlan | str, market: Market) -> None:
    """One set of a batch against its single run."""
    rows = batch.orders[batch.offsets[s] : batch.offsets[s + 1]]
    if isinstance(plan, str):
        assert problem_of(batch, s) == plan
        assert len(rows) == batch.first[s] == batch.last[s] == 0
        return
    assert problem_of(batch, s) is None
    asked = plan.schedule.orders(market, 0)
    for name in ("session", "mark"):
        assert rows[name].tolist() == asked.rows[name].tolist()
    bank, scale = batch.bank[rows["row"]], rows["scale"][:, None]
    np.testing.assert_allclose(bank * scale, asked.bank, rtol=1e-14, atol=0)
    if plan.trade.rules.target_vol is not None:
        # The volatility target looks at the row itself, so that the gross must be in it.
        np.testing.assert_allclose(bank, asked.bank, rtol=1e-14, atol=0)
    first, last = (market.session_index(one) for one in (plan.entry_session, plan.exit_session))
    assert (batch.first[s], batch.last[s]) == (first, last)
    assert batch.capital[s] == plan.trade.capital
    assert batch.rules[batch.rules_of[s]] == plan.trade.rules
    legs = {ticker: leg.name for leg in plan.legs for ticker in leg.tickers}
    assert batch.legs[batch.legs_of[s]] == legs


def assert_equal_sets(one: Batch, s: int, two: Batch, k: int) -> None:
    """The same set in two batches, exactly."""
    assert problem_of(one, s) == problem_of(two, k)
    assert (one.first[s], one.last[s]) == (two.first[k], two.last[k])
    a, b = one.orders[one.offsets[s] : one.offsets[s + 1]], two.orders[two.offsets[k] : two.offsets[k + 1]]
    for name in ("session", "mark", "scale"):
        assert a[name].tolist() == b[name].tolist()
    np.testing.assert_array_equal(one.bank[a["row"]], two.bank[b["row"]])
    if problem_of(one, s) is None:
        assert one.capital[s] == two.capital[k]
        assert one.rules[one.rules_of[s]] == two.rules[two.rules_of[k]]
        assert one.legs[one.legs_of[s]] == two.legs[two.legs_of[k]]


def check_all(sweep: TradeSweep, market: Market, pools: Pools, count: int, seed: int) -> tuple[Batch, list[Any]]:
    """Random sets, each against its single run; the batch and the plans or messages."""
    assert isinstance(sweep.events, EventLibrary)
    codes = drawn(pools, count, seed)
    batch = sweep.batch(market, sets_of(sweep, pools, codes)).check(len(market.sessions), len(market.tickers))
    plans = [single(sweep.trade, sweep.events, market, given(pools, codes, s)) for s in range(count)]
    assert len(batch) == count
    for s, plan in enumerate(plans):
        assert_same(batch, s, plan, market)
    return batch, plans
