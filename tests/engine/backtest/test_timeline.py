"""The timeline of marks and its cash flows: the kernel against the plain simulator, and who may run what."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

from hedgebook.engine.backtest.result import identity_gap
from hedgebook.engine.backtest.timeline import cut, is_plain, prices_at
from hedgebook.engine.kernels.book.records import CHANGE, CLOSE, FLOW, OPEN, Cause
from hedgebook.engine.sweep.batch.run import side_by_side
from hedgebook.errors import ParameterError
from tests.engine.kernels.test_against_oracle import held_against
from tests.engine.sweep.test_tiles import many_sets
from tests.oracle.cases import dirty_case, ruled_case
from tests.oracle.inputs import OracleChange, OracleFlow, OracleInput, OracleRow, OracleRules
from tests.oracle.kernel_runner import run_kernel


def with_flows(case: OracleInput, seed: int) -> OracleInput:
    """A flow at a tenth of all marks of each ticker, some of them charges."""
    draw, marks = random.Random(f"flows {seed}"), len(case.marks)
    flows = [
        OracleFlow(t, mark, i, draw.uniform(-1.0, 4.0))
        for t in range(len(case.dates))
        for mark in range(marks)
        for i in range(len(case.half_spread))
        if draw.random() < 0.1
    ]
    return dataclasses.replace(case, flows=flows)


def with_more_marks(case: OracleInput, seed: int) -> OracleInput:
    """Mark 2 between open and close and mark 3 before the open, with gaps, and some of the orders at them."""
    draw = random.Random(f"marks {seed}")
    others = [
        [
            [float("nan") if draw.random() < 0.3 else price * draw.uniform(0.97, 1.03) for price in line]
            for line in case.opens
        ]
        for _ in range(2)
    ]
    order, placed = (3, OPEN, 2, CLOSE), {}
    for row in case.rows:
        mark = CLOSE if row.mark == CLOSE else draw.choice([3, OPEN, 2])
        placed[row.session, order.index(mark)] = OracleRow(row.session, mark, row.weights, row.scale)
    rows = [placed[when] for when in sorted(placed)]
    return dataclasses.replace(case, others=others, order=order, rows=rows)


@pytest.mark.parametrize("seed", range(15))
def test_flows_agree_with_the_plain_simulator(seed: int) -> None:
    for case in (dirty_case(seed), ruled_case(seed)):
        record, _ = held_against(with_flows(case, seed), scale=10.0)
        # Under rules a case may never hold a share.
        assert record.pnl[:, :, Cause.CASH_FLOW].any() or case.rules != OracleRules()
        assert identity_gap(record, case.capital) <= 1e-9


def with_changes(case: OracleInput, seed: int) -> OracleInput:
    """Splits, deliveries, mergers, symbol changes and delistings at a twentieth of all opens and closes."""
    draw = random.Random(f"changes {seed}")

    def change(t: int, mark: int, i: int) -> OracleChange:
        other = draw.choice([j for j in range(len(case.half_spread)) if j != i])
        kind = draw.randrange(5)
        if kind == 0:
            return OracleChange(t, mark, i, keep=draw.choice([10.0, 0.1, 1.5, 4.0 / 3.0]))
        if kind == 1:
            return OracleChange(t, mark, i, into=other, given=draw.uniform(0.1, 1.0), worth=draw.uniform(1.0, 50.0))
        if kind == 2:
            return OracleChange(t, mark, i, keep=0.0, into=other, given=1.0)
        if kind == 3:
            given = draw.uniform(0.3, 2.0)
            return OracleChange(t, mark, i, keep=0.0, into=other, given=given, worth=30.0, cash=draw.uniform(0.0, 5.0))
        return OracleChange(t, mark, i, keep=0.0, cash=draw.uniform(0.0, 100.0))

    changes = [
        change(t, mark, i)
        for t in range(len(case.dates))
        for mark in case.order
        for i in range(len(case.half_spread))
        if draw.random() < 0.05
    ]
    return dataclasses.replace(case, changes=changes)


@pytest.mark.parametrize("seed", range(15))
def test_changes_of_shares_agree_with_the_plain_simulator(seed: int) -> None:
    for case in (dirty_case(seed), ruled_case(seed)):
        limits = dataclasses.replace(case.limits, commission_per_share_usd=0.01 * (seed % 3))
        case = dataclasses.replace(case, limits=limits)
        record, _ = held_against(with_changes(with_flows(case, seed), seed), scale=10.0)
        assert identity_gap(record, case.capital) <= 1e-9


@pytest.mark.parametrize("seed", range(15))
def test_four_marks_a_session_agree_with_the_plain_simulator(seed: int) -> None:
    for case in (dirty_case(seed), ruled_case(seed)):
        longer = with_flows(with_more_marks(case, seed), seed)
        record, _ = held_against(longer, scale=10.0)
        assert set(record.filled["mark"]) == {0, 1, 2, 3} or case.rules != OracleRules()
        assert identity_gap(record, case.capital) <= 1e-9


def test_marks_without_prices_and_orders_change_nothing() -> None:
    case = dirty_case(3)
    empty = [[float("nan")] * 5] * len(case.dates)
    rows = [row for row in case.rows if row.mark == CLOSE]
    case = dataclasses.replace(case, rows=rows)
    plain = run_kernel(case)
    longer = run_kernel(dataclasses.replace(case, others=[empty, empty], order=(3, OPEN, 2, CLOSE)))
    np.testing.assert_array_equal(plain.days["nav_close"], longer.days["nav_close"])
    np.testing.assert_array_equal(plain.shares, longer.shares)
    np.testing.assert_array_equal(plain.pnl, longer.pnl)


def test_who_is_plain_has_opens_closes_and_nothing_else() -> None:
    prices = prices_at(np.ones((2, 2, 1)), np.array([0.0, 1.0]))
    assert is_plain(prices)
    assert not is_plain(prices_at(np.ones((3, 2, 1)), prices.days, order=(2, OPEN, CLOSE)))
    assert not is_plain(prices._replace(flows=np.zeros(1, dtype=FLOW)))
    assert not is_plain(prices._replace(changes=np.zeros(1, dtype=CHANGE)))


@pytest.mark.parametrize("order", [(CLOSE, OPEN), (OPEN, CLOSE, CLOSE), (OPEN, CLOSE), (OPEN, CLOSE, 2)])
def test_an_order_of_marks_that_is_none_is_refused(order: tuple[int, ...]) -> None:
    with pytest.raises(ParameterError, match="passes through each mark once, the close last"):
        prices_at(np.ones((3, 2, 1)), np.zeros(2), order=order)


def test_flows_come_in_the_order_of_the_marks_and_are_cut_with_the_sessions() -> None:
    flows = np.array([(4, 1, 0, 1.0), (4, 0, 2, 2.0), (4, 2, 2, 3.0), (1, 0, 0, 4.0), (9, 0, 2, 5.0)], dtype=FLOW)
    marks = np.arange(3.0 * 10 * 3).reshape(3, 10, 3)
    prices = prices_at(marks, np.ones(10), flows, (2, OPEN, CLOSE))
    assert prices.flows["usd_per_share"].tolist() == [4.0, 3.0, 2.0, 1.0, 5.0]
    part = cut(prices, slice(2, 8), np.array([1, 2]))
    assert part.flows.tolist() == [(2, 2, 1, 3.0), (2, 0, 1, 2.0)]
    np.testing.assert_array_equal(part.marks, marks[:, 2:8, 1:])
    assert part.order.tolist() == [2, OPEN, CLOSE]


def test_tiles_never_see_what_they_do_not_know() -> None:
    """Sets over a market with flows or other marks go one by one, however many they are."""
    stage, sets = many_sets(dirty_case(5), 5)
    assert side_by_side(stage, sets).all()
    prices = stage.prices
    paying = prices._replace(flows=np.zeros(1, dtype=FLOW))
    later = prices_at(np.concatenate([prices.marks, prices.marks[:1]]), prices.days, order=(2, OPEN, CLOSE))
    for given in (paying, later):
        assert not side_by_side(stage._replace(prices=given), sets).any()
