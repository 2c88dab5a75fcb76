"""The law of look-ahead: a fill comes strictly after its decision, for every timing of news and every mark."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import LookAheadError
from hedgebook.universes.calendar import Mark, as_utc
from hedgebook.universes.event import Timing, event_calendar
from tests import markets

# News of Wednesday 2026-07-01 (or of Saturday 2026-06-27): the first mark that may be traded, and those around it.
CASES = [
    (Timing.PRE_OPEN, "2026-06-30", Mark.OPEN, False),
    (Timing.PRE_OPEN, "2026-06-30", Mark.CLOSE, False),
    (Timing.PRE_OPEN, "2026-07-01", Mark.OPEN, True),
    (Timing.PRE_OPEN, "2026-07-01", Mark.CLOSE, True),
    (Timing.INTRADAY, "2026-07-01", Mark.OPEN, False),
    (Timing.INTRADAY, "2026-07-01", Mark.CLOSE, True),
    (Timing.INTRADAY, "2026-07-02", Mark.OPEN, True),
    (Timing.AFTER_CLOSE, "2026-07-01", Mark.OPEN, False),
    (Timing.AFTER_CLOSE, "2026-07-01", Mark.CLOSE, False),
    (Timing.AFTER_CLOSE, "2026-07-02", Mark.OPEN, True),
    (Timing.AFTER_CLOSE, "2026-07-02", Mark.CLOSE, True),
    (Timing.WEEKEND, "2026-06-26", Mark.OPEN, False),
    (Timing.WEEKEND, "2026-06-26", Mark.CLOSE, False),
    (Timing.WEEKEND, "2026-06-29", Mark.OPEN, True),
    (Timing.WEEKEND, "2026-06-29", Mark.CLOSE, True),
]


@pytest.mark.parametrize(("timing", "session", "mark", "allowed"), CASES)
def test_no_fill_at_or_before_the_news(timing: Timing, session: str, mark: Mark, allowed: bool) -> None:
    day = date(2026, 6, 27) if timing is Timing.WEEKEND else date(2026, 7, 1)
    event = markets.news(day, timing)
    market = markets.dirty_market()
    row = markets.schedule_of(market, [(market.session_index(session), mark, [0.1] * 7)])
    decided = dataclasses.replace(row, decided_at=np.array([as_utc(event.known_by(event_calendar(event)))]))
    if allowed:
        assert len(run_schedule(market, decided, "none").orders)
        return
    with pytest.raises(LookAheadError, match=f"{mark.label} of {session} is not after the decision") as caught:
        run_schedule(market, decided, "none")
    assert "hindsight" in str(caught.value)
    assert len(run_schedule(market, dataclasses.replace(decided, hindsight=True), "none").orders)


@given(st.integers(0, 49), st.sampled_from(Mark), st.integers(-(10**15), 10**15))
@settings(deadline=None, max_examples=100)
def test_the_moment_of_the_mark_decides(t: int, mark: Mark, late_ns: int) -> None:
    market = markets.dirty_market()
    moment = market.mark_time(t, mark) + np.timedelta64(late_ns, "ns")
    schedule = Schedule(("BENCH",), np.array([moment]), market.sessions[[t]], np.array([int(mark)]), np.array([[0.5]]))
    if late_ns < 0:
        schedule.check_tradable(market)
    else:
        with pytest.raises(LookAheadError):
            schedule.check_tradable(market)
        dataclasses.replace(schedule, hindsight=True).check_tradable(market)


@pytest.mark.parametrize("bad", range(4))
def test_one_row_among_many_is_enough(bad: int) -> None:
    market = markets.dirty_market()
    schedule = markets.schedule_of(market, [(t, Mark.OPEN, [0.1] * 7) for t in (3, 9, 12, 20)])
    schedule.check_tradable(market)
    schedule.decided_at[bad] = market.mark_time([3, 9, 12, 20][bad], Mark.OPEN)
    with pytest.raises(LookAheadError, match=f"schedule row {bad}:"):
        run_schedule(market, schedule, "none")


def test_a_decision_without_a_time_is_refused() -> None:
    """NaT is not before anything, and not after anything either."""
    market = markets.dirty_market()
    schedule = markets.schedule_of(market, [(3, Mark.OPEN, [0.1] * 7)])
    with pytest.raises(Exception, match="decided") as caught:
        dataclasses.replace(schedule, decided_at=np.array(["NaT"], dtype="datetime64[ns]")).check_tradable(market)
    assert type(caught.value).__name__ in ("ParameterError", "LookAheadError")
