"""Tables of weights and signals against a loop that reads them cell by cell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError, ParameterError, PriceDataError
from hedgebook.strategies.strategy.given import planned, strategy_of
from hedgebook.strategies.strategy.weights import Signals, TargetWeights


def table(market: hb.Market, step: int = 21, tickers: tuple[str, ...] = ("META", "NVDA", "CRWV")) -> pd.DataFrame:
    dates = pd.DatetimeIndex(market.sessions[100:-1:step].astype("datetime64[ns]"))
    rng = np.random.default_rng(3)
    return pd.DataFrame(rng.uniform(-0.3, 0.3, (len(dates), len(tickers))), index=dates, columns=list(tickers))


def test_rows_are_decided_at_their_close_and_filled_at_the_next_open(market: hb.Market) -> None:
    frame = table(market)
    run = hb.backtest(frame, market, "none", "none")
    sessions = list(market.sessions)
    schedule = run.plan.schedule
    assert len(schedule.session) == len(frame)
    for k, date in enumerate(frame.index):
        row = sessions.index(np.datetime64(date, "D"))
        assert schedule.decided_at[k] == market.close_at[row]
        assert schedule.session[k] == sessions[row + 1]
        assert schedule.mark[k] == hb.Mark.OPEN
    same = hb.run_schedule(market, schedule, "none", "none")
    pd.testing.assert_frame_equal(run.nav, same.nav)


def test_weights_at_the_close_of_a_fill_are_those_of_the_table(market: hb.Market) -> None:
    frame = table(market)
    run = hb.backtest(hb.weights(frame, fill="next close"), market, "none", "none")
    for k, session in enumerate(run.plan.schedule.session):
        held = run.weights.loc[pd.Timestamp(session)]
        for ticker in frame.columns:
            priced = math.isfinite(market.close[market.session_index(session), market.column(ticker)])
            if priced:
                assert held[ticker] == pytest.approx(frame.iloc[k][ticker], abs=1e-12)


def test_a_date_that_is_no_session_is_the_close_before_it(market: hb.Market) -> None:
    sunday, friday = pd.Timestamp("2026-06-28"), np.datetime64("2026-06-26")
    plan = planned(TargetWeights(frame=pd.DataFrame({"META": [0.5]}, index=[sunday])), market)
    assert plan.schedule.decided_at[0] == market.close_at[market.session_index(friday)]
    assert plan.schedule.session[0] == np.datetime64("2026-06-29")


def test_a_moment_with_a_time_zone_counts_as_the_last_close_before_it(market: hb.Market) -> None:
    noon = pd.DatetimeIndex(["2026-06-29 12:00"]).tz_localize("America/New_York")
    plan = planned(TargetWeights(frame=pd.DataFrame({"META": [0.5]}, index=noon)), market)
    assert plan.schedule.session[0] == np.datetime64("2026-06-29") or plan.schedule.decided_at[0] <= noon[0].asm8
    assert market.mark_time(market.session_index(plan.schedule.session[0]), hb.Mark.OPEN) > plan.schedule.decided_at[0]


def test_rows_without_a_session_to_be_filled_in_are_told(market: hb.Market) -> None:
    frame = pd.DataFrame({"META": [0.5, 0.1]}, index=pd.DatetimeIndex(market.sessions[[-5, -1]].astype("M8[ns]")))
    run = hb.backtest(frame, market)
    assert len(run.plan.schedule.session) == 1
    assert any("which no session can fill: 1" in note for note in run.warnings)


BAD: tuple[tuple[str, type[InputError], Any, str], ...] = (
    ("dates fall", ParameterError, lambda f: f.iloc[::-1], "ascend"),
    ("a date twice", ParameterError, lambda f: pd.concat([f.iloc[:1], f]), "ascend"),
    ("no dates", ParameterError, lambda f: f.set_axis([f"row {k}" for k in range(len(f))], axis=0), "no dates"),
    ("unknown ticker", PriceDataError, lambda f: f.rename(columns={"META": "METAA"}), "METAA"),
    ("text", ParameterError, lambda f: f.astype(str), "no numbers"),
    ("flags", ParameterError, lambda f: f > 0, "no numbers"),
    ("infinite", ParameterError, lambda f: f * np.inf, "infinite"),
    ("percent", ParameterError, lambda f: f * 1e5, "fraction of NAV"),
    ("prices", ParameterError, lambda f: f * 0.0 + 120.5, r"fraction of NAV \(got 120.5\). Accepted: up to 20"),
    ("empty", ParameterError, lambda f: f.iloc[:0], "empty"),
    ("before the prices", ParameterError, lambda f: f.shift(freq=pd.Timedelta(days=-4000)), "before the first close"),
    ("ticker twice", ParameterError, lambda f: f.set_axis(["META", "META", "CRWV"], axis=1), "twice"),
    ("naive times", ParameterError, lambda f: f.shift(freq=pd.Timedelta(hours=9)), "time zone"),
)


@pytest.mark.parametrize(("name", "error", "spoil", "words"), BAD, ids=[case[0] for case in BAD])
def test_what_cannot_be_used_is_said(
    name: str, error: type[InputError], spoil: Any, words: str, market: hb.Market
) -> None:
    with pytest.raises(error, match=words):
        hb.backtest(spoil(table(market)), market)
    assert name


def by_cell(tables: list[Any], size: float) -> list[list[float]]:
    """What each cell of tables of signals comes to, one ticker after the other."""
    entries, exits, sells, covers = tables
    rows = [[math.nan] * len(entries[0]) for _ in entries]
    for i in range(len(entries[0])):
        side = 0
        for t in range(len(entries)):
            now = side
            if side == 1 and exits[t][i]:
                now = 0
            if side == -1 and covers[t][i]:
                now = 0
            long, short = entries[t][i] and not exits[t][i], sells[t][i] and not covers[t][i]
            if long and not sells[t][i]:
                now = 1
            elif short and not entries[t][i]:
                now = -1
            if now != side:
                rows[t][i] = now * size
            side = now
    return rows


@pytest.mark.parametrize("seed", range(20))
def test_signals_are_read_as_cell_by_cell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-01", periods=40, freq="D")
    flags = [pd.DataFrame(rng.random((40, 3)) < p, index=dates, columns=list("ABC")) for p in (0.2, 0.2, 0.15, 0.3)]
    found = Signals(entries=flags[0], exits=flags[1], short_entries=flags[2], short_exits=flags[3], size=0.25).weights()
    wanted = by_cell([frame.to_numpy().tolist() for frame in flags], 0.25)
    np.testing.assert_array_equal(found.to_numpy(), np.array(wanted))


def test_signals_that_do_not_fit_are_refused(market: hb.Market) -> None:
    signs = market.frame("close")[["META", "NVDA"]].iloc[:30] > 0
    for change, words in (
        ({"exits": signs.iloc[:5]}, "not those of entries"),
        ({"exits": signs * 1.0}, "true or false"),
        ({"size": -0.1}, "fraction of NAV"),
        ({"size": {"META": 0.1}}, "fraction of NAV"),
        ({"size": "a"}, "fraction of NAV"),
        ({"entries": signs & False}, "no position is ever entered"),
        ({"fill": "tomorrow"}, "next open"),
    ):
        with pytest.raises(ParameterError, match=words):
            hb.backtest(hb.signals(**{"entries": signs, "exits": ~signs, **change}), market)


def test_what_is_no_strategy_is_refused() -> None:
    things: tuple[Any, ...] = (None, 5, 2.5, [], {"META": 1.0}, np.zeros(3))
    for thing in things:
        with pytest.raises(ParameterError, match="this is no strategy"):
            strategy_of(thing)
