"""Strategies of a user's own: parameters by name, the method that plans, and when they are run from and to."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
import pytest
from pydantic import Field

import hedgebook as hb
from hedgebook.errors import LookAheadError, ParameterError, StrategyError
from hedgebook.strategies.strategy.strategy import Names
from hedgebook.universes.event import EventLibrary, event_calendar


class Tilt(hb.Strategy):
    """Half long, half short, set back every so many sessions.

    long, short: tickers; every_sessions: between two orders.
    """

    long: Names = ("META",)
    short: Names = ("CRWV",)
    every_sessions: Annotated[int, Field(ge=1, le=500)] = 40
    hedge: str | None = None

    def plan(self, market: hb.Market) -> pd.DataFrame:  # type: ignore[override]
        closes = market.frame("close")[[*self.long, *self.short]].iloc[:: self.every_sessions]
        signs = [0.5 / len(self.long)] * len(self.long) + [-0.5 / len(self.short)] * len(self.short)
        return closes * 0.0 + signs


def tilt(**values: Any) -> Tilt:
    """One with parameters of any type, as a command line gives them."""
    return Tilt(**values)


class AfterNews(hb.Strategy):
    """Long for a while after each piece of news."""

    news: str = "meta-compute-2026"

    def plan(self, market: hb.Market, events: EventLibrary) -> hb.Schedule:  # type: ignore[override]
        event = events.get(self.news)
        row = market.session_index(event.first_fill(event_calendar(event)).session)
        return hb.Schedule(
            tickers=("META",),
            decided_at=market.close_at[[row]],
            session=market.sessions[[row + 1]],
            mark=np.zeros(1, dtype=np.int64),
            weights=np.array([[0.5]]),
        )


def test_a_class_is_named_by_itself_and_its_docstring() -> None:
    assert (Tilt().name, Tilt().title) == ("Tilt", "Half long, half short, set back every so many sessions")
    assert tilt(name="mine", title="Mine").title == "Mine"


def test_parameters_are_checked_and_shown() -> None:
    found = tilt(long="META, NVDA", every_sessions="20", stop_loss="0.1", hedge="none")
    assert found.long == ("META", "NVDA")
    assert found.every_sessions == 20
    assert found.hedge is None
    assert found.rules.stop_loss == 0.1
    shown = found.parameters()
    assert shown["long"] == ["META", "NVDA"]
    assert shown["stop_loss"] == 0.1
    assert set(found.own_parameters()) == {"long", "short", "every_sessions", "hedge"}
    with pytest.raises(ParameterError, match=r"Tilt has no parameter 'evry_sessions'.*every_sessions"):
        tilt(evry_sessions=3)
    with pytest.raises(ParameterError, match=r"every_sessions: out of range \(got 0\). Accepted: 1 to 500"):
        tilt(every_sessions=0)
    with pytest.raises(ParameterError, match=r"stop_loss: .*8% is 0.08"):
        tilt(stop_loss=8)


def test_changes_make_another_value_and_leave_the_first() -> None:
    first = tilt(stop_loss=0.2)
    second = first.replaced(every_sessions=9, trailing_stop=0.3)
    assert (first.every_sessions, second.every_sessions) == (40, 9)
    assert second.rules.stop_loss == 0.2
    assert second.rules.trailing_stop == 0.3
    assert first.rules.trailing_stop is None
    assert second.name == "Tilt"


def test_a_class_a_value_and_its_schedule_are_one(market: hb.Market) -> None:
    one, two = hb.backtest(Tilt, market), hb.backtest(tilt(every_sessions=40), market)
    three = hb.run_schedule(market, one.plan.schedule)
    pd.testing.assert_frame_equal(one.nav, two.nav)
    pd.testing.assert_frame_equal(one.nav, three.nav)


def test_capital_and_rules_are_the_strategys(market: hb.Market) -> None:
    run = hb.backtest(tilt(capital=250_000.0, stop_loss=0.05), market)
    assert run.capital == 250_000.0
    assert (run.backtest.fills["reason"] == "stop_loss").any()
    given = hb.backtest(tilt(capital=250_000.0), market, rules=hb.Rules(stop_loss=0.05))
    pd.testing.assert_frame_equal(run.nav, given.nav)


def test_a_method_that_asks_for_events_is_given_them(market: hb.Market) -> None:
    assert hb.backtest(AfterNews, market).fills["ticker"].tolist() == ["META"]


def test_what_fails_within_is_told_with_its_line(market: hb.Market) -> None:
    class Broken(hb.Strategy):
        """It divides by nothing."""

        def plan(self, market: hb.Market) -> hb.Plan:
            raise ZeroDivisionError(f"of {len(market.tickers)}")

    with pytest.raises(StrategyError, match=r"Broken.*test_strategy\.py, line \d+.*ZeroDivisionError"):
        hb.backtest(Broken, market)

    class Nothing(hb.Strategy):
        """It forgets to give anything back."""

        def plan(self, market: hb.Market) -> Any:
            del market

    with pytest.raises(StrategyError, match=r"gives back no schedule.*NoneType"):
        hb.backtest(Nothing, market)
    with pytest.raises(StrategyError, match="no method plan"):
        hb.backtest(hb.Strategy(name="x"), market)


def test_a_schedule_that_looks_ahead_is_refused(market: hb.Market) -> None:
    def peeking(market: hb.Market) -> hb.Schedule:
        rows = np.array([200])
        return hb.Schedule(("META",), market.close_at[rows], market.sessions[rows], rows * 0, np.array([[1.0]]))

    with pytest.raises(LookAheadError, match="not after the decision"):
        hb.backtest(peeking, market)


def test_a_run_from_a_day_buys_what_was_wanted_before(market: hb.Market) -> None:
    start = "2025-07-04"  # a holiday: the next session counts
    whole, late = hb.backtest(Tilt, market), hb.backtest(Tilt, market, start=start, until="2025-12-25")
    schedule = whole.plan.schedule
    before = schedule.session < np.datetime64("2025-07-07")
    first = late.plan.schedule
    assert first.session[0] == np.datetime64("2025-07-07")
    assert late.nav.index[-1] == pd.Timestamp("2025-12-24")
    np.testing.assert_array_equal(first.weights[0], schedule.weights[before][-1])
    assert first.decided_at[0] == schedule.decided_at[before][-1]
    inner = (schedule.session > first.session[0]) & (schedule.session <= np.datetime64("2025-12-24"))
    np.testing.assert_array_equal(first.session[1:], schedule.session[inner])


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ({"start": "2031-01-01"}, "start: .*on or after"),
        ({"until": "1999-01-01"}, "until: .*on or before"),
        ({"start": "2026-01-05", "until": "2025-01-05"}, "end before it starts"),
        ({"until": "2024-01-01"}, "until"),
        ({"start": "soon"}, r"start: this is no day \(got 'soon'\)"),
        ({"until": "2024-13-01"}, "until: this is no day"),
    ],
)
def test_days_that_leave_nothing_are_refused(span: dict[str, str], words: str, market: hb.Market) -> None:
    with pytest.raises(ParameterError, match=words):
        hb.backtest(Tilt, market, **span)
