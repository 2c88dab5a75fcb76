"""Laws of costs.

With many rows higher costs may well raise the final NAV: orders are sized on NAV, so an account that has paid
more holds less of what falls later. Where the shares do not depend on costs, costs only take: the trade is entered
once from cash at a mark where every order fills or is dropped (a close; an order that waits from an open would be
sized on NAV after its neighbours' costs), and left once. Rates on cash are zero or more, as then more cash never
ends as less.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets
from tests.records import amounts as amounts_of
from tests.records import codes as codes_of

ACCOUNT = Account(capital_usd=1e6, max_stale_sessions=3)
SEEDS = st.integers(0, 2**32 - 1)
HIGHER: dict[str, tuple[str, str]] = {
    "commission": ("commission", "rate_bps"),
    "spread": ("half_spread", "default_bps"),
    "slippage": ("slippage", "default_bps"),
    "impact": ("impact", "y"),
    "borrow": ("borrow", "default_annual"),
    "margin interest": ("cash", "margin_rate_annual"),
}


def in_and_out(seed: int, market: Market, costs: Costs) -> Backtest:
    draw = np.random.default_rng(seed)
    weights = draw.uniform(-0.6, 0.6, len(market.tickers)).tolist()
    leave = (int(draw.integers(16, len(market.sessions))), Mark(int(draw.integers(0, 2))))
    rows = [(15, Mark.CLOSE, weights), (*leave, [0.0] * len(weights))]
    return run_schedule(market, markets.schedule_of(market, rows), costs, ACCOUNT)


@pytest.mark.parametrize("kind", HIGHER)
@given(seed=SEEDS, factor=st.floats(1.0, 3.0))
@settings(deadline=None, max_examples=100)
def test_more_of_any_cost_never_ends_with_more(kind: str, seed: int, factor: float) -> None:
    market = markets.random_market(seed)
    costs = markets.random_costs(seed + 2)
    table, key = HIGHER[kind]
    part: Any = getattr(costs, table)
    dearer = costs.model_copy(update={table: part.model_copy(update={key: (getattr(part, key) + 1e-3) * factor})})
    one, two = in_and_out(seed, market, costs), in_and_out(seed, market, dearer)
    np.testing.assert_array_equal(one.record.shares, two.record.shares)
    assert two.final_nav <= one.final_nav + 1e-12 * one.capital
    if kind in one.costs_paid:
        assert two.costs_paid[kind] >= one.costs_paid[kind]


@given(SEEDS)
@settings(deadline=None, max_examples=100)
def test_no_cost_is_ever_negative(seed: int) -> None:
    market = markets.random_market(seed)
    run = run_schedule(market, markets.random_schedule(seed + 1, market), markets.random_costs(seed + 2))
    assert all(run.costs_paid[kind] >= 0 for kind in ("commission", "spread", "slippage", "impact", "borrow"))
    assert (run.record.pnl[:, :, 2:] <= 0).all()
    free = in_and_out(seed, market, Costs())
    assert in_and_out(seed, market, markets.random_costs(seed + 2, largest=1e-9)).final_nav <= free.final_nav + 1e-4


@given(SEEDS)
@settings(deadline=None, max_examples=100)
def test_zero_costs_are_no_costs_to_the_last_bit(seed: int) -> None:
    market = markets.random_market(seed)
    schedule = markets.random_schedule(seed + 1, market)
    none = run_schedule(market, schedule, "none").record
    zero = run_schedule(market, schedule, markets.random_costs(seed + 2, largest=0.0)).record
    np.testing.assert_array_equal(codes_of(none), codes_of(zero))
    np.testing.assert_array_equal(amounts_of(none), amounts_of(zero))
    for name in ("nav", "cash", "interest", "shares", "price", "pnl"):
        np.testing.assert_array_equal(getattr(none, name), getattr(zero, name))
