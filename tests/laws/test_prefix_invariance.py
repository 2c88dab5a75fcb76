"""Laws of time: what comes later changes nothing that came before, down to the last bit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.trade.plan import TradePlan, plan_trade
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market
from tests import markets
from tests.records import amounts as amounts_of
from tests.records import codes as codes_of

SEEDS = st.integers(0, 2**32 - 1)


def assert_same_until(one: Backtest, two: Backtest, session: np.datetime64, *, marks: int = 2) -> None:
    """The same bits in every record up to a session; marks=1 leaves its close out."""
    count = int(np.searchsorted(one.market.sessions, session, side="right"))
    whole = count if marks == 2 else count - 1
    for name in ("nav", "cash", "interest", "shares", "price", "pnl"):
        np.testing.assert_array_equal(getattr(one.record, name)[:whole], getattr(two.record, name)[:whole])
    np.testing.assert_array_equal(one.record.nav[:count, :marks], two.record.nav[:count, :marks])
    logs = []
    for run in (one, two):
        step = codes_of(run.record)[:, 0] * 2 + codes_of(run.record)[:, 1]
        early = step < 2 * (count - 1) + marks
        logs.append((codes_of(run.record)[early], amounts_of(run.record)[early]))
    np.testing.assert_array_equal(logs[0][0], logs[1][0])
    np.testing.assert_array_equal(logs[0][1], logs[1][1])


@given(SEEDS, st.integers(2, 28))
@settings(deadline=None, max_examples=100)
def test_later_prices_and_volumes_change_nothing_earlier(seed: int, t: int) -> None:
    market = markets.random_market(seed)
    schedule, costs = markets.random_schedule(seed + 1, market), markets.random_costs(seed + 2)
    one = run_schedule(market, schedule, costs)
    two = run_schedule(markets.changed_after(market, t, seed + 3), schedule, costs)
    if schedule.session[0] <= market.sessions[t]:
        assert_same_until(one, two, market.sessions[t])


def test_later_prices_do_change_what_is_later() -> None:
    """Otherwise the laws here would hold for an engine that reads no prices."""
    market = markets.random_market(1)
    schedule, costs = markets.random_schedule(2, market), markets.random_costs(3)
    one = run_schedule(market, schedule, costs)
    two = run_schedule(markets.changed_after(market, 20, 4), schedule, costs)
    at = int(np.searchsorted(one.market.sessions, market.sessions[20]))
    assert (one.record.nav[at + 1 :] != two.record.nav[at + 1 :]).any()


@given(SEEDS, st.integers(2, 28))
@settings(deadline=None, max_examples=100)
def test_the_close_and_the_volume_of_a_session_change_nothing_at_its_open(seed: int, t: int) -> None:
    market = markets.random_market(seed)
    schedule, costs = markets.random_schedule(seed + 1, market), markets.random_costs(seed + 2)
    later = markets.changed_after(market, t - 1, seed + 3, keep_open_of_next=True)
    np.testing.assert_array_equal(later.open[t], market.open[t])
    one, two = run_schedule(market, schedule, costs), run_schedule(later, schedule, costs)
    if schedule.session[0] <= market.sessions[t]:
        assert_same_until(one, two, market.sessions[t], marks=1)


@given(SEEDS, st.integers(2, 28))
@settings(deadline=None, max_examples=100)
def test_a_market_that_ends_earlier_gives_the_same_beginning(seed: int, t: int) -> None:
    market = markets.random_market(seed)
    schedule, costs = markets.random_schedule(seed + 1, market), markets.random_costs(seed + 2)
    known = schedule.session <= market.sessions[t]
    if not known.any():
        return
    early = dataclasses.replace(
        schedule, **{name: getattr(schedule, name)[known] for name in ("decided_at", "session", "mark", "weights")}
    )
    one = run_schedule(market, schedule, costs)
    two = run_schedule(market.until(market.sessions[t]), early, costs)
    three = run_schedule(market, early, costs, until=market.sessions[t])
    assert_same_until(one, two, market.sessions[t])
    assert len(two.record.nav) == len(three.record.nav)
    assert_same_until(two, three, market.sessions[t])


def assert_same_plan(one: TradePlan, two: TradePlan) -> None:
    assert one.legs == two.legs
    assert one.hedge == two.hedge
    for name in Schedule.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one.schedule, name), getattr(two.schedule, name))


def sample_run(hedge: str, market: Market, **changes: object) -> TradeRun:
    trade = find_trade("long-meta-short-neocloud", hedge=hedge, **changes)
    return run_trade(trade, load_events().get(trade.event), RunSetting(market, load_costs("default")))


@pytest.mark.parametrize("hedge", ["dollar", "beta"])
@given(seed=SEEDS, hold=st.integers(0, 40))
@settings(deadline=None, max_examples=12)
def test_prices_after_the_news_do_not_change_the_decision(hedge: str, seed: int, hold: int) -> None:
    market = sample_market()
    known = market.session_index("2026-06-30")
    trade = find_trade("long-meta-short-neocloud", hedge=hedge, hold=hold)
    event = load_events().get(trade.event)
    later = _always_priced(markets.changed_after(market, known, seed), market, known)
    one, two = plan_trade(trade, event, market), plan_trade(trade, event, later)
    assert str(one.known_at) == "2026-06-30"
    assert_same_plan(one, two)


@pytest.mark.parametrize("hedge", ["dollar", "beta"])
@given(seed=SEEDS, after=st.integers(0, 12))
@settings(deadline=None, max_examples=12)
def test_prices_after_a_session_of_the_trade_change_no_fill_before(hedge: str, seed: int, after: int) -> None:
    market = sample_market()
    t = market.session_index("2026-07-01") + after
    one = sample_run(hedge, market)
    two = sample_run(hedge, _always_priced(markets.changed_after(market, t, seed), market, t))
    assert_same_plan(one.plan, two.plan)
    assert_same_until(one.backtest, two.backtest, market.sessions[t])
    assert one.backtest.final_nav != two.backtest.final_nav


def test_prices_before_the_news_do_change_a_beta_decision(market: Market) -> None:
    """Otherwise the laws above would hold for a plan that looks at nothing."""
    changed = markets.changed_after(market, market.session_index("2026-06-29"), 1)
    one, two = sample_run("beta", market), sample_run("beta", _always_priced(changed, market, 0))
    assert one.plan.hedge.ratio != two.plan.hedge.ratio


def _always_priced(changed: Market, market: Market, after: int) -> Market:
    """Give back a price where `changed` has lost one that `market` has, so that a plan is never refused."""
    close = changed.close.copy()
    lost = np.isnan(close) & np.isfinite(market.close)
    lost[: after + 1] = False
    close[lost] = market.close[lost]
    return dataclasses.replace(changed, close=close)
