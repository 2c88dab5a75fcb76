"""Segments and the judge on them: by definition, against plain Python, against cross-validation by blocks."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.analysis.median import Brackets, SetSample
from hedgebook.engine.sweep.out_of_sample.combinatorial import combinatorial_purged
from hedgebook.engine.sweep.out_of_sample.judge import Judged, judge, metric_of_keys
from hedgebook.engine.sweep.out_of_sample.segments import segments_of
from hedgebook.engine.sweep.out_of_sample.split import Split
from hedgebook.engine.sweep.out_of_sample.walk_forward import walk_forward
from hedgebook.engine.sweep.overfitting.cscv import CscvMetric, all_splits
from hedgebook.errors import ParameterError
from tests.engine.sweep.analysis.sweeps import equal_blocks, in_chunks, moments_by, noise
from tests.oracle import overfitting, sweep_analysis


def splits_of(kind: int, sessions: int, horizon: int, embargo: int) -> tuple[Split, ...]:
    if kind == 0:
        cuts = {"horizon_sessions": horizon, "embargo_sessions": embargo}
        return combinatorial_purged(sessions, folds=6, test_folds=2, **cuts).splits
    return walk_forward(
        sessions,
        train_sessions=20,
        test_sessions=9,
        anchored=kind == 1,
        horizon_sessions=horizon,
        embargo_sessions=embargo,
    )


def judged(returns: np.ndarray, splits: tuple[Split, ...], size: int = 5, metric: str = "sharpe") -> Judged:
    segments = segments_of(splits, len(returns))
    totals, squares = segments.moments(returns)
    return judge(in_chunks(totals, squares, size), segments.counts, segments.train, segments.test, metric=metric)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2), st.integers(60, 90), st.integers(0, 4), st.integers(0, 3))
def test_segments_are_the_fewest_that_every_sample_is_made_of(kind: int, n: int, horizon: int, embargo: int) -> None:
    splits = splits_of(kind, n, horizon, embargo)
    found = segments_of(splits, n)
    for c, split in enumerate(splits):
        assert np.flatnonzero(found.train[c][found.of_session]).tolist() == split.train.tolist()
        assert np.flatnonzero(found.test[c][found.of_session]).tolist() == split.test.tolist()
    roles = [
        tuple(1 if t in split.train else 2 if t in split.test else 3 if t in split.purged else 0 for split in splits)
        for t in range(n)
    ]
    numbers: dict[tuple[int, ...], int] = {}
    assert found.of_session.tolist() == [numbers.setdefault(role, len(numbers)) for role in roles]
    assert found.train.shape == found.test.shape == (len(splits), len(numbers))
    assert found.counts.tolist() == [roles.count(role) for role in numbers]


def test_moments_by_segment() -> None:
    returns = noise(70, 6, 2)
    segments = segments_of(splits_of(1, 70, 2, 1), 70)
    counts, totals, squares = moments_by(segments.of_session, returns)
    found = segments.moments(returns)
    assert segments.counts.tolist() == counts.tolist()
    np.testing.assert_allclose(found[0], totals, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found[1], squares, rtol=1e-12, atol=1e-15)


def test_golden_splits_of_skfolio_are_unions_of_segments(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "cv" / "cpcv_golden.json").read_text())
    for case in golden["cpcv"]:
        splits = combinatorial_purged(
            case["n"],
            folds=case["n_folds"],
            test_folds=case["n_test_folds"],
            horizon_sessions=case["purged_size"],
            embargo_sessions=case["embargo_size"],
        ).splits
        segments = segments_of(splits, case["n"])
        for c, expected in enumerate(case["splits"]):
            assert np.flatnonzero(segments.train[c][segments.of_session]).tolist() == expected["train"]
            tested = np.flatnonzero(segments.test[c][segments.of_session]).tolist()
            assert tested == sorted(t for fold in expected["test"] for t in fold)


@pytest.mark.parametrize("metric", ["sharpe", "mean"])
@pytest.mark.parametrize("kind", [0, 1, 2])
def test_every_split_equals_the_oracle(kind: int, metric: str) -> None:
    returns = noise(80, 33, kind)
    returns[40:, 3] = 0.0
    returns[:, 4] = 0.0
    returns[:, 20] = returns[:, 2]
    splits = splits_of(kind, 80, 2, 1)
    found = judged(returns, splits, 7, metric)
    expected = [
        sweep_analysis.judged(returns.T.tolist(), s.train.tolist(), s.test.tolist(), getattr(overfitting, metric))
        for s in splits
    ]
    assert found.best.tolist() == [row[0] for row in expected]
    np.testing.assert_allclose(found.in_sample, [row[1] for row in expected], rtol=1e-9)
    np.testing.assert_allclose(found.out_of_sample, [row[2] for row in expected], rtol=1e-9, atol=1e-13)
    assert found.rank.tolist() == [row[3] for row in expected]
    np.testing.assert_allclose(found.median, [row[4] for row in expected], rtol=1e-9, atol=1e-13)
    assert found.sets == 33
    assert not found.empty.any()


@pytest.mark.parametrize("metric", ["sharpe", "mean"])
def test_blocks_as_generic_splits_choose_and_rank_as_cross_validation_does(metric: str) -> None:
    """All 12,870 splits of 16 blocks."""
    from hedgebook.engine.sweep.analysis.overfit import cscv_of_sweep

    returns = noise(160, 60, 8)
    returns[:, 50:] = returns[:, :10]
    counts, totals, squares = moments_by(equal_blocks(160, 16), returns)
    blocks = cscv_of_sweep(in_chunks(totals, squares, 25), counts, metric=metric).result
    train = np.zeros((len(blocks.splits), 16), dtype=bool)
    np.put_along_axis(train, all_splits(16)[0].astype(np.int64), True, axis=1)
    found = judge(in_chunks(totals, squares, 25), counts, train, ~train, metric=metric)
    np.testing.assert_array_equal(found.best, blocks.best)
    np.testing.assert_array_equal(found.rank, blocks.rank)
    np.testing.assert_allclose(found.in_sample, blocks.in_sample, rtol=1e-9)
    np.testing.assert_allclose(found.out_of_sample, blocks.out_of_sample, rtol=1e-8, atol=1e-12)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(3, 50), st.integers(1, 60))
def test_laws(seed: int, count: int, size: int) -> None:
    """Chunks change nothing, permuted sets permute the answer, a copy changes no choice."""
    returns = noise(70, count, seed)
    splits = splits_of(seed % 3, 70, 1, 1)
    found = judged(returns, splits, count)
    again = judged(returns, splits, size)
    for name in ("best", "in_sample", "out_of_sample", "rank", "median", "totals"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
    order = np.random.default_rng(seed).permutation(count)
    shuffled = judged(returns[:, order], splits, size)
    np.testing.assert_array_equal(order[shuffled.best], found.best)
    np.testing.assert_array_equal(shuffled.rank, found.rank)
    np.testing.assert_array_equal(shuffled.median, found.median)
    copied = judged(np.column_stack([returns, returns[:, seed % count]]), splits, size)
    np.testing.assert_array_equal(copied.best, found.best)


def test_sets_without_moments_are_left_out() -> None:
    returns = noise(70, 20, 3)
    splits = splits_of(0, 70, 0, 0)
    segments = segments_of(splits, 70)
    totals, squares = segments.moments(returns)
    totals[[0, 9]] = np.nan
    usable = np.arange(20) != 19
    kept = [i for i in range(20) if i not in (0, 9, 19)]
    found = judge(in_chunks(totals, squares, 6), segments.counts, segments.train, segments.test, usable=usable)
    expected = judged(returns[:, kept], splits)
    assert found.best.tolist() == [kept[k] for k in expected.best]
    assert found.rank.tolist() == expected.rank.tolist()
    assert found.sets == 17


def test_splits_in_which_nothing_trades() -> None:
    returns = noise(60, 5, 1)
    returns[30:] = 0.0
    none = np.arange(0)
    splits = (Split(np.arange(30), np.arange(30, 60), none), Split(np.arange(40), np.arange(40, 50), none))
    found = judged(returns, splits)
    assert found.empty.all()
    assert (found.rank == 3.0).all()
    assert (found.median == 0.0).all()


def test_medians_of_many_sets_are_exact() -> None:
    """More sets than the sample holds, with half of them the same and a grid's order."""
    rng = np.random.default_rng(1)
    totals = np.sort(rng.normal(0.0, 0.05, (40_001, 4)), axis=0)
    squares = totals**2 / 10 + 0.001
    totals[::2, 3], squares[::2, 3] = 0.0, 0.0
    train = np.array(list(combinations(range(4), 2)))
    member = np.zeros((6, 4), dtype=bool)
    np.put_along_axis(member, train, True, axis=1)
    counts = np.full(4, 10.0)
    for count in (40_001, 40_000):
        found = judge(in_chunks(totals[:count], squares[:count], 4096), counts, member, ~member)
        for c in range(6):
            total, square = (x[:count, ~member[c]].sum(axis=1) for x in (totals, squares))
            ratio = total / 20 / np.sqrt(np.maximum(square - total**2 / 20, 1e-300) / 19)
            assert found.median[c] == pytest.approx(np.median(ratio), rel=1e-10, abs=1e-12)


