"""Several strategies in one account: what is ordered, and who earned what."""

from __future__ import annotations

import dataclasses
import statistics
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgebook as hb
from hedgebook.engine.account import Account, load_account
from hedgebook.engine.backtest.result import identity_gap
from hedgebook.engine.frictions.costs import Costs
from hedgebook.errors import ParameterError, UniverseError
from hedgebook.strategies.kinds.budget import equal_risk
from hedgebook.strategies.kinds.combined import Combined
from hedgebook.strategies.kinds.pair import PairSpread
from hedgebook.strategies.strategy.given import strategy_of
from hedgebook.strategies.strategy.strategy import Strategy
from hedgebook.universes.calendar import Mark
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle import ledger

SEEDS = st.integers(0, 2**32 - 1)
NAN = markets.NAN
PROPORTIONAL = Costs.model_validate(
    {
        "commission": {"rate_bps": 3},
        "half_spread": {"default_bps": 5},
        "slippage": {"default_bps": 2},
        "borrow": {"default_annual": 0.05},
    }
)
RowsOf = list[tuple[int, Mark, list[float]]]


def part(market: Market, name: str, rows: RowsOf) -> Strategy:
    return strategy_of(markets.schedule_of(market, rows), {"name": name})


def drawn(seed: int, market: Market, name: str) -> Strategy:
    return strategy_of(markets.random_schedule(seed, market, size=0.3), {"name": name})


def of(*parts: Any, **changes: Any) -> Combined:
    return Combined(parts=parts, **changes)


def test_parts_that_share_nothing_add_up() -> None:
    """Bought at one mark and sold at another, with costs in proportion: the sum of both alone, to the last cent."""
    market = markets.random_market(3, missing_frac=0.0)
    rows = [[0.5, -0.3, 0, 0, 0], [0, 0, 0.4, 0.2, -0.6]]
    parts = [part(market, n, [(5, Mark.OPEN, r), (20, Mark.CLOSE, [0.0] * 5)]) for n, r in zip("ab", rows, strict=True)]
    run = hb.backtest(of(*parts, weights=(0.7, 0.3)), market, PROPORTIONAL, Account(capital_usd=1e6))
    found = run.pnl("strategy")
    for one, share in zip(parts, (0.7, 0.3), strict=True):
        alone = hb.backtest(one, market, PROPORTIONAL, Account(capital_usd=1e6 * share)).pnl("ticker").sum()
        np.testing.assert_allclose(found.loc[one.name], alone, rtol=0, atol=1e-9 * 1e6)
    assert (found["borrow"] < 0).all()
    assert found.sum()["total"] == pytest.approx(run.pnl("ticker")["total"].sum(), abs=1e-9 * 1e6)


def test_what_crosses_costs_nothing_and_changes_owner() -> None:
    market = markets.random_market(8, missing_frac=0.0)
    rows: list[RowsOf] = [
        [(4, Mark.OPEN, [0.6, NAN, NAN, NAN, NAN]), (12, Mark.CLOSE, [0.0] * 5)],
        [(4, Mark.OPEN, [-0.6, NAN, NAN, NAN, NAN]), (12, Mark.CLOSE, [0.0] * 5)],
    ]
    run = hb.backtest(of(*(part(market, n, r) for n, r in zip("ab", rows, strict=True))), market, PROPORTIONAL)
    assert run.fills.empty
    found = run.pnl("strategy")
    held = 0.3 * 1e6 / market.open[4, 0] * (market.close[12, 0] - market.open[4, 0])
    # The account stays in cash, whose interest of the nights before the entry is none, as the run begins with it.
    assert found.loc["a", "total"] == pytest.approx(held, rel=1e-9)
    assert found.loc["b", "total"] == pytest.approx(-held, rel=1e-9)
    assert not found[["commission", "spread", "slippage", "impact", "borrow"]].to_numpy().any()


