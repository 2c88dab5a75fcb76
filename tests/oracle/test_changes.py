"""Corporate actions in the plain simulator, by numbers that a reader can work out."""

from __future__ import annotations

import math

import pytest

from hedgebook.engine.kernels.book.records import CLOSE, OPEN, Cause

from .by_hand import by_hand, column, one
from .inputs import OracleChange, OracleLimits
from .simulator import OracleRow, simulate

NAN = math.nan


def test_a_split_changes_shares_and_price_and_nothing_else() -> None:
    # 5 shares of 100 become 50 of 10, which close at 11: NAV 500 + 550.
    case = by_hand(one(100, 11), [OracleRow(0, CLOSE, [0.5])], changes=[OracleChange(1, OPEN, 0, keep=10.0)])
    result = simulate(case)
    assert column(result) == [5.0, 50.0]
    assert result.cash == [500.0, 500.0]
    assert result.nav_close == [1000.0, 1050.0]
    assert result.pnl[1][0][Cause.OVERNIGHT] == pytest.approx(50.0)


def test_a_fraction_of_a_share_is_paid_at_the_split_price() -> None:
    # 5 whole shares of 100, two for three: 3 1/3 of 150; 3 stay and 1/3 of 150 = 50 is paid.
    change = OracleChange(1, OPEN, 0, keep=2.0 / 3.0)
    case = by_hand(one(100, 150), [OracleRow(0, CLOSE, [0.5])], changes=[change], limits=OracleLimits(lot=1))
    result = simulate(case)
    assert column(result) == [5.0, 3.0]
    assert result.cash[1] == pytest.approx(550.0)
    assert result.nav_close[1] == pytest.approx(1000.0)


def test_a_spun_off_share_is_income_of_its_parent_and_then_a_position() -> None:
    # 5 shares of 100; each brings half a share of B, stated at 20: 2.5 shares, income 50. A opens at 90 (-50), B closes
    # at 22 (+5).
    change = OracleChange(1, OPEN, 0, into=1, given=0.5, worth=20.0)
    closes, opens = [[100.0, NAN], [90.0, 22.0]], [[100.0, NAN], [90.0, 20.0]]
    result = simulate(by_hand(closes, [OracleRow(0, CLOSE, [0.5, NAN])], opens=opens, changes=[change]))
    assert result.shares[1] == [5.0, 2.5]
    assert result.pnl[1][0][Cause.CASH_FLOW] == 50.0
    assert result.pnl[1][0][Cause.OVERNIGHT] == -50.0
    assert result.pnl[1][1][Cause.INTRADAY] == 5.0
    assert result.nav_close == [1000.0, 1005.0]


def test_a_short_owes_what_is_spun_off() -> None:
    change = OracleChange(1, OPEN, 0, into=1, given=0.5, worth=20.0)
    closes = [[100.0, NAN], [90.0, 20.0]]
    result = simulate(by_hand(closes, [OracleRow(0, CLOSE, [-0.5, NAN])], changes=[change]))
    assert result.shares[1] == [-5.0, -2.5]
    assert result.nav_close == [1000.0, 1000.0]


def test_another_symbol_carries_the_position_and_its_order() -> None:
    # 5 shares of A at 100 are 5 of B, which opens at 104; the exit that A's halt kept waiting sells them there.
    change = OracleChange(2, OPEN, 0, keep=0.0, into=1, given=1.0)
    closes = [[100.0, NAN], [NAN, NAN], [NAN, 104.0]]
    rows = [OracleRow(0, CLOSE, [0.5, NAN]), OracleRow(1, OPEN, [0.0, NAN])]
    result = simulate(by_hand(closes, rows, changes=[change]))
    assert result.shares == [[5.0, 0.0], [5.0, 0.0], [0.0, 0.0]]
    assert result.cash[2] == 1020.0
    assert result.pnl[2][0][Cause.OVERNIGHT] == 0.0
    assert result.pnl[2][1][Cause.OVERNIGHT] == 20.0


def test_a_merger_pays_shares_that_are_held_already_at_their_price_and_cash() -> None:
    # B is held at 50; each A of 100 brings one B and 60 in cash, 110 in all: 5 x 10 earned over the night.
    change = OracleChange(1, OPEN, 0, keep=0.0, into=1, given=1.0, cash=60.0)
    closes = [[100.0, 50.0], [NAN, 50.0]]
    result = simulate(by_hand(closes, [OracleRow(0, CLOSE, [0.5, 0.1])], changes=[change]))
    assert result.shares[1] == [0.0, 7.0]
    assert result.cash == [400.0, 700.0]
    assert result.pnl[1][0][Cause.OVERNIGHT] == 50.0
    assert result.nav_close == [1000.0, 1050.0]


def test_a_delisting_pays_what_it_recovers() -> None:
    case = by_hand(one(100, NAN), [OracleRow(0, CLOSE, [0.5])], changes=[OracleChange(1, OPEN, 0, keep=0.0, cash=30.0)])
    result = simulate(case)
    assert column(result) == [5.0, 0.0]
    assert result.cash == [500.0, 650.0]
    assert result.pnl[1][0][Cause.OVERNIGHT] == -350.0
