"""The currency hedge of a ticket is what a ledger of two currencies owes and owns after the entry."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.reports.ticket.page import ticket_tables
from hedgebook.reports.ticket.summary import summarise_ticket
from hedgebook.strategies.ticket.ticket import Ticket
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.event import EventLibrary

from ..journal.abroad_market import NEWS, RATE, event, market_of, prices

CAPITAL = 1e6


def trade_of(*, abroad_long: bool) -> EventTrade:
    sides = {"long": ("SEOUL",), "short": ("HOME",)} if abroad_long else {"long": ("HOME",), "short": ("SEOUL",)}
    return EventTrade(name="own", title="Own", event="made-up-news", hold=6, **sides)


def standing_still(frame: pd.DataFrame) -> pd.DataFrame:
    """The same up to the news; from then on every share and the rate stand at what was last known before it."""
    before = frame[frame["date"] < pd.Timestamp(NEWS)]
    last = before.dropna(subset=["close"]).groupby("ticker")["close"].last()
    after = frame[frame["date"] >= pd.Timestamp(NEWS)].copy()
    rate = after["ticker"] == RATE
    for name in ("open", "high", "low", "close"):
        after.loc[~rate, name] = after.loc[~rate, "ticker"].map(last)
    after.loc[rate, "close"] = last[RATE]
    return pd.concat([before, after])


def asked(frame: pd.DataFrame, trade: EventTrade, frac: float) -> Ticket:
    account = hb.Account(capital_usd=CAPITAL, currency_hedge_frac=frac)
    return hb.ticket(trade, market_of(frame), events=EventLibrary(events=(event(),)), account=account, costs="none")


@pytest.mark.parametrize("abroad_long", [True, False])
@pytest.mark.parametrize("frac", [1.0, 0.4])
def test_the_hedge_is_that_part_of_what_is_held_abroad(frac: float, abroad_long: bool) -> None:
    frame = prices(3, missing_frac=0.0)
    ticket = asked(frame, trade_of(abroad_long=abroad_long), frac)
    known = frame[frame["date"] < pd.Timestamp(NEWS)]
    # The last rate that was known when Seoul closed on the eve: that of the evening before it.
    days = known[(known["ticker"] == RATE) & (known["date"] < pd.Timestamp(date(2026, 6, 16)))]
    rate = float(days["close"].iloc[-1])
    units = math.floor(frac * 0.5 * CAPITAL / rate + 1e-6)
    (row,) = ticket.money.to_dict("records")
    assert (row["ticker"], row["hedge_frac"]) == ("KRW", frac)
    assert row["units"] == pytest.approx(-units if abroad_long else units, abs=1.0)
    assert row["usd"] == pytest.approx(row["units"] * rate, rel=1e-12)
    orders = ticket.orders.set_index("ticker")
    assert orders.loc["KRW", "shares"] == row["units"]
    assert orders.loc["KRW", ["session", "mark"]].tolist() == orders.loc["SEOUL", ["session", "mark"]].tolist()
    assert "KRW" not in ticket.shorts["ticker"].tolist()
    assert "KRW" not in ticket.exits["of"].tolist()
    days = ticket.days
    assert days is not None
    assert set(days.exchanges) == {"XNYS", "XKRX"}
    json_ = json.loads(json.dumps(summarise_ticket(ticket)))
    assert json_["currency_hedge"] == [{**row}]
    assert json_["days"]["returns"] == days.returns
    orders_ = next(one for one in ticket_tables(ticket) if one.title == "Orders")
    sent = next(line for line in orders_.rows if line[0] == "KRW")
    assert sent[1:5] == (
        "sell" if abroad_long else "buy",
        f"{units:,}",
        f"{rate:.6f}",
        f"{row['usd']:,.0f}".replace("-", "−"),
    )
    table = next(one for one in ticket_tables(ticket) if one.title == "Currency hedge")
    assert table.rows[0][:3] == ("KRW", f"{frac:.0%}", "owed" if abroad_long else "owned")


@pytest.mark.parametrize("abroad_long", [True, False])
def test_a_ledger_in_which_prices_stand_still_owes_the_same(abroad_long: bool, tmp_path: Path) -> None:
    frame = standing_still(prices(3, missing_frac=0.0))
    trade, library = trade_of(abroad_long=abroad_long), EventLibrary(events=(event(),))
    ticket = asked(frame, trade, 0.4)
    account = hb.Account(capital_usd=CAPITAL, currency_hedge_frac=0.4, orders={"whole_shares": True})
    run = hb.backtest(trade, market_of(frame), events=library, account=account, costs="none")
    held = run.backtest.balances()["KRW"]
    (units,) = ticket.money["units"]
    # The ledger changes money at the rate of the fill, which stands still from the evening after Seoul's last close.
    closes = frame[(frame["ticker"] == RATE) & (frame["date"] < pd.Timestamp(NEWS))]["close"].to_numpy()
    assert held[held != 0.0].iloc[0] == pytest.approx(units * closes[-2] / closes[-1], abs=1.0)
    made = hb.journal.open(ticket, market_of(frame), events=library, as_of="2026-06-22", file=tmp_path / "j.sqlite")
    told = {name: one["shares"] for name, one in made.state.rows[-1]["tickers"].items()}
    assert told == dict(zip(ticket.orders["ticker"], ticket.orders["shares"], strict=True))


def test_what_is_owed_already_counts_and_no_limit_asks_for_the_volume_of_money() -> None:
    frame = prices(3, missing_frac=0.0)
    trade = trade_of(abroad_long=True)
    plain = asked(frame, trade, 1.0)
    (units,) = plain.money["units"]
    shares = float(plain.orders.set_index("ticker")["shares"]["SEOUL"])
    book = hb.Book({"SEOUL": shares, "KRW": units + 1000.0}, cash_usd=CAPITAL)
    limits = hb.Limits.model_validate({"adv": {"max": 1.0}})
    account = hb.Account(capital_usd=CAPITAL, currency_hedge_frac=1.0)
    ticket = hb.ticket(
        trade, market_of(frame), events=EventLibrary(events=(event(),)), account=account, costs="none", book=book,
        net=True, limits=limits,
    )  # fmt: skip
    orders = ticket.orders.set_index("ticker")
    assert orders.loc["SEOUL", "shares"] == 0.0
    assert orders.loc["KRW", "shares"] == -1000.0
    assert ticket.money["units"].tolist() == [units]
    assert ticket.passed


def test_without_a_hedge_there_is_no_money_in_a_ticket() -> None:
    ticket = asked(prices(3, missing_frac=0.0), trade_of(abroad_long=True), 0.0)
    assert not len(ticket.money)
    assert "KRW" not in ticket.orders["ticker"].tolist()
    assert "currency_hedge" not in summarise_ticket(ticket)
    assert np.isfinite(ticket.costs.interest_usd)
