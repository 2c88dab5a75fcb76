"""Running a schedule: the window, the log, and warnings about what a reader must know."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.backtest import run as module
from hedgebook.engine.backtest.neutral import new_record
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.kernels.book.records import Record
from hedgebook.errors import AccountingError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets
from tests.markets import NAN

MARKET = markets.dirty_market()


def one(ticker: str, weight: float) -> list[float]:
    return [weight if t == ticker else NAN for t in MARKET.tickers]


def test_the_window_runs_from_the_first_row_to_the_last_session_or_to_until() -> None:
    schedule = markets.schedule_of(MARKET, [(5, Mark.CLOSE, one("ACME", 0.5)), (9, Mark.OPEN, one("ACME", 0.0))])
    run = run_schedule(MARKET, schedule, "none")
    assert run.sessions[[0, -1]].strftime("%Y-%m-%d").tolist() == [str(MARKET.sessions[5]), str(MARKET.sessions[-1])]
    assert str(run.opening) == str(MARKET.sessions[4])
    cut = run_schedule(MARKET, schedule, "none", until=MARKET.sessions[9])
    assert len(cut.sessions) == 5
    np.testing.assert_array_equal(cut.record.nav, run.record.nav[:5])


def test_a_missing_open_defers_to_the_close_and_is_told() -> None:
    run = run_schedule(MARKET, markets.schedule_of(MARKET, [(21, Mark.OPEN, one("ACME", 0.5))]), "none")
    assert run.orders[["session", "mark", "status", "reason"]].astype(str).to_numpy().tolist() == [
        ["2026-07-01", "open", "deferred", "no_open"],
        ["2026-07-01", "close", "filled", "order"],
    ]
    assert run.fills["reference"].tolist() == [MARKET.close[21, MARKET.column("ACME")]]
    assert run.warnings == ("still held after the last session: ACME",)


def test_an_entry_without_any_price_is_rejected_and_warned_of() -> None:
    run = run_schedule(MARKET, markets.schedule_of(MARKET, [(23, Mark.CLOSE, one("BOLT", 0.5))]), "none")
    assert run.rejected[["status", "reason"]].to_numpy().tolist() == [["rejected", "no_price"]]
    assert run.warnings == ("ordered but never filled: BOLT",)
    assert run.fills.empty
    assert run.final_nav == run.capital


def test_a_ticker_that_stops_printing_is_held_at_its_last_price() -> None:
    drift = MARKET.column("DRIFT")
    schedule = markets.schedule_of(MARKET, [(28, Mark.OPEN, one("DRIFT", -0.5))])
    run = run_schedule(MARKET, schedule, "none", account=Account(capital_usd=1e6, max_stale_sessions=4))
    assert len(run.fills) == 1
    assert run.open_positions() == ("DRIFT",)
    assert set(run.record.price[2:, drift]) == {MARKET.close[30, drift]}


def test_a_ticker_before_its_listing_cannot_be_bought() -> None:
    late = MARKET.column("LATE")
    first = MARKET.session_index("2026-06-24")
    assert np.isnan(MARKET.close[:first, late]).all()
    early = run_schedule(MARKET, markets.schedule_of(MARKET, [(first - 1, Mark.OPEN, one("LATE", 0.3))]), "none")
    assert early.fills.empty
    assert early.rejected["status"].tolist() == ["deferred", "rejected"]
    on_the_day = run_schedule(MARKET, markets.schedule_of(MARKET, [(first, Mark.OPEN, one("LATE", 0.3))]), "none")
    assert on_the_day.fills["reference"].tolist() == [MARKET.open[first, late]]


def test_an_exit_without_a_price_waits_for_one() -> None:
    bolt = MARKET.column("BOLT")
    rows = [(20, Mark.OPEN, one("BOLT", 0.5)), (23, Mark.CLOSE, one("BOLT", 0.0))]
    run = run_schedule(MARKET, markets.schedule_of(MARKET, rows), "none")
    assert run.rejected[["status", "reason"]].to_numpy().tolist() == [["deferred", "no_price"]]
    assert run.fills["mark"].tolist() == ["open", "open"]
    assert run.fills["reference"].tolist()[-1] == MARKET.open[24, bolt]
    stopped = run_schedule(MARKET, markets.schedule_of(MARKET, rows), "none", until=MARKET.sessions[23])
    assert stopped.warnings == ("still held after the last session: BOLT",)
    assert stopped.open_positions() == ("BOLT",)


def test_impact_without_volume_is_warned_of() -> None:
    costs = Costs.model_validate({"impact": {"y": 0.7}})
    rows = [(20, Mark.OPEN, [0.1 if t in ("SPARE", "ACME") else NAN for t in MARKET.tickers])]
    run = run_schedule(MARKET, markets.schedule_of(MARKET, rows), costs, until=MARKET.sessions[22])
    assert run.warnings[0] == "no volume or volatility history, so no market impact, for SPARE"
    assert run.fills.set_index("ticker")["impact"].gt(0).to_dict() == {"ACME": True, "SPARE": False}
    young = run_schedule(MARKET, markets.schedule_of(MARKET, [(3, Mark.OPEN, one("ACME", 0.1))]), costs)
    assert "no market impact, for ACME" in young.warnings[0]


def squeezed() -> Market:
    """A ticker that triples overnight and falls back."""
    prices = [[100.0], [100.0], [300.0], [290.0], [100.0]]
    return markets.market_of({"open": prices, "close": prices}, ["ACME"])


def test_lost_capital_is_warned_of() -> None:
    market = squeezed()
    rows = [(0, Mark.OPEN, [-1.0]), (2, Mark.CLOSE, [-1.0]), (4, Mark.CLOSE, [0.0])]
    run = run_schedule(market, markets.schedule_of(market, rows), "none")
    assert run.warnings == (
        f"NAV fell to zero or below on {market.sessions[2]}: the capital was lost",
        f"margin call at the close of {market.sessions[2]}, the first of 2",
        "no volume, so the share of a day's volume is unknown, for ACME",
    )
    assert run.rejected[["session", "reason"]].astype(str).to_numpy().tolist() == [[str(market.sessions[2]), "no_nav"]]
    assert run.record.nav[2].tolist() == [-1_000_000.0, -1_000_000.0]
    assert run.final_nav == 1_000_000.0


def test_a_log_that_was_guessed_too_short_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ticker may be deferred twice and then be written off: more lines than two for each row and ticker."""
    closes = np.full((12, 1), np.nan)
    closes[:2] = 100.0
    market = markets.market_of({"open": closes, "close": closes}, ["ACME"])
    rows = [(0, Mark.OPEN, [0.5])]
    rooms: list[int] = []
    whole = new_record

    def spy(sessions: int, tickers: int, log: int, *, cash_flows: bool) -> Record:
        rooms.append(log)
        return whole(sessions, tickers, min(log, 1) if len(rooms) == 1 else log, cash_flows=cash_flows)

    monkeypatch.setattr(module, "new_record", spy)
    account = Account(delisting={"recovery_frac": 1.0})
    run = run_schedule(market, markets.schedule_of(market, rows), "none", account=account)
    assert rooms[0] > rooms[1] == 2
    assert run.orders["reason"].tolist() == ["order", "stale"]
    assert run.record.nav[-1, 1] == 1_000_000.0


