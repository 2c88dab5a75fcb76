"""Runs of raw prices with corporate actions, against adjusted prices and numbers that a reader can work out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.engine.backtest.result import Backtest, identity_gap
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.kernels.book.records import Cause
from hedgebook.engine.verify.vectorbt import verify_backtest
from hedgebook.errors import PriceDataError
from hedgebook.strategies.run.round_trips import round_trips
from hedgebook.universes.actions.attach import with_actions
from hedgebook.universes.actions.read import load_actions
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets

NAN = float("nan")
T0, T1 = "T0", "T1"


def raw_market(closes: Any, opens: Any = None) -> Market:
    closes = np.asarray(closes, dtype=np.float64)
    names = tuple(f"T{i}" for i in range(closes.shape[1]))
    fields: Any = {"close": closes, "open": closes if opens is None else opens, "volume": np.full(closes.shape, 1e6)}
    return markets.market_of(fields, names, universe=markets.numbered_universe(names))


def acted(market: Market, *rows: tuple[int, str, str, float, str]) -> Market:
    """The market with actions by session number, ticker, kind, value and new ticker."""
    days = [str(market.sessions[t]) for t, *_ in rows]
    columns = ["ticker", "kind", "value", "into"]
    frame = pd.DataFrame([row[1:] for row in rows], columns=columns).assign(date=days)
    return with_actions(market, load_actions(frame))


def hold(market: Market, weights: list[float], *, leave: int | None = None, **terms: Any) -> Backtest:
    rows = [(0, Mark.CLOSE, weights)]
    if leave is not None:
        rows.append((leave, Mark.CLOSE, [0.0, *[NAN] * (len(weights) - 1)]))
    schedule = markets.schedule_of(market, rows)
    terms = {"account": Account(capital_usd=1000.0)} | terms
    return run_schedule(market, schedule, "none", **terms)


def test_a_dividend_is_paid_to_longs_and_by_shorts_and_shown_as_its_own_cause() -> None:
    market = acted(raw_market([[100.0], [97.0], [97.0]]), (1, T0, "dividend", 3.0, ""))
    long, short = hold(market, [0.5]), hold(market, [-0.5])
    assert long.nav["cash"].tolist() == [500.0, 515.0, 515.0]
    assert short.nav["cash"].tolist() == [1500.0, 1485.0, 1485.0]
    assert long.pnl("ticker").loc[T0, "cash_flow"] == 15.0
    assert long.nav["cash_flow"].tolist() == [0.0, 15.0, 0.0]


def test_estimates_see_total_returns_and_fills_what_was_quoted() -> None:
    market = acted(raw_market([[100.0], [48.5], [50.0]]), (1, T0, "split", 2.0, ""), (1, T0, "dividend", 1.5, ""))
    assert market.close_returns([T0])[1, 0] == pytest.approx(0.0, abs=1e-15)
    assert market.close[2, 0] == 50.0
    assert market.quoted()[:, 0].tolist() == [100.0, 48.5, 50.0]
    np.testing.assert_allclose(market.close * market.volume, market.quoted() * 1e6, rtol=1e-14)
    found = hold(market, [0.5])
    assert found.positions["shares"].tolist() == [5.0, 10.0, 10.0]
    assert found.positions["price"].tolist() == [100.0, 48.5, 50.0]


def test_whole_shares_are_paid_their_fraction() -> None:
    market = acted(raw_market([[100.0], [150.0]]), (1, T0, "split", 2.0 / 3.0, ""))
    account = Account(capital_usd=1000.0).model_copy(
        update={"orders": Account().orders.model_copy(update={"whole_shares": True})}
    )
    found = hold(market, [0.5], account=account)
    assert found.positions["shares"].tolist() == [5.0, 3.0]
    assert found.final_nav == pytest.approx(1000.0)
    assert found.share_changes[["ratio", "price"]].iloc[0].tolist() == pytest.approx([2.0 / 3.0, 150.0])
    assert found.share_changes["shares"].iloc[0] == pytest.approx(-1.0 / 3.0)


def test_what_is_spun_off_leaves_with_its_parent() -> None:
    closes = [[100.0, NAN], [90.0, 22.0], [90.0, 22.0], [90.0, 30.0]]
    opens = [[100.0, NAN], [90.0, 20.0], [90.0, 22.0], [90.0, 30.0]]
    market = acted(raw_market(closes, opens), (1, T0, "spinoff", 0.5, T1))
    found = hold(market, [0.5, NAN], leave=2)
    assert found.open_positions() == ()
    assert found.final_nav == pytest.approx(1005.0)
    assert found.pnl("ticker").loc[T0, "cash_flow"] == 50.0
    assert market.close_returns([T0])[1, 0] == pytest.approx((90.0 + 0.5 * 22.0) / 100.0 - 1.0)


def test_a_schedule_follows_a_change_of_symbol() -> None:
    closes = [[100.0, NAN], [NAN, 104.0], [NAN, 104.0], [NAN, 130.0]]
    market = acted(raw_market(closes), (1, T0, "symbol", 1.0, T1))
    found = hold(market, [0.5, NAN], leave=2)
    assert found.open_positions() == ()
    assert found.final_nav == pytest.approx(1020.0)


def test_a_delisting_pays_what_it_recovers() -> None:
    market = acted(raw_market([[100.0, 1.0], [NAN, 1.0], [NAN, 1.0]]), (1, T0, "delisting", 30.0, ""))
    found = hold(market, [0.5, NAN])
    assert found.final_nav == 650.0
    assert found.open_positions() == ()


def test_shares_held_before_the_first_session_are_split_too() -> None:
    market = acted(raw_market([[100.0], [100.0], [10.0], [11.0]]), (2, T0, "split", 10.0, ""))
    schedule = markets.schedule_of(market, [(2, Mark.CLOSE, [NAN])])
    found = run_schedule(market, schedule, "none", Account(capital_usd=1000.0), holdings=Holdings({T0: 5.0}))
    assert found.positions["shares"].tolist() == [50.0, 50.0]
    assert found.final_nav == 1050.0
    assert found.share_changes["ratio"].tolist() == [10.0]


def test_prices_that_are_adjusted_already_are_refused() -> None:
    with pytest.raises(PriceDataError, match="adjusted for it already"):
        acted(raw_market([[10.0], [10.2], [10.1]]), (1, T0, "split", 10.0, ""))


def test_delivered_shares_without_prices_are_asked_for_or_paid_as_stated() -> None:
    market = raw_market([[100.0], [90.0]])
    with pytest.raises(PriceDataError, match="SPUN, which has no prices"):
        acted(market, (1, T0, "spinoff", 0.5, "SPUN"))
    frame = pd.DataFrame([(str(market.sessions[1]), T0, "spinoff", 0.5, "SPUN", 20.0)])
    frame.columns = pd.Index(["date", "ticker", "kind", "value", "into", "price"])
    paid = with_actions(market, load_actions(frame))
    assert hold(paid, [0.5]).nav["cash"].tolist() == [500.0, 550.0]
    assert any("paid in cash" in line for line in paid.warnings)


def test_round_trips_count_in_the_new_shares() -> None:
    market = acted(raw_market([[100.0], [11.0], [12.0]]), (1, T0, "split", 10.0, ""))
    found = hold(market, [0.5], leave=2)
    trips = round_trips(found.fills, found.positions, found.pnl_long, found.sessions, found.share_changes)
    assert len(trips) == 1
    assert trips.loc[0, ["entry_price", "exit_price", "largest_shares"]].tolist() == [10.0, 12.0, 50.0]
    assert trips.loc[0, "pnl_usd"] == pytest.approx(100.0)


def random_actions(seed: int, market: Market, count: int = 12) -> pd.DataFrame:
    """Dividends, splits with prices that follow them, spin-offs, mergers and changes of symbol of a random market."""
    draw = np.random.default_rng([seed, 5])
    kinds = draw.choice(["dividend", "split", "spinoff", "merger", "symbol"], count, p=[0.5, 0.2, 0.1, 0.1, 0.1])
    rows = []
    for kind in kinds.tolist():
        i, other = draw.choice(len(market.tickers), 2, replace=False)
        value = {"dividend": draw.uniform(0.01, 0.3), "split": draw.choice([1.25, 0.8])}.get(kind, 1.0)
        into = market.tickers[other] if kind not in ("dividend", "split") else ""
        day = str(market.sessions[int(draw.integers(2, len(market.sessions)))])
        rows.append((day, market.tickers[i], kind, value, into, 5.0 if kind in ("spinoff", "merger") else NAN))
    frame = pd.DataFrame(rows, columns=["date", "ticker", "kind", "value", "into", "price"])
    return frame.drop_duplicates(["date", "ticker", "kind"])


@pytest.mark.parametrize("seed", range(6))
def test_random_runs_add_up_and_pass_the_second_engine(seed: int) -> None:
    market = markets.random_market(seed)
    market = with_actions(market, load_actions(random_actions(seed, market)))
    schedule = markets.random_schedule(seed, market)
    orders = Account().orders.model_copy(update={"whole_shares": bool(seed % 2)})
    found = run_schedule(market, schedule, markets.random_costs(seed), Account(orders=orders))
    assert identity_gap(found.record, found.capital) <= 1e-9
    verified = verify_backtest(found)
    assert verified.passed, verified


@pytest.mark.parametrize("seed", range(6))
def test_an_action_changes_nothing_before_it(seed: int) -> None:
    market, cut = markets.random_market(seed), 15
    frame = random_actions(seed, market)
    schedule, costs = markets.random_schedule(seed, market), markets.random_costs(seed, impact=False)
    whole = run_schedule(with_actions(market, load_actions(frame)), schedule, costs)
    early = load_actions(frame[frame["date"] < str(market.sessions[cut])])
    known = run_schedule(with_actions(market, early), schedule, costs)
    rows = cut - whole.start
    np.testing.assert_array_equal(known.record.days[:rows], whole.record.days[:rows])
    np.testing.assert_array_equal(known.record.shares[:rows], whole.record.shares[:rows])


@pytest.mark.parametrize("seed", range(6))
def test_a_split_changes_nothing_but_shares(seed: int) -> None:
    market, t = markets.random_market(seed), 12
    split = np.where(np.arange(len(market.sessions)) >= t, 10.0, 1.0)[:, None] * np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    split += np.array([0.0, 0.0, 0.0, 0.0, 1.0])
    fields = {name: getattr(market, name) / split for name in ("open", "high", "low", "close")}
    raw = replace(market, volume=market.volume * split, **fields)
    rows = [(t, f"T{i}", "split", 10.0, "") for i in range(4)]
    costs = markets.random_costs(seed)
    schedule = markets.random_schedule(seed, market)
    plain, done = run_schedule(market, schedule, costs), run_schedule(acted(raw, *rows), schedule, costs)
    np.testing.assert_allclose(done.record.nav, plain.record.nav, rtol=1e-11)
    np.testing.assert_allclose(done.record.shares, plain.record.shares * split[plain.start :], rtol=1e-9, atol=1e-9)


def test_a_market_with_no_action_runs_bit_for_bit_like_one_without() -> None:
    market = markets.random_market(3)
    schedule, costs = markets.random_schedule(3, market), markets.random_costs(3)
    none = with_actions(market, load_actions(random_actions(3, market)).only(np.zeros(0, dtype=np.int64)))
    plain, same = run_schedule(market, schedule, costs), run_schedule(none, schedule, costs)
    np.testing.assert_array_equal(plain.record.days, same.record.days)
    np.testing.assert_array_equal(plain.record.pnl, same.record.pnl)
    assert plain.record.pnl.shape[2] == int(Cause.CASH_FLOW)


def test_real_dividends_give_the_same_total_return_both_ways(shared: Path) -> None:
    path = shared / "data" / "actions" / "raw_and_adjusted.parquet"
    if not path.is_file():
        pytest.skip("needs ../shared/data/actions")
    rows = pd.read_parquet(path)
    names = tuple(rows["ticker"].unique())
    paid = rows[rows["div_cash"] > 0.0].assign(kind="dividend").rename(columns={"div_cash": "value"})
    split = rows[rows["split_factor"] != 1.0].assign(kind="split").rename(columns={"split_factor": "value"})
    columns = ["date", "ticker", "kind", "value"]
    prices = rows[["date", "ticker", "open", "high", "low", "close", "volume"]]
    universe = markets.numbered_universe(names)
    market = hb.load_market(prices, universe, actions=pd.concat([paid[columns], split[columns]]))
    theirs = rows.pivot(index="date", columns="ticker", values="adj_close")
    worst = 0.0
    for ticker in names:
        known = theirs[ticker].dropna()
        own = pd.DatetimeIndex([known.index[0], *paid.loc[paid["ticker"] == ticker, "date"]]).unique()
        days = [market.session_index(np.datetime64(day, "D")) for day in own if day >= known.index[0]]
        reinvest = [(t, Mark.CLOSE, [1.0]) for t in days]
        schedule = markets.schedule_of(market, reinvest, tickers=(ticker,))
        done = run_schedule(market, schedule, "none", "none", until=np.datetime64(known.index[-1], "D"))
        total = float(known.iloc[-1] / known.iloc[0])
        worst = max(worst, abs(done.final_nav / done.capital / total - 1.0))
    assert worst < 1e-11
