"""Cross-validation of strategies that stream by: as in one piece, as in plain Python, and what noise and skill give."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.analysis.chunks import joined_chunks
from hedgebook.engine.sweep.analysis.overfit import SweepCscv, block_notes, cscv_of_sweep
from hedgebook.engine.sweep.overfitting.block_moments import BlockMoments, block_moments
from hedgebook.engine.sweep.overfitting.cscv import Cscv, cscv, cscv_of_chunks
from hedgebook.engine.sweep.overfitting.cscv_passes import StrategyChunk
from hedgebook.errors import ParameterError
from tests.engine.sweep.analysis.sweeps import equal_blocks, in_chunks, moments_by, noise
from tests.oracle import overfitting as oracle


def swept(returns: np.ndarray, blocks: int, size: int = 7, **options: object) -> SweepCscv:
    counts, totals, squares = moments_by(equal_blocks(len(returns), blocks), returns)
    return cscv_of_sweep(in_chunks(totals, squares, size), counts, **options)


def check_same(one: Cscv, two: Cscv) -> None:
    for name in ("splits", "best", "in_sample", "out_of_sample", "rank", "empty"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert (one.strategies, one.blocks, one.metric) == (two.strategies, two.blocks, two.metric)


@pytest.mark.parametrize("metric", ["sharpe", "mean"])
@pytest.mark.parametrize("size", [1, 9, 64, 1000])
def test_chunks_do_not_matter(metric: str, size: int) -> None:
    returns = noise(170, 101, 3)
    returns[:, 60:] = returns[:, :41]
    moments = block_moments(returns, 8)
    whole = cscv(moments, metric=metric)

    def chunks() -> list[StrategyChunk]:
        return [
            StrategyChunk(
                np.arange(a, min(a + size, 101)),
                BlockMoments(moments.counts, moments.totals[a : a + size], moments.squares[a : a + size]),
            )
            for a in range(0, 101, size)
        ]

    for threads in (1, 2, 3):
        check_same(cscv_of_chunks(chunks, metric=metric, threads=threads), whole)
    risky = cscv(moments, metric=metric, risk_free=0.0004)
    check_same(cscv_of_chunks(chunks, metric=metric, risk_free=0.0004), risky)


@pytest.mark.parametrize("at_once", [1, 10, 50, 101])
def test_chunks_are_joined_without_changing_anything(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    returns = noise(96, 101, 6)
    expected = swept(returns, 6, 101).result
    monkeypatch.setattr("hedgebook.engine.sweep.analysis.overfit.AT_ONCE", at_once)
    check_same(swept(returns, 6, 7).result, expected)
    parts = [(np.arange(a, a + 3), np.ones((3, 2)), np.ones((3, 2))) for a in range(0, 30, 3)]
    joined = list(joined_chunks(iter(parts), at_once))
    assert np.concatenate([rows for rows, _, _ in joined]).tolist() == list(range(30))
    assert all(len(rows) >= at_once for rows, _, _ in joined[:-1])


def test_arrays_as_a_store_gives_them() -> None:
    """Read-only, in single precision, or with their columns in another order of memory."""
    returns = noise(60, 20, 1)
    counts, totals, squares = moments_by(equal_blocks(60, 6), returns)
    expected = cscv_of_sweep(in_chunks(totals, squares, 20), counts).result
    totals.flags.writeable = squares.flags.writeable = False
    check_same(cscv_of_sweep(lambda: [(0, totals, squares)], counts).result, expected)
    fortran = [(0, np.asfortranarray(totals), np.asfortranarray(squares))]
    check_same(cscv_of_sweep(lambda: fortran, counts).result, expected)
    short = cscv_of_sweep(lambda: [(0, totals.astype(np.float32), squares.astype(np.float32))], counts).result
    np.testing.assert_allclose(short.in_sample, expected.in_sample, rtol=1e-4)


@pytest.mark.parametrize("metric", ["sharpe", "mean"])
def test_ragged_chunks(metric: str) -> None:
    returns = noise(170, 45, 3)
    returns[:7, 4] = np.nan
    returns[60, 30] = np.nan
    moments = block_moments(returns, 6)
    assert moments.counts.ndim == 2

    def chunks() -> list[StrategyChunk]:
        # The second chunk has the same counts everywhere, which makes them one row.
        return [
            StrategyChunk(
                np.arange(a, b), BlockMoments.of(moments.counts[a:b], moments.totals[a:b], moments.squares[a:b])
            )
            for a, b in ((0, 10), (10, 25), (25, 45))
        ]

    assert [chunk.moments.counts.ndim for chunk in chunks()] == [2, 1, 2]
    check_same(cscv_of_chunks(chunks, metric=metric), cscv(moments, metric=metric))


@pytest.mark.parametrize("metric", ["sharpe", "mean"])
def test_sets_that_did_not_run_are_left_out_and_the_others_keep_their_index(metric: str) -> None:
    returns = noise(96, 30, 1)
    counts, totals, squares = moments_by(equal_blocks(96, 6), returns)
    totals[[0, 7, 29]] = np.nan
    squares[8, 2] = np.inf
    totals[14:21] = 0.0
    squares[14:21] = 0.0
    usable = np.ones(30, dtype=bool)
    usable[14:21] = False
    kept = [i for i in range(30) if i not in (0, 7, 8, 29, *range(14, 21))]
    found = cscv_of_sweep(in_chunks(totals, squares, 7), counts, metric=metric, usable=usable).result
    rows = oracle.cscv(returns[:, kept].T.tolist(), 6, getattr(oracle, metric))
    assert found.best.tolist() == [kept[row[0]] for row in rows]
    assert found.rank.tolist() == [row[3] for row in rows]
    np.testing.assert_allclose(found.out_of_sample, [row[2] for row in rows], rtol=1e-9, atol=1e-12)
    assert found.strategies == len(kept)


@pytest.mark.parametrize("metric", ["sharpe", "mean"])
@pytest.mark.parametrize(("sessions", "blocks"), [(8, 8), (11, 8), (22, 10), (6, 4)])
def test_blocks_of_one_or_two_sessions(sessions: int, blocks: int, metric: str) -> None:
    """The plain definition, with sets that are on in some of the sessions only."""
    returns = noise(sessions, 12, sessions)
    returns[:3, 2] = 0.0
    returns[5:, 3] = 0.0
    returns[:, 4] = 0.0
    found = swept(returns, blocks, 5, metric=metric)
    rows = oracle.cscv(returns.T.tolist(), blocks, getattr(oracle, metric))
    assert found.result.best.tolist() == [row[0] for row in rows]
    assert found.result.rank.tolist() == [row[3] for row in rows]
    np.testing.assert_allclose(found.result.in_sample, [row[1] for row in rows], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.result.out_of_sample, [row[2] for row in rows], rtol=1e-8, atol=1e-12)
    assert len(found.notes) == 1
    assert "fewer than 5" in found.notes[0]


def test_other_block_counts_are_the_same_sessions_cut_more_coarsely() -> None:
    """96 sessions in 16 blocks, in 8 and in 4: the shares of splits are those of plain Python on coarser cuts."""
    returns = noise(96, 15, 12)
    found = swept(returns, 16)
    assert list(found.by_blocks) == [16, 8, 4]
    assert found.by_blocks[16] == found.result.pbo
    assert found.shortest_sessions == 6
    for blocks in (8, 4):
        rows = oracle.cscv(returns.T.tolist(), blocks, oracle.sharpe)
        ranks = [row[-1] for row in rows]
        assert found.by_blocks[blocks] == pytest.approx(np.mean([rank / 16.0 <= 0.5 for rank in ranks]))
    assert list(swept(noise(60, 9, 1), 10).by_blocks) == [10]


def test_notes() -> None:
    assert block_notes([5.0, 9.0]) == ()
    assert "hold 1 session each" in block_notes([1.0, 1.0])[0]
    assert "hold 1 to 2 sessions each" in block_notes([1.0, 2.0])[0]
    found = swept(noise(60, 9), 6, metric="calmar")
    assert found.asked == "calmar"
    assert found.result.metric == "sharpe"
    assert "calmar cannot be had" in found.notes[0]
    figures = found.to_dict()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert figures["asked"] == "calmar"


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(3, 60), st.integers(1, 70))
def test_order_and_copies(seed: int, count: int, size: int) -> None:
    """Permuted sets permute the answer; a copy of a set at the end changes no choice and no share of splits won."""
    returns = noise(48, count, seed)
    found = swept(returns, 6, size).result
    order = np.random.default_rng(seed).permutation(count)
    shuffled = swept(returns[:, order], 6, size).result
    np.testing.assert_array_equal(order[shuffled.best], found.best)
    np.testing.assert_array_equal(shuffled.rank, found.rank)
    copied = swept(np.column_stack([returns, returns[:, seed % count]]), 6, size).result
    np.testing.assert_array_equal(copied.best, found.best)
    np.testing.assert_array_equal(copied.out_of_sample, found.out_of_sample)


def test_two_thousand_sets_of_noise_and_a_skilled_one() -> None:
    pbo = [swept(noise(256, 2000, seed), 10, 512).result.pbo for seed in range(12)]
    assert np.mean(pbo) == pytest.approx(0.5, abs=0.12)
    skilled = noise(512, 2000, 5)
    skilled[:, 1234] += 0.007
    found = swept(skilled, 10, 512).result
    assert found.pbo == 0.0
    assert (found.best == 1234).all()


@pytest.mark.parametrize("case", range(6))
def test_golden_cases_of_r(shared: Path, case: int) -> None:
    """R's pbo takes logits of rank / N, 6 at the most."""
    folder = shared / "golden" / "overfit"
    golden = json.loads((folder / "pbo_golden.json").read_text())["cases"][case]
    dow = golden["id"].startswith("dji30")
    file = "dji30ret_last2528.csv" if dow else "pbo_rnorm_852.csv"
    table = pd.read_csv(folder / file, index_col=0 if dow else None)
    returns = table.to_numpy()[-golden["n_obs"] :] - (0.0 if dow else 0.03 / 252)
    found = swept(returns, golden["S"], 4).result
    assert (found.best + 1).tolist() == golden["n_star"]
    np.testing.assert_allclose(
        np.column_stack([found.in_sample, found.out_of_sample]), np.array(golden["rn_pairs"]), rtol=1e-9
    )
    share = found.rank / golden["n_strat"]
    logits = np.where(share < 1.0, np.log(share / np.maximum(1.0 - share, 1e-9)), 6.0)
    np.testing.assert_allclose(logits, golden["lambda"], rtol=1e-9, atol=1e-12)
    assert (logits <= 0.0).mean() == pytest.approx(golden["phi"], rel=1e-12)
    assert found.loss_probability == pytest.approx(golden["prob_loss"], abs=5.01e-4)


