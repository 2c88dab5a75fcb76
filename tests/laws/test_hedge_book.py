"""Laws of hedged books: what must hold whatever the prices are."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.flows import CashFlows
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.errors import ParameterError
from hedgebook.strategies.book.file import Book
from hedgebook.strategies.book.request import HedgeBook, Period
from hedgebook.strategies.book.result import PARTS, BookRun
from hedgebook.strategies.book.run import run_hedge_book
from hedgebook.strategies.strategy import setting as run_setting
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import FIELDS, Market
from tests import markets

FIRST = "2026-01-05"
START, STOP = 70, 110
METHODS = ("dollar", "min_variance", "multi_min_variance", "ridge", "kalman")


def run_of(market: Market, book: dict[str, float], instruments: str = "fund", **more: Any) -> BookRun:
    costs = more.pop("costs", None) or Costs()
    period = Period(str(market.sessions[START]), str(market.sessions[STOP - 1]))
    asked = HedgeBook(Book(book, "dollars", 2e5), instruments, lookback=50, **more)
    return run_hedge_book(asked, period, RunSetting(market, costs, Account(), load_events()))


def with_copy(market: Market, of: str, at: str) -> Market:
    """The market in which one ticker's prices are another's times three."""
    tables = {}
    for field in FIELDS:
        values = getattr(market, field).copy()
        values[:, market.column(at)] = 3.0 * values[:, market.column(of)]
        tables[field] = values
    return dataclasses.replace(market, **tables)


SOME = st.integers(0, 10_000)
RULES = st.sampled_from(["none", "every:6", "weekly", "band:0.2"])
COSTS = Costs.model_validate(
    {
        "commission": {"rate_bps": 3, "min_usd": 1},
        "half_spread": {"default_bps": 5},
        "impact": {"y": 0.5},
        "borrow": {"default_annual": 0.08},
        "cash": {"rate_annual": 0.03, "margin_rate_annual": 0.06},
    }
)


@settings(max_examples=25, deadline=None)
@given(SOME, RULES, st.sampled_from(METHODS), st.sampled_from([None, 0.3, 2.0]))
def test_parts_add_up_and_the_cap_holds(seed: int, rule: str, method: str, cap: float | None) -> None:
    market = markets.dirty_market(STOP, seed=seed, first=FIRST)
    run = run_of(market, {"ACME": 7e5, "CLOUD": -3e5}, rehedge=rule, method=method, cap=cap, costs=COSTS)
    window = run.windows[0]
    np.testing.assert_allclose(window.pnl[list(PARTS)].sum(axis=1), window.pnl["together"], atol=1e-9 * 1e6)
    assert sum(run.pnl[part] for part in PARTS) == pytest.approx(window.hedged.final_nav - window.capital.usd, abs=1e-3)
    np.testing.assert_allclose(window.pnl["book"], window.pnl["alone"], atol=1e-9 * 1e6)
    for decision in window.decisions:
        if cap is not None:
            assert decision.target_gross <= cap * decision.book_usd * (1 + 1e-12)
        assert decision.capped == (decision.target_gross < decision.asked_gross)
        ratio = decision.target_gross / decision.asked_gross
        assert decision.target_usd == pytest.approx({k: ratio * v for k, v in decision.asked_usd.items()})


@settings(max_examples=25, deadline=None)
@given(SOME, RULES, st.sampled_from(METHODS), st.integers(START, STOP - 2))
def test_later_prices_change_no_hedge(seed: int, rule: str, method: str, session: int) -> None:
    market = markets.dirty_market(STOP, seed=seed, first=FIRST)
    book = {"ACME": 7e5, "BOLT": 2e5}
    other = markets.changed_after(market, session, seed)
    known = market.sessions[session]

    def before(found: BookRun) -> list[Any]:
        return [(d.session, d.asked_usd, d.target_usd, d.nav) for d in found.windows[0].decisions if d.session <= known]

    runs = [run_of(m, book, rehedge=rule, method=method, costs=COSTS) for m in (market, other)]
    assert before(runs[0]) == before(runs[1])
    values = [r.windows[0].hedge_values.to_numpy()[: session + 1 - START] for r in runs]
    np.testing.assert_array_equal(values[0], values[1])


@settings(max_examples=15, deadline=None)
@given(SOME, RULES, st.sampled_from(METHODS), st.floats(0.01, 100.0))
def test_scaling_the_book_scales_the_hedge(seed: int, rule: str, method: str, factor: float) -> None:
    market = markets.dirty_market(STOP, seed=seed, first=FIRST)
    book = {"ACME": 7e5, "CLOUD": -3e5}
    one = run_of(market, book, rehedge=rule, method=method, cash=2e5)
    many = run_of(market, {k: v * factor for k, v in book.items()}, rehedge=rule, method=method, cash=2e5 * factor)
    assert len(one.windows[0].decisions) == len(many.windows[0].decisions)
    for a, b in zip(one.windows[0].decisions, many.windows[0].decisions, strict=True):
        assert {k: factor * v for k, v in a.asked_usd.items()} == pytest.approx(b.asked_usd, rel=1e-7)
    assert many.pnl["together"] == pytest.approx(factor * one.pnl["together"], rel=1e-6, abs=1e-3 * factor)
    assert many.effect.effectiveness == pytest.approx(one.effect.effectiveness, abs=1e-7)


@pytest.mark.parametrize("method", ["dollar", "beta", "min_variance", "multi_min_variance", "total_least_squares"])
@pytest.mark.parametrize("usd", [7e5, -7e5])
def test_a_perfect_copy_hedges_everything(method: str, usd: float) -> None:
    market = with_copy(markets.dirty_market(STOP, seed=3, first=FIRST), "ACME", "SPARE")
    run = run_of(market, {"ACME": usd}, "SPARE", method=method, cash=2e6, benchmark="ACME")
    assert run.windows[0].decisions[0].target_usd["SPARE"] == pytest.approx(-usd, rel=1e-9)
    assert run.effect.effectiveness == pytest.approx(1.0, abs=1e-3)
    # The hedge is sized on NAV, which the unhedged night before its fill has moved; from then on nothing moves.
    daily = run_of(market, {"ACME": usd}, "SPARE", method=method, cash=2e6, benchmark="ACME", rehedge="every:1")
    assert daily.effect.effectiveness == pytest.approx(1.0, abs=1e-3)
    assert abs(run.effect.beta_hedged) < 0.05 * abs(run.effect.beta_book)


def test_a_book_that_never_moves_needs_no_hedge() -> None:
    market = markets.dirty_market(STOP, seed=3, first=FIRST)
    flat = {field: getattr(market, field).copy() for field in FIELDS}
    for field in ("open", "close"):
        flat[field][:, market.column("ACME")] = 50.0
    still = dataclasses.replace(market, **flat)
    run = run_of(still, {"ACME": 7e5}, method="min_variance")
    assert run.windows[0].decisions[0].target_usd == pytest.approx({"BENCH": 0.0, "SPARE": 0.0})
    assert np.isnan(run.effect.effectiveness)
    assert run.pnl["together"] == 0.0
    with pytest.raises(ParameterError, match="no hedge exists"):
        run_of(still, {"ACME": 7e5}, method="beta")


def test_an_uncorrelated_instrument_at_minimum_variance_is_hardly_used() -> None:
    draw = np.random.default_rng(8)
    sessions = 600
    marks = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.01, (2 * sessions, 2)), axis=0))
    names = ("ONE", "TWO")
    universe = markets.numbered_universe(names)
    market = markets.market_of(
        {"open": marks[0::2], "close": marks[1::2]}, names, first="2025-01-02", universe=universe
    )
    asked = HedgeBook(Book({"ONE": 1e6}, "dollars"), ("TWO",), lookback=400)
    days = Period(str(market.sessions[410]), str(market.sessions[-1]))
    run = run_hedge_book(asked, days, RunSetting(market, Costs(), Account(), load_events()))
    assert abs(run.windows[0].decisions[0].target_usd["TWO"]) < 0.15 * 1e6
    assert abs(run.effect.effectiveness) < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_parts_add_up_where_cash_flows(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    market = markets.dirty_market(STOP, seed=seed, first=FIRST)
    days = market.sessions[[START + 3, START + 9, START + 12, START + 12]]
    flows = CashFlows(("ACME", "CLOUD", "BENCH", "SPARE"), days, np.array([0, 1, 0, 0]), np.array([2.0, 1.5, 4.0, 3.0]))
    bare = run_of(market, {"ACME": 7e5, "CLOUD": -3e5}, costs=COSTS)
    monkeypatch.setattr(run_setting, "run_schedule", functools.partial(run_schedule, flows=flows))
    run = run_of(market, {"ACME": 7e5, "CLOUD": -3e5}, costs=COSTS)
    window = run.windows[0]
    np.testing.assert_allclose(window.pnl[list(PARTS)].sum(axis=1), window.pnl["together"], atol=1e-9 * 1e6)
    np.testing.assert_allclose(window.pnl["book"], window.pnl["alone"], atol=1e-9 * 1e6)
    assert run.pnl["book"] != pytest.approx(bare.pnl["book"], abs=1.0)
    paid = [ticker for ticker in ("BENCH", "SPARE") if ticker in window.hedged.schedule.tickers]
    assert paid
    assert run.pnl["hedge"] != pytest.approx(bare.pnl["hedge"], abs=1.0)
