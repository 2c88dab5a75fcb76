"""A trade that has been run: its tables, its legs and its warnings."""

from __future__ import annotations

import dataclasses
import math
from datetime import date
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.frictions.costs import Costs
from hedgebook.errors import ParameterError
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.strategies.trade.trade import build_trade
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle.drawdowns import drawdown_episodes, max_drawdown
from tests.oracle.trade import HeldTrade, total_return

MARKET = markets.dirty_market()
NEWS = markets.news(date(2026, 7, 8))
COSTS = Costs.model_validate(
    {"commission": {"rate_bps": 2}, "half_spread": {"default_bps": 4}, "borrow": {"default_annual": 0.1}}
)


def run(market: Market = MARKET, costs: Costs | None = None, **changes: Any) -> TradeRun:
    values = {"name": "t", "event": NEWS.id, "long": "ACME,BOLT", "short": "CLOUD", "hold": 12, "capital": 3e6}
    return run_trade(build_trade(values | changes), NEWS, RunSetting(market, costs or Costs()))


@pytest.mark.parametrize("hold", [0, 1, 12])
@pytest.mark.parametrize("hindsight", [False, True])
def test_without_costs_it_earns_what_a_held_trade_earns(hold: int, hindsight: bool) -> None:
    found = run(hold=hold, hindsight=hindsight)
    dates = [day.item() for day in MARKET.sessions]
    columns = dict(enumerate(MARKET.tickers))
    opens, closes = ({t: table[:, i].tolist() for i, t in columns.items()} for table in (MARKET.open, MARKET.close))
    first = dates.index(date(2026, 7, 8))
    entry: Any = (dates[first - 1], "close") if hindsight else (dates[first], "open")
    held = HeldTrade(["ACME", "BOLT"], ["CLOUD"], 1.0, 1.0, entry, dates[first + hold])
    expected = total_return(held, dates, opens, closes, 3e6)
    assert found.backtest.final_nav / 3e6 - 1.0 == pytest.approx(expected, abs=1e-12)
    assert found.backtest.open_positions() == ()
    assert found.warnings == ("no factor proxy has prices, so no exposure",)


def test_legs_split_the_profit() -> None:
    found = run(costs=COSTS)
    legs, tickers = found.pnl("leg"), found.pnl("ticker")
    assert legs.index.tolist() == ["long", "short"]
    pd.testing.assert_series_equal(legs.loc["long"], tickers.loc[["ACME", "BOLT"]].sum(), check_names=False)
    pd.testing.assert_series_equal(legs.loc["short"], tickers.loc["CLOUD"], check_names=False)
    assert legs["total"].sum() == pytest.approx(found.backtest.final_nav - 3e6, abs=1e-6)
    assert legs.loc["long", "borrow"] == 0.0 > legs.loc["short", "borrow"]
    assert found.pnl("bucket").index.tolist() == ["maker", "renter"]
    with pytest.raises(ParameterError, match=r"by: .*got 'legs'"):
        found.pnl(cast(Any, "legs"))


def test_levels_start_with_the_capital_at_the_session_before_the_entry() -> None:
    found = run(costs=COSTS)
    assert found.levels.index[0] == pd.Timestamp("2026-07-07")
    assert found.levels.iloc[0] == 3e6
    assert found.levels.index[1:].equals(found.nav.index)
    assert [str(day.date()) for day in found.nav.index[[0, -1]]] == ["2026-07-08", "2026-07-24"]
    np.testing.assert_allclose(found.returns, found.levels.to_numpy()[1:] / found.levels.to_numpy()[:-1] - 1.0)


def test_drawdowns_and_metrics_are_those_of_the_levels() -> None:
    found = run(costs=COSTS)
    levels = found.levels.tolist()
    table, expected = found.drawdowns(), sorted(drawdown_episodes(levels), key=lambda e: e.depth)
    assert table["depth"].tolist() == pytest.approx([e.depth for e in expected], rel=1e-12)
    assert table["valley"].tolist() == [found.levels.index[e.valley] for e in expected]
    assert found.metrics.max_drawdown == pytest.approx(max_drawdown(levels), rel=1e-12)
    assert found.metrics.total_return == pytest.approx(levels[-1] / levels[0] - 1, abs=1e-12)
    assert found.metrics.sessions == 13


def test_a_leg_that_could_not_be_entered_is_warned_of() -> None:
    tables = {name: getattr(MARKET, name).copy() for name in ("open", "close")}
    for table in tables.values():
        table[MARKET.session_index("2026-07-08"), MARKET.column("CLOUD")] = np.nan
    found = run(dataclasses.replace(MARKET, **tables))
    assert "ordered but never filled: CLOUD" in found.warnings
    assert found.pnl("leg").index.tolist() == ["long"]
    assert set(found.fills["ticker"]) == {"ACME", "BOLT"}
    nothing = run(dataclasses.replace(MARKET, **tables), long="", hold=0)
    assert nothing.fills.empty
    assert nothing.pnl("leg").empty
    assert nothing.metrics.total_return == 0.0
    assert "ordered but never filled: CLOUD" in nothing.warnings


def test_a_ticker_that_stops_printing_during_the_trade() -> None:
    """DRIFT prints last on 2026-07-15: it is held at that price, and its exit waits."""
    found = run(long="ACME", short="DRIFT", hold=20)
    assert (found.fills["ticker"] == "DRIFT").sum() == 1
    (one,) = found.backtest.stale
    assert (one.ticker, str(one.priced_on), one.exit_waits) == ("DRIFT", "2026-07-15", True)
    assert one.price_usd == MARKET.close[MARKET.session_index("2026-07-15"), MARKET.column("DRIFT")]
    assert any("DRIFT is stale" in warning for warning in found.warnings)


def test_what_a_market_warns_of_a_run_warns_of() -> None:
    found = run(dataclasses.replace(MARKET, warnings=("two tickers ignored",)))
    assert found.warnings[0] == "two tickers ignored"


def test_shortcuts_say_the_same_as_the_parts() -> None:
    found = run()
    assert found.trade is found.plan.trade
    assert found.event is NEWS
    assert found.fills.equals(found.backtest.fills)
    assert found.positions.equals(found.backtest.positions)
    assert found.exposure().empty
    assert found.trade.capital == found.backtest.capital == 3e6
    assert not math.isnan(found.metrics.sharpe)
