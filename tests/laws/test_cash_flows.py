"""Laws of cash flows: they add up, they change nothing before they come, and size does not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.flows import CashFlows
from hedgebook.engine.backtest.result import Backtest, identity_gap
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.kernels.book.records import Cause
from tests import markets

SEEDS = range(8)


def drawn(seed: int, market: Any, count: int = 25) -> CashFlows:
    draw = np.random.default_rng([seed, 19])
    cells = draw.choice(2 * len(market.sessions) * 5, count, replace=False)
    step, ticker = np.divmod(cells, 5)
    names = tuple(f"T{i}" for i in ticker)
    return CashFlows(names, market.sessions[step // 2], step % 2, draw.uniform(-1.0, 5.0, count))


def run(seed: int, flows: CashFlows | None, *, scale: float = 1.0) -> Backtest:
    market = markets.random_market(seed)
    costs = markets.random_costs(seed, impact=False)
    costs = costs.model_copy(update={"commission": costs.commission.model_copy(update={"minimum_usd": 0.0})})
    schedule = markets.random_schedule(seed, market)
    return run_schedule(market, schedule, costs, Account(capital_usd=1e6 * scale), flows=flows)


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_adds_up(seed: int) -> None:
    found = run(seed, drawn(seed, markets.random_market(seed)))
    assert np.abs(found.record.pnl[:, :, Cause.CASH_FLOW]).sum() > 0.0
    assert identity_gap(found.record, found.capital) <= 1e-9
    total = found.pnl("cause")["total"].sum() + found.record.interest.sum()
    assert total == pytest.approx(found.final_nav - found.capital, abs=1e-9 * found.capital)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flow_changes_nothing_before_it_comes(seed: int) -> None:
    flows, t = drawn(seed, markets.random_market(seed)), 14
    found = run(seed, flows)
    begin = len(markets.random_market(seed).sessions) - len(found.sessions)
    cut = t - begin
    early = flows.sessions < found.market.sessions[cut]
    names = tuple(np.array(flows.tickers)[early].tolist())
    known = CashFlows(names, flows.sessions[early], flows.marks[early], flows.usd_per_share[early])
    before = run(seed, known)
    width = before.record.pnl.shape[2]
    np.testing.assert_array_equal(before.record.days[:cut], found.record.days[:cut])
    np.testing.assert_array_equal(before.record.shares[:cut], found.record.shares[:cut])
    np.testing.assert_array_equal(before.record.pnl[:cut], found.record.pnl[:cut, :, :width])


@pytest.mark.parametrize("seed", SEEDS)
def test_twice_the_capital_is_paid_twice(seed: int) -> None:
    flows = drawn(seed, markets.random_market(seed))
    single, double = run(seed, flows), run(seed, flows, scale=2.0)
    np.testing.assert_allclose(double.record.nav, 2.0 * single.record.nav, rtol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_in_which_flows_are_given_does_not_matter(seed: int) -> None:
    flows = drawn(seed, markets.random_market(seed))
    back = CashFlows(
        flows.tickers[::-1], flows.sessions[::-1].copy(), flows.marks[::-1].copy(), flows.usd_per_share[::-1].copy()
    )
    np.testing.assert_array_equal(run(seed, flows).record.days, run(seed, back).record.days)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flow_of_nothing_is_nothing(seed: int) -> None:
    flows = drawn(seed, markets.random_market(seed))
    free = CashFlows(flows.tickers, flows.sessions, flows.marks, 0.0 * flows.usd_per_share)
    np.testing.assert_array_equal(run(seed, free).record.days, run(seed, None).record.days)
