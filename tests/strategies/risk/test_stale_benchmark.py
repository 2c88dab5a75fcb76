"""A benchmark, proxy or leg whose prices ended before the decision is refused or left out, wherever betas are made."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.event_study import event_study
from hedgebook.engine.event_study.settings import StudyOptions
from hedgebook.engine.frictions.costs import Costs
from hedgebook.errors import ParameterError
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.league.run import run_league
from hedgebook.strategies.run.capacity import strategy_capacity
from hedgebook.strategies.run.run import run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market

EVENT = load_events().get("meta-compute-2026")
KNOWN = "2026-06-30"


def ended(ticker: str, sessions_before: int, *, back_after: bool = False) -> Market:
    """The sample market without a ticker's closes from so many sessions before the last close before the news on."""
    market = sample_market()
    last = market.session_index(KNOWN)
    close = market.close.copy()
    stop = last + 1 if back_after else len(close)
    close[last + 1 - sessions_before : stop, market.column(ticker)] = np.nan
    return dataclasses.replace(market, close=close)


def trade(**changes: Any) -> Any:
    return find_trade("long-meta-short-neocloud", **changes)


@pytest.mark.parametrize("hedge", ["beta", "factor_neutral"])
def test_a_benchmark_that_ended_is_refused(hedge: str) -> None:
    with pytest.raises(ParameterError, match="too old for an estimate at that close"):
        run_trade(trade(hedge=hedge), EVENT, RunSetting(ended("SPY", 5), Costs()))
    # Four sessions without a close are a holiday or a late vendor.
    assert (
        run_trade(trade(hedge=hedge), EVENT, RunSetting(ended("SPY", 4, back_after=True), Costs())).plan.hedge.ratio
        > 0.0
    )


def test_the_refusal_says_when_the_prices_ended(market: Market) -> None:
    day = market.sessions[market.session_index(KNOWN) - 60]
    with pytest.raises(ParameterError, match=f"the prices of SPY end on {day}, 60 sessions before {KNOWN}"):
        run_trade(trade(hedge="beta"), EVENT, RunSetting(ended("SPY", 60), Costs()))
    with pytest.raises(ParameterError, match="the prices of SPY end on"):
        strategy_capacity(trade(hedge="beta"), RunSetting(ended("SPY", 60), Costs(), events=load_events()))


@pytest.mark.parametrize("hedge", ["beta", "min_variance", "ridge", "kalman"])
def test_a_leg_that_halted_before_the_news_is_refused(hedge: str) -> None:
    with pytest.raises(ParameterError, match="the prices of CRWV end on"):
        run_trade(trade(hedge=hedge), EVENT, RunSetting(ended("CRWV", 30, back_after=True), Costs()))
    assert (
        run_trade(
            trade(hedge="dollar"), EVENT, RunSetting(ended("CRWV", 30, back_after=True), Costs())
        ).plan.hedge.ratio
        == 1.0
    )


def test_a_half_life_or_another_benchmark_changes_nothing_of_it() -> None:
    with pytest.raises(ParameterError, match="too old"):
        run_trade(trade(hedge="beta", half_life_sessions=30), EVENT, RunSetting(ended("SPY", 20), Costs()))
    with pytest.raises(ParameterError, match="the prices of QQQ end"):
        run_trade(trade(hedge="beta", benchmark="QQQ"), EVENT, RunSetting(ended("QQQ", 20), Costs()))
    assert (
        run_trade(trade(hedge="beta", benchmark="QQQ"), EVENT, RunSetting(ended("SPY", 20), Costs())).plan.hedge.ratio
        > 0.0
    )


def test_a_league_goes_on_without_the_methods_that_need_it() -> None:
    league = run_league(
        trade(), [EVENT], RunSetting(ended("SPY", 60), Costs()), methods=["dollar", "beta", "min_variance"]
    )
    problems = league.by_event.set_index("method")["problem"]
    assert "prices of SPY end" in str(problems["beta"])
    assert problems[["dollar", "min_variance"]].isna().all()


def test_a_study_refuses_a_benchmark_that_ended_before_its_estimate_does(market: Market) -> None:
    at = market.session_index("2026-07-01")
    close = market.close.copy()
    # Back two sessions before the news, so that session 0 itself could be explained, by an old beta.
    close[at - 100 : at - 2, market.column("SPY")] = np.nan
    halted = dataclasses.replace(market, close=close)
    with pytest.raises(ParameterError, match="the prices of SPY end on"):
        event_study(halted, EVENT)
    found = event_study(halted, EVENT, model="multi-factor", options=StudyOptions(draws=99))
    assert found.factors == ("semis", "bitcoin", "momentum")
    assert any("no factor market" in w for w in found.warnings)
    with pytest.raises(ParameterError, match="the prices of SPY end on"):
        event_study(halted, EVENT, model="multi-factor", options=StudyOptions(draws=99, factors=("market", "semis")))
    close[at - 100 : at - 2, market.column("SPY")] = market.close[at - 100 : at - 2, market.column("SPY")]
    close[at - 100 : at - 2, market.column("MU")] = np.nan
    without = event_study(dataclasses.replace(market, close=close), EVENT, options=StudyOptions(draws=99))
    assert "MU" not in without.tickers.index
    assert "the prices of MU end on" in str(without.excluded.set_index("ticker").loc["MU", "reason"])


def test_no_exposure_rests_on_a_proxy_that_ended() -> None:
    found = run_trade(trade(), EVENT, RunSetting(ended("SPY", 60), Costs()))
    assert found.exposures.factors == ("semis", "bitcoin", "momentum")
    assert found.exposures.definitions[0] == "SMH"
    assert any("the prices of SPY end on" in w for w in found.warnings)
    assert found.entry_risk is not None
    assert "market" not in found.entry_risk.factors.index
