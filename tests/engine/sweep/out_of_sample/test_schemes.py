"""Walk-forward and combinatorial validation of a sweep: stitched returns, paths, choices, noise and skill."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from hedgebook.engine.sweep.out_of_sample.judged import Context, OutOfSample
from hedgebook.engine.sweep.out_of_sample.schemes import CombinatorialPurged, SplitPlan, WalkForward, plan, validate
from hedgebook.errors import ParameterError
from tests.engine.sweep.analysis.sweeps import Axis, grid_codes, in_chunks, noise
from tests.oracle import overfitting, sweep_analysis

AXES = (Axis("hold", (1, 5, 10)), Axis("hedge", ("dollar", "beta")), Axis("gross", None))
Scheme = WalkForward | CombinatorialPurged


class Sweep:
    """A made-up sweep that counts how often sets were run again."""

    def __init__(self, returns: np.ndarray) -> None:
        self.returns = returns
        self.again: list[int] = []

    def returns_of(self, indices: np.ndarray) -> np.ndarray:
        self.again.extend(indices.tolist())
        return self.returns[:, indices]

    def validated(self, scheme: Scheme, asked: str = "sharpe", size: int = 4) -> tuple[SplitPlan, OutOfSample]:
        laid_out = plan(scheme, len(self.returns))
        totals, squares = laid_out.segments.moments(self.returns)
        codes = grid_codes(3, 2, self.returns.shape[1] // 6)

        def with_continuous(start: int, stop: int) -> np.ndarray:
            found = codes(start, stop)
            found[:, 2] = -1
            return found

        context = Context(asked, AXES, with_continuous)
        return laid_out, validate(laid_out, in_chunks(totals, squares, size), context, returns_of=self.returns_of)


@pytest.mark.parametrize("anchored", [False, True])
def test_walk_forward_stitches_what_was_chosen(anchored: bool) -> None:
    sweep = Sweep(noise(120, 12, 3))
    laid_out, found = sweep.validated(WalkForward(50, 20, anchored, horizon_sessions=3, embargo_sessions=1))
    columns = sweep.returns.T.tolist()
    stitched = [math.nan] * 120
    below = 0
    for c, split in enumerate(laid_out.each):
        best, inside, outside, rank, median = sweep_analysis.judged(columns, split.train.tolist(), split.test.tolist())
        row = found.table.iloc[c]
        assert row["best"] == best
        assert row["rank"] == rank
        year = math.sqrt(252)
        assert (row["in_sample"], row["out_of_sample"]) == pytest.approx((inside * year, outside * year), rel=1e-9)
        assert row["median"] == pytest.approx(median * year, rel=1e-9)
        below += rank <= 6.5
        for t in split.test.tolist():
            stitched[t] = columns[best][t]
    assert found.returns is not None
    np.testing.assert_array_equal(found.returns[0], stitched)
    assert found.below_median == below / len(laid_out.each)
    tested = [x for x in stitched if not math.isnan(x)]
    figures = found.to_dict()
    assert figures["stitched_sessions"] == len(tested) == 60
    assert figures["stitched_sharpe"] == pytest.approx(overfitting.sharpe(tested) * math.sqrt(252), rel=1e-9)
    growth = math.prod(1 + x for x in tested) - 1
    assert figures["stitched_return"] == pytest.approx(growth, rel=1e-9)
    table = found.table
    gap = table["in_sample"].mean() - table["out_of_sample"].mean()
    assert figures["degradation"] == pytest.approx(gap, rel=1e-12)
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert sorted(sweep.again) == sorted(set(found.best.tolist()))


def test_choices_are_counted_by_value() -> None:
    _, found = Sweep(noise(120, 12, 3)).validated(WalkForward(50, 20))
    hold: dict[str, int] = {}
    hedge: dict[str, int] = {}
    for index in found.best.tolist():
        value, method = str((1, 5, 10)[index // 4]), ("dollar", "beta")[index // 2 % 2]
        hold[value] = hold.get(value, 0) + 1
        hedge[method] = hedge.get(method, 0) + 1
    assert found.choices == {"hold": hold, "hedge": hedge}


def test_paths_of_combinatorial_validation() -> None:
    """Each path takes every fold from a split that tests it; folds of a split go to the paths in order."""
    sweep = Sweep(noise(120, 12, 5))
    laid_out, found = sweep.validated(CombinatorialPurged(6, 2, horizon_sessions=2))
    assert found.returns is not None
    assert found.returns.shape == (5, 120)
    seen = [0] * 6
    for c, split in enumerate(laid_out.each):
        best = sweep_analysis.judged(sweep.returns.T.tolist(), split.train.tolist(), split.test.tolist())[0]
        assert found.best[c] == best
        for fold in sorted({t // 20 for t in split.test.tolist()}):
            ours = found.returns[seen[fold], fold * 20 : fold * 20 + 20]
            np.testing.assert_array_equal(ours, sweep.returns[fold * 20 : fold * 20 + 20, best])
            seen[fold] += 1
    assert seen == [5] * 6
    ratios = sorted(overfitting.sharpe(row) * math.sqrt(252) for row in found.returns.tolist())
    np.testing.assert_allclose(np.sort(found.path_sharpes), ratios, rtol=1e-9)
    figures = found.to_dict()
    assert figures["paths"] == 5
    assert figures["path_sharpe_median"] == pytest.approx(ratios[2], rel=1e-9)
    losses = sum(math.prod(1 + x for x in row) < 1 for row in found.returns.tolist())
    assert figures["path_loss_share"] == losses / 5


def test_another_metric_is_judged_by_the_sharpe_ratio_and_says_so() -> None:
    _, plain = Sweep(noise(120, 12, 5)).validated(WalkForward(50, 20))
    _, asked = Sweep(noise(120, 12, 5)).validated(WalkForward(50, 20), asked="total_return")
    assert asked.best.tolist() == plain.best.tolist()
    assert (asked.metric, asked.asked) == ("sharpe", "total_return")
    assert any("total_return cannot be had" in note for note in asked.notes)
    assert plain.notes == ()
    _, means = Sweep(noise(120, 12, 5)).validated(WalkForward(50, 20), asked="mean")
    assert means.metric == "mean"
    assert means.to_dict()["out_of_sample_mean"] == pytest.approx(means.out_of_sample.mean(), rel=1e-12)


@pytest.mark.parametrize("scheme", [WalkForward(200, 60), CombinatorialPurged(8, 2)])
def test_skill_holds_out_of_sample_and_noise_does_not(scheme: Scheme) -> None:
    skilled = noise(600, 60, 9)
    skilled[:, 41] += 0.006
    _, found = Sweep(skilled).validated(scheme, size=16)
    assert (found.best == 41).all()
    assert found.below_median == 0.0
    assert found.to_dict()["choices"]["hold"] == {"10": len(found.best)}
    gaps = []
    shares = []
    for seed in range(15):
        _, random = Sweep(noise(600, 60, seed)).validated(scheme, size=16)
        gaps.append(random.to_dict()["degradation"])
        shares.append(random.below_median)
    assert np.mean(gaps) > 1.0
    assert np.mean(shares) == pytest.approx(0.5, abs=0.15)


def test_without_running_sets_again() -> None:
    returns = noise(120, 12, 3)
    laid_out = plan(WalkForward(), 120)
    totals, squares = laid_out.segments.moments(returns)
    found = validate(laid_out, in_chunks(totals, squares, 5), Context())
    assert found.returns is None
    assert found.choices == {}
    assert "stitched_sharpe" not in found.to_dict()
    assert laid_out.to_dict()["splits"] == 5
    assert laid_out.to_dict()["scheme"] == "walk-forward"
    assert plan(CombinatorialPurged(6), 120).to_dict()["segments"] == 6


def test_short_tests_are_pointed_out() -> None:
    _, found = Sweep(noise(22, 12, 3)).validated(WalkForward())
    assert any("The shortest test has 2 sessions" in note for note in found.notes)


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match="no room"):
        plan(WalkForward(100, 30), 120)
    with pytest.raises(ParameterError, match="folds"):
        plan(CombinatorialPurged(10, 2), 22)
    sweep = Sweep(noise(120, 12, 3))
    laid_out = plan(WalkForward(50, 20), 120)
    totals, squares = laid_out.segments.moments(sweep.returns)
    chunks = in_chunks(totals, squares, 5)
    with pytest.raises(ParameterError, match="other sessions"):
        validate(laid_out, chunks, Context(), returns_of=lambda rows: np.zeros((121, len(rows))))
    with pytest.raises(ParameterError, match="other sessions or sets"):
        validate(laid_out, chunks, Context(), returns_of=lambda rows: np.zeros((120, len(rows) + 1)))
