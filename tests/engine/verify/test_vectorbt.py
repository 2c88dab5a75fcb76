"""hedgebook against vectorbt, run live: the books of the same fills, and the sizing of the same targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.kernels.book.records import Reason, Status
from hedgebook.engine.verify.vectorbt import to_vectorbt, verify_backtest
from hedgebook.errors import VerificationError
from hedgebook.universes.calendar import Mark, trading_calendar
from tests.records import amounts as amounts_of
from tests.records import codes as codes_of
from tests.records import with_amounts, with_nav

from ..random_market import market_of, random_account, random_costs, random_market, random_schedule, schedule_of

TOLERANCE_FRAC = 1e-8


def dirty_run(seed: int) -> Backtest:
    draw = np.random.default_rng(seed)
    market = random_market(draw)
    return run_schedule(market, random_schedule(draw, market), random_costs(draw), random_account(draw))


def small_run(capital: float = 1000.0, weight: float = 0.5, tickers: int = 2) -> Backtest:
    """Bought at the open of a Thursday, sold at the close of the Monday; no costs."""
    sessions = trading_calendar(2024, 2024).sessions[7:10]
    opens = np.array([[100.0, 50.0], [104.0, 49.0], [np.nan, 51.0]])[:, :tickers]
    closes = np.array([[102.0, 48.0], [103.0, np.nan], [108.0, 52.0]])[:, :tickers]
    market = market_of(sessions, ("AAA", "BBB")[:tickers], opens, closes)
    weights = np.array([[weight] * tickers, [0.0] * tickers])
    schedule = schedule_of(market, [(0, Mark.OPEN), (2, Mark.CLOSE)], weights)
    return run_schedule(market, schedule, "none", account=Account(capital_usd=capital))


def test_nav_of_200_dirty_schedules_is_vectorbts() -> None:
    seen = dict.fromkeys(("deferred", "rejected", "stale", "flips", "margin", "leverage", "borrow", "opens"), 0)
    gaps = []
    for seed in range(200):
        run = dirty_run(seed)
        found = verify_backtest(run)
        assert found.passed, f"seed {seed}: {found}"
        assert found.marks_compared == 2 * len(run.sessions)
        gaps.append(found.largest_nav_difference_frac)
        codes, record = codes_of(run.record), run.record
        shares = record.shares
        seen["deferred"] += int((codes[:, 3] == Status.DEFERRED).sum())
        seen["rejected"] += int((codes[:, 3] == Status.REJECTED).sum())
        seen["stale"] += int((codes[:, 4] == Reason.STALE).sum())
        seen["flips"] += int((shares[1:] * shares[:-1] < 0).sum())
        seen["margin"] += int((record.cash < 0).any())
        gross = np.abs(np.nan_to_num(shares * record.price)).sum(axis=1)
        seen["leverage"] += int((gross > 1.2 * record.nav[:, Mark.CLOSE]).any())
        seen["borrow"] += int(run.costs_paid["borrow"] > 0)
        seen["opens"] += int((codes[codes[:, 3] == Status.FILLED, 1] == Mark.OPEN).sum())
    assert max(gaps) <= TOLERANCE_FRAC
    assert min(seen.values()) >= 20, f"the schedules are too clean: {seen}"


def test_sizing_is_that_of_vectorbts_target_percent() -> None:
    """vectorbt sizes by itself: no fill of hedgebook goes in. Long weights stay below what the cash buys."""
    import vectorbt

    for seed in range(40):
        draw = np.random.default_rng(1000 + seed)
        market = random_market(draw, complete=True)
        length, count = market.close.shape
        at = np.flatnonzero(draw.random(length) < 0.4)
        at = at if len(at) else np.array([0])
        weights = draw.uniform(-2.5, 0.7, (len(at), count)) / count
        weights[draw.random(weights.shape) < 0.2] = 0.0
        weights[draw.random(weights.shape) < 0.2] = np.nan
        bps = draw.uniform(0.0, 20.0, 2)
        costs = Costs.model_validate({"commission": {"rate_bps": bps[0]}, "slippage": {"default_bps": bps[1]}})
        mark = (Mark.OPEN, Mark.CLOSE)[seed % 2]
        schedule = schedule_of(market, [(int(t), mark) for t in at], weights)
        run = run_schedule(market, schedule, costs, Account(capital_usd=1e6))
        start = int(at[0])
        size = np.full((length, count), np.nan)
        size[at] = weights
        portfolio = vectorbt.Portfolio.from_orders(
            pd.DataFrame(market.close[start:]),
            size=size[start:],
            size_type="targetpercent",
            price=(market.open if mark is Mark.OPEN else market.close)[start:],
            fees=bps[0] / 1e4,
            slippage=bps[1] / 1e4,
            min_size=0.0,
            init_cash=1e6,
            cash_sharing=True,
            group_by=True,
            call_seq="auto",
        )
        assert portfolio.cash().min() > 1.0, "vectorbt ran out of cash, so the two do not agree on purpose"
        gap = np.abs(portfolio.value().to_numpy() - run.record.nav[:, Mark.CLOSE])
        assert gap.max() <= TOLERANCE_FRAC * 1e6, f"seed {seed}"
        shares = np.abs(portfolio.assets().to_numpy() - run.record.shares) * market.close[start:]
        assert shares.max() <= TOLERANCE_FRAC * 1e6, f"seed {seed}"
        assert np.abs(run.record.shares).sum() > 0


def test_portfolio_is_one_account_with_two_bars_a_session() -> None:
    # 1000 buys 5 AAA at 100 and 10 BBB at 50. Closes 102 and 48: 510 + 480 = 990. Opens 104 and 49: 1010.
    # Closes 103 and none (49): 515 + 490 = 1005. Opens none (103) and 51: 1025. Closes 108 and 52: 1060.
    run = small_run()
    portfolio = to_vectorbt(run)
    assert portfolio.value().to_list() == [1000.0, 990.0, 1010.0, 1005.0, 1025.0, 1060.0]
    assert portfolio.cash().to_list() == [0.0, 0.0, 0.0, 0.0, 0.0, 1060.0]
    assert portfolio.init_cash == 1000.0
    assert portfolio.total_return() == pytest.approx(0.06, abs=1e-15)
    assert list(portfolio.wrapper.columns) == ["AAA", "BBB"]
    assert portfolio.wrapper.index[0] == pd.Timestamp("2024-01-11 14:30", tz="UTC")
    assert portfolio.wrapper.index[-1] == pd.Timestamp("2024-01-16 21:00", tz="UTC")
    assert portfolio.orders.count() == 4


def test_margin_shows_as_negative_cash_and_no_loan() -> None:
    run = small_run(weight=1.5)
    portfolio = to_vectorbt(run)
    assert portfolio.cash().iloc[0] == -2000.0
    assert portfolio.value().iloc[0] == 1000.0
    assert portfolio.init_cash == 1000.0
    assert verify_backtest(run).passed


def test_annual_figures_of_vectorbt_count_252_sessions_of_two_bars() -> None:
    portfolio = to_vectorbt(small_run())
    returns = portfolio.returns().to_numpy()
    sharpe = returns.mean() / returns.std(ddof=1) * np.sqrt(504)
    assert portfolio.sharpe_ratio(year_freq="252D") == pytest.approx(sharpe, rel=1e-12)


def test_one_ticker_and_orders_smaller_than_vectorbts_least() -> None:
    # 1e-6 USD at about 100 USD a share: 1e-8 shares and less, vectorbt's own min_size.
    run = small_run(capital=1e-6, weight=0.25, tickers=1)
    assert to_vectorbt(run).orders.count() == 2
    assert verify_backtest(run).passed


def test_settings_of_the_process_change_nothing() -> None:
    from vectorbt import settings

    run = dirty_run(3)
    before = dict(settings["portfolio"])
    settings["portfolio"].update(fees=0.01, slippage=0.01, min_size=1.0, max_size=2.0, lock_cash=True)
    try:
        assert verify_backtest(run).passed
    finally:
        settings["portfolio"].update(before)


def test_a_run_without_a_fill_keeps_its_capital() -> None:
    market = small_run().market
    nothing = schedule_of(market, [(0, Mark.OPEN)], np.zeros((1, 2)))
    run = run_schedule(market, nothing, "none", account=Account(capital_usd=500.0))
    assert (to_vectorbt(run).value() == 500.0).all()
    assert verify_backtest(run).passed


@pytest.mark.parametrize(("shift", "passed"), [(2e-8, False), (-2e-8, False), (5e-9, True), (np.nan, False)])
def test_a_nav_that_differs_fails_beyond_the_tolerance(shift: float, passed: bool) -> None:
    run = small_run()
    nav = run.record.nav.copy()
    nav[1, Mark.OPEN] += shift * run.capital
    found = verify_backtest(replace(run, record=with_nav(run.record, nav)))
    assert found.passed is passed
    assert (str(found.session), found.mark) == ("2024-01-12", "open")
    assert found.largest_nav_difference_frac == pytest.approx(abs(shift), rel=1e-4, nan_ok=True)
    assert found.largest_nav_difference_usd == pytest.approx(abs(shift) * 1000, rel=1e-4, nan_ok=True)
    assert found.marks_compared == 6


@pytest.mark.parametrize(("column", "factor"), [(0, -1.0), (0, 1.001), (2, 1.001), (3, 1.1)])
def test_a_fill_that_was_booked_otherwise_fails(column: int, factor: float) -> None:
    """Columns of the log: 0 shares, 2 price, 3 commission."""
    run = dirty_run(5)
    values = amounts_of(run.record).copy()
    line = int(np.flatnonzero(codes_of(run.record)[:, 3] == Status.FILLED)[0])
    values[line, column] *= factor
    assert not verify_backtest(replace(run, record=with_amounts(run.record, values))).passed


@pytest.mark.parametrize("price", [0.0, -5.0, np.inf])
def test_a_price_that_vectorbt_cannot_book_is_named(price: float) -> None:
    run = small_run()
    values = amounts_of(run.record).copy()
    values[1, 2] = price
    with pytest.raises(VerificationError, match=rf"BBB on 2024-01-11: 10.0 shares at {price} USD"):
        verify_backtest(replace(run, record=with_amounts(run.record, values)))


def test_interest_and_borrow_fees_are_taken_out_of_nav() -> None:
    # 10 AAA at 100 sold short for 1000: cash 2000. Two nights before the third session: one day, then four
    # (a Monday holiday): interest 2000 x 0.36 x 1/360 = 2, fee 1020 x 0.18 / 360 = 0.51, and so on.
    financing = {"borrow": {"default_annual": 0.18}, "cash": {"rate_annual": 0.36}}
    market = small_run(tickers=1).market
    schedule = schedule_of(market, [(0, Mark.OPEN)], np.array([[-1.0]]))
    run = run_schedule(market, schedule, Costs.model_validate(financing), Account(capital_usd=1000.0))
    assert to_vectorbt(run).value().to_list() == [1000.0, 980.0, 960.0, 970.0, 970.0, 920.0]
    assert run.record.nav[1, Mark.OPEN] == pytest.approx(960.0 + 2.0 - 0.51, abs=1e-12)
    assert verify_backtest(run).passed
