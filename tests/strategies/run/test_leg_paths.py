"""Paths of a trade's legs around its news, and the benchmark's, against loops over single prices."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from hedgebook.strategies.run.benchmark import benchmark_levels
from hedgebook.strategies.run.leg_paths import LegPaths, leg_paths
from hedgebook.strategies.run.run import TradeRun
from hedgebook.universes.market import Market
from tests import markets
from tests.reports.conftest import invented_market, run_invented


@pytest.fixture(scope="module")
def run() -> TradeRun:
    return run_invented()


def slow_level(run: TradeRun, leg: int, day: np.datetime64, *, opening: bool) -> float:
    """The weighted mean of price over base price, ticker by ticker, each at its last known price."""
    market, plan = run.market, run.plan
    base = market.session_index(plan.known_at)
    total = weight = 0.0
    for ticker, part in plan.legs[leg].weights().items():
        column = market.column(ticker)
        if not math.isfinite(market.close[base, column]):
            continue
        row = market.session_index(day)
        price = market.open[row, column] if opening else market.close[row, column]
        while not math.isfinite(price):
            row -= 1
            price = market.close[row, column]
        total += abs(part) * price / market.close[base, column]
        weight += abs(part)
    return total / weight


@pytest.mark.parametrize("changes", [{}, {"hedge": "beta"}, {"hindsight": True}, {"hold": 0}])
def test_levels_are_those_of_a_loop_over_prices(changes: dict[str, object]) -> None:
    run = run_invented(invented_market(missing_closes=(("LATE", "2026-07-08"), ("ACME", "2026-06-11"))), **changes)
    paths = leg_paths(run.market, run.plan)
    assert list(paths.levels) == ["long", "short", "SPY"]
    for k, name in enumerate(("long", "short")):
        for day, opening, level in zip(paths.sessions, paths.is_open, paths.levels[name], strict=True):
            assert level == pytest.approx(slow_level(run, k, day, opening=bool(opening)), rel=1e-12)
    assert paths.left_out == ()


def test_marks_are_twenty_closes_before_the_first_open_and_every_close_to_the_exit(run: TradeRun) -> None:
    paths = leg_paths(run.market, run.plan)
    days = [str(day) for day in paths.sessions]
    assert paths.at.tolist() == [*map(float, range(-20, 1)), 0.5, *map(float, range(1, 10))]
    assert days[20:23] == ["2026-06-30", "2026-07-01", "2026-07-01"]
    assert days[-1] == "2026-07-14"
    assert np.flatnonzero(paths.is_open).tolist() == [21]
    assert paths.fill_at == 0.5


def test_a_ticker_without_a_price_before_the_news_is_left_out_and_named() -> None:
    run = run_invented(hindsight=False)
    gone = _without_close(run.market, "LATE", "2026-06-30")
    paths = leg_paths(gone, run.plan)
    assert paths.left_out == ("LATE",)
    column, base = gone.column("CLOUD"), gone.session_index(run.plan.known_at)
    alone = gone.close[gone.session_index(paths.sessions[-1]), column] / gone.close[base, column]
    assert paths.levels["short"][-1] == pytest.approx(alone, rel=1e-15)
    for ticker in ("CLOUD", "SPY"):
        gone = _without_close(gone, ticker, "2026-06-30")
    paths = leg_paths(gone, run.plan)
    assert list(paths.levels) == ["long"]
    assert paths.benchmark is None


def test_prices_before_the_news_alone_decide_what_stands_before_it(run: TradeRun) -> None:
    base = run.market.session_index(run.plan.known_at)
    changed = markets.changed_after(run.market, base, seed=3)
    before, after = leg_paths(run.market, run.plan), leg_paths(changed, run.plan)
    for name in before.levels:
        assert before.levels[name][:21].tolist() == after.levels[name][:21].tolist()
        assert _moved(before, name) != _moved(after, name)


def _moved(paths: LegPaths, name: str) -> list[float]:
    return [float(x) for x in paths.levels[name][21:]]


def _without_close(market: Market, ticker: str, day: str) -> Market:
    close = market.close.copy()
    close[market.session_index(np.datetime64(day)), market.column(ticker)] = np.nan
    return dataclasses.replace(market, close=close)


def test_the_benchmark_is_bought_at_the_mark_of_the_first_order(run: TradeRun) -> None:
    hindsight = run_invented(hindsight=True)
    column = run.market.column("SPY")
    levels = benchmark_levels(run)
    assert levels is not None
    start = run.market.open[run.market.session_index(run.plan.entry_session), column]
    for day, level in levels.items():
        close = run.market.close[run.market.session_index(np.datetime64(day, "D")), column]
        assert level == pytest.approx(run.capital * close / start, rel=1e-14)
    bought = benchmark_levels(hindsight)
    assert bought is not None
    assert bought.iloc[0] == pytest.approx(hindsight.capital, rel=1e-14)
    assert benchmark_levels(run, "NOBODY") is None
