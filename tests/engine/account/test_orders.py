"""Whole shares, smallest orders, least commissions and caps, by hand and in plain Python."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from hedgebook.engine.account.orders import OrderLimits
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.rules import Rules
from hedgebook.universes.calendar import Mark
from tests import markets

from ..small import log, pair, path, run

OPEN, CLOSE = Mark.OPEN, Mark.CLOSE


def test_whole_shares_are_cut_towards_zero() -> None:
    rows = [(0, CLOSE, [0.5, -0.4]), (1, CLOSE, [-0.35, 0.0])]
    found = run(pair([30.0] * 2, [70.0] * 2), rows, {"orders": {"whole_shares": True}})
    # 500 / 30 = 16.67 and -400 / 70 = -5.71; then -350 / 30 = -11.67.
    assert found.record.shares.tolist() == [[16.0, -5.0], [-11.0, 0.0]]
    tiny = run(path(3000.0, 3000.0), [(0, CLOSE, [0.5])], {"orders": {"whole_shares": True}})
    assert log(tiny) == [(0, "close", "ACME", "rejected", "less_than_one_share")]
    assert tiny.warnings == ("ordered but never filled: ACME",)


def test_an_order_of_less_than_one_share_is_rejected_with_that_reason() -> None:
    rows = [(0, CLOSE, [0.2, -0.1]), (1, CLOSE, [0.26, -0.1]), (2, CLOSE, [0.14, -0.19]), (3, CLOSE, [0.0, 0.0])]
    found = run(pair([90.0] * 4, [101.0] * 4), rows, {"orders": {"whole_shares": True}})
    # 2.22 and -0.99 shares; then to 2.89, 0.89 more than the 2 held; then to 1.56 and -1.88; then out of both.
    assert log(found) == [
        (0, "close", "ACME", "filled", "order"),
        (0, "close", "BOLT", "rejected", "less_than_one_share"),
        (1, "close", "ACME", "rejected", "less_than_one_share"),
        (1, "close", "BOLT", "rejected", "less_than_one_share"),
        (2, "close", "ACME", "filled", "order"),
        (2, "close", "BOLT", "filled", "order"),
        (3, "close", "ACME", "filled", "order"),
        (3, "close", "BOLT", "filled", "order"),
    ]
    assert found.record.shares.tolist() == [[2.0, 0.0], [2.0, 0.0], [1.0, -1.0], [0.0, 0.0]]
    assert found.final_nav == 1000.0
    # Who holds whole shares that are what is asked for orders nothing, and nothing is rejected.
    same = run(path(100.0, 100.0), [(0, CLOSE, [0.5]), (1, CLOSE, [0.5])], {"orders": {"whole_shares": True}})
    assert log(same) == [(0, "close", "ACME", "filled", "order")]
    # Without whole shares a part of a share is an order as any other.
    parts = run(path(3000.0), [(0, CLOSE, [0.5])])
    assert log(parts) == [(0, "close", "ACME", "filled", "order")]


def test_the_smallest_order_binds_entries_and_changes_but_never_exits() -> None:
    account = {"orders": {"min_order_usd": 100.0}}
    rows = [(0, CLOSE, [0.0999]), (1, CLOSE, [0.1]), (2, CLOSE, [0.1999]), (3, CLOSE, [0.2]), (4, CLOSE, [0.0])]
    found = run(path(*[10.0] * 5), rows, account)
    assert log(found) == [
        (0, "close", "ACME", "rejected", "too_small"),
        (1, "close", "ACME", "filled", "order"),
        (2, "close", "ACME", "rejected", "too_small"),
        (3, "close", "ACME", "filled", "order"),
        (4, "close", "ACME", "filled", "order"),
    ]
    fallen = run(path(10.0, 1.0), [(0, CLOSE, [0.1]), (1, CLOSE, [0.0])], account)
    assert log(fallen)[-1] == (1, "close", "ACME", "filled", "order")
    assert abs(fallen.fills["shares"].iloc[-1]) * 1.0 < 100.0


@pytest.mark.parametrize(("weight", "paid"), [(0.1, 2.0), (0.4, 4.0), (-0.4, 4.0), (-0.1, 2.0)])
def test_the_least_commission(weight: float, paid: float) -> None:
    costs = Costs.model_validate({"commission": {"rate_bps": 100, "min_usd": 2.0}})
    found = run(path(10.0, 10.0), [(0, CLOSE, [weight])], costs=costs)
    assert found.fills["commission"].tolist() == pytest.approx([paid])
    assert found.final_nav == pytest.approx(1000.0 - paid)


def test_a_cap_spreads_an_order_over_sessions() -> None:
    """30 shares of 10 USD a day for five days: half of it, 150 USD, may be traded each session."""
    market = path(*[10.0] * 10, volume=[30.0] * 10)
    account = {"orders": {"participation_frac": 0.5, "adv_window_sessions": 5}}
    found = run(market, [(5, OPEN, [0.4])], account)
    assert log(found) == [
        (0, "open", "ACME", "deferred", "cap"),
        (0, "open", "ACME", "filled", "order"),
        (1, "open", "ACME", "filled", "order"),
        (2, "open", "ACME", "filled", "order"),
    ]
    assert found.fills["shares"].tolist() == pytest.approx([15.0, 15.0, 10.0])
    out = run(market, [(5, OPEN, [0.4]), (5, CLOSE, [0.0])], account)
    assert out.fills["shares"].tolist() == pytest.approx([15.0, -15.0])
    assert str(out.fills["session"].iloc[1])[:10] == str(market.sessions[6])


def test_the_cap_of_a_session_holds_for_both_marks_together() -> None:
    market = path(*[10.0] * 10, volume=[30.0] * 10)
    account = {"orders": {"participation_frac": 0.5, "adv_window_sessions": 5}}
    found = run(market, [(5, OPEN, [0.1]), (5, CLOSE, [0.3])], account)
    assert found.fills["shares"].tolist() == pytest.approx([10.0, 5.0, 15.0])
    assert found.fills["mark"].tolist() == ["open", "close", "open"]


def test_whole_shares_under_a_cap_and_an_order_that_fits_exactly() -> None:
    market = path(*[10.0] * 10, volume=[30.0] * 10)
    exact = run(market, [(5, OPEN, [0.15])], {"orders": {"participation_frac": 0.5, "adv_window_sessions": 5}})
    assert log(exact) == [(0, "open", "ACME", "filled", "order")]
    lots = {"orders": {"participation_frac": 0.25, "adv_window_sessions": 5, "whole_shares": True}}
    found = run(market, [(5, OPEN, [-0.15])], lots)
    assert found.fills["shares"].tolist() == [-7.0, -7.0, -1.0]  # 75 USD a session is 7.5 shares


def test_caps_are_known_before_the_session_and_counted_in_plain_python() -> None:
    market = markets.dirty_market()
    volume = market.volume.copy()
    volume[5:9, 0] = np.nan
    volume[:, 1] = 0.0
    market = dataclasses.replace(market, volume=volume)
    for start, window in ((0, 5), (3, 20), (25, 7)):
        found = OrderLimits(participation_frac=0.1, adv_window_sessions=window).cap_usd(market, start, 50)
        for t in range(start, 50):
            for i in range(len(market.tickers)):
                span = range(max(0, t - window), t)
                traded = [float(market.close[s, i] * market.volume[s, i]) for s in span]
                traded = [v for v in traded if math.isfinite(v)]
                mean = math.fsum(traded) / len(traded) if len(traded) >= 5 else math.inf
                expected = 0.1 * mean if mean > 0 else math.inf
                assert found[t - start, i] == pytest.approx(expected, rel=1e-9)
        later = markets.changed_after(market, 29, seed=window)
        again = OrderLimits(participation_frac=0.1, adv_window_sessions=window).cap_usd(later, start, 50)
        np.testing.assert_array_equal(found[: 31 - start], again[: 31 - start])
        assert (found[32 - start :] != again[32 - start :]).any()
    assert np.isinf(OrderLimits().cap_usd(market, 0, 50)).all()


def test_a_stop_takes_what_the_cap_allows_and_goes_on() -> None:
    market = path(*[10.0] * 6, 8.0, 8.0, 8.0, 8.0, open=[10.0] * 6 + [8.0] * 4, volume=[30.0] * 10)
    account = {"orders": {"participation_frac": 0.5, "adv_window_sessions": 5}}
    found = run(market, [(5, OPEN, [0.15])], account, rules=Rules(stop_loss=0.02))
    assert [line[4] for line in log(found)] == ["order", "stop_loss"]
    wide = run(market, [(4, OPEN, [0.3])], account, rules=Rules(stop_loss=0.02))
    assert wide.open_positions() == ()
    # With four sessions of volume nothing caps the entry; 18 of its 30 shares may be sold on the first day.
    assert [line[4] for line in log(wide)] == ["order", "cap", "stop_loss", "stop_loss"]
    assert wide.fills["shares"].tolist() == pytest.approx([30.0, -18.0, -12.0])
