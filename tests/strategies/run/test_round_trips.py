"""Round trips against trips worked out by hand, and their sum against the P&L on markets with everything in them."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.rules import Rules
from hedgebook.strategies.run.round_trips import COLUMNS, round_trips
from hedgebook.universes.calendar import Mark
from tests import markets
from tests.laws.everything import everything
from tests.oracle.round_trips import trips_of

NAN = float("nan")
SEEDS = st.integers(0, 2**32 - 1)


def trips(run: Backtest) -> pd.DataFrame:
    return round_trips(run.fills, run.positions, run.pnl_long, run.sessions)


def by_hand(
    rows: list[tuple[int, Mark, list[float]]], costs: Costs | None = None, last: int = 5, **account: Any
) -> Backtest:
    """ACME at 100, 110, 120, 90, 80, 100 (opens 1 below) up to session `last`, BOLT at 50 throughout."""
    close = np.array([100.0, 110.0, 120.0, 90.0, 80.0, 100.0])
    close[last + 1 :] = np.nan
    fields = {"close": np.column_stack([close, np.full(6, 50.0)]), "open": np.column_stack([close - 1, np.full(6, 50)])}
    market = markets.market_of(fields, ("ACME", "BOLT"))
    schedule = markets.schedule_of(market, rows)
    return run_schedule(market, schedule, costs or Costs(), Account(capital_usd=1000.0, **account))


def test_a_position_that_is_built_up_taken_down_and_left() -> None:
    rows = [(0, Mark.CLOSE, [0.5, 0.0]), (2, Mark.OPEN, [0.25, NAN]), (3, Mark.CLOSE, [0.0, NAN])]
    found = trips(by_hand(rows))
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == 1
    one = found.iloc[0]
    # 5 shares at 100; at the open of 119 NAV is 1095, so 273.75 USD are left of 595; the rest goes at 90.
    kept = 0.25 * 1095 / 119
    assert one["largest_shares"] == 5.0
    assert (one["side"], one["entry_mark"], one["exit_mark"], one["exit_reason"]) == ("long", "close", "close", "order")
    assert one["entry_price"] == 100.0
    assert one["exit_price"] == pytest.approx(((5 - kept) * 119 + kept * 90) / 5, rel=1e-14)
    assert one["pnl_usd"] == pytest.approx((5 - kept) * 19 - kept * 10, rel=1e-12)
    assert one["holding_sessions"] == 3
    assert not one["open"]
    assert one["costs_usd"] == 0.0


def test_a_fill_through_zero_ends_one_trip_and_begins_another_and_pays_for_both_by_shares() -> None:
    costs = Costs.model_validate({"commission": {"rate_bps": 100}, "borrow": {"default_annual": 0.36}})
    rows = [(1, Mark.OPEN, [0.5, NAN]), (3, Mark.OPEN, [-0.25, NAN])]
    run = by_hand(rows, costs)
    found = trips(run)
    assert found["side"].tolist() == ["long", "short"]
    assert found["open"].tolist() == [False, True]
    assert found["entry_session"].tolist() == [run.sessions[0], run.sessions[2]]  # the run begins with its first order
    assert found["exit_session"].isna().tolist() == [False, True]
    bought, turned = run.fills["shares"].to_numpy()
    fee = 0.01 * abs(turned) * 89.0
    long_costs = 0.01 * bought * 109.0 + fee * bought / -turned
    assert found["costs_usd"][0] == pytest.approx(long_costs, rel=1e-12)
    assert found["pnl_usd"][0] == pytest.approx(bought * (89.0 - 109.0) - long_costs, rel=1e-12)
    short = bought + turned
    nights = [(run.sessions[k + 1] - run.sessions[k]).days for k in (2, 3)]
    borrow = sum(-short * price * 0.36 * days / 360 for price, days in zip((90.0, 80.0), nights, strict=True))
    assert found["costs_usd"][1] == pytest.approx(fee * short / turned + borrow, rel=1e-12)
    assert found["pnl_usd"][1] == pytest.approx(short * (100.0 - 89.0) - found["costs_usd"][1], rel=1e-12)
    assert found["largest_shares"][1] == pytest.approx(-short)
    assert found["holding_sessions"].tolist() == [2, 2]
    assert math.isnan(found["exit_price"][1])
    assert pd.isna(found["exit_mark"][1])


def test_what_is_left_at_an_open_and_taken_again_at_the_close_are_two_trips() -> None:
    rows = [(0, Mark.CLOSE, [0.5, NAN]), (2, Mark.OPEN, [0.0, NAN]), (2, Mark.CLOSE, [0.5, NAN])]
    found = trips(by_hand(rows))
    assert found["pnl_usd"].tolist() == pytest.approx([5 * 19.0, -0.5 * 1095 / 120 * 20], rel=1e-12)
    assert found["exit_session"][0] == found["entry_session"][1]


def test_a_write_off_ends_a_trip_at_what_was_recovered() -> None:
    days = markets.session_days(6)
    rows = [(0, Mark.CLOSE, [0.5, 0.25])]
    run = by_hand(rows, last=2, delisting={"recovery_frac": 0.5, "delisted": {"ACME": str(days[3])}})
    one = trips(run).set_index("ticker").loc["ACME"]
    assert one["exit_reason"] == "delisted"
    assert not one["open"]
    assert one["exit_price"] == pytest.approx(60.0)
    assert one["pnl_usd"] == pytest.approx(5 * (60.0 - 100.0))


def test_a_run_that_traded_nothing_has_none() -> None:
    run = by_hand([(0, Mark.CLOSE, [0.0, 0.0])])
    found = trips(run)
    assert found.empty
    assert list(found.columns) == list(COLUMNS)


def check(run: Backtest) -> None:
    found = trips(run)
    usd = 1e-9 * run.capital
    totals = found.groupby("ticker")["pnl_usd"].sum()
    for ticker, total in run.pnl("ticker")["total"].items():
        assert abs(totals.get(ticker, 0.0) - total) <= usd
    assert abs(found["pnl_usd"].sum() + run.record.interest.sum() - (run.final_nav - run.capital)) <= usd
    paid = sum(amount for name, amount in run.costs_paid.items() if name != "interest")
    assert abs(found["costs_usd"].sum() - paid) <= usd
    assert sorted(found.loc[found["open"], "ticker"]) == sorted(run.open_positions())
    assert not found.loc[found["open"], "ticker"].duplicated().any()
    slow = trips_of(run)
    assert len(slow) == len(found)
    for (_, mine), theirs in zip(found.iterrows(), slow, strict=True):
        for name, value in theirs.items():
            if isinstance(value, float):
                assert mine[name] == pytest.approx(value, rel=1e-9, abs=usd, nan_ok=True), (name, mine, theirs)
            elif isinstance(value, date):
                assert mine[name].date() == value
            else:
                assert (None if pd.isna(mine[name]) else mine[name]) == value, (name, mine, theirs)


@given(SEEDS)
@settings(deadline=None, max_examples=60)
def test_trips_add_up_on_dirty_markets_under_every_rule_and_limit(seed: int) -> None:
    check(everything(seed).run())


@given(SEEDS, st.sampled_from([0.0, 0.05, 0.3]))
@settings(deadline=None, max_examples=60)
def test_trips_add_up_under_the_schedule_alone(seed: int, dirt: float) -> None:
    market = markets.random_market(seed, missing_frac=dirt)
    schedule = markets.random_schedule(seed + 1, market)
    run = run_schedule(market, schedule, markets.random_costs(seed + 2), Account(max_stale_sessions=3))
    check(run)
    capped = Account.model_validate({"orders": {"participation_frac": 0.001, "whole_shares": True}})
    check(run_schedule(market, schedule, markets.random_costs(seed + 2), capped, rules=Rules(stop_loss=0.05)))
