"""Strategies that take turns, against a loop, and the laws that every decision obeys."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgebook as hb
from hedgebook.engine.backtest.result import identity_gap
from hedgebook.errors import ParameterError, PriceDataError, UniverseError
from hedgebook.strategies.catalogue.read import FLAGSHIP
from hedgebook.strategies.kinds.regime import Regime
from hedgebook.strategies.strategy.given import strategy_of
from hedgebook.strategies.strategy.strategy import Strategy
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle import regime as oracle
from tests.oracle.pair_spread import log_index

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, market: Market, name: str) -> Strategy:
    return strategy_of(markets.random_schedule(seed, market, size=0.3), {"name": name})


def turning(market: Market, **changes: Any) -> Regime:
    values = {
        "bucket": "left",
        "trend_sessions": 4,
        "when_up": drawn(1, market, "a"),
        "when_down": drawn(2, market, "b"),
    }
    return Regime(**(values | changes))


def levels(market: Market, bucket: str) -> list[float]:
    names = [m.ticker for m in market.universe.bucket(bucket).members]
    closes = [market.close[:, market.column(name)].tolist() for name in names]
    return [math.exp(log_index(closes, t)) for t in range(len(market.sessions))]


def by_mark(market: Market, schedule: Any) -> dict[tuple[int, int], list[float]]:
    rows = np.searchsorted(market.sessions, schedule.session).tolist()
    return dict(zip(zip(rows, schedule.mark.tolist(), strict=True), schedule.weights.tolist(), strict=True))


@given(SEEDS, st.sampled_from(["above_average", "relative_strength"]), st.integers(1, 3), st.booleans())
@settings(deadline=None, max_examples=60)
def test_orders_are_those_of_the_loop(seed: int, rule: str, confirm: int, opens: bool) -> None:
    market = markets.random_market(seed % 1000, sessions=45)
    if not opens:
        market = dataclasses.replace(market, open=np.full_like(market.open, np.nan))
    shorter = market if opens else dataclasses.replace(market, open=market.close)
    parts = {"up": drawn(seed, shorter, "a"), "down": drawn(seed + 1, shorter, "b")}
    strategy = turning(
        market, rule=rule, against="right" if rule == "relative_strength" else (), confirm_sessions=confirm,
        when_up=parts["up"], when_down=parts["down"],
    )  # fmt: skip
    left, right = levels(market, "left"), levels(market, "right")
    readings = [
        oracle.above_average(left, t, 4) if rule == "above_average" else oracle.stronger(left, right, t, 4)
        for t in range(45)
    ]
    followed = oracle.states(readings, confirm)
    asked = {name: by_mark(market, one.plan(market).schedule) for name, one in parts.items()}
    expected = oracle.orders(followed, asked, Mark.OPEN if opens else Mark.CLOSE, len(market.tickers))
    found = by_mark(market, strategy.plan(market).schedule)
    assert sorted(found) == sorted(expected)
    for key, weights in found.items():
        np.testing.assert_array_equal(weights, expected[key])


@given(SEEDS, st.integers(12, 30))
@settings(deadline=None, max_examples=40)
def test_later_prices_change_no_decision(seed: int, cut: int) -> None:
    market = markets.random_market(seed % 1000, sessions=45, missing_frac=0.05)
    strategy = turning(market, confirm_sessions=2)

    def rows(seen: Market) -> dict[Any, list[float]]:
        schedule = strategy.plan(seen).schedule
        early = schedule.decided_at <= market.close_at[cut]
        return dict(zip(schedule.decided_at[early].tolist(), schedule.weights[early].tolist(), strict=True))

    before, after = rows(market), rows(markets.changed_after(market, cut, 3))
    assert list(after) == list(before)
    np.testing.assert_array_equal(list(after.values()), list(before.values()))


def test_order_of_tickers_and_scale_of_prices_do_not_matter() -> None:
    market = markets.random_market(7, sessions=60)
    strategy = turning(market)
    base = strategy.plan(market).schedule
    other = strategy.plan(markets.permuted(market, [4, 2, 0, 1, 3])).schedule
    np.testing.assert_array_equal(other.weights, base.weights)
    factor = np.array([0.1, 3.0, 7.0, 1.0, 20.0])
    scaled = dataclasses.replace(market, open=market.open * factor, close=market.close * factor)
    np.testing.assert_array_equal(strategy.plan(scaled).schedule.weights, base.weights)


@pytest.mark.parametrize("side", ["when_up", "when_down"])
def test_the_other_trend_is_cash_and_the_books_add_up(side: str) -> None:
    market = markets.random_market(9, sessions=60)
    strategy = turning(market, **{"when_up": None, "when_down": None, side: drawn(5, market, "a")})
    run = hb.backtest(strategy, market, markets.random_costs(3))
    assert identity_gap(run.backtest.record, run.capital) < 1e-9
    plan = run.plan
    assert plan.estimates["turns"] > 0
    assert plan.estimates["up_frac"] + plan.estimates["down_frac"] == pytest.approx(1.0)
    assert (plan.schedule.weights == 0.0).all(axis=1).any()


@given(SEEDS)
@settings(deadline=None, max_examples=30)
def test_each_strategy_earns_while_it_is_followed(seed: int) -> None:
    market = markets.random_market(seed % 1000, sessions=60, missing_frac=0.05)
    run = hb.backtest(turning(market), market, markets.random_costs(seed))
    split = run.pnl("strategy")
    np.testing.assert_allclose(split.sum(), run.pnl("ticker").sum(), rtol=0, atol=1e-9 * run.capital)
    assert split.index.tolist() == ["a", "b"]
    alone = dict(zip("ab", run.plan.parts, strict=True))
    for name, part in alone.items():
        assert part.name == name
    both = np.stack([np.nan_to_num(one.schedule.weights) for one in run.plan.parts])
    assert not (both != 0.0).any(axis=2).all(axis=0).any()
    np.testing.assert_array_equal(both.sum(axis=0), np.nan_to_num(run.plan.schedule.weights))


def test_more_sessions_to_confirm_turn_less_often() -> None:
    market = markets.random_market(7, sessions=120, missing_frac=0.0)
    turns = [turning(market, confirm_sessions=n).plan(market).estimates["turns"] for n in (1, 2, 4)]
    assert turns[0] > turns[1] > turns[2] >= 0


def test_a_price_that_stands_still_is_no_trend_up() -> None:
    market = markets.random_market(7, sessions=30, missing_frac=0.0)
    close = market.close.copy()
    close[:, ::2] = 0.1
    still = dataclasses.replace(market, close=close)
    found = turning(still).plan(still)
    assert found.estimates == {"turns": 0.0, "up_frac": 0.0, "down_frac": 1.0}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"when_up": None, "when_down": None}, "give when_up or when_down"),
        ({"rule": "relative_strength"}, "give against"),
        ({"against": "right"}, "leave against out"),
        ({"rule": "above"}, "above_average"),
        ({"bucket": ()}, "bucket"),
        ({"trend_sessions": 1}, "2 to 2520"),
        ({"confirm_sessions": 0}, "1 to 252"),
        ({"when_up": "nope"}, "there is no trade 'nope'"),
        ({"when_up": 3}, "this is no strategy"),
        ({"when_up": FLAGSHIP, "when_down": FLAGSHIP}, f"both strategies are called {FLAGSHIP}"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        turning(markets.random_market(1), **changes)


def test_what_cannot_be_followed_is_refused() -> None:
    market = markets.random_market(1)
    with pytest.raises(ParameterError, match="trend is not known"):
        turning(market, trend_sessions=40).plan(market)
    with pytest.raises(UniverseError, match="neither a bucket nor a ticker"):
        turning(market, bucket="lef").plan(market)
    with pytest.raises(ParameterError, match="rules of its own"):
        turning(market, when_up=drawn(1, market, "a").replaced(take_profit=0.1)).plan(market)
    with pytest.raises(PriceDataError, match="T0"):
        turning(market, bucket="T0").plan(markets.permuted(market, [1, 2, 3, 4]))
