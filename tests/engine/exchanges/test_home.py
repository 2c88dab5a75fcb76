"""Several exchanges by the sessions of the first: each ticker at its last close, and no move lost."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.event_study.abnormal import abnormal_returns
from hedgebook.strategies.book.file import Book
from hedgebook.strategies.risk.subject import subject_of_book
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.event import dated_event
from hedgebook.universes.exchanges.home import at_home
from hedgebook.universes.market import Market

from .test_currencies import RATE, in_won
from .test_timeline import HOMES


def drawn(seed: int) -> pd.DataFrame:
    """Prices of both exchanges from May to July, with holidays of either alone, and a rate of every weekday."""
    draw, parts = np.random.default_rng(seed), []
    for ticker in ("HOME", "SEOUL"):
        days = trading_calendar(2026, 2026, HOMES[ticker]).sessions
        days = days[(days >= np.datetime64("2026-05-04")) & (days <= np.datetime64("2026-07-24"))]
        marks = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.02, 2 * len(days))))
        parts.append(pd.DataFrame({"date": days, "ticker": ticker, "open": marks[0::2], "close": marks[1::2]}))
    days = pd.bdate_range("2026-05-01", "2026-07-24")
    rate = 0.0007 * np.exp(np.cumsum(draw.normal(0.0, 0.01, len(days))))
    return pd.concat([*parts, pd.DataFrame({"date": days, "ticker": RATE, "close": rate})])


def market_of(frame: pd.DataFrame) -> Market:
    return hb.load_market(frame, in_won(), tickers=["HOME", "SEOUL", "KRW"])


def slow_closes(frame: pd.DataFrame) -> dict[str, float]:
    """USD of a share of SEOUL at each close in New York, by a loop: in won at its last close, at the rate known then;
    where Seoul had no session that day, at the rate known at New York's close."""
    rates = frame[frame["ticker"] == RATE]
    # 17:00 in New York is 21:00 UTC in summer, its exchange closes an hour earlier; Seoul closes at 6:30 UTC.
    moments = [day.to_pydatetime().replace(tzinfo=UTC) + timedelta(hours=21) for day in rates["date"]]
    seoul = {row.date: row.close for row in frame[frame["ticker"] == "SEOUL"].itertuples()}
    out, won = {}, None
    for day in pd.bdate_range(frame["date"].min(), frame["date"].max()):
        won = seoul.get(day, won)
        hours = 6.5 if day in seoul else 20.0
        place = bisect_right(moments, datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours))
        known = place > 0 and won is not None
        out[str(day.date())] = won * rates["close"].iloc[place - 1] if known and won is not None else float("nan")
    return out


@pytest.mark.parametrize("seed", range(3))
def test_closes_at_home_are_the_last_known_ones(seed: int) -> None:
    frame = drawn(seed)
    market = market_of(frame)
    home = at_home(market)
    new_york = frame[frame["ticker"] == "HOME"]["date"].to_numpy().astype("datetime64[D]")
    np.testing.assert_array_equal(home.sessions, new_york)
    assert len(home.sessions) < len(market.sessions)
    slow = slow_closes(frame)
    wanted = [slow[str(day)] for day in home.sessions]
    np.testing.assert_allclose(home.close[:, home.column("SEOUL")], wanted, rtol=1e-13)
    assert home.venues is None
    shut = ~np.isin(new_york, frame[frame["ticker"] == "SEOUL"]["date"].to_numpy().astype("datetime64[D]"))
    assert shut.any()
    assert (home.volume[shut, home.column("SEOUL")][np.isfinite(np.array(wanted)[shut])] == 0.0).all()


def test_a_book_abroad_loses_no_move_and_no_session() -> None:
    frame = drawn(1)
    market, slow = market_of(frame), slow_closes(frame)
    found = subject_of_book(Book({"HOME": 10.0, "SEOUL": -2.0}, cash_usd=1e6), market)
    home = at_home(market)
    at = [t for t, day in enumerate(home.sessions) if np.isfinite(slow[str(day)])]
    seoul = set(frame[frame["ticker"] == "SEOUL"]["date"].to_numpy().astype("datetime64[D]").tolist())
    both = [t for t in at if home.sessions[t].item() in seoul]
    np.testing.assert_array_equal(found.rows.sessions, home.sessions[both[1:]])
    moved = np.prod(1.0 + found.rows.returns[:, found.rows.tickers.index("SEOUL")])
    assert moved == pytest.approx(slow[str(home.sessions[both[-1]])] / slow[str(home.sessions[both[0]])], rel=1e-12)
    # Its P&L has every session of New York since then.
    assert found.pnl is not None
    np.testing.assert_array_equal(found.pnl.index.to_numpy().astype("datetime64[D]"), home.sessions[both[0] + 1 :])


def test_an_ended_price_is_told_and_the_history_ends_with_it() -> None:
    frame = drawn(1)
    cut = frame[(frame["ticker"] != "SEOUL") | (frame["date"] < "2026-07-01")]
    found = subject_of_book(Book({"HOME": 10.0, "SEOUL": 2.0}, cash_usd=1e6), market_of(cut))
    assert any(note.startswith("the prices of SEOUL end on 2026-06-30, ") for note in found.notes)
    assert "up to 2026-06-30" in found.basis
    assert str(found.rows.sessions[-1]) == "2026-06-30"


def test_a_day_without_the_benchmark_is_no_hole_in_an_event() -> None:
    """New York's holiday of 3 July lies in the window: it is no session there, and Seoul's move of it counts later."""
    market = market_of(drawn(1))
    event = dated_event("2026-07-01:pre-open")
    found = abnormal_returns(market, event, ("SEOUL",), 5)
    assert str(found.first_fill) == "2026-07-01"
    assert len(found.returns) == 5
