"""Half days of four exchanges: news, fills and marks against the opens and closes that exchange_calendars publishes."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.exchanges.timeline import NONE, timeline_of
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.calendar import Mark, trading_calendar
from hedgebook.universes.exchanges.home import at_home
from hedgebook.universes.market import Market
from tests.markets import abroad_universe

from .published import published

NEW_YORK = ZoneInfo("America/New_York")
HOMES = {"HOME": "XNYS", "TRON": "XTSE", "LON": "XLON", "HKG": "XHKG"}
FIRST, LAST = "2025-06-16", "2026-01-16"
# New York shuts at 13:00 on each; Toronto on the last alone, London and Hong Kong on the last at noon of theirs.
HALF_DAYS = ("2025-07-03", "2025-11-28", "2025-12-24")
CLOCK = ("08:00", "11:15", "13:00", "14:00", "20:45")


def schedule_of(code: str) -> pd.DataFrame:
    return published(code, FIRST, LAST)


@cache
def market_of(*tickers: str) -> Market:
    homes = {ticker: HOMES[ticker] for ticker in tickers or HOMES}
    draw, parts = np.random.default_rng(11), []
    for ticker, code in homes.items():
        days = schedule_of(code).index
        path = 50.0 * np.exp(np.cumsum(draw.normal(0.0, 0.01, 2 * len(days))))
        parts.append(pd.DataFrame({"date": days, "ticker": ticker, "open": path[0::2], "close": path[1::2]}))
    return hb.load_market(pd.concat(parts), abroad_universe(homes))


def timing_of(moment: datetime) -> str:
    """Where a moment lies in its day, by New York's own open and close."""
    row = schedule_of("XNYS").loc[moment.astimezone(NEW_YORK).date().isoformat()]
    return "pre-open" if moment < row["open"] else "intraday" if moment < row["close"] else "after-close"


def marks_of(code: str) -> list[datetime]:
    table = schedule_of(code)
    return sorted(one.to_pydatetime() for one in [*table["open"], *table["close"]])


def expected(moment: datetime, hold: int) -> dict[str, tuple[datetime, datetime]]:
    """Entry and exit of each ticker: New York at its first open after the news, the others at their first mark; out
    at the last close of each on a day up to that of the exit in New York."""
    home = schedule_of("XNYS")
    entry = next(row["open"] for _, row in home.iterrows() if row["open"] > moment)
    day = home.index[home["open"] == entry][0]
    leave = home.index[home.index.get_loc(day) + hold]
    out = {}
    for ticker, code in HOMES.items():
        first = entry.to_pydatetime() if code == "XNYS" else next(m for m in marks_of(code) if m > moment)
        out[ticker] = (first, schedule_of(code).loc[:leave, "close"].iloc[-1].to_pydatetime())
    return out


def trade(moment: datetime, hold: int, *tickers: str) -> TradeRun:
    market = market_of(*tickers)
    event = hb.Event(
        id="news", announced_on=moment.astimezone(NEW_YORK).date(), timing=timing_of(moment), announced_at=moment,
        headline="News", sources=("nowhere",),
    )  # fmt: skip
    asked = hb.EventTrade(
        name="t", title="T", event="news", long=market.tickers[:1], short=market.tickers[1:], hedge="dollar", hold=hold
    )
    return run_trade(asked, event, RunSetting(market, load_costs("none")))


def fills_of(run: TradeRun) -> dict[str, tuple[datetime, ...]]:
    """When each ticker was traded, by the schedule of its exchange."""
    found: dict[str, tuple[datetime, ...]] = {}
    for row in run.backtest.fills.itertuples():
        table = schedule_of(HOMES[str(row.ticker)]).loc[pd.Timestamp(row.session)]
        moment = table[str(row.mark)].to_pydatetime()
        found[str(row.ticker)] = (*found.get(str(row.ticker), ()), moment)
    return found


