"""A ticket as a script and a command ask for it: its figures, its folder, its exit code."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.cli.app import app
from hedgebook.errors import InputError
from hedgebook.strategies.ticket.forecast import Forecast
from hedgebook.universes.actions.quotes import Quotes

from .conftest import small_market


@pytest.fixture(scope="module")
def market() -> hb.Market:
    return small_market()


@pytest.fixture(scope="module")
def made(market: hb.Market) -> hb.Ticket:
    book = hb.Book({"META": 200.0, "NVDA": -300.0}, cash_usd=600_000.0)
    limits = hb.Limits.model_validate({"gross": {"max": 9}, "borrow": {"max": 0.01}, "headroom": {"min": 0.1}})
    return hb.ticket("long-meta-short-neocloud", market, book=book, capital=500_000.0, limits=limits)


def test_orders_are_whole_shares_at_the_weights_of_the_plan(made: hb.Ticket, market: hb.Market) -> None:
    row = market.session_index(str(made.as_of))
    for order in made.orders.to_dict("records"):
        price = market.close[row, market.column(order["ticker"])]
        weight = 0.5 if order["ticker"] == "META" else -0.5 / 3
        assert order["reference_usd"] == price
        assert order["shares"] == np.trunc(weight * 500_000.0 / price)
        assert order["notional_usd"] == pytest.approx(order["shares"] * price)


def test_margin_and_sizes_by_hand(made: hb.Ticket, market: hb.Market) -> None:
    row = market.session_index(str(made.as_of))
    shares = {"META": 200.0, "NVDA": -300.0}
    value = {t: n * market.close[row, market.column(t)] for t, n in shares.items()}
    nav = sum(value.values()) + 600_000.0
    assert made.nav_usd == pytest.approx(nav)
    short = -value["NVDA"]
    needed = 0.25 * value["META"] + max(0.30 * short, 5.0 * 300.0)
    assert made.margin.loc["before", "requirement_usd"] == pytest.approx(needed)
    assert made.margin.loc["before", "headroom_frac"] == pytest.approx(1.0 - needed / nav)
    # All against by x: nav - x * gross = 0.25 * long * (1 - x) + 0.3 * short * (1 + x), where no floor binds.
    long = value["META"]
    move = (nav - 0.25 * long - 0.3 * short) / (long + short - 0.25 * long + 0.3 * short)
    assert made.margin.loc["before", "call_move"] == pytest.approx(
        move if move <= 1.0 else (nav - long - 0.3 * short) / (1.3 * short)
    )
    assert made.sizes.loc["before", "gross"] == pytest.approx((long + short) / nav)


def beside(market: hb.Market, shares: dict[str, float], **more: Any) -> hb.Ticket:
    return hb.ticket("long-meta-short-neocloud", market, book=hb.Book(shares, cash_usd=900_000.0), **more)


def test_initial_margin_by_hand(made: hb.Ticket, market: hb.Market) -> None:
    # Regulation T asks half of every value; a short below 10 USD has a floor of 5 USD a share to be kept.
    row = market.session_index(str(made.as_of))
    long, short = (n * market.close[row, market.column(t)] for t, n in (("META", 200.0), ("NVDA", 300.0)))
    needed = 0.5 * long + max(0.5 * short, 5.0 * 300.0)
    before = made.margin.loc["before"]
    assert before["initial_usd"] == pytest.approx(needed)
    assert before["initial_headroom_usd"] == pytest.approx(made.nav_usd - needed)
    assert before["initial_headroom_frac"] == pytest.approx(1.0 - needed / made.nav_usd)


def test_what_is_sold_from_holdings_is_not_short(market: hb.Market) -> None:
    alone = hb.ticket("long-meta-short-neocloud", market)
    sold = -alone.orders.set_index("ticker")["shares"]
    held = {"CRWV": float(sold["CRWV"]) - 100.0, "NBIS": 10.0 * float(sold["NBIS"]), "APLD": -7.0, "META": 5.0}
    made = beside(market, held)
    orders = made.orders.set_index("ticker")
    assert orders["shares"].to_dict() == alone.orders.set_index("ticker")["shares"].to_dict()
    for ticker, count in held.items():
        assert orders.loc[ticker, "before_shares"] == count
        assert orders.loc[ticker, "after_shares"] == count + orders.loc[ticker, "shares"]
    assert made.shorts.set_index("ticker")["shares"].to_dict() == {"CRWV": -100.0, "APLD": -sold["APLD"]}
    # A fee is paid for the 100 and for all of APLD, as in a ticket of these alone; prices stand still.
    fee = {t: float(alone.market.close[-1, alone.market.column(t)] * n) for t, n in sold.items() if n > 0}
    rates = alone.shorts.set_index("ticker")["borrow_annual"]
    whole = sum(fee[t] * rates[t] for t in rates.index)
    part = 100.0 / sold["CRWV"] * fee["CRWV"] * rates["CRWV"] + fee["APLD"] * rates["APLD"]
    borrow = [one.costs.table.loc["borrow", "later_usd"] for one in (made, alone)]
    assert borrow[0] / borrow[1] == pytest.approx(part / whole)
    assert made.costs.by_session[-1] == pytest.approx(made.costs.table.loc["total", "total_usd"])


def test_what_is_held_counts_towards_the_trade(market: hb.Market) -> None:
    alone = hb.ticket("long-meta-short-neocloud", market).orders.set_index("ticker")["shares"]
    held = {"META": float(alone["META"]), "CRWV": 40.0, "NBIS": float(alone["NBIS"]) - 3.0, "NVDA": 11.0}
    made = beside(market, held, net=True)
    orders = made.orders.set_index("ticker")
    assert orders.loc["META", "status"] == "held"
    assert orders["shares"].to_dict() == {t: n - held.get(t, 0.0) for t, n in alone.items()}
    assert orders["trade_shares"].to_dict() == alone.to_dict()
    assert orders["after_shares"].to_dict() == alone.to_dict()
    assert "NVDA" not in orders.index
    assert made.orders.set_index("ticker").loc["META", "cost_usd"] == 0.0


def test_a_trade_that_is_held_orders_nothing(market: hb.Market) -> None:
    alone = hb.ticket("long-meta-short-neocloud", market).orders
    held = dict(zip(alone["ticker"], alone["shares"].tolist(), strict=True))
    with pytest.raises(InputError, match="held already"):
        beside(market, held, net=True)
    with pytest.raises(InputError, match="no book to count"):
        hb.ticket("long-meta-short-neocloud", market, net=True)


def test_risk_adds_up(made: hb.Ticket) -> None:
    parts = made.by_ticker.drop(index="book")
    assert parts["component_var"].sum() == pytest.approx(made.by_ticker.loc["book", "component_var"])
    first = made.tails.iloc[0]
    assert first["incremental_frac"] == pytest.approx(first["after_frac"] - first["before_frac"])


def test_entry_costs_are_those_of_the_backtest(market: hb.Market) -> None:
    # Weights are sized at the fill, so that commission, spread, slippage and impact of the entry are known before.
    strict = hb.Account.model_validate({"capital_usd": 1e6, "orders": {"whole_shares": True}})
    made = hb.ticket("long-meta-short-neocloud", market)
    run = hb.backtest("long-meta-short-neocloud", market, account=strict)
    entry = run.fills[run.fills["session"] == run.fills["session"].min()]
    assert made.orders["cost_usd"].sum() == pytest.approx(entry["cost"].sum(), rel=0.01)
    total = made.costs.table.loc["total"]
    assert total["low_usd"] < total["total_usd"] < total["high_usd"]
    assert made.costs.by_session[-1] == pytest.approx(total["total_usd"])


def test_limits_and_the_verdict(made: hb.Ticket) -> None:
    states = {(r.limit, r.of): str(r.state) for r in made.limits}
    assert states["gross", "book"] == "PASS"
    assert states["borrow", "APLD"] == "FAIL"
    assert not made.passed
    assert "limits broken" in repr(made)


def test_folder_replay_and_forecast(made: hb.Ticket, tmp_path: Path) -> None:
    folder = made.save(tmp_path / "t")
    told = json.loads((folder / "ticket.json").read_text())
    assert Forecast.from_dict(told["forecast"]) == made.forecast
    orders = pd.read_csv(folder / "orders.csv")
    assert orders["shares"].tolist() == made.orders["shares"].tolist()
    assert hb.replay(folder, small_market()).identical


STRATEGIES: dict[str, Any] = {
    "basket": lambda: hb.RebalancedBasket(long=("META", "NVDA"), short=("memory",), every="month"),
    "hold": lambda: hb.BuyAndHold(tickers=("META",)),
    "frame": lambda: pd.DataFrame({"META": [0.4], "MU": [-0.2]}, index=[pd.Timestamp("2026-06-15")]),
}


@pytest.mark.parametrize("kind", STRATEGIES)
def test_every_kind_of_plan(kind: str, market: hb.Market) -> None:
    made = hb.ticket(STRATEGIES[kind](), market, as_of="2026-06-30")
    assert str(made.as_of) == "2026-06-30"
    assert str(made.entry_session) == "2026-07-01"
    assert made.exit_session is None
    assert len(made.orders) >= 1
    assert made.forecast is not None
    assert made.forecast.sessions == 60


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"as_of": "2026-07-20"}, "was entered by then"),
        ({"as_of": "2036-01-05"}, "the prices end long before"),
        ({"as_of": "1999-01-05"}, "no close of these prices is known then"),
        ({"capital": -1.0}, "capital"),
        ({"limits": "none.toml"}, "there is no such limits file"),
        ({"limits": hb.Limits.model_validate({"bucket": {"max": 1, "by_name": {"memry": 1}}})}, "no bucket 'memry'"),
        ({"book": hb.Book({"NOBODY": 1.0})}, "NOBODY"),
    ],
)
def test_what_cannot_be_used(asked: dict[str, Any], told: str, market: hb.Market) -> None:
    with pytest.raises(InputError, match=told):
        hb.ticket("long-meta-short-neocloud", market, **asked)


def test_a_later_split_is_not_in_the_prices(market: hb.Market) -> None:
    split, column = market.session_index("2026-08-03"), market.column("META")
    opens, closes = market.open.copy(), market.close.copy()
    opens[:split, column] *= 2.0
    closes[:split, column] *= 2.0
    rows = {"date": ["2026-08-03"], "ticker": ["META"], "kind": ["split"], "value": [2.0], "into": [""]}
    quotes = Quotes(opens, closes, hb.load_actions(pd.DataFrame(rows)))
    made = hb.ticket("long-meta-short-neocloud", dataclasses.replace(market, quotes=quotes))
    row = market.session_index(str(made.as_of))
    first = made.orders.iloc[0]
    assert first["reference_usd"] == pytest.approx(2.0 * market.close[row, column])
    assert first["shares"] == np.trunc(500_000.0 / (2.0 * market.close[row, column]))


def test_news_that_is_not_out(market: hb.Market) -> None:
    made = hb.ticket("long-meta-short-neocloud", market, as_of="2026-06-22")
    assert str(made.entry_session) == "2026-06-23"
    assert any("not out" in note for note in made.notes)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("desk.toml").write_text("[net]\nmax = 0.5\n[var]\nmax = 0.001\n")
    code = app(["ticket", "--limits", "desk.toml", "--out", "t"], prog_name="hedgebook", standalone_mode=False)
    out = capsys.readouterr().out
    assert code == 1
    assert max(map(len, out.splitlines())) <= 80
    assert "FAIL: VaR." in " ".join(out.split())
    assert {"ticket.json", "orders.csv", "report.html", "manifest.json"} <= {p.name for p in Path("t").iterdir()}


def test_a_rule_that_ends_it_before_its_plan(market: hb.Market) -> None:
    trade = hb.trade("long-meta-short-neocloud", hold=12)
    whole, short = hb.ticket(trade, market), hb.ticket(trade.replaced(rules=hb.Rules(max_hold=5)), market)
    assert short.orders["shares"].tolist() == whole.orders["shares"].tolist()
    assert short.exit_session is not None
    assert whole.exit_session is not None
    assert short.exit_session < whole.exit_session
