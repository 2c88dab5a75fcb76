"""The shipped events against the facts, first fills against the calendar, and event files of a user's own."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hedgebook.errors import EventError
from hedgebook.universes.calendar import Mark, TradingCalendar, trading_calendar
from hedgebook.universes.event import Event, EventLibrary, Timing, event_calendar, load_events
from hedgebook.universes.universe import load_universe

NEW_YORK = ZoneInfo("America/New_York")
GOOD = """\
[[events]]
id = "first-news"
announced_on = 2026-06-30
timing = "after-close"
headline = "Something happened"
tags = ["capex"]
expected_winners = ["meta"]
sources = ["a paper"]

[[events]]
id = "second-news"
announced_on = 2026-07-01
timing = "pre-open"
headline = "Something else happened"
sources = ["a paper", "another paper"]
announced_at = 2026-07-01T08:00:00-04:00
"""


@pytest.fixture(scope="module")
def calendar() -> TradingCalendar:
    return trading_calendar(2024, 2026)


@pytest.fixture(scope="module")
def facts(shared: Path) -> dict[str, dict[str, str]]:
    with (shared / "facts" / "events.csv").open(encoding="utf-8") as file:
        return {row["event_id"]: row for row in csv.DictReader(file)}


def event(on: str, timing: str, at: str | None = None) -> Event:
    return Event(
        id="news",
        announced_on=date.fromisoformat(on),
        timing=Timing(timing),
        headline="News",
        sources=("a paper",),
        announced_at=datetime.fromisoformat(at) if at else None,
    )


def parts(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split(";") if part)


class TestShipped:
    def test_first_fills_equal_the_facts(self, facts: dict[str, dict[str, str]]) -> None:
        for one in load_events().events:
            fill = one.first_fill(event_calendar(one))
            row = facts[one.id]
            assert (str(fill.session), fill.mark.label) == (row["first_session"], row["first_fill"]), one.id

    def test_ids_days_tags_and_sides_equal_the_facts(self, facts: dict[str, dict[str, str]]) -> None:
        events = load_events().events
        assert [one.id for one in events] == list(facts)
        assert len(events) == 31
        for one in events:
            row = facts[one.id]
            assert str(one.announced_on) == row["announced_on"]
            assert one.timing.value == row["timing"]
            assert one.tags == parts(row["tags"])
            assert one.expected_winners == parts(row["expected_winners"])
            assert one.expected_losers == parts(row["expected_losers"])
            assert one.confidence == row["confidence"]
            assert len(one.sources) == len(parts(row["sources"]))

    def test_sides_are_buckets_of_the_universe_and_never_on_both(self) -> None:
        buckets = set(load_universe().bucket_names)
        for one in load_events().events:
            winners, losers = set(one.expected_winners), set(one.expected_losers)
            assert winners | losers <= buckets, one.id
            assert winners | losers, one.id
            assert not winners & losers, one.id

    def test_sources_name_publishers_and_no_files(self) -> None:
        sources = [source for one in load_events().events for source in one.sources]
        assert not [source for source in sources if re.search(r"\.txt\b|^\d{3}_", source)]
        meta = load_events().get("meta-compute-2026").sources
        assert any("TradingKey" in s for s in meta)
        assert any("36Kr" in s for s in meta)
        assert any("Gate Square" in s for s in meta)

    def test_notes_of_the_flagship_name_the_confounders(self) -> None:
        flagship = load_events().get("meta-compute-2026")
        for words in ("2026-06-30", "bitcoin", "payrolls on 2026-07-02", "2026-07-03 is a holiday", "minute"):
            assert words in flagship.notes
        assert "\n" not in flagship.notes
        assert flagship.announced_at is None

    def test_unknown_event_gets_the_closest(self) -> None:
        with pytest.raises(EventError, match=r"no event 'meta-compute'.*Did you mean 'meta-compute-2026'\?"):
            load_events().get("meta-compute")


class TestFirstFill:
    @pytest.mark.parametrize(
        ("on", "timing", "session"),
        [
            ("2026-07-01", "pre-open", "2026-07-01"),
            ("2026-07-01", "intraday", "2026-07-02"),
            ("2026-07-01", "after-close", "2026-07-02"),
            ("2026-07-02", "intraday", "2026-07-06"),  # the 3rd is a holiday, then a weekend
            ("2026-07-02", "after-close", "2026-07-06"),
            ("2026-07-03", "weekend", "2026-07-06"),  # a holiday counts as a day without a session
            ("2025-01-26", "weekend", "2025-01-27"),
            ("2025-12-31", "after-close", "2026-01-02"),
        ],
    )
    def test_fill(self, calendar: TradingCalendar, on: str, timing: str, session: str) -> None:
        fill = event(on, timing).first_fill(calendar)
        assert (str(fill.session), fill.mark) == (session, Mark.OPEN)

    @pytest.mark.parametrize("timing", ["pre-open", "intraday", "after-close"])
    def test_a_holiday_has_no_session_to_be_before_in_or_after(self, calendar: TradingCalendar, timing: str) -> None:
        with pytest.raises(EventError, match=rf"2026-07-03 is not a session of XNYS.*'{timing}'.*Correct"):
            event("2026-07-03", timing).first_fill(calendar)

    def test_weekend_timing_on_a_session_is_refused(self, calendar: TradingCalendar) -> None:
        with pytest.raises(EventError, match="2026-07-01 is a session of XNYS"):
            event("2026-07-01", "weekend").first_fill(calendar)

    def test_fill_lies_after_the_moment_of_the_news(self, calendar: TradingCalendar) -> None:
        for one in load_events().events:
            fill = one.first_fill(calendar)
            known = one.known_by(calendar)
            filled = calendar.mark_time(fill.session, fill.mark).astype("datetime64[s]").item()
            assert known.astimezone(ZoneInfo("UTC")).replace(tzinfo=None) < filled, one.id

    @pytest.mark.parametrize(
        ("on", "timing"),
        [
            ("2019-07-01", "pre-open"),
            ("2019-07-01", "after-close"),
            ("2019-07-06", "weekend"),
            ("2026-12-31", "after-close"),
        ],
    )
    def test_calendar_must_reach_the_event_and_its_fill(self, calendar: TradingCalendar, on: str, timing: str) -> None:
        with pytest.raises(EventError, match=rf"event news.*outside calendar XNYS.*{on}.*2024-01-02"):
            event(on, timing).first_fill(calendar)

    def test_event_calendar_reaches_the_fill_after_new_year(self) -> None:
        one = event("2026-12-31", "after-close")
        assert one.first_fill(event_calendar(one)).session == np.datetime64("2027-01-04")


class TestMoment:
    @pytest.mark.parametrize(
        ("on", "timing", "latest"),
        [
            ("2026-07-01", "pre-open", "2026-07-01T09:29:59"),
            ("2026-01-15", "pre-open", "2026-01-15T09:29:59"),
            ("2026-07-01", "intraday", "2026-07-01T15:59:59"),
            ("2025-11-28", "intraday", "2025-11-28T12:59:59"),  # a half day
            ("2026-07-01", "after-close", "2026-07-01T23:59:59"),
            ("2026-07-04", "weekend", "2026-07-04T23:59:59"),
        ],
    )
    def test_without_a_minute_the_latest_that_fits_counts(
        self, calendar: TradingCalendar, on: str, timing: str, latest: str
    ) -> None:
        expected = datetime.fromisoformat(latest).replace(tzinfo=NEW_YORK)
        assert event(on, timing).known_by(calendar) == expected

    @pytest.mark.parametrize(
        ("timing", "at"),
        [
            ("pre-open", "2026-07-01T04:00:00+00:00"),  # midnight in New York
            ("pre-open", "2026-07-01T09:29:59-04:00"),
            ("pre-open", "2026-07-01T13:29:00+00:00"),
            ("intraday", "2026-07-01T09:30:00-04:00"),
            ("intraday", "2026-07-01T15:59:59-04:00"),
            ("after-close", "2026-07-01T16:00:00-04:00"),
            ("after-close", "2026-07-02T03:59:59+00:00"),  # still the 1st in New York
        ],
    )
    def test_exact_moment_that_fits(self, calendar: TradingCalendar, timing: str, at: str) -> None:
        known = event("2026-07-01", timing, at).known_by(calendar)
        assert known == datetime.fromisoformat(at)
        assert known.date() == date(2026, 7, 1)

    @pytest.mark.parametrize(
        ("timing", "at", "other"),
        [
            ("pre-open", "2026-07-01T09:30:00-04:00", "timing 'pre-open'"),
            ("pre-open", "2026-07-01T13:30:00+00:00", "timing 'pre-open'"),
            ("intraday", "2026-07-01T09:29:59-04:00", "timing 'intraday'"),
            ("intraday", "2026-07-01T16:00:00-04:00", "timing 'intraday'"),
            ("after-close", "2026-07-01T15:59:59-04:00", "timing 'after-close'"),
            ("after-close", "2026-07-02T00:00:00-04:00", "announced_on 2026-07-01"),
            ("pre-open", "2026-07-01T03:59:59+00:00", "announced_on 2026-07-01"),  # the 30th in New York
        ],
    )
    def test_exact_moment_that_contradicts(self, calendar: TradingCalendar, timing: str, at: str, other: str) -> None:
        one = event("2026-07-01", timing, at)
        for call in (one.known_by, one.first_fill):
            with pytest.raises(EventError, match=f"event news: announced_at contradicts {other}"):
                call(calendar)

    def test_half_day_ends_at_one(self, calendar: TradingCalendar) -> None:
        one = event("2025-11-28", "after-close", "2025-11-28T13:30:00-05:00")
        assert one.first_fill(calendar).session == np.datetime64("2025-12-01")


class TestOwnFile:
    def load(self, tmp_path: Path, text: str) -> EventLibrary:
        path = tmp_path / "news.toml"
        path.write_text(text, encoding="utf-8")
        return load_events(path)

    def test_good_file(self, tmp_path: Path, calendar: TradingCalendar) -> None:
        library = self.load(tmp_path, GOOD)
        assert [one.id for one in library.events] == ["first-news", "second-news"]
        first, second = library.events
        assert (first.expected_winners, first.expected_losers) == (("meta",), ())
        assert first.confidence == "one source"
        assert first.first_fill(calendar) == second.first_fill(calendar)

    def test_changed_file_is_read_anew(self, tmp_path: Path) -> None:
        assert self.load(tmp_path, GOOD).events[0].headline == "Something happened"
        changed = self.load(tmp_path, GOOD.replace("happened", "changed"))
        assert changed.events[0].headline == "Something changed"

    @pytest.mark.parametrize(
        ("old", "new", "key", "value", "remedy"),
        [
            ("headline = ", "headlin = ", "events[0].headlin", "Something happened", "mean 'headline'?"),
            ("[[events]]", "[[event]]", "event", None, "Did you mean 'events'?"),
            ('headline = "Something happened"\n', "", "events[0].headline", None, "Add it."),
            ('timing = "pre-open"\n', "", "events[1].timing", None, "Add it."),
            ('"pre-open"', '"preopen"', "events[1].timing", "preopen", "Did you mean 'pre-open'?"),
            ("2026-06-30", '"30 June"', "events[0].announced_on", "30 June", "Write a date as in 2026-07-01"),
            ('["capex"]', '"capex"', "events[0].tags", "capex", 'Write a list, as in ["a", "b"].'),
            ('["capex"]', "[1]", "events[0].tags[0]", 1, "Write text in quotes."),
            ('sources = ["a paper"]', "sources = []", "events[0].sources", [], "Add at least one."),
            ('"first-news"', '"First News"', "events[0].id", "First News", "accepted ones only"),
            ('"second-news"', '"first-news"', "events[1].id", "first-news", "an identifier of its own."),
            ("08:00:00-04:00", "08:00:00", "events[1].announced_at", None, "Add the offset from UTC"),
        ],
    )
    def test_bad_files(self, tmp_path: Path, old: str, new: str, key: str, value: object, remedy: str) -> None:
        assert old in GOOD
        with pytest.raises(EventError) as caught:
            self.load(tmp_path, GOOD.replace(old, new))
        error = caught.value
        assert error.where == f"news.toml: {key}"
        assert remedy in str(error)
        if value is not None:
            assert error.value == value
            assert repr(value) in str(error)

    def test_bad_toml_names_file_and_line(self, tmp_path: Path) -> None:
        with pytest.raises(EventError, match=r"news\.toml: this is not valid TOML.*line 2"):
            self.load(tmp_path, GOOD.replace('"first-news"', "first-news"))

    def test_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(EventError, match=r"news\.toml: there is no such event file.*no TOML file in"):
            load_events(tmp_path / "news.toml")

    def test_unknown_shipped_name(self) -> None:
        with pytest.raises(EventError, match=r"there is no event 'event'.*Did you mean 'events'\?"):
            load_events("event")
