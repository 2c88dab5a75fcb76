"""Every friction against numbers worked out by hand or in plain Python."""

from __future__ import annotations

import dataclasses
import math
import statistics
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.frictions.impact import SquareRootImpact
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets
from tests.markets import NAN


def usd(value: float) -> Any:
    return pytest.approx(value, rel=1e-13, abs=1e-9)


def flat_market(sessions: int = 6) -> Market:
    """ACME at 100 and BOLT at 50 all the time, from Wednesday 2026-07-01 on (Friday is a holiday)."""
    prices = [[100.0, 50.0]] * sessions
    return markets.market_of({"open": prices, "close": prices}, ["ACME", "BOLT"], first="2026-07-01")


def run(costs: dict[str, object], weights: list[float], *, out: int | None = None) -> Backtest:
    market = flat_market()
    rows = [(0, Mark.OPEN, weights)] + ([(out, Mark.CLOSE, [0.0, 0.0])] if out is not None else [])
    return run_schedule(
        market, markets.schedule_of(market, rows), Costs.model_validate(costs), Account(capital_usd=1_000_000.0)
    )


def test_commission_is_charged_on_both_sides_of_the_trade() -> None:
    paid = run({"commission": {"rate_bps": 10}}, [0.5, -0.25], out=1)
    assert paid.fills["commission"].tolist() == [usd(500.0), usd(250.0), usd(500.0), usd(250.0)]
    assert paid.final_nav == usd(998_500.0)
    assert paid.costs_paid["commission"] == usd(1500.0)


def test_commission_is_taken_of_the_fill_price_and_not_of_the_reference() -> None:
    paid = run({"commission": {"rate_bps": 100}, "half_spread": {"default_bps": 200}}, [0.5, -0.25])
    # 5,000 shares at 102 and 5,000 sold at 49.
    assert paid.fills["price"].tolist() == [usd(102.0), usd(49.0)]
    assert paid.fills["commission"].tolist() == [usd(5100.0), usd(2450.0)]


def test_buyers_pay_up_and_sellers_get_less() -> None:
    paid = run({"half_spread": {"default_bps": 10}, "slippage": {"default_bps": 20}}, [0.5, -0.25], out=1)
    assert paid.fills["price"].tolist() == [usd(100.3), usd(49.85), usd(99.7), usd(50.15)]
    assert paid.fills["spread"].tolist() == [usd(500.0), usd(250.0), usd(500.0), usd(250.0)]
    assert paid.fills["slippage"].tolist() == [usd(1000.0), usd(500.0), usd(1000.0), usd(500.0)]
    assert paid.final_nav == usd(1_000_000.0 - 4500.0)


def test_a_ticker_goes_before_its_bucket_and_the_bucket_before_the_default() -> None:
    market = markets.dirty_market()
    table = {"default_bps": 7.0, "by_bucket_bps": {"renter": 3.0, "maker": 1.0}, "by_ticker_bps": {"DRIFT": 9.0}}
    costs = Costs.model_validate({"half_spread": table, "slippage": {"default_bps": 2.0}})
    assert costs.half_spread.frac(market).tolist() == [x / 1e4 for x in (1, 1, 3, 9, 3, 7, 7)]
    assert costs.slippage.frac(market).tolist() == [2.0 / 1e4] * 7
    borrow = Costs.model_validate(
        {"borrow": {"default_annual": 0.5, "by_bucket_annual": {"maker": 0.1}, "by_ticker_annual": {"LATE": 2.0}}}
    ).borrow.rates(market, 3, 5)
    assert borrow.tolist() == [[0.1, 0.1, 0.5, 0.5, 2.0, 0.5, 0.5]]


def test_borrow_is_charged_by_calendar_day_over_360_on_shorts_alone() -> None:
    paid = run({"borrow": {"default_annual": 0.36}}, [0.5, -0.25])
    # Wednesday to Thursday 1 day, over the holiday of Friday 3 July to Monday 4 days, then 1, 1, 1.
    assert paid.nav["borrow"].tolist() == [usd(250.0 * days) for days in (0, 1, 4, 1, 1, 1)]
    assert paid.pnl("ticker").loc["BOLT", "borrow"] == usd(-2000.0)
    assert "ACME" not in paid.pnl("ticker").index
    assert paid.costs_paid["borrow"] == usd(2000.0)


def test_borrow_follows_the_last_close() -> None:
    closes = [[50.0], [80.0], [40.0]]
    market = markets.market_of({"open": closes, "close": closes}, ["BOLT"], first="2026-07-06")
    costs = Costs.model_validate({"borrow": {"default_annual": 0.36}})
    paid = run_schedule(market, markets.schedule_of(market, [(0, Mark.OPEN, [-0.5])]), costs)
    assert paid.nav["borrow"].tolist() == [0.0, usd(500.0), usd(800.0)]


