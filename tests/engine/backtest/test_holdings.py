"""Shares that are held before a simulation begins."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.kernels.book.records import Cause
from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.calendar import Mark
from tests import markets
from tests.markets import NAN

MARKET = markets.dirty_market()
BOOK = Holdings({"ACME": 100.0, "BOLT": -40.5, "DRIFT": 3.0})


def price(ticker: str, row: int) -> float:
    return float(MARKET.close[row, MARKET.column(ticker)])


def test_values_at_the_last_closes_and_shorts_count_negative() -> None:
    """BOLT has no close on session 23, so that of 22 stands."""
    found = BOOK.prices(MARKET, 23)
    assert found == {"ACME": price("ACME", 23), "BOLT": price("BOLT", 22), "DRIFT": price("DRIFT", 23)}
    expected = 100 * price("ACME", 23) - 40.5 * price("BOLT", 22) + 3 * price("DRIFT", 23)
    assert BOOK.value_usd(MARKET, 23) == pytest.approx(expected, rel=1e-14)
    assert BOOK.prices(MARKET, 45)["DRIFT"] == price("DRIFT", 30)


def test_a_ticker_without_a_price_or_a_name() -> None:
    with pytest.raises(ParameterError, match=r"holdings: LATE has no price on or before 2026-06-02.*leave it out"):
        Holdings({"LATE": 1.0}).prices(MARKET, 1)
    with pytest.raises(ParameterError, match="ACME has no price"):
        BOOK.state(MARKET, 0, 1e6)
    with pytest.raises(PriceDataError, match=r"ACNE has no prices.*Did you mean 'ACME'"):
        Holdings({"ACNE": 1.0}).value_usd(MARKET, 5)


def test_shares_earn_from_the_close_before_the_first_session() -> None:
    nothing = markets.schedule_of(MARKET, [(10, Mark.CLOSE, [NAN] * 7)])
    costs = Costs.model_validate({"borrow": {"default_annual": 0.36}})
    account, until = Account(capital_usd=20_000.0), MARKET.sessions[12]
    found = run_schedule(MARKET, nothing, costs, account, holdings=BOOK, until=until)
    shares = {"ACME": 100.0, "BOLT": -40.5, "DRIFT": 3.0}
    cash = 20_000.0 - BOOK.value_usd(MARKET, 9)
    fees = 0.0
    for t in (10, 11, 12):
        nights = int((MARKET.sessions[t] - MARKET.sessions[t - 1]).astype(int)) if t > 10 else 0
        fees += 40.5 * price("BOLT", t - 1) * 0.001 * nights
        expected = cash - fees + math.fsum(q * price(ticker, t) for ticker, q in shares.items())
        assert found.record.nav[t - 10, 1] == pytest.approx(expected, rel=1e-12)
    assert found.fills.empty
    overnight = found.record.pnl[0, :, Cause.OVERNIGHT].sum()
    opened = math.fsum(
        q * (float(MARKET.open[10, MARKET.column(ticker)]) - price(ticker, 9)) for ticker, q in shares.items()
    )
    assert overnight == pytest.approx(opened, rel=1e-9)


def test_what_is_held_can_be_sold_and_added_to() -> None:
    target = [0.0 if t == "ACME" else 0.2 if t == "BOLT" else NAN for t in MARKET.tickers]
    schedule = markets.schedule_of(MARKET, [(10, Mark.OPEN, target)])
    found = run_schedule(MARKET, schedule, "none", account=Account(capital_usd=20_000.0), holdings=BOOK)
    fills = found.fills.set_index("ticker")["shares"]
    assert fills["ACME"] == -100.0
    nav = 20_000.0 + math.fsum(
        q * (float(MARKET.open[10, MARKET.column(t)]) - price(t, 9)) for t, q in BOOK.shares.items()
    )
    assert fills["BOLT"] == pytest.approx(40.5 + 0.2 * nav / float(MARKET.open[10, MARKET.column("BOLT")]))
    assert found.record.shares[0, MARKET.column("DRIFT")] == 3.0


def test_a_held_ticker_that_stops_printing_is_written_off() -> None:
    nothing = markets.schedule_of(MARKET, [(28, Mark.CLOSE, [NAN] * 7)])
    account = Account(capital_usd=1e4, max_stale_sessions=3, delisting={"recovery_frac": 0.5})
    found = run_schedule(MARKET, nothing, "none", account=account, holdings=Holdings({"DRIFT": 10.0}))
    assert found.orders[["ticker", "status", "reason"]].to_numpy().tolist() == [["DRIFT", "filled", "stale"]]
    assert found.final_nav == pytest.approx(1e4 + 10 * (0.5 * price("DRIFT", 30) - price("DRIFT", 27)))


def test_no_shares_are_the_plain_start_to_the_last_bit() -> None:
    schedule = markets.random_schedule(3, MARKET)
    later = np.flatnonzero(schedule.session > MARKET.sessions[5])
    part = replace(
        schedule, **{name: getattr(schedule, name)[later] for name in ("decided_at", "session", "mark", "weights")}
    )
    one = run_schedule(MARKET, part, "none").record
    two = run_schedule(MARKET, part, "none", holdings=Holdings({})).record
    np.testing.assert_array_equal(one.nav, two.nav)
    np.testing.assert_array_equal(one.pnl, two.pnl)
