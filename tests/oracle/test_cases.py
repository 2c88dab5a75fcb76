"""The seeded cases reach every rule and every reason, and whatever they do the books stay sound."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from hedgebook.engine.kernels.book import records
from hedgebook.engine.kernels.book.records import CLOSE, OPEN, Cause, Status

from . import rules
from .book import Episode
from .by_hand import check_parts
from .cases import ruled_case
from .inputs import OracleInput, OracleResult, OracleRules
from .simulator import NAN, Action, Reason, simulate

SEEDS = range(200)


@pytest.fixture(scope="module")
def runs() -> list[tuple[OracleInput, OracleResult]]:
    return [(case, simulate(case)) for case in (ruled_case(seed) for seed in SEEDS)]


def test_every_reason_occurs_with_every_status_it_can_have(runs: list[tuple[OracleInput, OracleResult]]) -> None:
    seen = {(order.status, order.reason) for _, result in runs for order in result.orders}
    waits = {Reason.NO_OPEN, Reason.NO_PRICE, Reason.RULE_201, Reason.CAP, Reason.NO_BID}
    ends = {
        Reason.NO_PRICE,
        Reason.NO_NAV,
        Reason.NO_LOCATE,
        Reason.RULE_201,
        Reason.TOO_SMALL,
        Reason.NO_BID,
        Reason.LESS_THAN_ONE_SHARE,
    }
    of_options = {Reason.EXERCISED, Reason.ASSIGNED, Reason.EXPIRED, Reason.COVER}
    later = {reason for reason in Reason if reason >= Reason.STOP_LOSS}
    done = {Reason.ORDER, Reason.STALE, *later} - ends - of_options
    assert seen == {
        *((Status.DEFERRED, reason) for reason in waits),
        *((Status.REJECTED, reason) for reason in ends),
        *((Status.FILLED, reason) for reason in done),
    }
    assert waits | ends | done | of_options == set(Reason)


def test_the_engine_counts_reasons_and_actions_alike() -> None:
    assert {reason.name: int(reason) for reason in records.Reason} == {r.name: int(r) for r in Reason}
    assert {action.name: int(action) for action in records.MarginAction} == {a.name: int(a) for a in Action}


def test_every_margin_action_meets_calls(runs: list[tuple[OracleInput, OracleResult]]) -> None:
    called = {
        (case.margin.action, nav <= 0.0)
        for case, result in runs
        for nav, needed in zip(result.nav_close, result.requirement, strict=True)
        if needed > 0.0 and nav < needed
    }
    assert {action for action, _ in called} == {Action.REPORT, Action.REDUCE, Action.LIQUIDATE}
    assert (Action.REDUCE, True) in called


def test_derisking_occurs_and_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = set()
    decide = rules._derisk

    def watched(options: OracleRules, episode: Episode, nav: float, new_high: bool) -> Reason | None:
        reason = decide(options, episode, nav, new_high)
        if reason is not None:
            turns.add(episode.derisked)
        return reason

    monkeypatch.setattr(rules, "_derisk", watched)
    for seed in SEEDS:
        simulate(ruled_case(seed))
    assert turns == {True, False}


OFF: list[tuple[str, dict[str, Any]]] = [
    ("limits", {"lot": 0}),
    ("limits", {"min_order_usd": 0.0}),
    ("limits", {"min_commission_usd": 0.0}),
    ("limits", {"cap": None}),
    ("limits", {"recovery": None}),
    ("limits", {"delisted": None}),
    ("shorting", {"barred": None}),
    ("shorting", {"defer_201": False}),
    ("shorting", {"recall": None}),
    ("margin", {"action": Action.OFF}),
    ("margin", {"house": None}),
    ("rules", {"stop_loss": NAN}),
    ("rules", {"take_profit": NAN}),
    ("rules", {"trailing_stop": NAN}),
    ("rules", {"leg_stop": (NAN, NAN)}),
    ("rules", {"max_hold": 0}),
    ("rules", {"band": NAN}),
    ("rules", {"target_vol": NAN}),
    ("rules", {"derisk_drawdown": NAN}),
    ("rules", {"rebalance": None}),
    ("rules", {"leg": None}),
]


@pytest.mark.parametrize(("part", "change"), OFF, ids=[next(iter(change)) for _, change in OFF])
def test_every_option_makes_a_difference_in_many_cases(
    runs: list[tuple[OracleInput, OracleResult]], part: str, change: dict[str, Any]
) -> None:
    changed = 0
    for case, result in runs:
        options = dataclasses.replace(getattr(case, part), **change)
        without = simulate(dataclasses.replace(case, **{part: options}))
        changed += without.nav_close != result.nav_close
        if changed == 8:
            return
    pytest.fail(f"{change} changed {changed} cases")


def test_parts_add_up_to_the_nav(runs: list[tuple[OracleInput, OracleResult]]) -> None:
    for case, result in runs:
        check_parts(case, result)


def test_no_session_trades_more_than_its_cap(runs: list[tuple[OracleInput, OracleResult]]) -> None:
    bound = 0
    for case, result in runs:
        if case.limits.cap is None:
            continue
        for t in range(len(case.dates)):
            for i, cap in enumerate(case.limits.cap[t]):
                traded = math.fsum(
                    abs(order.shares) * order.reference
                    for order in result.orders
                    if (order.session, order.ticker) == (t, i)
                    and order.shares
                    and order.reason not in (Reason.STALE, Reason.DELISTED)
                )
                assert traded <= cap * (1.0 + 1e-9)
                bound += math.isclose(traded, cap, rel_tol=1e-9) and cap > 0.0
    assert bound > 100


def test_nobody_sells_short_what_is_barred(runs: list[tuple[OracleInput, OracleResult]]) -> None:
    tried = 0
    for case, result in runs:
        held = [0.0] * len(case.half_spread)
        for order in result.orders:
            before, held[order.ticker] = held[order.ticker], held[order.ticker] + order.shares
            if case.shorting.barred is None or not case.shorting.barred[order.mark][order.session][order.ticker]:
                continue
            tried += order.reason in (Reason.NO_LOCATE, Reason.RULE_201)
            assert held[order.ticker] >= min(before, 0.0) - 1e-6
    assert tried > 100


def test_lots_minimums_and_bids_are_kept(runs: list[tuple[OracleInput, OracleResult]]) -> None:
    for case, result in runs:
        for order in result.orders:
            if order.status is not Status.FILLED:
                assert order.shares == 0.0
                assert math.isnan(order.price)
                continue
            assert order.price >= 0.0
            if order.reason in (Reason.STALE, Reason.DELISTED):
                assert order.commission == order.spread == order.slippage == order.impact == 0.0
            else:
                assert order.commission >= case.limits.min_commission_usd
        if case.limits.lot == 1:
            assert all(q == int(q) for line in result.shares for q in line)


def test_what_a_close_decides_never_fills_before_the_next_open(runs: list[tuple[OracleInput, OracleResult]]) -> None:
    rows_only = {Reason.ORDER, Reason.STALE, Reason.DELISTED}
    marks = set()
    for case, result in runs:
        first = min((row.session for row in case.rows), default=0)
        decided = [o for o in result.orders if o.status is Status.FILLED and o.reason not in rows_only]
        marks |= {order.mark for order in decided}
        assert all(order.session > first for order in decided)
    assert marks == {OPEN, CLOSE}  # at a close where the open had no price or no room


def test_a_requirement_stands_only_where_positions_are(runs: list[tuple[OracleInput, OracleResult]]) -> None:
    for case, result in runs:
        for held, needed in zip(result.shares, result.requirement, strict=True):
            assert (needed > 0.0) == (case.margin.action != Action.OFF and any(held))


def test_write_offs_are_booked_as_price_moves(runs: list[tuple[OracleInput, OracleResult]]) -> None:
    seen = 0
    for case, result in runs:
        for order in result.orders:
            if order.reason is Reason.STALE and case.limits.recovery is not None:
                recovery = case.limits.recovery[order.ticker]
                if 0.0 < recovery < 1.0:
                    value = -order.shares * order.reference / recovery
                    booked = result.pnl[order.session][order.ticker][Cause.INTRADAY]
                    assert booked == pytest.approx(value * (recovery - 1.0), rel=1e-9)
                    seen += 1
    assert seen > 5