@pytest.mark.parametrize("clock", CLOCK)
@pytest.mark.parametrize("day", HALF_DAYS)
def test_news_on_a_half_day_fills_at_the_first_marks_after_it(day: str, clock: str) -> None:
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=NEW_YORK)
    assert fills_of(trade(moment, 3)) == expected(moment, 3)


@pytest.mark.parametrize("clock", CLOCK)
def test_without_new_york_the_first_exchange_counts_from_its_first_mark_after_the_news(clock: str) -> None:
    # New York rests on the 4th of July, London and Hong Kong do not.
    moment = datetime.fromisoformat(f"2025-07-03T{clock}").replace(tzinfo=NEW_YORK)
    table = schedule_of("XLON")
    entry = next(one for one in marks_of("XLON") if one > moment)
    first = next(i for i, row in enumerate(table.itertuples()) if entry in (row.open, row.close))
    leave = table.index[first + 2]
    expect = {
        "LON": (entry, table["close"].iloc[first + 2].to_pydatetime()),
        "HKG": (
            next(one for one in marks_of("XHKG") if one > moment),
            schedule_of("XHKG").loc[:leave, "close"].iloc[-1].to_pydatetime(),
        ),
    }
    run = trade(moment, 2, "LON", "HKG")
    assert fills_of(run) == expect
    assert str(run.plan.first_fill.session) == entry.date().isoformat()


def test_news_at_two_on_a_half_day_is_after_the_close_and_in_the_session_is_none() -> None:
    for day in HALF_DAYS:
        moment = datetime.fromisoformat(f"{day}T14:00").replace(tzinfo=NEW_YORK)
        assert timing_of(moment) == "after-close"
        with pytest.raises(hb.InputError, match="announced_at contradicts timing 'intraday'"):
            hb.Event(
                id="news", announced_on=moment.date(), timing="intraday", announced_at=moment, headline="News",
                sources=("nowhere",),
            ).first_fill(trading_calendar(2025, 2026))  # fmt: skip


def test_each_mark_of_a_day_stands_in_the_order_of_the_clock() -> None:
    market = market_of()
    assert market.venues is not None
    timeline = timeline_of(market, market.venues)
    place = timeline.place
    for t, session in enumerate(market.sessions):
        seen = []
        for k, code in enumerate(market.venues.names):
            table = schedule_of(code)
            if pd.Timestamp(session) not in table.index:
                assert (timeline.slot[t, k] == NONE).all()
                continue
            for mark in Mark:
                slot = int(timeline.slot[t, k, mark])
                seen.append((table.loc[pd.Timestamp(session), mark.label], int(place[slot]), slot))
                for i in np.flatnonzero(market.venues.of == k).tolist():
                    price = (market.open if mark == Mark.OPEN else market.close)[t, i]
                    assert timeline.marks[slot, t, i] == price
        last = max(pd.Timestamp(moment) for moment, _, _ in seen)
        assert market.close_at[t] == np.datetime64(last.tz_localize(None))
        # What closes after New York on its half day shares the mark that ends the day; all else is in order.
        inner = [(moment, where) for moment, where, slot in seen if slot != timeline.order[-1]]
        assert [where for _, where in sorted(inner)] == sorted(where for _, where in inner)
        assert max(where for _, where, _ in seen) <= len(timeline.order) - 1


def test_the_sessions_of_new_york_end_at_its_own_early_close() -> None:
    home = at_home(market_of())
    table = schedule_of("XNYS")
    assert home.sessions.tolist() == table.index.values.astype("datetime64[D]").tolist()
    assert home.close_at.tolist() == table["close"].dt.tz_localize(None).to_numpy("datetime64[ns]").tolist()
    early = {str(s) for s, at in zip(home.sessions, home.close_at, strict=True) if at - home.open_at[
        home.session_index(s)] < np.timedelta64(timedelta(hours=6))}  # fmt: skip
    assert early == set(HALF_DAYS)
