"""Half days, holidays and the order of the clock over four exchanges; every instant is written down by hand, in UTC."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account.delisting import quiet_of
from hedgebook.engine.account.rule_201 import rule_201_bars
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.calendar import Mark, trading_calendar
from hedgebook.universes.market import Market
from tests.markets import abroad_universe

HOMES = {"HOME": "XNYS", "SEOUL": "XKRX", "TOKYO": "XTKS", "DAM": "XAMS"}


@cache
def market_of() -> Market:
    draw, parts = np.random.default_rng(3), []
    for ticker, home in HOMES.items():
        days = trading_calendar(2025, 2025, home).sessions
        days = days[(days >= np.datetime64("2025-09-15")) & (days <= np.datetime64("2025-12-12"))]
        marks = 50.0 * np.exp(np.cumsum(draw.normal(0.0, 0.01, 2 * len(days))))
        parts.append(pd.DataFrame({"date": days, "ticker": ticker, "open": marks[0::2], "close": marks[1::2]}))
    return hb.load_market(pd.concat(parts), abroad_universe(HOMES))


# Of news before the open in New York: when each ticker is entered, and left after one session of New York.
BY_HAND = {
    # The day after Thanksgiving: New York shuts at 18:00 UTC, Amsterdam at 16:30 as always. One session on is 12-01.
    "2025-11-28": {
        "HOME": ("2025-11-28T14:30", "2025-12-01T21:00"),
        "DAM": ("2025-11-28T16:30", "2025-12-01T16:30"),
        "SEOUL": ("2025-12-01T00:00", "2025-12-01T06:30"),
        "TOKYO": ("2025-12-01T00:00", "2025-12-01T06:30"),
    },
    # Summer time on both sides of the Atlantic.
    "2025-10-01": {
        "HOME": ("2025-10-01T13:30", "2025-10-02T20:00"),
        "DAM": ("2025-10-01T15:30", "2025-10-02T15:30"),
        "SEOUL": ("2025-10-02T00:00", "2025-10-02T06:30"),
        "TOKYO": ("2025-10-02T00:00", "2025-10-02T06:30"),
    },
    # Europe has left summer time on 10-26, New York does on 11-02. Tokyo rests on 11-03, the day of culture.
    "2025-10-30": {
        "HOME": ("2025-10-30T13:30", "2025-10-31T20:00"),
        "DAM": ("2025-10-30T16:30", "2025-10-31T16:30"),
        "SEOUL": ("2025-10-31T00:00", "2025-10-31T06:30"),
        "TOKYO": ("2025-10-31T00:00", "2025-10-31T06:30"),
    },
}


def trade(day: str, **more: object) -> TradeRun:
    event = hb.Event(
        id="news", announced_on=date.fromisoformat(day), timing="pre-open", headline="News", sources=("nowhere",)
    )
    found = hb.EventTrade(
        name="t", title="T", event="news", long=("HOME",), short=("SEOUL", "TOKYO", "DAM"), hedge="dollar",
        **{"hold": 1, **more},
    )  # fmt: skip
    return run_trade(found, event, RunSetting(market_of(), load_costs("none")))


def moments(run: TradeRun) -> dict[str, list[str]]:
    market = market_of()
    out: dict[str, list[str]] = {}
    assert market.venues is not None
    for row in run.backtest.fills.itertuples():
        mark = Mark.OPEN if row.mark == "open" else Mark.CLOSE
        venue = market.venues.of[market.column(str(row.ticker))]
        at = market.venues.moments(mark)[market.session_index(np.datetime64(row.session, "D")), venue]
        out.setdefault(str(row.ticker), []).append(str(at.astype("datetime64[m]")))
    return out


@pytest.mark.parametrize("day", BY_HAND)
def test_each_ticker_trades_at_the_first_and_last_mark_of_its_own_exchange(day: str) -> None:
    assert moments(trade(day)) == {ticker: list(pair) for ticker, pair in BY_HAND[day].items()}


def test_news_before_a_long_holiday_waits_for_seoul_to_open_again() -> None:
    # Seoul rests from 10-03 to 10-09: foundation day, a weekend, Chuseok and the day of the alphabet.
    found = moments(trade("2025-10-02", hold=8))
    assert found["SEOUL"] == ["2025-10-10T00:00", "2025-10-14T06:30"]
    assert found["TOKYO"] == ["2025-10-03T00:00", "2025-10-14T06:30"]  # 10-13 is a day of sport, 10-14 is none
    assert found["HOME"] == ["2025-10-02T13:30", "2025-10-14T20:00"]
    with pytest.raises(hb.InputError, match="XKRX has no session from the news to the exit on 2025-10-07"):
        trade("2025-10-02", hold=3)


def test_what_a_rule_decides_in_the_evening_fills_at_the_next_open_of_each_exchange() -> None:
    # Entered on 11-26; Thanksgiving is no session, so that 11-28 is the first one on and 12-01 the second.
    found = moments(trade("2025-11-26", hold=8, max_hold=2))
    assert {ticker: pair[1] for ticker, pair in found.items()} == {
        "SEOUL": "2025-12-02T00:00", "TOKYO": "2025-12-02T00:00", "DAM": "2025-12-02T08:00", "HOME": "2025-12-02T14:30",
    }  # fmt: skip


def test_a_holiday_of_an_exchange_is_no_session_without_a_price() -> None:
    quiet = quiet_of(market_of())
    assert quiet.max() == 0


def test_rule_201_bars_no_ticker_abroad_and_looks_back_over_a_holiday_at_home() -> None:
    market = market_of()
    fallen = market.close.copy()
    opens = market.open.copy()
    low = np.full(fallen.shape, np.nan)
    day = market.session_index("2025-11-26")  # the day before Thanksgiving
    fallen[day] *= 0.8
    bars = rule_201_bars(replace(market, close=fallen, open=opens, low=low))
    home = market.column("HOME")
    abroad = [i for i in range(4) if i != home]
    assert not bars[:, :, abroad].any()
    assert np.isfinite(fallen[day, abroad]).all()
    assert bars[Mark.CLOSE, day, home]
    assert not bars[:, market.session_index("2025-11-27"), home].any()
    assert bars[:, market.session_index("2025-11-28"), home].all()
