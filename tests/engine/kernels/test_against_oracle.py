"""The kernel against the plain-Python simulator, on seeded cases full of dirt and of every rule."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hedgebook.engine.backtest.neutral import new_record, new_state
from hedgebook.engine.backtest.result import identity_gap
from hedgebook.engine.kernels.book.loop import simulate as kernel
from hedgebook.engine.kernels.book.records import Cause, Reason, Record, Status
from tests.oracle.cases import dirty_case, ruled_case
from tests.oracle.inputs import OracleInput, OracleResult
from tests.oracle.kernel_runner import kernel_inputs, run_kernel
from tests.oracle.simulator import simulate
from tests.records import codes

TOLERANCE_FRAC = 1e-12
AMOUNTS = ["shares", "reference", "price", "commission", "spread", "slippage", "impact"]


def held_against(case: OracleInput, *, scale: float = 1.0) -> tuple[Record, OracleResult]:
    """Kernel and oracle on a case, equal in every number and every line of the log.

    scale: USD of rounding in units of 1e-12 of capital, for cases whose sums are larger than their capital.
    """
    record, expected = run_kernel(case), simulate(case)
    usd = TOLERANCE_FRAC * case.capital * scale
    days = record.days
    for name in ("nav_open", "nav_close", "cash", "interest", "requirement"):
        np.testing.assert_allclose(days[name], getattr(expected, name), rtol=1e-12, atol=usd, err_msg=name)
    np.testing.assert_allclose(record.shares, expected.shares, rtol=1e-10, atol=1e-8)
    np.testing.assert_allclose(record.price, expected.price, rtol=1e-14, atol=0)
    np.testing.assert_allclose(record.pnl, expected.pnl, rtol=1e-11, atol=usd)
    lines = [(o.session, o.mark, o.ticker, int(o.status), int(o.reason)) for o in expected.orders]
    names = ["session", "mark", "ticker", "status", "reason"]
    assert [tuple(int(line[name]) for name in names) for line in record.lines] == lines
    filled = [o for o in expected.orders if o.status is Status.FILLED]
    for name in AMOUNTS:
        wanted = [getattr(o, name) for o in filled]
        np.testing.assert_allclose(record.filled[name], wanted, rtol=1e-9, atol=1e-7 * scale, err_msg=name)
    waiting = record.lines[record.lines["status"] != Status.FILLED]
    assert all(np.isnan(waiting[name]).all() for name in AMOUNTS)
    return record, expected


@pytest.mark.parametrize("seed", range(40))
def test_dirty_cases_agree(seed: int) -> None:
    case = dirty_case(seed)
    record, _ = held_against(case)
    assert identity_gap(record, case.capital) <= 1e-12


@pytest.mark.parametrize("block", range(20))
def test_cases_with_every_rule_agree(block: int) -> None:
    for seed in range(20 * block, 20 * block + 20):
        case = ruled_case(seed)
        record, _ = held_against(case, scale=10.0)
        assert identity_gap(record, case.capital) <= 1e-9


def test_the_cases_reach_every_outcome() -> None:
    seen: set[tuple[Status, Reason]] = set()
    for seed in range(200):
        for line in run_kernel(ruled_case(seed)).lines:
            seen.add((Status(int(line["status"])), Reason(int(line["reason"]))))
    refusals = {
        Reason.NO_OPEN,
        Reason.NO_PRICE,
        Reason.NO_NAV,
        Reason.NO_LOCATE,
        Reason.RULE_201,
        Reason.CAP,
        Reason.TOO_SMALL,
        Reason.NO_BID,
        Reason.LESS_THAN_ONE_SHARE,
    }
    of_options = {Reason.EXERCISED, Reason.ASSIGNED, Reason.EXPIRED, Reason.COVER}
    assert {reason for status, reason in seen if status is Status.FILLED} == set(Reason) - refusals - of_options
    rejections = refusals - {Reason.NO_OPEN, Reason.CAP}
    assert {reason for status, reason in seen if status is Status.REJECTED} == rejections
    deferrals = {Reason.NO_OPEN, Reason.NO_PRICE, Reason.RULE_201, Reason.CAP, Reason.NO_BID}
    assert {reason for status, reason in seen if status is Status.DEFERRED} == deferrals


@pytest.mark.parametrize("seed", range(5))
def test_ruin_agrees_and_refuses_new_risk(seed: int) -> None:
    """Weights of up to 36 times NAV: it goes below zero, entries are then refused and exits still fill."""
    case = dirty_case(seed)
    rows = [dataclasses.replace(row, scale=60.0) for row in case.rows]
    record, _ = held_against(dataclasses.replace(case, rows=rows), scale=100.0)
    assert (record.nav < 0).any()
    assert Reason.NO_NAV in record.lines["reason"]


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
    case = dirty_case(1)
    whole = run_kernel(case)
    record = new_record(60, 5, log=7)
    logged = kernel(*kernel_inputs(case), new_state(5, case.capital), record, 0, 60)
    assert logged == len(whole.lines) > 7
    np.testing.assert_array_equal(codes(record), codes(whole)[:7])
    np.testing.assert_array_equal(record.nav, whole.nav)


def test_a_record_without_rows_is_not_kept_and_changes_nothing() -> None:
    case = ruled_case(4)
    kept_state, bare_state = new_state(5, case.capital), new_state(5, case.capital)
    inputs = kernel_inputs(case)
    kernel(*inputs, kept_state, new_record(60, 5, log=20_000), 0, 60)
    bare = new_record(60, 5, log=0)
    none = bare._replace(days=bare.days[:0], shares=bare.shares[:0], price=bare.price[:0], pnl=bare.pnl[:0])
    kernel(*inputs, bare_state, none, 0, 60)
    np.testing.assert_array_equal(bare_state.book["shares"], kept_state.book["shares"])
    np.testing.assert_array_equal(bare_state.account, kept_state.account)
