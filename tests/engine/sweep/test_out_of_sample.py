"""Splits: no session of training ever knows of the test, by definition in plain Python and by skfolio."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.out_of_sample.combinatorial import combinatorial_purged
from hedgebook.engine.sweep.out_of_sample.events import leave_one_event_out
from hedgebook.engine.sweep.out_of_sample.walk_forward import walk_forward
from hedgebook.errors import ParameterError
from tests.oracle import overfitting as oracle


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(40, 90), st.integers(4, 6), st.integers(0, 3))
def test_combinatorial_splits_leak_nothing_and_drop_no_more(seed: int, n: int, folds: int, embargo: int) -> None:
    horizon = np.random.default_rng(seed).integers(0, 5, n)
    ends = (np.arange(n) + horizon).tolist()
    for split in combinatorial_purged(
        n, folds=folds, test_folds=2, horizon_sessions=horizon, embargo_sessions=embargo
    ).splits:
        test = split.test.tolist()
        kept = [t for t in range(n) if t not in set(test) and not oracle.leaks(t, test, ends, embargo)]
        assert split.train.tolist() == kept
        assert sorted([*split.train, *split.test, *split.purged]) == list(range(n))


@pytest.mark.parametrize(("folds", "tested", "purge", "embargo"), [(6, 2, 2, 1), (5, 3, 0, 4), (8, 4, 1, 0)])
def test_a_constant_horizon_is_skfolios_purge(folds: int, tested: int, purge: int, embargo: int) -> None:
    from skfolio.model_selection import CombinatorialPurgedCV

    peer = CombinatorialPurgedCV(n_folds=folds, n_test_folds=tested, purged_size=purge, embargo_size=embargo)
    found = combinatorial_purged(83, folds=folds, test_folds=tested, horizon_sessions=purge, embargo_sessions=embargo)
    theirs = list(peer.split(np.zeros((83, 1))))
    assert len(found.splits) == len(theirs) == math.comb(folds, tested)
    for split, (train, tests) in zip(found.splits, theirs, strict=True):
        assert split.train.tolist() == train.tolist()
        assert split.test.tolist() == np.concatenate(tests).tolist()
    assert found.path_count == peer.n_test_paths


def test_paths_hold_every_session_once() -> None:
    found = combinatorial_purged(50, folds=5, test_folds=2)
    outcome = [split.test * 1.0 + 1000.0 * c for c, split in enumerate(found.splits)]
    paths = found.recombine(outcome)
    assert paths.shape == (found.path_count, 50) == (4, 50)
    assert (paths % 1000.0 == np.arange(50.0)).all()
    # Each fold of each path comes from a split of its own.
    assert len(np.unique(paths // 1000.0 * 10 + np.arange(50) // 10)) == 10 * 2
    figures = found.to_dict()
    assert (figures["splits"], figures["folds"], figures["paths"]) == (10, 5, 4)
    assert figures["tested_folds"][0] == [0, 1]
    with pytest.raises(ParameterError, match="one array a split"):
        found.recombine(outcome[1:])
    with pytest.raises(ParameterError, match=r"values\[0\]"):
        found.recombine([np.zeros(3), *outcome[1:]])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(20, 40), st.integers(1, 9), st.booleans(), st.integers(0, 3), st.booleans())
def test_walk_forward(seed: int, train: int, test: int, anchored: bool, embargo: int, ragged: bool) -> None:
    n = 120
    rng = np.random.default_rng(seed)
    horizon = rng.integers(0, 6, n) if ragged else int(rng.integers(0, 6))
    ends = np.arange(n) + horizon
    splits = walk_forward(
        n,
        train_sessions=train,
        test_sessions=test,
        anchored=anchored,
        horizon_sessions=horizon,
        embargo_sessions=embargo,
    )
    tested = np.concatenate([split.test for split in splits])
    assert np.array_equal(tested, np.arange(tested[0], tested[0] + len(tested)))
    assert n - tested[-1] - 1 < test
    for split in splits:
        assert (ends[split.train] + embargo < split.test[0]).all()
        assert (ends[split.purged] + embargo >= split.test[0]).all()
        window = np.sort(np.concatenate([split.train, split.purged]))
        assert np.array_equal(window, np.arange(window[0], window[-1] + 1))
        assert window[0] == 0 if anchored else len(window) == train
        if not ragged:
            assert len(split.purged) == 0


def test_events_whose_windows_overlap_never_train_for_each_other() -> None:
    names = ["jan", "feb", "feb2", "may", "jul"]
    splits = leave_one_event_out(names, [0, 20, 25, 80, 120], [9, 29, 40, 99, 140], embargo_sessions=11)
    found = {split.test: (split.train, split.purged) for split in splits}
    assert found == {
        "jan": (("feb2", "may", "jul"), ("feb",)),
        "feb": (("jan", "may", "jul"), ("feb2",)),
        "feb2": (("jan", "may", "jul"), ("feb",)),
        "may": (("jan", "feb", "feb2", "jul"), ()),
        "jul": (("jan", "feb", "feb2", "may"), ()),
    }
    assert splits[0].to_dict() == {"test": "jan", "train": ["feb2", "may", "jul"], "purged": ["feb"]}


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match="no room"):
        walk_forward(30, train_sessions=25, test_sessions=5, horizon_sessions=1)
    with pytest.raises(ParameterError, match="reaches into the test"):
        walk_forward(30, train_sessions=3, test_sessions=3, horizon_sessions=np.r_[0, np.full(29, 9)])
    for bad in (-1, 1.5, np.nan):
        with pytest.raises(ParameterError, match="horizon_sessions"):
            walk_forward(30, train_sessions=5, test_sessions=5, horizon_sessions=bad)
    with pytest.raises(ParameterError, match="one number or 30"):
        walk_forward(30, train_sessions=5, test_sessions=5, horizon_sessions=[1, 2])
    with pytest.raises(ParameterError, match="embargo_sessions"):
        combinatorial_purged(60, embargo_sessions=-1)
    for folds, tested in ((4, 4), (2, 1), (30, 2)):
        with pytest.raises(ParameterError, match="folds"):
            combinatorial_purged(60, folds=folds, test_folds=tested)
    with pytest.raises(ParameterError, match="too many splits"):
        combinatorial_purged(200, folds=20, test_folds=10)
    with pytest.raises(ParameterError, match="nothing left"):
        combinatorial_purged(30, folds=5, test_folds=3, horizon_sessions=20)
    with pytest.raises(ParameterError, match="every other event"):
        leave_one_event_out(["a", "b"], [0, 5], [9, 12])
    with pytest.raises(ParameterError, match="different events"):
        leave_one_event_out(["a", "a"], [0, 50], [9, 60])
    with pytest.raises(ParameterError, match="ends before"):
        leave_one_event_out(["a", "b"], [0, 50], [9, 40])
    with pytest.raises(ParameterError, match="first"):
        leave_one_event_out(["a", "b"], [0.5, 50.0], [9, 60])
