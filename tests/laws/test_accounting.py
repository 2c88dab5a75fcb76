"""Laws of the books: P&L adds up, and capital, order of tickers and unused tickers do not matter."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.kernels.book.records import Cause, Status
from hedgebook.universes.calendar import Mark
from tests import markets
from tests.records import amounts as amounts_of
from tests.records import codes as codes_of

SEEDS = st.integers(0, 2**32 - 1)
USD = 1e-9  # of capital


def draw_run(seed: int, dirt: float, capital: float = 1e6) -> Backtest:
    market = markets.random_market(seed, missing_frac=dirt)
    schedule = markets.random_schedule(seed + 1, market)
    account = Account(capital_usd=capital, max_stale_sessions=3)
    return run_schedule(market, schedule, markets.random_costs(seed + 2), account)


@given(SEEDS, st.sampled_from([0.0, 0.05, 0.3]))
@settings(deadline=None, max_examples=100)
def test_profit_by_ticker_and_cause_explains_nav_at_every_close(seed: int, dirt: float) -> None:
    run = draw_run(seed, dirt)
    explained = run.capital
    for t, nav in enumerate(run.record.nav[:, 1].tolist()):
        explained = math.fsum([explained, *run.record.pnl[t].ravel().tolist(), run.record.interest[t]])
        assert abs(explained - nav) <= USD * run.capital


@given(SEEDS, st.sampled_from([0.0, 0.05, 0.3]))
@settings(deadline=None, max_examples=100)
def test_fills_financing_and_market_prices_rebuild_nav(seed: int, dirt: float) -> None:
    """Cash and shares from the log of fills alone, valued at the last price that the market shows."""
    run = draw_run(seed, dirt)
    record, window = run.record, run.market
    cash, shares = run.capital, [0.0] * len(window.tickers)
    last = [math.nan] * len(window.tickers)
    fills = [
        (t, mark, i, *values)
        for (t, mark, i, status, _), values in zip(codes_of(record).tolist(), amounts_of(record).tolist(), strict=True)
        if status == Status.FILLED
    ]
    for t in range(len(window.sessions)):
        cash += record.interest[t] + math.fsum(record.pnl[t, :, Cause.BORROW].tolist())
        for mark, table in enumerate((window.open, window.close)):
            last = [new if math.isfinite(new) else old for new, old in zip(table[t].tolist(), last, strict=True)]
            for _, _, i, change, _, price, commission, *_ in (f for f in fills if f[:2] == (t, mark)):
                cash -= change * price + commission
                shares[i] += change
            held = [q * v for q, v in zip(shares, last, strict=True) if abs(q) > 1e-9]
            assert abs(math.fsum([cash, *held]) - record.nav[t, mark]) <= USD * run.capital
        assert abs(cash - record.cash[t]) <= USD * run.capital


@given(SEEDS, st.sampled_from([2.0**-12, 2.0**9]))
@settings(deadline=None, max_examples=100)
def test_capital_scales_everything(seed: int, factor: float) -> None:
    """Without impact, which grows with size. A power of two, so that not even the last digit may differ."""
    market = markets.random_market(seed)
    schedule, costs = markets.random_schedule(seed + 1, market), markets.random_costs(seed + 2, impact=False)
    one = run_schedule(market, schedule, costs, Account(capital_usd=1e6)).record
    two = run_schedule(market, schedule, costs, Account(capital_usd=1e6 * factor)).record
    for name in ("nav", "cash", "interest", "shares", "pnl"):
        np.testing.assert_array_equal(getattr(one, name) * factor, getattr(two, name))
    np.testing.assert_array_equal(codes_of(one), codes_of(two))
    np.testing.assert_array_equal(amounts_of(one)[:, 2], amounts_of(two)[:, 2])


@given(SEEDS)
@settings(deadline=None, max_examples=100)
def test_impact_grows_with_capital(seed: int) -> None:
    """The square-root law: the cost in USD of the first fill grows with the power 3/2 of its size."""
    market = markets.random_market(seed, missing_frac=0.0)
    schedule = markets.schedule_of(market, [(15, Mark.OPEN, [0.5, -0.5, 0.0, 0.1, 0.2])])
    costs = markets.random_costs(seed + 2)
    one = run_schedule(market, schedule, costs, Account(capital_usd=1e6)).fills["impact"]
    four = run_schedule(market, schedule, costs, Account(capital_usd=4e6)).fills["impact"]
    assert (one > 0).all()
    np.testing.assert_allclose(four, 8.0 * one, rtol=1e-12)


@given(SEEDS, st.permutations(range(5)))
@settings(deadline=None, max_examples=100)
def test_the_order_of_tickers_does_not_matter(seed: int, order: list[int]) -> None:
    market = markets.random_market(seed)
    schedule, costs = markets.random_schedule(seed + 1, market), markets.random_costs(seed + 2)
    one = run_schedule(market, schedule, costs)
    two = run_schedule(markets.permuted(market, order), schedule, costs)
    for name in ("nav", "cash", "interest"):
        np.testing.assert_allclose(getattr(two.record, name), getattr(one.record, name), rtol=0, atol=1e-6)
    np.testing.assert_allclose(two.record.shares, one.record.shares[:, order], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(two.record.pnl, one.record.pnl[:, order], rtol=0, atol=1e-6)
    keys = ["session", "mark", "ticker", "status", "reason"]
    by_ticker = sorted(["session", "mark", "ticker"], reverse=True)
    left = one.orders[keys].sort_values(by_ticker, ignore_index=True)
    assert left.equals(two.orders[keys].sort_values(by_ticker, ignore_index=True))


@given(SEEDS, st.integers(0, 5))
@settings(deadline=None, max_examples=100)
def test_an_unused_ticker_changes_not_a_bit(seed: int, at: int) -> None:
    market = markets.random_market(seed)
    schedule, costs = markets.random_schedule(seed + 1, market), markets.random_costs(seed + 2)
    one = run_schedule(market, schedule, costs)
    two = run_schedule(markets.with_ticker(market, at), schedule, costs)
    kept = [i for i in range(6) if i != at]
    np.testing.assert_array_equal(amounts_of(one.record), amounts_of(two.record))
    for name in ("nav", "cash", "interest"):
        np.testing.assert_array_equal(getattr(one.record, name), getattr(two.record, name))
    for name in ("shares", "price"):
        np.testing.assert_array_equal(getattr(one.record, name), getattr(two.record, name)[:, kept])
    np.testing.assert_array_equal(one.record.pnl, two.record.pnl[:, kept])
    assert not two.record.pnl[:, at].any()
    assert one.orders.equals(two.orders)


@given(SEEDS)
@settings(deadline=None, max_examples=100)
def test_rows_that_leave_everything_alone_change_not_a_bit(seed: int) -> None:
    market = markets.random_market(seed)
    schedule, costs = markets.random_schedule(seed + 1, market), markets.random_costs(seed + 2)
    session, mark, when, weights = (
        schedule.session.tolist(),
        schedule.mark.tolist(),
        schedule.decided_at,
        schedule.weights,
    )
    taken = {(s, m) for s, m in zip(session, mark, strict=True)}
    last = market.sessions[-1]
    if (last.item(), 1) in taken:
        return
    padded = Schedule(
        schedule.tickers,
        np.append(when, when[-1]),
        np.append(schedule.session, last),
        np.append(schedule.mark, 1),
        np.vstack([weights, np.full((1, weights.shape[1]), np.nan)]),
    )
    one, two = run_schedule(market, schedule, costs).record, run_schedule(market, padded, costs).record
    np.testing.assert_array_equal(one.nav, two.nav)
    np.testing.assert_array_equal(codes_of(one), codes_of(two))
