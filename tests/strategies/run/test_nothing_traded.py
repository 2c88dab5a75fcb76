"""Trades without a fill: a run like any other, without a track record, and no evidence anywhere."""

from __future__ import annotations

import json
import math

import pytest

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.errors import ParameterError
from hedgebook.reports.run.page import render_report
from hedgebook.reports.run.summary import summarise
from hedgebook.reports.run.words import verdict
from hedgebook.reports.series.page import SERIES_REPORT, series_dict, series_verdict
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.league.measures import pooled
from hedgebook.strategies.league.run import run_league
from hedgebook.strategies.run.capacity import strategy_capacity
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.series.choice import parse_choice
from hedgebook.strategies.series.run import EventSeries, run_event_series
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market
from tests import markets

from ..event_news import event_on, series_market, trade

MARKET = series_market()
TRACK = (
    "cagr", "volatility_annual", "sharpe", "sharpe_stderr", "sortino", "calmar", "best_session", "worst_session",
    "hit_rate",
)  # fmt: skip


def smallest(usd: float) -> Account:
    return Account.model_validate({"orders": {"min_order_usd": usd}})


def idle(costs: str = "default") -> TradeRun:
    """The flagship with less than the price of a share."""
    asked = find_trade(capital=100.0)
    event = load_events().get(asked.event)
    return run_trade(asked, event, RunSetting(sample_market(), load_costs(costs), load_account("strict")))


@pytest.mark.parametrize("costs", ["default", "none"])
def test_a_run_without_fills_is_a_run_without_figures(costs: str) -> None:
    run = idle(costs)
    assert not run.backtest.traded
    plain = json.loads(json.dumps(summarise(run), allow_nan=False))
    assert (plain["traded"], plain["ruined_on"]) == (False, None)
    assert all(plain[name] is None for name in TRACK)
    assert plain["total_return"] == pytest.approx(run.backtest.final_nav / 100.0 - 1.0)
    assert plain["exposures_during"] == {}
    assert "Nothing was traded" in verdict(run)
    assert any("no order was filled (less than one share or rule 201)" in warning for warning in run.warnings)
    # Each order ends so, also those that rule 201 made wait; the exit has nothing to leave.
    ends = {row["ticker"]: (row["status"], row["reason"]) for row in plain["rejected"]}
    assert ends == {t: ("rejected", "less_than_one_share") for leg in run.plan.legs for t in leg.tickers}
    assert "Nothing was traded" in render_report(run)


def standing(market: Market) -> Market:
    """The same market with prices of its makers and renters that never move from row 50 on."""
    tables = {name: getattr(market, name).copy() for name in ("open", "high", "low", "close", "volume")}
    for name in ("ACME", "BOLT", "CLOUD", "SPARE"):
        for field in ("open", "high", "low", "close"):
            tables[field][50:, market.column(name)] = 33.3
    return markets.market_of(tables, market.tickers, universe=market.universe)


def test_a_price_that_never_moves_has_no_ratio() -> None:
    """Traded, with a deviation of nothing but rounding."""
    market = standing(MARKET)
    run = run_trade(trade(), event_on(market, 60), RunSetting(market, Costs(), Account()))
    figures = run.metrics
    assert run.backtest.traded
    assert figures.volatility_annual == 0.0
    assert all(math.isnan(x) for x in (figures.sharpe, figures.sortino, figures.calmar, figures.hit_rate))
    assert figures.total_return == pytest.approx(0.0, abs=1e-12)
    render_report(run)


def short_only() -> tuple[Market, TradeRun]:
    """CLOUD sold short with all of the capital, and four times as dear three sessions later."""
    tables = {name: getattr(MARKET, name).copy() for name in ("open", "high", "low", "close", "volume")}
    for field in ("open", "high", "low", "close"):
        tables[field][:, MARKET.column("CLOUD")] = 10.0
        tables[field][63:, MARKET.column("CLOUD")] = 40.0
    market = markets.market_of(tables, MARKET.tickers, universe=MARKET.universe)
    return market, run_trade(
        trade(long=(), short="CLOUD"), event_on(market, 60), RunSetting(market, Costs(), Account())
    )