def test_a_median_outside_of_the_first_bounds_is_looked_for_again() -> None:
    rng = np.random.default_rng(0)
    sample = SetSample(1)
    rows = np.arange(50_000)
    taken = sample.take(rows)
    # The sample is told of other values than those that follow.
    sample.add(0, rng.normal(50.0, 1.0, taken.sum()))
    sample.trim()
    assert 2_000 < len(sample.sorted(0)) <= 8_192
    values = rng.normal(0.0, 1.0, 50_000)
    brackets = Brackets(sample, 50_000)
    looks = 1
    brackets.add(0, values)
    while not brackets.caught():
        brackets.widen()
        brackets.add(0, values)
        looks += 1
    assert looks > 1
    low, high = brackets.middle()
    assert (low[0] + high[0]) / 2.0 == np.median(values)


def test_metric_of_keys() -> None:
    returns = noise(30, 1, 4)[:, 0]
    total, square = returns.sum(), (returns**2).sum()
    found = metric_of_keys(np.array([total * abs(total) / square, 0.0]), np.array([30.0, 30.0]), CscvMetric.SHARPE)
    assert found[0] == pytest.approx(overfitting.sharpe(returns.tolist()), rel=1e-12)
    assert found[1] == 0.0
    assert metric_of_keys(np.array([-4.0]), np.array([4.0]), CscvMetric.SHARPE)[0] == -np.inf


