"""The alarm for adverse drift: level by every sign path, bounds by an oracle, and what it must not depend on."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from hedgebook.engine.live.alarm import LEVEL, LONGEST_LIFE_SESSIONS, PATHS, drift_alarm, sign_paths, spent
from hedgebook.errors import ParameterError
from tests.oracle import alarm as oracle


def sizes(count: int, seed: int) -> list[float]:
    return [float(x) for x in np.random.default_rng(seed).uniform(0.1, 2.0, count)]


@pytest.mark.parametrize(("life", "count"), [(8, 8), (10, 10), (30, 9)])
def test_bounds_are_those_of_all_sign_paths(life: int, count: int) -> None:
    seen = sizes(count, life)
    found = drift_alarm(np.array(seen), 1.0, life)
    wanted = oracle.bounds(seen, [spent(t, life) for t in range(1, count + 1)])
    assert found.raised_at is None  # all gains
    looked = np.isfinite(found.bounds)
    assert looked.sum() >= 2
    assert found.bounds[looked] == pytest.approx(np.array(wanted)[looked], abs=1e-12)


def test_the_level_of_a_whole_life_is_kept_exactly_on_every_set_of_sizes() -> None:
    for seed, life in ((1, 5), (2, 8), (3, 9)):
        seen = np.array(sizes(life, seed))
        paths = [np.array(path) for path in product((-1.0, 1.0), repeat=life)]
        raised = sum(drift_alarm(path * seen, 1.0, life).raised for path in paths)
        assert raised / len(paths) <= LEVEL
        assert raised > 0  # and is used


def test_a_trade_that_only_loses_is_seen_at_the_first_look_that_the_level_allows() -> None:
    found = drift_alarm(np.full(10, -1000.0), 1000.0)
    # Of 2^8 paths one loses throughout: 1/256 is within what may be spent by the eighth session, 1/128 not by the 7th.
    assert spent(7, 60) < 1 / 128 < spent(8, 60)
    assert found.raised_at == 7
    assert np.isnan(found.bounds[8:]).all()
    assert found.scores[7] == pytest.approx(math.sqrt(8.0))


def test_only_sizes_beyond_the_most_depend_on_the_scale() -> None:
    pnl = np.random.default_rng(4).normal(-0.4, 1.0, 40)
    one, other = drift_alarm(pnl, 100.0), drift_alarm(pnl, 250.0)
    assert one.raised_at == other.raised_at
    assert one.bounds == pytest.approx(other.bounds, abs=1e-12, nan_ok=True)
    assert drift_alarm(pnl * 7.0, 700.0).scores == pytest.approx(one.scores, nan_ok=True)
    wild = pnl.copy()
    wild[3] = 80.0
    assert drift_alarm(wild, 1.0).scores == pytest.approx(
        drift_alarm(np.where(wild > 2.5, 2.5, wild), 1.0).scores, nan_ok=True
    )


def test_what_comes_later_changes_nothing_before() -> None:
    pnl = np.random.default_rng(5).normal(0.0, 1.0, 60)
    whole = drift_alarm(pnl, 1.0)
    for stop in (7, 13, 30):
        part = drift_alarm(pnl[:stop], 1.0)
        assert part.bounds.tolist() == pytest.approx(whole.bounds[:stop].tolist(), nan_ok=True)
        assert part.raised_at == (whole.raised_at if whole.raised_at is not None and whole.raised_at < stop else None)


def test_after_the_life_nothing_is_decided() -> None:
    found = drift_alarm(np.concatenate([np.full(10, 1.0), np.full(20, -3.0)]), 1.0, 10)
    assert not found.raised
    assert np.isnan(found.scores[10:]).all()


def test_a_session_without_a_move_counts_for_neither_side() -> None:
    pnl = np.array([-1.0, -2.0, 0.0, -1.5, -1.0, -0.5, -1.0, -2.0, -1.0, -1.0])
    found = drift_alarm(pnl, 1.0)
    assert found.bounds[2] == math.inf
    assert found.raised_at == 7  # seven losses of seven, and 1/128 may be spent by the eighth session
    assert not drift_alarm(np.zeros(60), 1.0).raised


def test_all_of_the_level_is_spent_by_the_end_and_never_more() -> None:
    for life in range(1, LONGEST_LIFE_SESSIONS + 1):
        path = [spent(t, life) for t in range(1, life + 1)]
        assert path == sorted(path)
        assert path[-1] == pytest.approx(LEVEL)


def test_sign_paths_hold_every_beginning_once_and_are_fair() -> None:
    paths = sign_paths()
    assert paths.shape == (60, PATHS)
    assert len({tuple(path) for path in paths[:14].T.tolist()}) == PATHS
    assert np.abs(paths.mean(axis=1)).max() < 4.0 / math.sqrt(PATHS)


@pytest.mark.parametrize(
    ("pnl", "scale", "life", "says"),
    [
        ([1.0, math.nan], 1.0, 60, "session 1"),
        ([1.0], 0.0, 60, "scale_usd"),
        ([1.0], math.inf, 60, "scale_usd"),
        ([1.0], 1.0, 61, "1 to 60"),
        ([1.0], 1.0, 0, "1 to 60"),
    ],
)
def test_what_cannot_be_judged_is_refused(pnl: list[float], scale: float, life: int, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        drift_alarm(np.array(pnl), scale, life)
