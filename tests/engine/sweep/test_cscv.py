"""Probability of overfitting: every split against plain Python, and what must hold whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.overfitting.block_moments import BlockMoments, block_moments
from hedgebook.engine.sweep.overfitting.cscv import cscv, cscv_of_returns
from hedgebook.errors import ParameterError
from tests.oracle import overfitting as oracle


def noise(sessions: int = 160, strategies: int = 70, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(5, (sessions, strategies)) * 0.01


def check_against_oracle(returns: np.ndarray, blocks: int, metric: str) -> None:
    found = cscv_of_returns(returns, blocks=blocks, metric=metric)
    expected = oracle.cscv(returns.T.tolist(), blocks, getattr(oracle, metric))
    assert len(found.rank) == len(expected) == math.comb(blocks, blocks // 2)
    assert found.best.tolist() == [row[0] for row in expected]
    np.testing.assert_allclose(found.in_sample, [row[1] for row in expected], rtol=1e-10)
    np.testing.assert_allclose(found.out_of_sample, [row[2] for row in expected], rtol=1e-9, atol=1e-12)
    assert found.rank.tolist() == [row[3] for row in expected]
    share = [row[3] / (returns.shape[1] + 1) for row in expected]
    np.testing.assert_allclose(found.logits, [math.log(w / (1 - w)) for w in share], rtol=1e-12, atol=1e-14)
    assert found.pbo == sum(w <= 0.5 for w in share) / len(share)
    assert found.loss_probability == sum(row[2] < 0 for row in expected) / len(expected)
    slope, intercept = oracle.slope([row[1] for row in expected], [row[2] for row in expected])
    assert (found.degradation["slope"], found.degradation["intercept"]) == pytest.approx((slope, intercept), rel=1e-8)


@pytest.mark.parametrize("metric", ["sharpe", "mean"])
@pytest.mark.parametrize("blocks", [2, 6, 8])
def test_every_split_equals_the_oracle(blocks: int, metric: str) -> None:
    check_against_oracle(noise(163), blocks, metric)


@pytest.mark.parametrize("metric", ["sharpe", "mean"])
def test_missing_returns_are_left_out(metric: str) -> None:
    """Strategies with different numbers of returns take another way through the kernels."""
    returns = noise(170, 45, 3)
    returns[:7, 4] = np.nan
    returns[60, 5] = np.nan
    returns[100:104, 40] = np.nan
    assert block_moments(returns, 6).counts.ndim == 2
    check_against_oracle(returns, 6, metric)


@pytest.mark.parametrize("metric", ["sharpe", "mean"])
def test_both_ways_through_the_kernels_agree(metric: str) -> None:
    moments = block_moments(noise(160, 101, 7), 10)
    ragged = BlockMoments(np.tile(moments.counts, (101, 1)), moments.totals, moments.squares)
    one, two = cscv(moments, metric=metric), cscv(ragged, metric=metric)
    assert np.array_equal(one.best, two.best)
    assert np.array_equal(one.rank, two.rank)
    assert np.array_equal(one.out_of_sample, two.out_of_sample)


def test_equal_strategies_share_a_rank() -> None:
    returns = noise(120, 5, 1)
    tripled = np.column_stack([returns, returns, returns])
    found = cscv_of_returns(tripled, blocks=6)
    single = cscv_of_returns(returns, blocks=6)
    assert np.array_equal(found.best, single.best)
    np.testing.assert_array_equal(found.rank, 3 * single.rank - 1)
    moments = block_moments(tripled, 6)
    ragged = BlockMoments(np.tile(moments.counts, (15, 1)), moments.totals, moments.squares)
    for threads in (1, 3, 4):
        for given_moments in (moments, ragged):
            again = cscv(given_moments, threads=threads)
            assert np.array_equal(again.best, found.best)
            assert np.array_equal(again.rank, found.rank)


def test_noise_is_overfitted_half_of_the_time_and_skill_never() -> None:
    pbo = [cscv_of_returns(noise(256, 60, seed), blocks=8).pbo for seed in range(60)]
    # The mean of 60 values with a deviation near 0.25.
    assert np.mean(pbo) == pytest.approx(0.5, abs=0.12)
    assert np.std(pbo) > 0.05
    skilled = noise(512, 60, 5)
    skilled[:, 17] += 0.006
    found = cscv_of_returns(skilled, blocks=8)
    assert found.pbo == 0.0
    assert set(found.best) == {17}
    assert found.loss_probability == 0.0
    assert (found.rank == 60).all()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 80), st.floats(1e-3, 1e3), st.floats(-0.01, 0.01))
def test_laws(seed: int, count: int, factor: float, constant: float) -> None:
    """Order and scale of strategies change nothing, and a constant for all of them nothing in means."""
    returns = noise(64, count, seed)
    found = cscv_of_returns(returns, blocks=4)
    order = np.random.default_rng(seed).permutation(count)
    shuffled = cscv_of_returns(returns[:, order], blocks=4)
    assert np.array_equal(order[shuffled.best], found.best)
    assert np.array_equal(shuffled.rank, found.rank)
    assert shuffled.to_dict() == pytest.approx(found.to_dict(), nan_ok=True)
    scaled = cscv_of_returns(returns * factor, blocks=4)
    assert np.array_equal(scaled.rank, found.rank)
    means = cscv_of_returns(returns, blocks=4, metric="mean")
    moved = cscv_of_returns(returns + constant, blocks=4, metric="mean")
    assert np.array_equal(moved.best, means.best)
    assert np.array_equal(moved.rank, means.rank)
    threads = cscv_of_returns(returns, blocks=4, threads=5)
    assert np.array_equal(threads.rank, found.rank)


def test_a_risk_free_rate_is_taken_from_every_return() -> None:
    returns = noise(96, 9)
    found = cscv_of_returns(returns, blocks=6, risk_free=0.001)
    direct = cscv_of_returns(returns - 0.001, blocks=6)
    assert np.array_equal(found.best, direct.best)
    np.testing.assert_allclose(found.out_of_sample, direct.out_of_sample, rtol=1e-9, atol=1e-12)


def test_strategies_that_never_trade() -> None:
    """No return at all scores 0, above a loss and below a gain; a split without any return ranks in the middle."""
    returns = np.zeros((40, 3))
    returns[:5, 0], returns[:5, 2] = [0.01, 0.02, 0.01, 0.03, 0.01], [-0.01, -0.02, -0.01, -0.03, -0.01]
    found = cscv_of_returns(returns, blocks=4)
    assert found.empty.all()
    assert (found.rank == 2.0).all()
    returns[15:20, 0], returns[15:20, 2] = returns[:5, 2], returns[:5, 0]
    found = cscv_of_returns(returns, blocks=4).table
    both_in_one = found[found["empty"]]
    assert len(both_in_one) == 2
    rest = found[~found["empty"]]
    assert (rest["rank"] == 1).all()
    assert (rest["out_of_sample"] < 0).all()


def test_result_tables() -> None:
    found = cscv_of_returns(pd.DataFrame(noise(64, 12)), blocks=6)
    assert found.rank_distribution(5)["share"].sum() == pytest.approx(1.0)
    low = found.rank_distribution(2)["share"].iloc[0]
    assert low == pytest.approx((found.relative_rank < 0.5).mean())
    assert list(found.table.columns)[:4] == ["best", "in_sample", "out_of_sample", "rank"]
    figures = found.to_dict()
    assert figures["pbo"] == found.pbo
    assert figures["splits"] == 20
    assert figures["empty_splits"] == 0


def test_bad_input() -> None:
    returns = noise(64, 5)
    for bad in (3, 0, 22, 4.5):
        with pytest.raises(ParameterError, match="even number"):
            block_moments(returns, bad)
    with pytest.raises(ParameterError, match="too few sessions"):
        block_moments(returns[:3], 4)
    with pytest.raises(ParameterError, match="Did you mean 'sharpe'"):
        cscv_of_returns(returns, blocks=4, metric="sharp")
    with pytest.raises(ParameterError, match="2 strategies"):
        cscv_of_returns(returns[:, :1], blocks=4)
    with pytest.raises(ParameterError, match="threads"):
        cscv_of_returns(returns, blocks=4, threads=0)
    with pytest.raises(ParameterError, match="bins"):
        cscv_of_returns(returns, blocks=4).rank_distribution(0)
    late = returns.copy()
    late[:16, 2] = np.nan
    with pytest.raises(ParameterError, match="too few returns"):
        block_moments(late, 4)
    good = block_moments(returns, 4)
    with pytest.raises(ParameterError, match="shapes"):
        BlockMoments.of(good.counts, good.totals, good.squares[:, :2])
    with pytest.raises(ParameterError, match="finite"):
        BlockMoments.of(good.counts, good.totals * np.nan, good.squares)
    with pytest.raises(ParameterError, match="squares are too small"):
        BlockMoments.of(good.counts, good.totals + 1.0, good.squares)
    with pytest.raises(ParameterError, match="no strategy"):
        BlockMoments.of(good.counts, good.totals[:0], good.squares[:0])