def test_owners_by_hand() -> None:
    """One ticker: a buys 0.4, then b sells half of it away, then a leaves and b is alone; every number by hand."""
    market = markets.random_market(5, missing_frac=0.0)
    a = part(market, "a", [(3, Mark.OPEN, [0.4, NAN, NAN, NAN, NAN]), (9, Mark.OPEN, [0.0] * 5)])
    b = part(market, "b", [(6, Mark.OPEN, [-0.2, NAN, NAN, NAN, NAN]), (14, Mark.CLOSE, [0.0] * 5)])
    costs = Costs.model_validate({"commission": {"rate_bps": 10}})
    run = hb.backtest(of(a, b, weights=(1, 1)), market, costs, Account(capital_usd=1e6))
    p = market.open[:, 0]
    first = 0.4 * 1e6 / p[3]
    cost_first = first * p[3] * 1e-3
    nav = 1e6 - cost_first + first * (p[6] - p[3])
    # At session 6 a is brought back to 0.4 too, because its ticker is ordered anew; b wants to be short 0.2.
    own_a, own_b = 0.4 * nav / p[6], -0.2 * nav / p[6]
    sold = first - own_a - own_b
    cost = sold * p[6] * 1e-3
    paid_a = cost_first + (cost * (first - own_a) / sold if own_a < first else 0.0)
    paid_b = cost * (-own_b / sold if own_a < first else 1.0)
    nav = nav - cost + (own_a + own_b) * (p[9] - p[6])
    # At session 9 a leaves; b is brought back to -0.2, by which it buys a few or sells more.
    left = -0.2 * nav / p[9]
    gaps = {"a": -own_a, "b": left - own_b}
    change = gaps["a"] + gaps["b"]
    cost = abs(change) * p[9] * 1e-3
    sellers = {name: gap for name, gap in gaps.items() if gap < 0}
    paid_a += cost * gaps["a"] / sum(sellers.values())
    paid_b += cost * gaps["b"] / sum(sellers.values()) if "b" in sellers else 0.0
    paid_b += abs(left) * market.close[14, 0] * 1e-3
    found = run.pnl("strategy")
    moves_a = first * (p[6] - p[3]) + own_a * (p[9] - p[6])
    moves_b = own_b * (p[9] - p[6]) + left * (market.close[14, 0] - p[9])
    assert found.loc["a", "commission"] == pytest.approx(-paid_a, rel=1e-9)
    assert found.loc["b", "commission"] == pytest.approx(-paid_b, rel=1e-9)
    assert found.loc["a", ["overnight", "intraday"]].sum() == pytest.approx(moves_a, rel=1e-9)
    assert found.loc["b", ["overnight", "intraday"]].sum() == pytest.approx(moves_b, rel=1e-9)


@given(SEEDS, st.sampled_from([0, 10, 40]))
@settings(deadline=None, max_examples=40)
def test_owners_are_those_of_the_loop(seed: int, rate_bps: int) -> None:
    market = markets.random_market(seed, missing_frac=0.0)
    parts = [drawn(seed + k, market, name) for k, name in enumerate("abc")]
    shares, count = (0.3, 0.4, 0.2), len(market.tickers)
    owners = []
    for one, share in zip(parts, shares, strict=True):
        schedule = one.plan(market).schedule
        rows = np.searchsorted(market.sessions, schedule.session).tolist()
        asked = zip(zip(rows, schedule.mark.tolist(), strict=True), (share * schedule.weights).tolist(), strict=True)
        owners.append(ledger.Owner(dict(asked), count))
    nav = ledger.run(owners, market.open.tolist(), market.close.tolist(), 1e6, rate_bps / 1e4)
    costs = Costs.model_validate({"commission": {"rate_bps": rate_bps}})
    run = hb.backtest(of(*parts, weights=shares), market, costs, Account(capital_usd=1e6))
    assert run.final_nav == pytest.approx(nav, abs=1e-9 * 1e6)
    found = run.pnl("strategy")
    moves = found[["overnight", "intraday"]].sum(axis=1)
    np.testing.assert_allclose(moves, [one.moves for one in owners], rtol=0, atol=1e-9 * 1e6)
    np.testing.assert_allclose(found["commission"], [-one.paid for one in owners], rtol=0, atol=1e-9 * 1e6)


@given(SEEDS, st.sampled_from([0.0, 0.1, 0.3]), st.sampled_from(["plain", "strict"]), st.integers(0, 5))
@settings(deadline=None, max_examples=60)
def test_the_split_adds_up_by_cause(seed: int, dirt: float, account: str, rule: int) -> None:
    """Whatever the market, costs, limits and rules are."""
    market = markets.random_market(seed, missing_frac=dirt)
    rules: dict[str, Any] = [
        {}, {"stop_loss": 0.03}, {"band": 0.1}, {"rebalance": "weekly"}, {"max_hold": 3}, {"target_vol": 0.2},
    ][rule]  # fmt: skip
    parts = (drawn(seed + 1, market, "a"), drawn(seed + 2, market, "b"), drawn(seed + 3, market, "c"))
    whole = of(*parts, weights=(0.5, 0.3, 0.4), **rules)
    run = hb.backtest(whole, market, markets.random_costs(seed + 4), load_account(account))
    assert identity_gap(run.backtest.record, run.capital) < 1e-9
    split, total = run.pnl("strategy"), run.pnl("ticker").sum()
    np.testing.assert_allclose(split.sum(), total, rtol=0, atol=1e-9 * run.capital)


