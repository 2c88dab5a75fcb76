"""Positions without a price: what a run says of halts, of write-offs, and of what ends without a price."""

from __future__ import annotations

import math
from datetime import date

import pytest

from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.engine.verify.vectorbt import verify_backtest
from hedgebook.universes.calendar import Mark
from tests.markets import NAN

from ..small import log, pair, path, run

OPEN, CLOSE = Mark.OPEN, Mark.CLOSE


def halt(length: int, reopen: float, after: int = 2) -> list[float]:
    return [10.0, 8.0, *[NAN] * length, *[reopen] * after]


def test_a_halt_is_sold_where_it_reopens_and_told_of() -> None:
    """50 shares from 10 to 8; the exit of the first silent session waits six sessions for 2.80: 1000 - 100 - 260."""
    closes = halt(6, 2.8)
    market = path(*closes, open=[10.0, 10.0, *[NAN] * 6, 2.8, 2.8])
    found = run(market, [(0, OPEN, [0.5]), (2, OPEN, [0.0])])
    assert log(found)[1:] == [
        (2, "open", "ACME", "deferred", "no_open"),
        (2, "close", "ACME", "deferred", "no_price"),
        (8, "open", "ACME", "filled", "order"),
    ]
    assert found.fills["price"].tolist()[-1] == 2.8
    assert found.final_nav == pytest.approx(1000.0 - 100.0 - 260.0)
    days = [str(day) for day in market.sessions]
    assert (
        f"ACME had no price for 6 sessions while held, {days[2]} to {days[7]}: it counted at its last price, 8, and "
        "came back at 2.8 (-65.0%)"
    ) in found.warnings
    assert found.stale == ()
    assert found.nothing_recovered_nav == found.final_nav
    held = found.positions.set_index("session")["stale_sessions"].tolist()
    assert held == [0, 0, 1, 2, 3, 4, 5, 6]
    assert verify_backtest(found).passed


@pytest.mark.parametrize(("length", "told"), [(1, 0), (4, 0), (5, 1)])
def test_a_hole_in_the_prices_is_no_halt(length: int, told: int) -> None:
    market = path(*halt(length, 7.0), open=[10.0, 10.0, *[NAN] * length, 7.0, 7.0])
    found = run(market, [(0, OPEN, [0.5])])
    assert sum("had no price" in warning for warning in found.warnings) == told
    assert found.final_nav == pytest.approx(850.0)


@pytest.mark.parametrize(
    ("weight", "low", "words"),
    [
        (0.5, 500.0, "final NAV 900.00 USD counts stale positions at their last prices; with recovery 0: 500.00"),
        (-0.5, 1100.0, "counts stale positions at their last prices; shorts among them cost more"),
    ],
)
def test_what_ends_without_a_price_stands_at_its_last_one_and_as_a_range(weight: float, low: float, words: str) -> None:
    market = path(10.0, 8.0, NAN, NAN, NAN, open=[10.0, 10.0, NAN, NAN, NAN])
    found = run(market, [(0, OPEN, [weight]), (3, CLOSE, [0.0])])
    assert found.final_nav == pytest.approx(900.0 if weight > 0 else 1100.0)
    assert found.nothing_recovered_nav == pytest.approx(low)
    (one,) = found.stale
    assert (one.ticker, one.shares, one.sessions, one.price_usd) == ("ACME", 100.0 * weight, 3, 8.0)
    assert (one.priced_on, one.exit_waits, one.delisted) == (market.sessions[1].astype(object), True, None)
    assert one.value_usd == pytest.approx(800.0 * weight)
    assert math.isnan(one.recovery_frac)
    assert len(found.fills) == 1
    said = "\n".join(found.warnings)
    assert f"ACME is stale: no price for 3 sessions, marked at the last price of {one.priced_on}, 8; its exit" in said
    assert words in said
    assert "[delisting] recovery_by_ticker" in said


def test_a_delisting_without_a_recovery_is_said_and_writes_nothing_off() -> None:
    market = path(10.0, 8.0, NAN, NAN, NAN, open=[10.0, 10.0, NAN, NAN, NAN])
    day = str(market.sessions[3])
    found = run(market, [(0, OPEN, [0.5])], {"delisting": {"delisted": {"ACME": day}}})
    assert len(found.fills) == 1
    assert found.stale[0].delisted == date.fromisoformat(day)
    assert any(f"delisted on {day}" in warning for warning in found.warnings)


