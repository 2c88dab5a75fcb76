"""Sessions and marks against dates and clock times that the exchange published."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import Mark, TradingCalendar, as_day, as_utc, trading_calendar


@pytest.fixture(scope="module")
def calendar() -> TradingCalendar:
    return trading_calendar(2024, 2026)


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 1, 1),  # New Year
        date(2024, 3, 29),  # Good Friday
        date(2025, 1, 9),  # day of mourning for President Carter
        date(2025, 6, 19),  # Juneteenth
        date(2026, 7, 3),  # Independence Day, which falls on a Saturday
        date(2026, 7, 4),  # a Saturday
        date(2026, 11, 26),  # Thanksgiving
    ],
)
def test_exchange_is_closed(calendar: TradingCalendar, day: date) -> None:
    assert not calendar.is_session(day)


@pytest.mark.parametrize("day", [date(2024, 1, 2), date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31)])
def test_exchange_is_open(calendar: TradingCalendar, day: date) -> None:
    assert calendar.is_session(day)
    assert calendar.is_session(np.datetime64(day))
    assert calendar.is_session(np.datetime64(day).astype("datetime64[ns]"))


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        ("2026-01-15", "2026-01-15T14:30", "2026-01-15T21:00"),  # winter: New York is UTC-5
        ("2026-07-01", "2026-07-01T13:30", "2026-07-01T20:00"),  # summer: UTC-4
        ("2026-03-06", "2026-03-06T14:30", "2026-03-06T21:00"),  # the session before clocks go forward
        ("2026-03-09", "2026-03-09T13:30", "2026-03-09T20:00"),
        ("2025-10-31", "2025-10-31T13:30", "2025-10-31T20:00"),  # the session before clocks go back
        ("2025-11-03", "2025-11-03T14:30", "2025-11-03T21:00"),
        ("2025-11-28", "2025-11-28T14:30", "2025-11-28T18:00"),  # half day after Thanksgiving
        ("2025-07-03", "2025-07-03T13:30", "2025-07-03T17:00"),  # half day before Independence Day
    ],
)
def test_marks_follow_daylight_saving_and_half_days(
    calendar: TradingCalendar, day: str, opens: str, closes: str
) -> None:
    session = np.datetime64(day)
    assert calendar.mark_time(session, Mark.OPEN) == np.datetime64(opens)
    assert calendar.mark_time(session, Mark.CLOSE) == np.datetime64(closes)


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-07-01", "2026-07-02"),
        ("2026-07-02", "2026-07-06"),
        ("2026-07-03", "2026-07-06"),
        ("2026-07-05", "2026-07-06"),
        ("2025-12-31", "2026-01-02"),
    ],
)
def test_next_session(calendar: TradingCalendar, day: str, following: str) -> None:
    assert calendar.next_session(np.datetime64(day)) == np.datetime64(following)


@pytest.mark.parametrize("day", [date(2026, 12, 31), date(2031, 5, 6), date(2019, 5, 6)])
def test_next_session_is_refused_where_the_calendar_cannot_know_it(calendar: TradingCalendar, day: date) -> None:
    with pytest.raises(ParameterError, match=f"{day}.*2024-01-02 to 2026-12-31"):
        calendar.next_session(day)


def test_mark_of_a_day_without_a_session_is_refused(calendar: TradingCalendar) -> None:
    with pytest.raises(ParameterError, match=r"not a session of XNYS.*2026-07-03"):
        calendar.mark_time(np.datetime64("2026-07-03"), Mark.OPEN)


def test_covers_whole_years(calendar: TradingCalendar) -> None:
    assert calendar.covers(date(2024, 1, 1))
    assert calendar.covers(date(2026, 12, 31))
    assert not calendar.covers(date(2023, 12, 31))
    assert not calendar.covers(date(2027, 1, 1))


def test_year_has_the_known_number_of_sessions() -> None:
    # 2024: 262 weekdays less 10 holidays; 2025: 261 less 10 and a day of mourning; 2026: 261 less 10.
    years = trading_calendar(2024, 2026).sessions.astype("datetime64[Y]")
    counts = [int((years == np.datetime64(str(y))).sum()) for y in (2024, 2025, 2026)]
    assert counts == [252, 250, 251]


def test_arrays_are_aligned_and_ascending(calendar: TradingCalendar) -> None:
    assert calendar.sessions.dtype == np.dtype("datetime64[D]")
    assert calendar.open_at.dtype == calendar.close_at.dtype == np.dtype("datetime64[ns]")
    assert (np.diff(calendar.sessions) > np.timedelta64(0)).all()
    assert (calendar.open_at < calendar.close_at).all()
    assert (calendar.open_at.astype("datetime64[D]") == calendar.sessions).all()


def test_unknown_exchange_and_impossible_years_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"XNYSE.*Did you mean 'XNYS' or 'NYSE'\?"):
        trading_calendar(2024, 2026, "XNYSE")
    with pytest.raises(ParameterError, match="2026 to 2024"):
        trading_calendar(2026, 2024)
    with pytest.raises(ParameterError, match="1950 to 1951"):
        trading_calendar(1950, 1951, "XKRX")


def test_as_day_takes_the_day_of_a_moment() -> None:
    day = np.datetime64("2026-07-01")
    for given in (date(2026, 7, 1), "2026-07-01", np.datetime64("2026-07-01T13:30", "ns")):
        assert as_day(given) == day
        assert as_day(given).dtype == np.dtype("datetime64[D]")


def test_as_utc_converts_and_wants_a_time_zone() -> None:
    eastern = timezone(timedelta(hours=-4))
    assert as_utc(datetime(2026, 7, 1, 21, 0, tzinfo=eastern)) == np.datetime64("2026-07-02T01:00")
    assert as_utc(datetime(2026, 7, 1, 13, 30, tzinfo=UTC)) == np.datetime64("2026-07-01T13:30")
    with pytest.raises(ParameterError, match=r"no time zone.*Add the offset"):
        as_utc(datetime(2026, 7, 1, 9, 30))


def test_mark_labels() -> None:
    assert [mark.label for mark in Mark] == ["open", "close"]
    assert Mark.OPEN < Mark.CLOSE
