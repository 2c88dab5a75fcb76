"""Leaving one event out: against plain Python, with overlapping windows, failed sets and events that are missing."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from hedgebook.engine.sweep.out_of_sample.by_event import leave_events_out
from hedgebook.errors import ParameterError
from tests.engine.sweep.analysis.sweeps import Axis, grid_codes
from tests.oracle import sweep_analysis

EVENTS = ("jan", "feb", "may", "jul")
AXES = (Axis("hold", (5, 10, 20)), Axis("event", EVENTS), Axis("hedge", ("dollar", "beta")))
WINDOWS = {"jan": (0, 20), "feb": (18, 40), "may": (80, 100), "jul": (120, 141)}
TRAINED = {"jan": ("may", "jul"), "feb": ("may", "jul"), "may": ("jan", "feb", "jul"), "jul": ("jan", "feb", "may")}


def as_sets(values: np.ndarray, codes: Callable[[int, int], np.ndarray]) -> list[tuple[tuple[int, ...], str, float]]:
    rows = codes(0, len(values)).tolist()
    return [((row[0], row[2]), EVENTS[row[1]], value) for row, value in zip(rows, values.tolist(), strict=True)]


@pytest.mark.parametrize("metric", ["total_return", "volatility_annual"])
@pytest.mark.parametrize("dirty", [False, True])
def test_every_event_equals_the_oracle(metric: str, dirty: bool) -> None:
    values = np.round(np.random.default_rng(4).normal(0.01, 0.05, 24), 2)
    if dirty:
        values[[3, 17]] = np.nan, np.inf
    codes = grid_codes(3, 4, 2)
    found = leave_events_out(values, codes, AXES, WINDOWS, metric=metric)
    sign = 1 if metric == "total_return" else -1
    assert found.names == EVENTS
    for c, event in enumerate(EVENTS):
        best, inside, outside, rank, median, groups = sweep_analysis.event_left_out(
            as_sets(values, codes), event, TRAINED[event], sign
        )
        assert found.best[c] == best
        assert (found.in_sample[c], found.out_of_sample[c]) == pytest.approx((inside, outside), rel=1e-12)
        assert (found.rank[c], found.median[c], found.sets[c]) == (rank, pytest.approx(median), groups)
    assert any("2 of 4 events leave out others" in note for note in found.notes)
    assert any("parameter groups lack an event" in note for note in found.notes) is dirty
    figures = found.to_dict()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert sum(figures["choices"]["hold"].values()) == 4
    assert set(figures["choices"]) == {"hold", "hedge"}
    gap = found.in_sample.mean() - found.out_of_sample.mean()
    assert figures["degradation"] == pytest.approx(sign * gap, rel=1e-9)


def test_sampled_sets_with_duplicates_and_missing_events() -> None:
    """The first of two equal sets counts; a group without the event left out takes no part."""
    rng = np.random.default_rng(2)
    rows = np.column_stack([rng.integers(0, 3, 60), rng.integers(0, 4, 60), rng.integers(0, 2, 60)])
    rows = rows[~((rows[:, 0] == 1) & (rows[:, 1] == 2))]
    values = rng.normal(0.0, 0.1, len(rows))

    def codes(start: int, stop: int) -> np.ndarray:
        return np.asarray(rows[start:stop])

    found = leave_events_out(values, codes, AXES, WINDOWS, metric="sharpe")
    for c, event in enumerate(EVENTS):
        expected = sweep_analysis.event_left_out(as_sets(values, codes), event, TRAINED[event], 1)
        ours = (found.best[c], found.in_sample[c], found.out_of_sample[c], found.rank[c], found.median[c])
        assert ours == pytest.approx(expected[:5], rel=1e-12)
        assert found.sets[c] == expected[5] < 6


def test_a_good_group_is_found_on_every_event() -> None:
    values = np.random.default_rng(0).normal(0.0, 1.0, 24)
    good = (grid_codes(3, 4, 2)(0, 24)[:, [0, 2]] == [2, 1]).all(axis=1)
    values[good] += 10.0
    found = leave_events_out(values, grid_codes(3, 4, 2), AXES, WINDOWS, metric="sharpe")
    assert found.choices == {"hold": {"20": 4}, "hedge": {"beta": 4}}
    assert found.below_median == 0.0


def test_an_embargo_leaves_out_what_follows() -> None:
    values = np.random.default_rng(0).normal(0.0, 1.0, 24)
    found = leave_events_out(values, grid_codes(3, 4, 2), AXES, WINDOWS, metric="sharpe", embargo_sessions=40)
    expected = sweep_analysis.event_left_out(as_sets(values, grid_codes(3, 4, 2)), "feb", ("jul",), 1)
    assert found.in_sample[1] == pytest.approx(expected[1])


def test_bad_input() -> None:
    values, codes = np.ones(24), grid_codes(3, 4, 2)
    with pytest.raises(ParameterError, match="no such axis"):
        leave_events_out(values, codes, AXES, WINDOWS, metric="sharpe", axis="events")
    two = (Axis("hold", (5,)), Axis("event", ("jan", "may")))
    with pytest.raises(ParameterError, match="too few events"):
        leave_events_out(np.ones(2), grid_codes(1, 2), two, WINDOWS, metric="sharpe")
    with pytest.raises(ParameterError, match="continuous"):
        leave_events_out(values, codes, (Axis("hold", None), *AXES[1:]), WINDOWS, metric="sharpe")
    with pytest.raises(ParameterError, match="no window"):
        leave_events_out(values, codes, AXES, {"jan": (0, 3)}, metric="sharpe")
    with pytest.raises(ParameterError, match="overlaps this one"):
        leave_events_out(values, codes, AXES, dict.fromkeys(EVENTS, (0, 3)), metric="sharpe")
    with pytest.raises(ParameterError, match="too few events"):
        leave_events_out(np.full(24, np.nan), codes, AXES, WINDOWS, metric="sharpe")
    lone = np.where(codes(0, 24)[:, 0] + codes(0, 24)[:, 2] == 0, 1.0, np.nan)
    with pytest.raises(ParameterError, match="fewer than two parameter groups"):
        leave_events_out(lone, codes, AXES, WINDOWS, metric="sharpe")


def test_an_event_on_which_nothing_traded_is_left_out_of_all_means() -> None:
    """Without it the result is that of a sweep that never asked for it."""
    values, codes = np.random.default_rng(4).normal(size=24), grid_codes(3, 4, 2)
    idle = codes(0, 24)[:, 1] == 2
    values[idle] = np.nan
    found = leave_events_out(values, codes, AXES, WINDOWS, metric="sharpe")
    others = tuple(event for event in EVENTS if event != EVENTS[2])
    axes = (AXES[0], Axis("event", others), AXES[2])
    plain = leave_events_out(values[~idle], grid_codes(3, 3, 2), axes, WINDOWS, metric="sharpe")
    assert found.names == plain.names == others
    np.testing.assert_array_equal(found.out_of_sample, plain.out_of_sample)
    np.testing.assert_array_equal(found.rank, plain.rank)
    assert any(f"no set can be ranked: {EVENTS[2]}" in note for note in found.notes)