def test_cash_earns_and_debt_pays_by_calendar_day_over_360() -> None:
    rates = {"cash": {"rate_annual": 0.036, "margin_rate_annual": 0.072}}
    lent = run(rates, [0.5, -0.25])
    # Cash is 750,000: half spent, a quarter received for the short; 75 USD a day, compounding session by session.
    cash, expected = 750_000.0, [0.0]
    for days in (1, 4, 1, 1, 1):
        expected.append(cash * 0.036 * days / 360)
        cash += expected[-1]
    assert lent.nav["interest"].tolist() == [usd(x) for x in expected]
    assert lent.costs_paid["interest"] == usd(-sum(expected))
    owed = run(rates, [1.5, 0.0])
    assert owed.nav["interest"].tolist()[:2] == [0.0, usd(-500_000.0 * 0.072 / 360)]
    assert owed.costs_paid["interest"] > 0


def test_impact_is_y_sigma_root_of_participation() -> None:
    """100,000 shares a day at about 100 and a two-point distribution of returns, so that sigma is simple."""
    closes = [100.0]
    for k in range(10):
        closes.append(closes[-1] * (1.02 if k % 2 else 0.98))
    prices = [[c] for c in closes]
    volume = [[1e7 / c] for c in closes]
    market = markets.market_of({"open": prices, "close": prices, "volume": volume}, ["ACME"], first="2026-07-06")
    costs = Costs.model_validate({"impact": {"y": 0.5, "window_sessions": 8}})
    rows = [(10, Mark.CLOSE, [0.4])]
    account = Account(capital_usd=1_000_000.0)
    paid = run_schedule(market, markets.schedule_of(market, rows), costs, account).fills.iloc[0]
    # Eight returns of +-2 %, half of each: deviation 0.02 sqrt(8/7); ADV 10 million; Q = 400,000.
    move = 0.5 * 0.02 * math.sqrt(8 / 7) * math.sqrt(400_000 / 1e7)
    assert paid["impact"] == pytest.approx(400_000 * move, rel=1e-9)
    assert paid["price"] == pytest.approx(closes[10] * (1 + move), rel=1e-12)


def plain_coefficient(market: Market, i: int, t: int, y: float, window: int) -> float:
    """Y * sigma / sqrt(ADV) from the `window` sessions that end at the close of session t - 1."""
    close, volume = market.close[:, i].tolist(), market.volume[:, i].tolist()
    span = range(max(0, t - window), t)
    returns = [close[s] / close[s - 1] - 1.0 for s in span if s > 0]
    returns = [r for r in returns if math.isfinite(r)]
    traded = [close[s] * volume[s] for s in span if math.isfinite(close[s] * volume[s])]
    if len(returns) < 5 or len(traded) < 5:
        return NAN
    return float(y * statistics.stdev(returns) / math.sqrt(math.fsum(traded) / len(traded)))


@pytest.mark.parametrize("start", [0, 3, 17, 40])
@pytest.mark.parametrize("window", [5, 20])
def test_impact_coefficients_against_plain_python(start: int, window: int) -> None:
    market = markets.dirty_market()
    found = SquareRootImpact(y=0.7, window_sessions=window).coefficients(market, start, 50)
    expected = [
        [plain_coefficient(market, i, t, 0.7, window) for i in range(len(market.tickers))] for t in range(start, 50)
    ]
    np.testing.assert_allclose(found, np.array(expected), rtol=1e-9)
    assert np.isfinite(found).any()
    assert np.isnan(found[:, market.column("SPARE")]).all()


def test_impact_is_known_before_the_session_of_the_fill() -> None:
    market = markets.dirty_market()
    impact = SquareRootImpact(y=1.0)
    before = impact.coefficients(market, 0, 50)
    for t in (8, 25, 49):
        after = impact.coefficients(markets.changed_after(market, t - 1, seed=t), 0, 50)
        np.testing.assert_array_equal(before[: t + 1], after[: t + 1])
    changed = impact.coefficients(markets.changed_after(market, 24, seed=1), 0, 50)
    assert (np.isfinite(changed[26]) & (changed[26] != before[26])).any()


def test_no_impact_reads_no_volumes() -> None:
    market = markets.dirty_market()
    blind = dataclasses.replace(market, volume=np.full_like(market.volume, np.nan))
    assert not SquareRootImpact(y=0.0).coefficients(blind, 0, 50).any()


def test_volume_of_zero_gives_no_coefficient_rather_than_an_infinite_one() -> None:
    market = markets.dirty_market()
    still = dataclasses.replace(market, volume=np.zeros_like(market.volume))
    assert np.isnan(SquareRootImpact(y=1.0).coefficients(still, 0, 50)).all()
