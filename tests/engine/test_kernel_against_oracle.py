"""The kernel against the plain-Python simulator, on seeded cases full of dirt."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hedgebook.engine.kernels.records import Cause, Reason, Record, Status
from hedgebook.engine.result import identity_gap
from tests.oracle.cases import dirty_case
from tests.oracle.kernel_runner import run_kernel
from tests.oracle.simulator import OracleInput, OracleResult, simulate

TOLERANCE_FRAC = 1e-12


def held_against(case: OracleInput) -> tuple[Record, OracleResult]:
    record, expected = run_kernel(case), simulate(case)
    usd = TOLERANCE_FRAC * case.capital
    np.testing.assert_allclose(record.nav[:, 0], expected.nav_open, rtol=0, atol=usd)
    np.testing.assert_allclose(record.nav[:, 1], expected.nav_close, rtol=0, atol=usd)
    np.testing.assert_allclose(record.cash, expected.cash, rtol=0, atol=usd)
    np.testing.assert_allclose(record.interest, expected.interest, rtol=0, atol=usd)
    np.testing.assert_allclose(record.shares, expected.shares, rtol=1e-11, atol=1e-9)
    np.testing.assert_allclose(record.price, expected.price, rtol=0, atol=0)
    np.testing.assert_allclose(record.pnl, expected.pnl, rtol=0, atol=usd)
    codes = [(o.session, o.mark, o.ticker, int(o.status), int(o.reason)) for o in expected.orders]
    assert [tuple(row) for row in record.order_codes.tolist()] == codes
    filled = record.order_codes[:, 3] == Status.FILLED
    amounts = ("shares", "reference", "price", "commission", "spread", "slippage", "impact")
    values = [[getattr(o, name) for name in amounts] for o in expected.orders if o.status is Status.FILLED]
    np.testing.assert_allclose(
        record.order_values[filled], np.array(values).reshape(-1, 7), rtol=1e-9, atol=1e-8
    )
    assert np.isnan(record.order_values[~filled]).all()
    return record, expected


@pytest.mark.parametrize("seed", range(40))
def test_dirty_cases_agree(seed: int) -> None:
    case = dirty_case(seed)
    record, _ = held_against(case)
    assert identity_gap(record, case.capital) <= 1e-12


def test_the_cases_reach_every_outcome() -> None:
    seen = {
        (Status(int(s)), Reason(int(r)))
        for seed in range(40)
        for s, r in run_kernel(dirty_case(seed)).order_codes[:, 3:5]
    }
    assert seen == {
        (Status.FILLED, Reason.ORDER),
        (Status.FILLED, Reason.STALE),
        (Status.DEFERRED, Reason.NO_OPEN),
        (Status.DEFERRED, Reason.NO_PRICE),
        (Status.REJECTED, Reason.NO_PRICE),
    }


@pytest.mark.parametrize("seed", range(5))
def test_ruin_agrees_and_refuses_new_risk(seed: int) -> None:
    """Weights of up to 36 times NAV: NAV goes below zero, entries are then refused and exits still fill."""
    case = dirty_case(seed)
    rows = [dataclasses.replace(row, scale=60.0) for row in case.rows]
    record, _ = held_against(dataclasses.replace(case, rows=rows))
    assert (record.nav < 0).any()
    assert Reason.NO_NAV in record.order_codes[:, 4]


def test_without_frictions_and_financing_only_prices_move_nav() -> None:
    case = dirty_case(3)
    zeros = [0.0] * 5
    table = [zeros] * 60
    free = dataclasses.replace(
        case,
        half_spread=zeros,
        slippage=zeros,
        impact_coef=table,
        borrow=table,
        commission=0.0,
        cash_rate=0.0,
        margin_rate=0.0,
    )
    record, _ = held_against(free)
    assert not record.pnl[:, :, Cause.COMMISSION :].any()
    assert not record.interest.any()


def test_a_short_log_says_how_long_it_should_have_been() -> None:
    from hedgebook.engine.backtest import new_record, new_state
    from hedgebook.engine.kernels.loop import simulate as kernel
    from tests.oracle import kernel_runner

    case = dirty_case(1)
    whole = run_kernel(case)
    record = new_record(60, 5, log=7)
    logged = kernel(
        kernel_runner._prices(case),
        kernel_runner._orders(case, 5),
        kernel_runner._terms(case),
        new_state(5, case.capital),
        record,
    )
    assert logged == len(whole.order_codes) > 7
    np.testing.assert_array_equal(record.order_codes, whole.order_codes[:7])
    np.testing.assert_array_equal(record.nav, whole.nav)
