"""Journals over two exchanges: against an account in plain Python, the run, and prices, rates and days that change."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.reports.journal.words import verdict
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.market import Market

from .abroad_market import NEWS, RATE, Account, event, market_of, nav_by_hand, prices

Entries = dict[str, tuple[date, float]]
FREE: dict[str, Any] = {"costs": "none", "account": hb.Account(name="none")}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return prices(4)


@pytest.fixture(scope="module")
def market(frame: pd.DataFrame) -> Market:
    return market_of(frame)


@pytest.fixture(scope="module")
def library() -> EventLibrary:
    return EventLibrary(events=(event(),))


@pytest.fixture(scope="module")
def trade() -> EventTrade:
    return EventTrade(name="own", title="Own", event="made-up-news", long=("HOME",), short=("SEOUL",), hold=13)


def entered(
    trade: EventTrade, market: Market, library: EventLibrary
) -> tuple[dict[str, tuple[date, float]], dict[str, date]]:
    """When each ticker is bought and sold, and how much of it, as the plan says."""
    plan = trade.plan(market, library).schedule
    entries: Entries = {}
    exits: dict[str, date] = {}
    for k, ticker in ((k, t) for k in range(len(plan.session)) for t in plan.tickers):
        weight = float(plan.weights[k, plan.tickers.index(ticker)])
        if weight > 0.0 or weight < 0.0:
            entries[ticker] = (plan.session[k].item(), weight)
        elif weight == 0.0:
            exits[ticker] = plan.session[k].item()
    return entries, exits


@pytest.mark.parametrize("seed", range(4))
def test_every_day_is_that_of_an_account_in_plain_python(
    seed: int, trade: EventTrade, library: EventLibrary, file: Path
) -> None:
    frame = prices(seed)
    market = market_of(frame)
    entries, exits = entered(trade, market, library)
    assert entries["HOME"][0] == NEWS
    assert entries["SEOUL"][0] == date(2026, 6, 18)
    wanted = nav_by_hand(frame, entries, exits)
    made = hb.journal.open(trade, market, events=library, file=file, **FREE)
    told = {row["session"]: row["nav_usd"] for row in made.state.rows}
    assert list(told) == list(wanted)[: len(told)]
    assert "2026-06-19" in told  # New York is closed, Seoul is not
    assert list(told.values()) == pytest.approx([wanted[day] for day in told], rel=1e-12)
    run = hb.backtest(trade, market, events=library, **FREE)
    by_run = {str(day)[:10]: nav for day, nav in run.nav["nav_close"].items()}
    assert all(abs(told[day] - by_run[day]) <= 1e-9 * 1e6 for day in told if day in by_run)
    assert told[max(by_run)] == pytest.approx(run.final_nav, rel=1e-9)  # an exit that found no price goes on waiting


def test_day_by_day_or_at_once_is_the_same_to_the_byte(
    trade: EventTrade, library: EventLibrary, frame: pd.DataFrame, market: Market, file: Path
) -> None:
    rules = trade.replaced(stop_loss=0.2)
    account = hb.Account(currency_hedge_frac=0.5)
    hb.journal.open(rules, market_of(frame, date(2026, 6, 16)), events=library, account=account, file=file)
    for day in market.sessions[market.sessions >= np.datetime64(NEWS)]:
        marked = hb.journal.mark("own", market_of(frame, day.item()), file=file)
        assert marked.revisions == ()
    at_once = hb.journal.open(rules, market, events=library, account=account, name="late", file=file)
    assert at_once.state.texts == marked.state.texts
    assert hb.journal.verify(file=file).sound
    run = hb.backtest(rules, market, events=library, account=account)
    last = f"{run.nav.index[-1]:%Y-%m-%d}"
    (row,) = [one for one in marked.state.rows if one["session"] == last]
    assert row["nav_usd"] == pytest.approx(run.final_nav, rel=1e-9)
    assert row["costs_usd"]
    upto = dataclasses.replace(marked.state, rows=marked.state.rows[: marked.state.rows.index(row) + 1])
    assert f"After {len(run.nav)} sessions ({row['since_entry']} of the first exchange" in verdict(upto)
    assert any("rates" in row for row in marked.state.rows)


def test_a_day_is_told_when_all_its_exchanges_have_closed(
    trade: EventTrade, library: EventLibrary, frame: pd.DataFrame, file: Path
) -> None:
    evening = frame[(frame["date"] < "2026-06-25") | ((frame["date"] == "2026-06-25") & (frame["ticker"] == "SEOUL"))]
    made = hb.journal.open(trade, market_of(evening), events=library, file=file, **FREE)
    assert made.state.rows[-1]["session"] == "2026-06-24"


def test_revised_rates_and_prices_are_named_and_change_no_row(
    trade: EventTrade, library: EventLibrary, frame: pd.DataFrame, file: Path
) -> None:
    known = frame[frame["date"] <= "2026-06-26"]
    late = (known["ticker"] == RATE) & (known["date"] == "2026-06-23")
    before = hb.journal.open(trade, market_of(known[~late]), events=library, file=file, **FREE)
    other = frame[frame["date"] <= "2026-06-29"].copy()
    rate = (other["ticker"] == RATE) & (other["date"] == "2026-06-22")
    price = (other["ticker"] == "SEOUL") & (other["date"] == "2026-06-24")
    old_rate, old_price = float(other.loc[rate, "close"].item()), float(other.loc[price, "close"].item())
    other.loc[rate, "close"] *= 1.001
    new_price = old_price * 1.005
    other.loc[price, "close"] = new_price
    found = hb.journal.mark("own", market_of(other), file=file)
    (noticed,) = found.revisions
    told = {(one["ticker"], one["session"], one["field"]): (one["kept"], one["now"]) for one in noticed["revisions"]}
    late_rate = float(known.loc[late, "close"].item())
    assert set(told) == {
        ("KRW", "2026-06-22T21:00:00", "rate"), ("KRW", "2026-06-23T21:00:00", "rate"),
        ("SEOUL", "2026-06-24", "close"),
    }  # fmt: skip
    assert told["KRW", "2026-06-22T21:00:00", "rate"] == pytest.approx((old_rate, old_rate * 1.001))
    assert told["KRW", "2026-06-23T21:00:00", "rate"] == (None, pytest.approx(late_rate))
    assert told["SEOUL", "2026-06-24", "close"] == (pytest.approx(old_price), pytest.approx(new_price))
    assert found.state.texts[: len(before.state.texts)] == before.state.texts
    assert any("revised: KRW rate" in one for one in found.alerts)
    assert hb.journal.verify(file=file).sound


def test_own_fills_are_in_the_currency_of_the_exchange(
    trade: EventTrade, library: EventLibrary, frame: pd.DataFrame, market: Market, file: Path, tmp_path: Path
) -> None:
    cells = {(row.ticker, str(row.date)[:10]): row for row in frame.itertuples()}
    home, seoul = cells["HOME", "2026-06-17"], cells["SEOUL", "2026-06-18"]
    fills = tmp_path / "fills.csv"
    paid = {"HOME": float(np.nanmean([home.open, home.close])), "SEOUL": float(np.nanmean([seoul.open, seoul.close]))}
    fills.write_text(
        "date,ticker,shares,price,commission\n"
        f"2026-06-17,HOME,1000,{paid['HOME']!r},5\n2026-06-18,SEOUL,-1500,{paid['SEOUL']!r},7000\n"
        f"2026-06-18,SEOUL,500,{paid['SEOUL']!r},0\n"
    )
    asked = {"costs": "none", "account": hb.Account(name="none"), "events": library}
    made = hb.journal.open(trade, market_of(frame, date(2026, 7, 1)), fills=fills, file=file, **asked)
    by_hand = Account(frame)
    by_hand.trade("HOME", 1000.0, paid["HOME"], pd.Timestamp("2026-06-17 14:00").to_pydatetime())
    by_hand.trade("SEOUL", -1000.0, paid["SEOUL"], pd.Timestamp("2026-06-18 00:00").to_pydatetime())
    by_hand.cash -= 5.0 + 7000.0 * by_hand.rate("SEOUL", pd.Timestamp("2026-06-18 00:00").to_pydatetime())
    for ticker in ("HOME", "SEOUL"):
        known = frame[(frame["ticker"] == ticker) & (frame["date"] <= "2026-07-01")]
        by_hand.last[ticker] = float(known[["open", "close"]].stack().dropna().iloc[-1])
    assert made.state.rows[-1]["session"] == "2026-07-01"
    wanted = by_hand.nav(pd.Timestamp("2026-07-01 20:00").to_pydatetime())
    assert made.state.rows[-1]["nav_usd"] == pytest.approx(wanted, rel=1e-12)
    assert [one["mark"] for row in made.state.rows for one in row["orders"]] == ["own fill"] * 3
    again = hb.journal.mark("own", market, file=file)
    assert again.state.texts[: len(made.state.texts)] == made.state.texts
    assert hb.journal.verify(file=file).sound
    shown = hb.journal.show("own", file=file).to_dict()["fills"]
    assert [one["ticker"] for one in shown] == ["HOME", "SEOUL", "SEOUL"]
    fills.write_text("date,ticker,shares,price\n2026-06-19,HOME,10,120\n2026-06-18,SEOUL,10,70\n")
    with pytest.raises(hb.InputError, match="XNYS has no session on 2026-06-19") as caught:
        hb.journal.open(None, market, fills=fills, name="bad", file=file)
    assert "KRW" in str(caught.value)


def test_prices_of_another_kind_are_refused(
    trade: EventTrade, library: EventLibrary, market: Market, file: Path
) -> None:
    hb.journal.open(trade, market, as_of="2026-06-24", events=library, file=file, **FREE)
    assert market.rates is not None
    in_euro = dataclasses.replace(market, rates=dataclasses.replace(market.rates, names=("USD", "USD", "EUR", "KRW")))
    with pytest.raises(hb.InputError, match="SEOUL trades at XKRX in EUR here, and at XKRX in KRW in the journal"):
        hb.journal.mark("own", in_euro, file=file)
