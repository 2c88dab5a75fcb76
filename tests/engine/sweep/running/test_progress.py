"""The rate of a sweep, by a clock that the test sets."""

from __future__ import annotations

import pytest

from hedgebook.engine.sweep.running.progress import Rate


def test_nothing_is_known_at_first() -> None:
    rate = Rate()
    assert rate.per_second is None
    assert rate.left_seconds(100) is None
    rate.update(0, 0.0)
    rate.update(0, 3.0)
    assert rate.per_second is None


def test_a_steady_rate() -> None:
    rate = Rate(window_seconds=10.0)
    for second in range(50):
        rate.update(second * 200, float(second))
    assert rate.per_second == pytest.approx(200.0)
    assert rate.left_seconds(20_000) == pytest.approx((20_000 - 49 * 200) / 200)
    assert rate.left_seconds(5) == 0.0


def test_what_an_earlier_sweep_did_is_no_speed() -> None:
    rate = Rate()
    rate.update(90_000, 0.0)
    rate.update(90_100, 2.0)
    assert rate.per_second == pytest.approx(50.0)
    assert rate.left_seconds(100_000) == pytest.approx(9_900 / 50.0)


def test_it_follows_a_change_within_the_window() -> None:
    rate = Rate(window_seconds=10.0)
    done = 0
    for second in range(100):
        done += 1000 if second < 50 else 10
        rate.update(done, float(second))
        if second == 55:
            assert rate.per_second == pytest.approx((4 * 1000 + 6 * 10) / 10)
    assert rate.per_second == pytest.approx(10.0)


def test_it_falls_while_nothing_moves_and_forgets_nothing_it_needs() -> None:
    rate = Rate(window_seconds=10.0)
    rate.update(0, 0.0)
    rate.update(100, 1.0)
    for tick in range(1, 41):
        rate.update(100, 1.0 + tick / 10)
    assert rate.per_second == pytest.approx(100 / 5.0)
    assert len(rate._points) <= 3
    rate.update(100, 60.0)
    assert rate.per_second is None


def test_time_that_stands_still_is_no_rate() -> None:
    rate = Rate()
    rate.update(0, 5.0)
    rate.update(10, 5.0)
    assert rate.per_second is None