def test_books_that_do_not_add_up_are_never_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = module._simulate

    def crooked(*given: Any) -> Record:
        record = exact(*given)
        record.pnl[0, 0, 0] += 0.01
        return record

    monkeypatch.setattr(module, "_simulate", crooked)
    schedule = markets.schedule_of(MARKET, [(3, Mark.OPEN, one("ACME", 0.5))])
    with pytest.raises(AccountingError, match="1e-08 of capital"):
        run_schedule(MARKET, schedule, "none")


def test_the_market_is_left_as_it_was() -> None:
    copies = {name: getattr(MARKET, name).copy() for name in ("open", "close", "volume")}
    schedule = markets.random_schedule(3, MARKET)
    weights = schedule.weights.copy()
    run_schedule(MARKET, schedule, Costs.model_validate({"impact": {"y": 1.0}, "commission": {"rate_bps": 3}}))
    for name, values in copies.items():
        np.testing.assert_array_equal(getattr(MARKET, name), values)
    np.testing.assert_array_equal(schedule.weights, weights)


def test_the_first_session_of_all_stands_for_the_one_before_it() -> None:
    run = run_schedule(MARKET, markets.schedule_of(MARKET, [(0, Mark.CLOSE, one("ACME", 0.5))]), "none")
    assert str(run.opening) == str(MARKET.sessions[0])
    assert dataclasses.replace(run).warnings == run.warnings