@given(SEEDS)
@settings(deadline=None, max_examples=40)
def test_orders_are_the_sums_of_what_the_parts_want(seed: int) -> None:
    """A loop over marks and parts, each with what it last asked for."""
    market = markets.random_market(seed)
    parts = [drawn(seed + 1, market, "a"), drawn(seed + 2, market, "b")]
    shares = (0.8, 0.5)
    found = of(*parts, weights=shares).plan(market)
    asked = [{(s, m): w for s, m, w in _rows(one.plan(market).schedule)} for one in parts]
    last = [[0.0] * len(market.tickers) for _ in parts]
    expected = []
    for key in sorted({*asked[0], *asked[1]}):
        named = set()
        for k, orders in enumerate(asked):
            for i, weight in enumerate(orders.get(key, [NAN] * len(market.tickers))):
                if weight == weight:
                    last[k][i] = weight
                    named.add(i)
        row = [sum(s * w[i] for s, w in zip(shares, last, strict=True)) for i in range(len(market.tickers))]
        expected.append((*key, [w if i in named else NAN for i, w in enumerate(row)]))
    rows = _rows(found.schedule)
    assert [r[:2] for r in rows] == [r[:2] for r in expected]
    np.testing.assert_allclose([r[2] for r in rows], [r[2] for r in expected], rtol=1e-12, atol=1e-15)
    parts_sum = np.nansum([one.schedule.weights for one in found.parts], axis=0)
    np.testing.assert_allclose(parts_sum, np.nan_to_num(found.schedule.weights), rtol=1e-12, atol=1e-15)


def _rows(schedule: Any) -> list[tuple[Any, int, list[float]]]:
    return list(zip(schedule.session.tolist(), schedule.mark.tolist(), schedule.weights.tolist(), strict=True))


@pytest.mark.parametrize("start", ["2026-06-12", "2026-06-24"])
def test_a_later_start_splits_what_was_wanted_before(start: str) -> None:
    market = markets.random_market(21, sessions=40, missing_frac=0.0)
    parts = (drawn(1, market, "a"), drawn(2, market, "b"))
    run = hb.backtest(of(*parts), market, PROPORTIONAL, start=start, until="2026-07-10")
    assert run.backtest.market.sessions[0] == np.datetime64(start)
    np.testing.assert_allclose(run.pnl("strategy").sum(), run.pnl("ticker").sum(), rtol=0, atol=1e-3)
    assert (run.pnl("strategy")["total"] != 0).all()


@pytest.mark.parametrize("budget", ["inverse_volatility", "equal_risk"])
def test_risk_budgets_are_those_of_the_returns_so_far(budget: str) -> None:
    market = markets.random_market(13, sessions=60, missing_frac=0.0)
    start = [(2, Mark.OPEN, [0.9, 0, 0, 0, 0])], [(2, Mark.OPEN, [0, 0.2, 0.1, 0, 0])]
    parts = [part(market, n, r) for n, r in zip("ab", start, strict=True)]
    whole = of(*parts, risk_budget=budget, lookback_sessions=15, rebalance_sessions=7)
    found = whole.plan(market)
    alone = [hb.backtest(one, market, "none", Account()).returns for one in parts]
    rows = np.searchsorted(market.close_at, found.schedule.decided_at, side="right") - 1
    assert rows.tolist() == list(range(1, 59, 7))
    for k, row in enumerate(rows.tolist()):
        known = [r[r.index <= pd.Timestamp(market.sessions[row])].tolist()[-15:] for r in alone]
        shares = [0.5, 0.5]
        if len(known[0]) == 15:  # of two parts, equal risk is inverse volatility
            inverse = [1.0 / statistics.stdev(r) for r in known]
            shares = [i / sum(inverse) for i in inverse]
        wanted = [shares[0] * 0.9, shares[1] * 0.2, shares[1] * 0.1, 0.0, 0.0]
        got = np.nan_to_num(found.schedule.weights[k])
        np.testing.assert_allclose(got, wanted, rtol=1e-9, err_msg=str(row))