def test_a_ruined_run_says_what_was_lost_and_no_more() -> None:
    market, run = short_only()
    assert run.metrics.total_return == pytest.approx(-3.0)
    assert run.metrics.max_drawdown == pytest.approx(-3.0)
    assert run.backtest.ruined_on == market.sessions[63]
    assert run.returns.notna().tolist() == [True] * 4 + [False] * 2
    plain = json.loads(json.dumps(summarise(run), allow_nan=False))
    assert plain["ruined_on"] == str(market.sessions[63])
    assert all(plain[name] is None for name in TRACK)
    assert "Ruined: NAV was zero or below" in render_report(run)


def back_from_ruin() -> Market:
    """CLOUD three and a half times as dear for two sessions, and then at half of what it was before."""
    tables = {name: getattr(MARKET, name).copy() for name in ("open", "high", "low", "close", "volume")}
    for field in ("open", "high", "low", "close"):
        prices = tables[field][:, MARKET.column("CLOUD")]
        prices[:] = 10.0
        prices[62:64], prices[64:] = 35.0, 5.0
    return markets.market_of(tables, MARKET.tickers, universe=MARKET.universe)


def test_what_came_back_from_a_ruin_made_no_money() -> None:
    """Short alone: NAV is 1 - 2.5 times the capital while CLOUD is at 35, and 1.5 times at the end."""
    market = back_from_ruin()
    events = (event_on(market, 60), event_on(market, 68))
    found = run_event_series(trade(long=(), short="CLOUD"), events, RunSetting(market, Costs(), Account()))
    assert found.ruined == ("news-60",)
    assert found.returns[0] == pytest.approx(0.5, abs=0.01)
    assert (found.hits.hits, found.hits.events) == (0, 2)
    assert found.table["hit"].tolist() == [False, False]
    assert any("never a hit" in text for text in found.warnings)


def test_a_method_that_lost_the_capital_is_never_the_best() -> None:
    market = back_from_ruin()
    event = event_on(market, 60)
    asked = trade(long="ACME", short="CLOUD", gross=2.0)
    found = run_league(asked, (event,), RunSetting(market, Costs(), Account()), methods="dollar,beta,min_variance")
    lost = {entry.method.value for entry in found.entries if entry.run and entry.run.backtest.ruined_on is not None}
    assert lost
    assert lost < {str(method) for method in found.table.index}
    assert found.table["total_return"].idxmax() in lost
    assert all(not lost & set(best) for best in found.best.values())
    several = pooled(found.by_event)
    assert several.loc[sorted(lost), "hits"].tolist() == [0] * len(lost)


def three(account: Account, market: Market = MARKET, overlap: str = "skip") -> EventSeries:
    """Two legs of one name each at rows 60 and 64; at 61, which overlaps both, two names each, so smaller orders."""
    legs = {60: (("ACME",), ("CLOUD",)), 63: (("ACME", "BOLT"), ("CLOUD", "SPARE")), 66: (("BOLT",), ("CLOUD",))}
    events = tuple(
        event_on(market, row, expected_winners=long, expected_losers=short) for row, (long, short) in legs.items()
    )
    choice = parse_choice(sides="expected", overlap=overlap)
    return run_event_series(trade(hold=2), events, RunSetting(market, Costs(), account), choice=choice)


def test_an_event_without_a_fill_is_no_evidence() -> None:
    """Orders of 2e6 * 0.5 pass a bound that orders of 2e6 * 0.25 do not."""
    found = three(smallest(7e5))
    assert [run.event.id for run in found.runs] == ["news-60", "news-66"]
    assert found.untraded == ("news-63",)
    assert [(one.event, one.why) for one in found.left_out] == [("news-63", "fills")]
    assert found.hits.events == found.mean.clusters == 2
    returns = [run.backtest.final_nav / 2e6 - 1.0 for run in found.runs]
    assert found.mean.mean == pytest.approx(sum(returns) / 2, rel=1e-12)
    everything = three(Account())
    assert [run.event.id for run in everything.runs] == ["news-60", "news-63", "news-66"]


