"""Prices in other currencies: rates as they were known, and what each of price and currency earned."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.kernels.book.records import Booked
from hedgebook.errors import PriceDataError
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.exchanges.currencies import FxSeries
from hedgebook.universes.market import Market
from hedgebook.universes.universe import Bucket, Member, Universe

from .test_timeline import drawn, prices
from .test_timeline import universe as abroad

RATE = "KRWUSD=X"


def in_won(**fx: Any) -> Universe:
    found = abroad(SEOUL="KRW")
    return found.model_copy(update={"currencies": {"KRW": FxSeries(ticker=RATE, **fx)}})


def with_rates(frame: pd.DataFrame, seed: int = 3) -> pd.DataFrame:
    days = pd.bdate_range("2026-06-01", "2026-07-24")
    rate = 0.0007 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, len(days))))
    return pd.concat([frame, pd.DataFrame({"date": days, "ticker": RATE, "close": rate})])


def market_of(seed: int = 1) -> Market:
    return hb.load_market(with_rates(prices(seed)), in_won())


def test_prices_are_in_usd_by_the_last_rate_that_was_known() -> None:
    frame = with_rates(prices(1))
    rates = frame[frame["ticker"] == RATE]
    # 17:00 in New York is 21:00 UTC in summer.
    moments = [day.to_pydatetime().replace(tzinfo=UTC) + timedelta(hours=21) for day in rates["date"]]
    market, seoul = market_of(), frame[frame["ticker"] == "SEOUL"]
    column = market.column("SEOUL")
    for row in seoul.itertuples():
        t = market.session_index(np.datetime64(row.date, "D"))
        for price, table, hour in ((row.open, market.open, 0.0), (row.close, market.close, 6.5)):
            at = row.date.to_pydatetime().replace(tzinfo=UTC) + timedelta(hours=hour)
            rate = rates["close"].iloc[bisect_right(moments, at) - 1]
            assert table[t, column] == pytest.approx(price * rate, rel=1e-14)
    home = frame[frame["ticker"] == "HOME"]["close"].to_numpy()
    np.testing.assert_array_equal(market.close[np.isfinite(market.close[:, 0]), 0], home)


def test_units_of_a_usd_are_turned_round() -> None:
    frame = with_rates(prices(1))
    turned = frame.assign(close=np.where(frame["ticker"] == RATE, 1.0 / frame["close"], frame["close"]))
    found = hb.load_market(turned, in_won(usd_per_unit=False))
    np.testing.assert_allclose(found.close, market_of().close, rtol=1e-14)


@pytest.mark.parametrize("seed", range(4))
def test_price_and_currency_add_up_to_what_moved(seed: int) -> None:
    market = market_of(seed)
    schedule, _ = drawn(seed, market)
    done = run_schedule(market, schedule, "none", Account(name="none"))
    split = done.currency_pnl()
    moved = done.record.of(Booked.MOVE).sum(axis=(0, 2))
    for ticker, row in split.iterrows():
        assert row["total"] == pytest.approx(moved[market.column(str(ticker))], abs=1e-9 * done.capital)
    assert split.loc["HOME", "currency"] == 0.0
    assert split.loc["SEOUL", "currency"] != 0.0


def test_a_price_that_stands_still_earns_its_currency_alone() -> None:
    frame = prices(1).assign(open=100.0, close=100.0)
    market = hb.load_market(with_rates(frame), in_won())
    schedule = hb.Schedule(
        tickers=("SEOUL",), decided_at=np.array(["2026-06-08T12:00"], dtype="datetime64[ns]"),
        session=np.array(["2026-06-09"], dtype="datetime64[D]"), mark=np.array([0]), weights=np.array([[0.5]]),
    )  # fmt: skip
    done = run_schedule(market, schedule, "none", Account(name="none"))
    split = done.currency_pnl().loc["SEOUL"]
    assert split["price"] == pytest.approx(0.0, abs=1e-6)
    assert split["currency"] == pytest.approx(done.final_nav - done.capital, abs=1e-6)
    assert split["currency"] != 0.0


def test_a_currency_without_a_rate_is_refused() -> None:
    with pytest.raises(PriceDataError, match="no exchange rate of KRW is named"):
        hb.load_market(prices(1), abroad(SEOUL="KRW"))
    with pytest.raises(PriceDataError, match="exchange rate of KRW is not in it"):
        hb.load_market(prices(1), in_won())


def test_a_dividend_in_won_is_paid_in_usd() -> None:
    market = hb.load_market(
        with_rates(prices(1)),
        in_won(),
        actions=pd.DataFrame({"date": ["2026-06-11"], "ticker": ["SEOUL"], "kind": ["dividend"], "value": [2.0]}),
    )
    schedule = hb.Schedule(
        tickers=("SEOUL",), decided_at=np.array(["2026-06-08T12:00"], dtype="datetime64[ns]"),
        session=np.array(["2026-06-09"], dtype="datetime64[D]"), mark=np.array([0]), weights=np.array([[0.5]]),
    )  # fmt: skip
    done = run_schedule(market, schedule, "none", Account(name="none"))
    assert market.rates is not None
    t = market.session_index("2026-06-11")
    held = done.record.shares[t - done.start - 1, market.column("SEOUL")]
    assert done.nav["cash_flow"].sum() == pytest.approx(held * 2.0 * market.rates.open[t, market.column("SEOUL")])


def test_meta_against_hynix_in_real_prices(shared: Path) -> None:
    folder = shared / "data" / "foreign"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/foreign")
    rows = pd.read_parquet(folder / "daily.parquet")
    seoul = rows[rows["ticker"] == "000660.KS"][["date", "ticker", "open", "high", "low", "close", "volume"]]
    home = pd.read_parquet(shared / "data" / "prices.parquet")
    home = home[home["ticker"].isin(["META", "SPY"]) & (home["date"] >= "2025-01-02")]
    fx = pd.read_csv(folder / "fx_daily.csv").query("pair == 'USDKRW'")
    fx = pd.DataFrame({"date": pd.to_datetime(fx["date"]), "ticker": RATE, "close": fx["usd_per_unit"]})
    sessions = trading_calendar(2025, 2026, "XKRX").sessions
    seoul = seoul[np.isin(seoul["date"].to_numpy().astype("datetime64[D]"), sessions)]
    members = {"META": ("XNYS", "USD"), "SPY": ("XNYS", "USD"), "000660.KS": ("XKRX", "KRW")}
    universe = Universe(
        name="real", title="Real", benchmark="SPY",
        buckets=tuple(
            Bucket(name=f"b{n}", role="r", members=(Member(
                ticker=t, company=t, first_session=date(2020, 1, 2), earlier=True, calendar=c, currency=m),))
            for n, (t, (c, m)) in enumerate(members.items())
        ),
        currencies={"KRW": FxSeries(ticker=RATE, close="00:00 UTC", day=1)},
    )  # fmt: skip
    market = hb.load_market(pd.concat([seoul, home[seoul.columns], fx]), universe, confirmed_moves=())
    trade = hb.EventTrade(
        name="asia",
        title="Asia",
        event="meta-compute-2026",
        long=("META",),
        short=("000660.KS",),
        hedge="dollar",
        hold=3,
    )
    run = hb.backtest(trade, market, "none")
    fills = run.fills.set_index("ticker")
    entry = fills.loc["000660.KS"].iloc[0]
    assert (str(entry["session"].date()), entry["mark"], entry["exchange"]) == ("2026-07-02", "open", "XKRX")
    won = seoul.set_index("date").loc[pd.Timestamp("2026-07-02"), "open"]
    rate = fx.set_index("date").loc[pd.Timestamp("2026-07-01"), "close"]
    assert entry["reference"] == pytest.approx(won * rate, rel=1e-12)
    split = run.backtest.currency_pnl()
    assert split["total"].sum() == pytest.approx(run.final_nav - run.capital, abs=1e-6 * run.capital)
    assert run.verify().passed