def test_equal_risk_is_equal() -> None:
    draw = np.random.default_rng(4)
    covariance = np.cov(draw.normal(size=(60, 5)) @ draw.normal(size=(5, 5)), rowvar=False)
    weights = equal_risk(covariance)
    risk = weights * (covariance @ weights)
    np.testing.assert_allclose(risk / risk.sum(), 0.2, rtol=1e-9)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights > 0).all()


@pytest.mark.parametrize("cut", [40, 60, 80])
def test_later_prices_change_no_decision(cut: int) -> None:
    market = markets.dirty_market(110, first="2026-02-02")
    common = {"lookback_sessions": 15, "entry_z": 1.0, "exit_z": 0.1}
    pairs = (
        PairSpread(name="a", first="ACME", second="BOLT", **common),
        PairSpread(name="b", first="BOLT", second="CLOUD", ratio="dollar", **common),
    )
    whole = of(*pairs, risk_budget="equal_risk", lookback_sessions=10, rebalance_sessions=5)

    def rows(seen: Market) -> dict[Any, list[float]]:
        schedule = whole.plan(seen).schedule
        early = schedule.decided_at <= market.close_at[cut]
        return dict(zip(schedule.decided_at[early].tolist(), schedule.weights[early].tolist(), strict=True))

    before = rows(market)
    assert before
    for other in (markets.changed_after(market, cut, 3), market.rows(0, cut + 2)):
        after = rows(other)
        assert list(after) == list(before)
        np.testing.assert_array_equal(list(after.values()), list(before.values()))
    scaled = dataclasses.replace(market, open=market.open * 3.0, close=market.close * 3.0)
    np.testing.assert_allclose(list(rows(scaled).values()), list(before.values()), rtol=1e-7, atol=1e-12)
    order = list(range(len(market.tickers)))[::-1]
    np.testing.assert_allclose(list(rows(markets.permuted(market, order)).values()), list(before.values()), rtol=1e-9)


def test_an_event_trade_is_a_part_and_leaves_at_its_end() -> None:
    market = markets.dirty_market(60)
    news = markets.news(date(2026, 7, 8))
    values = {"kind": "event-trade", "name": "event", "event": news.id, "long": "ACME", "short": "BOLT", "hold": 5}
    hold = part(market, "hold", [(2, Mark.OPEN, [0, 0, 0.5, 0, 0, 0, 0])])
    whole = of(hold, values, weights={"hold": 0.5, "event": 1.0})
    plan = whole.plan(market, EventLibrary(events=(news,)))
    first, last = market.session_index("2026-07-08"), market.session_index("2026-07-08") + 5
    rows = dict(zip(plan.schedule.session.tolist(), plan.schedule.weights.tolist(), strict=True))
    at = [plan.schedule.tickers.index(t) for t in ("ACME", "BOLT", "CLOUD")]
    assert [rows[market.sessions[first].item()][i] for i in at][:2] == [0.5, -0.5]
    assert [rows[market.sessions[last].item()][i] for i in at][:2] == [0.0, 0.0]
    assert plan.until is None
    assert plan.schedule.weights[0][at[2]] == 0.25


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"weights": (0.5,)}, "1 weight for 2 parts"),
        ({"weights": {"a": 1.0}}, "'b' does not stand in both"),
        ({"weights": (0.5, 0.0)}, "weights"),
        ({"weights": (1, 1), "risk_budget": "equal_risk"}, "drop one"),
        ({"risk_budget": "equal"}, "equal_risk"),
        ({"rebalance_sessions": 0}, "1 to 2520"),
        ({"part": 3}, "parts"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    market = markets.random_market(1)
    with pytest.raises(ParameterError, match=said):
        of(drawn(1, market, "a"), drawn(2, market, "b"), **changes)


def test_parts_that_cannot_be_combined_are_refused() -> None:
    market = markets.random_market(1)
    with pytest.raises(ParameterError, match="two parts are called a"):
        of(drawn(1, market, "a"), drawn(2, market, "a"))
    with pytest.raises(ParameterError, match="rules of its own"):
        of(drawn(1, market, "a").replaced(stop_loss=0.1), drawn(2, market, "b")).plan(market)
    with pytest.raises(ParameterError, match="there is no trade 'nope'"):
        of("nope", drawn(2, market, "b"))
    with pytest.raises(ParameterError, match="parts"):
        Combined(parts=())
    with pytest.raises(UniverseError, match="neither a bucket nor a ticker"):
        of(PairSpread(first="T0", second="TX"), drawn(2, market, "b")).plan(market)
    run = hb.backtest(drawn(2, market, "b"), market)
    with pytest.raises(ParameterError, match="not made of several"):
        run.pnl("strategy")