def test_a_write_off_is_told_of_with_its_recovery() -> None:
    market = path(10.0, 8.0, NAN, NAN, NAN, open=[10.0, 10.0, NAN, NAN, NAN])
    days = [str(day) for day in market.sessions]
    dated = run(market, [(0, OPEN, [0.5])], {"delisting": {"recovery_frac": 0.25, "delisted": {"ACME": days[2]}}})
    assert f"ACME was written off on {days[2]} at 0.25 of its last price, as stated (delisted on {days[2]})" in (
        dated.warnings
    )
    ended = run(market, [(0, OPEN, [0.5])], {"delisting": {"recovery_frac": 0.25}, "max_stale_sessions": 3})
    assert log(ended)[1:] == [(4, "close", "ACME", "filled", "stale")]
    why = "no price at the end of the run"
    assert f"ACME was written off on {days[4]} at 0.25 of its last price, as stated ({why})" in ended.warnings
    for found in (dated, ended):
        assert found.final_nav == pytest.approx(600.0)
        assert found.stale == ()
        assert verify_backtest(found).passed


def test_who_set_the_old_patience_is_told_what_it_means_now() -> None:
    closes = halt(4, 7.0)
    market = path(*closes, open=[10.0, 10.0, *[NAN] * 4, 7.0, 7.0])
    rows = [(0, OPEN, [0.5])]
    for patience, told in ((3, 1), (5, 0), (6, 0)):
        said = run(market, rows, {"max_stale_sessions": patience}).warnings
        assert sum(f"max_stale_sessions = {patience} sells nothing" in warning for warning in said) == told


def test_each_ticker_has_its_own_end() -> None:
    market = pair([10.0, NAN, NAN, NAN], [20.0, 22.0, 22.0, 22.0])
    found = run(market, [(0, OPEN, [0.5, 0.5])])
    assert [one.ticker for one in found.stale] == ["ACME"]
    assert found.nothing_recovered_nav == pytest.approx(found.final_nav - 500.0)
    table = found.positions.pivot(index="session", columns="ticker", values="stale_sessions")
    assert (table["ACME"].tolist(), table["BOLT"].tolist()) == ([0, 1, 2, 3], [0, 0, 0, 0])


def test_a_single_missing_close_at_the_end_is_no_stale_position_unless_its_exit_waits() -> None:
    market = path(10.0, 8.0, NAN, open=[10.0, 10.0, NAN])
    assert run(market, [(0, OPEN, [0.5])]).stale == ()
    waiting = run(market, [(0, OPEN, [0.5]), (2, CLOSE, [0.0])])
    assert [one.exit_waits for one in waiting.stale] == [True]
    assert any("no price for 1 session, marked" in warning for warning in waiting.warnings)


def test_a_run_that_ends_inside_a_halt_tells_what_came_later_and_does_not_use_it() -> None:
    market = path(*halt(6, 2.8), open=[10.0, 10.0, *[NAN] * 6, 2.7, 2.8])
    rows, days = [(0, OPEN, [0.5]), (4, CLOSE, [0.0])], [str(day) for day in market.sessions]
    found = run(market, rows, until=days[4])
    (one,) = found.stale
    assert (str(one.reopened_on), one.reopened_usd) == (days[8], 2.7)
    assert found.final_nav == pytest.approx(900.0)
    assert found.reopened_nav == pytest.approx(1000.0 - 100.0 - 50.0 * 5.3)
    said = "\n".join(found.warnings)
    assert f"after the run it came back on {days[8]} at 2.7 (-66.2%)" in said
    assert "at the prices at which they came back: 635.00" in said
    unknown = run(market.until(days[4]), rows)
    assert unknown.final_nav == found.final_nav
    assert (unknown.stale[0].reopened_on, unknown.reopened_nav) == (None, unknown.final_nav)


def test_what_is_held_from_before_and_never_prints_is_marked_with_the_session_before() -> None:
    market = path(10.0, 8.0, NAN, NAN, NAN, open=[10.0, 10.0, NAN, NAN, NAN])
    found = run(market, [(2, CLOSE, [NAN])], holdings=Holdings({"ACME": 20.0}))
    assert (found.stale[0].priced_on, found.stale[0].sessions) == (market.sessions[1].astype(object), 3)
    assert found.final_nav == pytest.approx(1000.0)
    assert found.nothing_recovered_nav == pytest.approx(840.0)
