"""P&L through time and the prices around the news: the figures' numbers add up to the NAV."""

from __future__ import annotations

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.reports.run.around import around_figure
from hedgebook.reports.run.page import sections
from hedgebook.reports.run.pnl.through_time import MOST_BARS, MOST_PARTS, pnl_parts_by_session, pnl_through_time_figure
from hedgebook.strategies.run.run import StrategyRun, TradeRun
from tests import markets

from .test_other_kinds import sway


@pytest.fixture(scope="module")
def long() -> hb.Run:
    market = markets.random_market(14, sessions=400, tickers=12, missing_frac=0.05)
    return hb.backtest(sway(market, 3, capital=1e7), market)


def check_adds_up(run: StrategyRun) -> None:
    _, parts = pnl_parts_by_session(run)
    nav = np.array([run.capital, *run.nav["nav_close"]])
    assert parts.sum(axis=1).to_numpy() == pytest.approx(np.diff(nav), abs=1e-9 * run.capital)
    *lines, bars = pnl_through_time_figure(run).data
    *lines, total = lines
    assert total["y"] == pytest.approx((nav - nav[0]).tolist(), abs=0.006)
    for k, value in enumerate(total["y"]):
        assert sum(line["y"][k] for line in lines) == pytest.approx(value, abs=0.006 * (len(lines) + 1))
    assert sum(bars["y"]) == pytest.approx(total["y"][-1], abs=0.006 * (len(bars["y"]) + 1))
    assert len(bars["y"]) <= MOST_BARS


def test_parts_lines_and_bars_add_up_to_the_nav(
    run: TradeRun, one_leg: TradeRun, hindsight: TradeRun, stuck: TradeRun, one_session: TradeRun, long: hb.Run
) -> None:
    for one in (run, one_leg, hindsight, stuck, one_session, long):
        check_adds_up(one)


def test_a_trade_is_told_by_its_legs_and_other_strategies_by_their_buckets(run: TradeRun, long: hb.Run) -> None:
    assert pnl_parts_by_session(run)[0] == "leg"
    assert list(pnl_parts_by_session(run)[1]) == ["long", "short", "interest"]
    by, parts = pnl_parts_by_session(long)
    assert by == "bucket"
    assert len(parts.columns) <= MOST_PARTS + 2
    usd = long.pnl("leg" if long.plan.legs else "bucket")["total"]
    for name in set(parts.columns) & set(usd.index):
        assert parts[name].sum() == pytest.approx(usd[name], abs=1e-6)


def test_bars_are_weeks_where_sessions_are_many(run: TradeRun, long: hb.Run) -> None:
    assert "of each session" in pnl_through_time_figure(run).caption
    assert "of each week" in pnl_through_time_figure(long).caption
    week = pnl_through_time_figure(long).data[-1]
    assert week["text"][3].startswith("week to ")


def test_the_shade_begins_at_the_entry_and_the_news_before_it(run: TradeRun, hindsight: TradeRun) -> None:
    figure = around_figure(run, run.plan)
    assert figure is not None
    shade, news = figure.layout["shapes"]
    assert (shade["x0"], shade["x1"]) == (0.5, 9.0)
    assert 0.0 < news["x0"] < shade["x0"]
    early = around_figure(hindsight, hindsight.plan)
    assert early is not None
    assert early.layout["shapes"][0]["x0"] == 0.0 < early.layout["shapes"][1]["x0"]


def test_a_report_shows_prices_around_the_news_of_event_trades_alone(run: TradeRun, long: hb.Run) -> None:
    named = {part.name for part in sections(run)}
    assert {"around", "holdings"} <= named
    assert "around" not in {part.name for part in sections(long)}
