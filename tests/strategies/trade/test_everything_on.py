"""The flagship on real prices with everything on, and its margin at three times its capital, against the oracle."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hedgebook.engine.account import Account, load_account
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.strategies.catalogue.read import FLAGSHIP, find_trade
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from tests.oracle.inputs import Action, OracleMargin
from tests.oracle.simulator import simulate

from ..conftest import PlainPrices
from ..strict import Wanted, assert_equal, house_of, strict_case
from .test_real_trades import written_out

TICKERS = ["META", "CRWV", "NBIS", "APLD"]
ALL = {
    "stop_loss": 0.08,
    "trailing_stop": 0.10,
    "rebalance": "weekly",
    "band": 0.25,
    "target_vol": 0.3,
    "derisk_drawdown": 0.03,
}
TIGHT = ALL | {"trailing_stop": 0.05, "band": 0.1, "target_vol": 0.4, "derisk_drawdown": 0.01}
LEGS = ALL | {"long_stop": 0.01, "short_stop": 0.01, "max_hold": 15, "vol_halflife": 60.0, "max_scale": 2.5}
TAKE = {"take_profit": 0.04, "long_stop": 0.02, "band": 0.05, "rebalance": "weekly"}


@pytest.fixture(scope="module")
def lows(real_prices: Path, plain_prices: PlainPrices) -> dict[str, list[float]]:
    rows = pd.read_parquet(real_prices, columns=["date", "ticker", "low"])
    table = rows.pivot(index="date", columns="ticker", values="low").loc[pd.DatetimeIndex(plain_prices.dates)]
    return {ticker: table[ticker].tolist() for ticker in TICKERS}


def run(market: Market, account: Account | None, costs: str = "default", **changes: Any) -> TradeRun:
    trade = find_trade(FLAGSHIP, **changes)
    return run_trade(trade, load_events().get(trade.event), RunSetting(market, load_costs(costs), account or Account()))


def wanted(prices: PlainPrices, gross: float, capital: float, hold: int = 20) -> Wanted:
    weights = {"META": gross / 2} | dict.fromkeys(TICKERS[1:], -gross / 6)
    return Wanted(weights, prices.dates.index(date(2026, 7, 1)), hold, capital)


@pytest.mark.parametrize(
    ("capital", "gross", "rules", "reasons"),
    [
        (1e6, 1.0, {}, {"order", "rule_201"}),
        (1e6, 1.0, ALL, {"order", "rule_201", "rebalance", "derisk"}),
        (2e9, 1.0, ALL, {"order", "rule_201", "rebalance", "derisk", "band", "cap"}),
        (1e6, 2.0, TIGHT, {"order", "rule_201", "rebalance", "derisk", "trailing_stop"}),
        (2e9, 2.0, TIGHT, {"order", "rule_201", "rebalance", "derisk", "trailing_stop", "band", "cap"}),
        (1e8, 1.0, LEGS, {"order", "rule_201", "rebalance", "derisk", "leg_stop", "max_hold"}),
        (5e4, 1.5, TAKE, {"order", "rule_201", "rebalance", "band", "take_profit", "too_small"}),
    ],
)
def test_the_flagship_with_everything_on_equals_the_oracle(
    shared: Path,
    real_market: Market,
    plain_prices: PlainPrices,
    lows: dict[str, list[float]],
    capital: float,
    gross: float,
    rules: dict[str, Any],
    reasons: set[str],
) -> None:
    found = run(real_market, load_account("strict"), capital=capital, gross=gross, **rules).backtest
    case = strict_case(shared, plain_prices, lows, wanted(plain_prices, gross, capital), rules)
    assert_equal(found, simulate(case), TICKERS)
    assert reasons <= set(found.orders["reason"])
    assert (found.fills["shares"] % 1 == 0).all()


def test_what_everything_on_earns(real_market: Market) -> None:
    """4.29 % with flat costs alone; rule 201 delays two shorts and the rules give up part of the rest."""
    found = run(real_market, load_account("strict"), "flat", **ALL).backtest
    assert found.final_nav / 1e6 - 1 == pytest.approx(0.0251019, abs=1e-7)
    counts = Counter(zip(found.orders["status"], found.orders["reason"], strict=True))
    assert counts == {
        ("deferred", "rule_201"): 5,
        ("filled", "order"): 6,
        ("filled", "rebalance"): 16,
        ("filled", "derisk"): 4,
    }


GENTLE = {"initial_long_frac": 0.25, "initial_short_frac": 0.25}


@pytest.mark.parametrize(
    ("margin", "house", "calls", "earned"),
    [
        # Plain FINRA: never called; the day of the entry is the closest, NAV 1.296 times the requirement.
        ({"on_call": "report"}, 1.0, [], 0.126693),
        # Half as much again on neoclouds is not enough for a call either: 1.022 times on the day of the entry.
        ({"on_call": "report"}, 1.5, [], 0.126693),
        ({"on_call": "report"}, 1.6, ["2026-07-01"], 0.126693),
        (
            {"on_call": "report"},
            2.0,
            ["2026-07-01", "2026-07-02", "2026-07-06", "2026-07-08", "2026-07-09", "2026-07-23"],
            0.126693,
        ),
        # Where initial margin is enforced the entry shrinks to it, and maintenance is never in danger.
        ({"on_call": "reduce"}, 1.0, [], 0.085558),
        ({"on_call": "reduce"}, 1.5, [], 0.069039),
        ({"on_call": "liquidate"}, 1.5, [], 0.069039),
        # A broker who lets in at half of that calls on the day of the entry.
        ({"on_call": "reduce", **GENTLE}, 1.6, ["2026-07-01"], 0.122659),
        ({"on_call": "liquidate", **GENTLE}, 1.6, ["2026-07-01"], 0.031052),
        ({"on_call": "reduce", **GENTLE}, 2.0, ["2026-07-01"], 0.106528),
        ({"on_call": "liquidate", **GENTLE}, 2.0, ["2026-07-01"], 0.027993),
    ],
)
def test_three_times_the_capital(
    shared: Path,
    real_market: Market,
    plain_prices: PlainPrices,
    margin: dict[str, Any],
    house: float,
    calls: list[str],
    earned: float,
) -> None:
    account = Account(margin={**margin, "house_by_bucket": {"neocloud": house}})
    found = run(real_market, account, gross=3.0).backtest
    trade = wanted(plain_prices, 3.0, 1e6)
    case = written_out(shared, plain_prices, trade.weights, trade.first, trade.hold)
    initial = margin.get("initial_long_frac", 0.5)
    rules = OracleMargin(
        action=Action[margin["on_call"].upper()],
        house=house_of(shared, TICKERS, {"neocloud": house}),
        initial_long=initial,
        initial_short=initial,
    )
    plain = simulate(dataclasses.replace(case, margin=rules))
    assert_equal(found, plain, TICKERS)
    table = found.margin
    assert [str(day)[:10] for day in table.index[table["call"]]] == calls
    below = [k for k in range(20) if plain.nav_close[k] < plain.requirement[k]]
    assert [str(plain_prices.dates[trade.first + k]) for k in below] == calls
    assert found.final_nav / 1e6 - 1 == pytest.approx(earned, abs=1e-6)
    closest = (table["nav"] / table["requirement"]).iloc[:20]
    assert str(closest.idxmin())[:10] == "2026-07-01"
    if account.margin.on_call.value == "report":
        assert closest.min() == pytest.approx({1.0: 1.29617, 1.5: 1.02236, 1.6: 0.98091, 2.0: 0.84405}[house], abs=1e-5)
        assert closest.iloc[1:].min() > closest.min() * 1.05


def test_liquidation_leaves_at_the_next_open(real_market: Market) -> None:
    margin = {"on_call": "liquidate", "house_by_bucket": {"neocloud": 1.6}, **GENTLE}
    fills = run(real_market, Account(margin=margin), gross=3.0).fills
    out = fills[fills["reason"] == "margin_call"]
    assert {(str(s)[:10], m) for s, m in zip(out["session"], out["mark"], strict=True)} == {("2026-07-02", "open")}
    assert out["ticker"].tolist() == TICKERS
    assert len(fills) == 8
