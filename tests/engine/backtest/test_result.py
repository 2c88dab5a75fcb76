"""What a backtest tells: its tables add up to its NAV, in every split."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest, identity_gap
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.recorded import CAUSES
from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import Mark
from tests import markets
from tests.markets import NAN
from tests.records import with_nav

TRADING_COSTS = ("commission", "spread", "slippage", "impact")


@lru_cache(maxsize=1)
def dirty_run(seed: int = 11) -> Backtest:
    market = markets.dirty_market()
    costs = Costs.model_validate(
        {
            "commission": {"rate_bps": 1},
            "half_spread": {"default_bps": 3, "by_bucket_bps": {"renter": 6}},
            "slippage": {"default_bps": 2},
            "impact": {"y": 0.7},
            "borrow": {"default_annual": 0.05},
            "cash": {"rate_annual": 0.03, "margin_rate_annual": 0.06},
        }
    )
    return run_schedule(market, markets.random_schedule(seed, market, size=0.3), costs, Account(capital_usd=2e6))


@pytest.mark.parametrize("by", ["ticker", "bucket", "session", "cause"])
def test_every_split_of_profit_and_the_interest_give_the_change_of_nav(by: Any) -> None:
    table = dirty_run().pnl(by)
    explained = table["total"].sum() + dirty_run().nav["interest"].sum()
    assert explained == pytest.approx(dirty_run().final_nav - dirty_run().capital, abs=1e-6)
    assert table.index.name == by


def test_splits_agree_with_one_another_and_with_the_long_table() -> None:
    by_ticker, by_bucket = dirty_run().pnl("ticker"), dirty_run().pnl("bucket")
    assert list(by_ticker.columns) == [*CAUSES[:-1], "total"]
    for bucket, tickers in markets.BUCKETS.items():
        rows = by_ticker.loc[[t for t in tickers if t in by_ticker.index]]
        pd.testing.assert_series_equal(by_bucket.loc[bucket], rows.sum(), check_names=False)
        assert dirty_run().pnl_of(tickers) == pytest.approx(rows["total"].sum(), abs=1e-6)
    long = dirty_run().pnl_long
    pd.testing.assert_series_equal(
        long.groupby("cause")["pnl"].sum().sort_index(),
        dirty_run().pnl("cause")["total"].sort_index(),
        check_names=False,
    )
    assert long.groupby("session")["pnl"].sum().to_dict() == pytest.approx(
        dirty_run().pnl("session")["total"].loc[long["session"].unique()].to_dict(), abs=1e-6
    )
    assert set(zip(long["ticker"], long["bucket"], strict=True)) == {
        (t, b) for b, tickers in markets.BUCKETS.items() for t in tickers
    }
    assert (long["pnl"] != 0).all()


def test_a_ticker_outside_the_universe_is_in_the_bucket_other() -> None:
    market = markets.with_ticker(markets.dirty_market(), 0)
    row = [0.5] + [NAN] * 7
    run = run_schedule(market, markets.schedule_of(market, [(2, Mark.OPEN, row)]), "none")
    assert run.pnl("bucket").index.tolist() == ["other"]
    assert set(run.pnl_long["bucket"]) == {"other"}


def test_another_split_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"by: .*got 'leg'.*ticker, bucket, cause, session"):
        dirty_run().pnl(cast(Any, "leg"))


def test_costs_paid_are_the_sums_over_fills_and_nights() -> None:
    paid = dirty_run().costs_paid
    for name in TRADING_COSTS:
        assert paid[name] > 0
        assert paid[name] == pytest.approx(math.fsum(dirty_run().fills[name]), rel=1e-12)
        assert paid[name] == pytest.approx(-dirty_run().pnl("cause").loc[name, "total"], rel=1e-12)
    assert paid["borrow"] == pytest.approx(dirty_run().nav["borrow"].sum(), rel=1e-12)
    assert paid["borrow"] > 0
    assert paid["interest"] == pytest.approx(-dirty_run().nav["interest"].sum(), rel=1e-12)
    assert math.fsum(dirty_run().fills["cost"]) == pytest.approx(sum(paid[name] for name in TRADING_COSTS), rel=1e-12)


def test_costs_that_are_nothing_are_plain_zeros() -> None:
    market = markets.dirty_market()
    run = run_schedule(market, markets.random_schedule(1, market), "none")
    assert [str(v) for v in run.costs_paid.values()] == ["0.0"] * 6


def test_positions_and_cash_are_nav() -> None:
    value = dirty_run().positions.groupby("session")["value"].sum().reindex(dirty_run().sessions, fill_value=0.0)
    np.testing.assert_allclose(value + dirty_run().nav["cash"], dirty_run().nav["nav_close"], rtol=0, atol=1e-6)
    rows = dirty_run().positions
    np.testing.assert_allclose(rows["value"], rows["shares"] * rows["price"], rtol=1e-12)
    nav = dirty_run().nav["nav_close"].loc[rows["session"]].to_numpy()
    np.testing.assert_allclose(rows["weight"], rows["value"] / nav, rtol=1e-12)
    assert (rows["shares"] != 0).all()
    assert dirty_run().open_positions() == tuple(rows.loc[rows["session"] == dirty_run().sessions[-1], "ticker"])


def test_orders_are_fills_and_the_rest() -> None:
    assert len(dirty_run().fills) + len(dirty_run().rejected) == len(dirty_run().orders)
    assert set(dirty_run().orders["status"]) == {"filled", "deferred", "rejected"}
    assert set(dirty_run().fills["status"]) == {"filled"}
    assert "filled" not in set(dirty_run().rejected["status"])
    step = dirty_run().orders["session"].astype("int64") * 2 + (dirty_run().orders["mark"] == "close")
    assert step.is_monotonic_increasing
    unfilled = dirty_run().orders["status"] != "filled"
    assert dirty_run().orders.loc[unfilled, "price"].isna().all()
    assert (dirty_run().orders.loc[unfilled, "cost"] == 0).all()
    assert dirty_run().fills["price"].gt(0).all()
    signs = np.sign(dirty_run().fills["price"] - dirty_run().fills["reference"])
    np.testing.assert_array_equal(signs, np.sign(dirty_run().fills["shares"]))


def test_returns_start_from_the_initial_capital() -> None:
    market = markets.dirty_market()
    costs = Costs.model_validate({"commission": {"rate_bps": 100}})
    rows = [(5, Mark.CLOSE, [1.0] + [NAN] * 6), (7, Mark.CLOSE, [0.0] + [NAN] * 6)]
    run = run_schedule(market, markets.schedule_of(market, rows), costs, until=market.sessions[8])
    closes = market.close[5:8, 0].tolist()
    assert run.returns.iloc[0] == pytest.approx(-0.01, rel=1e-12)
    capital = run.capital
    shares, cash = capital / closes[0], -0.01 * capital
    levels = [capital, 0.99 * capital, shares * closes[1] + cash, shares * closes[2] * 0.99 + cash]
    expected = [b / a - 1.0 for a, b in pairwise(levels)]
    np.testing.assert_allclose(run.returns, [*expected, 0.0], rtol=0, atol=1e-14)
    assert run.nav["return"].equals(run.returns)


def test_the_gap_of_the_identity_is_the_largest_over_sessions() -> None:
    record = dirty_run().record
    assert identity_gap(record, dirty_run().capital) < 1e-12
    bent = with_nav(record, record.nav)
    bent.days["nav_close"][4] += 3.0
    assert identity_gap(bent, dirty_run().capital) == pytest.approx(3.0 / dirty_run().capital, rel=1e-6)
    bent.days["nav_close"][5] = np.nan
    assert math.isnan(identity_gap(bent, dirty_run().capital))