def test_an_event_without_a_fill_keeps_no_other_one_out() -> None:
    wide = three(smallest(7e5))
    legs = {60: (("ACME", "BOLT"), ("CLOUD", "SPARE")), 61: (("BOLT",), ("CLOUD",))}
    events = tuple(
        event_on(MARKET, row, expected_winners=long, expected_losers=short) for row, (long, short) in legs.items()
    )
    found = run_event_series(
        trade(hold=2), events, RunSetting(MARKET, Costs(), smallest(7e5)), choice=parse_choice(sides="expected")
    )
    assert [run.event.id for run in found.runs] == ["news-61"]
    assert {one.why for one in (*found.left_out, *wide.left_out)} == {"fills"}


@pytest.mark.parametrize("overlap", ["skip", "stack", "cap"])
def test_a_series_without_any_fill_has_no_statistics(overlap: str) -> None:
    found = three(smallest(1e9), overlap=overlap)
    plain = json.loads(json.dumps(series_dict(found), allow_nan=False))
    figures = plain["statistics"]
    assert (figures["events_traded"], figures["events_not_filled"]) == (0, 3)
    assert [figures[name] for name in ("mean", "p_value", "low", "worst_event", "worst_return")] == [None] * 5
    reasons = dict.fromkeys(("rate", "low", "high"), "no event was traded")
    assert figures["hit_rate"] == {"hits": 0, "events": 0, **dict.fromkeys(reasons), "undefined": reasons}
    assert (plain["events"], plain["path"]) == ([], [])
    assert [one["why"] for one in plain["left_out"]] == ["fills"] * 3
    assert figures["book_return"] == 0.0
    assert series_verdict(found).startswith("None of 3 events was traded")
    assert "not traded" in SERIES_REPORT.html(found)


def test_gains_of_rounding_are_no_hits() -> None:
    market = standing(MARKET)
    found = three(Account(), market)
    assert (found.hits.hits, found.hits.events) == (0, 3)
    assert not found.table["hit"].any()
    assert math.isnan(found.mean.t)


def test_a_league_passes_over_what_was_not_traded() -> None:
    asked, market = find_trade(capital=3_000.0), sample_market()
    event = load_events().get(asked.event)
    account = smallest(400.0)
    found = run_league(asked, (event,), RunSetting(market, Costs(), account))
    idle_methods = {entry.method for entry in found.entries if entry.run is None}
    for entry in found.entries:
        alone = run_trade(
            asked.hedged(entry.method).replaced(event=event.id), event, RunSetting(market, Costs(), account)
        )
        assert alone.backtest.traded == (entry.method not in idle_methods)
    with pytest.raises(ParameterError, match="nothing was traded"):
        run_league(asked, (event,), RunSetting(market, Costs(), smallest(1e6)), methods="dollar,beta")


def test_capacity_says_what_was_not_traded(real_market: Market) -> None:
    asked = find_trade(hold=19)
    event = load_events().get(asked.event)
    found = strategy_capacity(asked, RunSetting(real_market, Costs(), smallest(1e6), events=load_events()))
    for capital, row in found.curve.iterrows():
        alone = run_trade(
            asked.replaced(capital=float(capital)), event, RunSetting(real_market, Costs(), smallest(1e6))
        ).backtest
        # One leg alone may be above the bound, and it may lose: then there is nothing for costs to eat either.
        assert math.isnan(row["share_eaten"]) == (not alone.traded or alone.final_nav < capital), capital
    assert found.curve["share_eaten"].isna().any()
    # The largest capital is 10^13: orders of a ten-thousandth of it are below the largest bound that there is.
    none = strategy_capacity(
        asked.replaced(gross=0.001), RunSetting(real_market, Costs(), smallest(9e11), events=load_events())
    )
    assert none.note == "nothing was traded at any capital: no order was filled"
    assert math.isnan(none.capital_usd)