def test_bad_input() -> None:
    returns = noise(60, 9)
    counts, totals, squares = moments_by(equal_blocks(60, 6), returns)
    with pytest.raises(ParameterError, match="does not fit the blocks"):
        cscv_of_sweep(in_chunks(totals[:, :4], squares[:, :4], 3), counts)
    with pytest.raises(ParameterError, match="out of order"):
        cscv_of_sweep(lambda: [(3, totals[3:], squares[3:]), (0, totals[:3], squares[:3])], counts)
    with pytest.raises(ParameterError, match="too short"):
        cscv_of_sweep(in_chunks(totals, squares, 3), counts, usable=np.ones(5, dtype=bool))
    with pytest.raises(ParameterError, match="nothing to choose from"):
        cscv_of_sweep(in_chunks(totals, squares, 3), counts, usable=np.arange(9) == 4)
    with pytest.raises(ParameterError, match="nothing to choose from"):
        cscv_of_sweep(list, counts)
    for wrong in ([], [0.0, 3.0], [1.5, 2.0], [np.nan, 2.0]):
        with pytest.raises(ParameterError, match="counts"):
            cscv_of_sweep(in_chunks(totals, squares, 3), wrong)
    with pytest.raises(ParameterError, match="too few returns"):
        cscv_of_sweep(in_chunks(totals[:, :2], squares[:, :2] + 1.0, 3), [1.0, 1.0])
    once = iter(in_chunks(totals, squares, 3)())
    with pytest.raises(ParameterError, match="second time"):
        cscv_of_sweep(lambda: once, counts)
    moments = block_moments(returns, 6)
    first = StrategyChunk(np.arange(9), moments)
    longer = StrategyChunk(np.arange(9, 18), BlockMoments(moments.counts + 1.0, moments.totals, moments.squares))
    shorter = StrategyChunk(np.arange(9, 18), block_moments(returns, 4))
    for pieces in ([first, longer], [first, shorter]):
        with pytest.raises(ParameterError, match="does not match the chunks"):
            cscv_of_chunks(pieces.copy)