def test_bad_input() -> None:
    returns = noise(70, 5)
    splits = splits_of(0, 70, 0, 0)
    segments = segments_of(splits, 70)
    totals, squares = segments.moments(returns)
    chunks = in_chunks(totals, squares, 3)
    with pytest.raises(ParameterError, match="do not fit the segments"):
        judge(chunks, segments.counts, segments.train[:, 1:], segments.test[:, 1:])
    with pytest.raises(ParameterError, match="too few sessions for this metric"):
        judge(chunks, np.ones(len(segments.counts)), segments.train, np.eye(15, len(segments.counts), dtype=bool))
    with pytest.raises(ParameterError, match="nothing to choose from"):
        judge(in_chunks(totals[:1], squares[:1], 3), segments.counts, segments.train, segments.test)
    once = iter(chunks())
    with pytest.raises(ParameterError, match="second time"):
        judge(lambda: once, segments.counts, segments.train, segments.test)
    with pytest.raises(ParameterError, match="Did you mean"):
        judge(chunks, segments.counts, segments.train, segments.test, metric="sharp")
    with pytest.raises(ParameterError, match="no split"):
        segments_of((), 10)
    with pytest.raises(ParameterError, match="two samples"):
        segments_of([Split(np.arange(5), np.arange(4, 8), np.arange(0))], 10)
    with pytest.raises(ParameterError, match="session that there is not"):
        segments_of([Split(np.arange(5), np.arange(5, 11), np.arange(0))], 10)
