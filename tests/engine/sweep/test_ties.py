"""The last digits of returns decide nothing: moved by a few ulps, sets have the figures that they had."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.analysis.landscape import plateau_score
from hedgebook.engine.sweep.analysis.sharpe_tally import SharpeTally
from hedgebook.engine.sweep.analysis.top import TopSets, top_k
from hedgebook.engine.sweep.out_of_sample.judge import judge
from hedgebook.engine.sweep.overfitting.cscv import cscv_of_returns
from hedgebook.engine.sweep.overfitting.interval import sharpe_interval
from hedgebook.engine.sweep.overfitting.superiority import superiority
from hedgebook.engine.sweep.overfitting.ties import best_first, distinct_columns, first_of_best, rank_of, share_below
from tests.engine.sweep.analysis.sweeps import equal_blocks, in_chunks, moments_by, noise

SEEDS = range(8)


def shaken(values: Any, seed: int, ulps: int = 3) -> np.ndarray:
    """Every value moved by a few units in its last place."""
    given = np.asarray(values, dtype=np.float64)
    return given + np.random.default_rng(seed).integers(-ulps, ulps + 1, given.shape) * np.spacing(given)


def few() -> np.ndarray:
    """Eleven sessions on which only two numbers occur, so that many draws repeat the series itself."""
    return np.array([0.0, 0.0, 0.02, 0.0, 0.0, 0.02, 0.0, 0.02, 0.0, 0.0, 0.0])


@pytest.mark.parametrize("kind", ["bca", "percentile", "basic"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_interval_of_a_ratio_moves_no_more_than_its_returns(kind: str, seed: int) -> None:
    plain = sharpe_interval(few(), kind=kind, draws=2000)
    # Zeros have no ulps to speak of, so they are moved by those of the others.
    moved = few() + np.random.default_rng(seed).integers(-3, 4, 11) * np.spacing(0.02)
    found = sharpe_interval(moved, kind=kind, draws=2000)
    assert (found.low, found.high, found.draws) == pytest.approx((plain.low, plain.high, plain.draws), rel=1e-9)


def test_a_bias_of_none_gives_no_correction() -> None:
    """Half of the draws below, half above, and any number that equals the estimate: the middle is where it is."""
    assert share_below(np.array([1.0, 2.0, 2.0, 2.0, 3.0]), 2.0) == 0.5
    assert share_below(np.array([1.0, 2.0 + 4e-16, 2.0 - 4e-16, 3.0]), 2.0) == 0.5
    assert share_below(np.array([0.0, 1.0]), 1.0) == 0.75
    assert share_below(np.array([1e-17, -1e-17, 1.0, -1.0]), 0.0) == 0.5


def copies() -> np.ndarray:
    """Twelve sets, of which five are one strategy."""
    returns = noise(96, 12, 2)
    returns[:, [3, 5, 8, 11]] = returns[:, [1]]
    return returns


@pytest.mark.parametrize("metric", ["sharpe", "mean"])
@pytest.mark.parametrize("seed", SEEDS)
def test_copies_stay_copies_in_cross_validation(metric: str, seed: int) -> None:
    plain = cscv_of_returns(copies(), blocks=8, metric=metric)
    found = cscv_of_returns(shaken(copies(), seed), blocks=8, metric=metric)
    np.testing.assert_array_equal(found.rank, plain.rank)
    np.testing.assert_array_equal(found.best, plain.best)
    assert (found.pbo, found.loss_probability) == (plain.pbo, plain.loss_probability)


@pytest.mark.parametrize("seed", SEEDS)
def test_copies_stay_copies_where_histories_differ(seed: int) -> None:
    returns = copies()
    returns[:7, 4] = np.nan
    plain, found = (cscv_of_returns(one, blocks=8) for one in (returns, shaken(returns, seed)))
    np.testing.assert_array_equal(found.rank, plain.rank)
    np.testing.assert_array_equal(found.best, plain.best)


@pytest.mark.parametrize("seed", SEEDS)
def test_copies_stay_copies_in_splits_of_sessions(seed: int) -> None:
    train = np.array([[True, True, False, False], [False, True, True, False], [True, False, True, True]])
    found = []
    for returns in (copies(), shaken(copies(), seed)):
        counts, totals, squares = moments_by(equal_blocks(96, 4), returns)
        found.append(judge(in_chunks(totals, squares, 5), counts, train, ~train))
    np.testing.assert_array_equal(found[1].best, found[0].best)
    np.testing.assert_array_equal(found[1].rank, found[0].rank)


@pytest.mark.parametrize("seed", SEEDS)
def test_p_values_of_the_best_of_many_stay(seed: int) -> None:
    """Sets that gain on one session alone: means of draws are whole multiples of one number, so they tie."""
    returns = np.zeros((30, 4))
    returns[4, 0], returns[11, 1], returns[[3, 20], 2], returns[:, 3] = 0.03, 0.02, 0.01, -0.001
    plain, found = (superiority(one, draws=500, block_length=1.0) for one in (returns, shaken(returns, seed)))
    assert plain.to_dict() | {"spa_lower_p": 0} == found.to_dict() | {"spa_lower_p": 0}
    np.testing.assert_array_equal(found.table["adjusted_p_value"], plain.table["adjusted_p_value"])


@given(st.lists(st.sampled_from([-1.5, 0.0, 0.1, 0.1, 2.0, 7.0]), min_size=1, max_size=30), st.integers(0, 2**31))
@settings(max_examples=80, deadline=None)
def test_ranks_and_order_do_not_see_rounding(values: list[float], seed: int) -> None:
    exact, moved = np.array(values), shaken(values, seed)
    labels = np.arange(len(values))
    assert first_of_best(moved) == int(exact.argmax())
    np.testing.assert_array_equal(best_first(moved, labels), np.argsort(-exact, kind="stable"))
    np.testing.assert_array_equal(top_k(moved, 5), np.argsort(-exact, kind="stable")[:5])
    for at in range(len(values)):
        below, equal = (exact < exact[at]).sum(), (exact == exact[at]).sum()
        assert rank_of(moved, at) == below + (equal + 1) / 2


@given(st.lists(st.sampled_from([0.1, 0.1, 2.0, -3.0]), min_size=4, max_size=40), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_the_best_sets_do_not_depend_on_chunks_when_shaken(values: list[float], seed: int) -> None:
    moved, streamed = shaken(values, seed), TopSets(3)
    for start in range(0, len(moved), 4):
        streamed.add(start, moved[start : start + 4])
    np.testing.assert_array_equal(streamed.indices, np.argsort(-np.array(values), kind="stable")[:3])


def test_infinities_keep_their_place() -> None:
    values = np.array([1.0, np.inf, -np.inf, 1.0, np.inf])
    assert best_first(values, np.arange(5)).tolist() == [1, 4, 0, 3, 2]
    assert first_of_best(values) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plateau_of_equals_is_no_peak(seed: int) -> None:
    flat = shaken(np.full(9, 0.1), seed)
    found = plateau_score(flat, 4, [3, 5], metric="total_return")
    assert found.score is None
    assert found.percentile == 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_ratios_that_differ_by_rounding_are_alike(seed: int) -> None:
    tally = SharpeTally()
    tally.add(0, shaken(np.full(20, 1.7), seed), np.full(20, 30.0))
    assert tally.alike
    tally.add(20, [1.8], [30.0])
    assert not tally.alike


def test_copies_are_found_whatever_their_last_digits() -> None:
    table = np.round(noise(50, 6, 3), 12) + 5e-13  # in the middle between two roundings
    table[:, 4] = table[:, 1]
    for seed in SEEDS:
        assert distinct_columns(shaken(table, seed)) == [0, 1, 2, 3, 5]
