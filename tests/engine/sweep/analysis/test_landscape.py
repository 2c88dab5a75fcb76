"""The best sets and the landscape around them, against plain Python."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.risk.measures import direction_of
from hedgebook.engine.sweep.analysis.landscape import heat_map, marginal_effects, plateau_score
from hedgebook.engine.sweep.analysis.top import TopSets, parallel_coordinates, top_k
from hedgebook.errors import ParameterError
from tests.engine.sweep.analysis.sweeps import Axis, grid_codes
from tests.oracle import sweep_analysis

AXES = (Axis("hold", (1, 5, 10, None)), Axis("hedge", ("dollar", "beta", "none")), Axis("stop", (True, False)))


def dirty(seed: int = 0, count: int = 24) -> np.ndarray:
    values = np.round(np.random.default_rng(seed).normal(0.0, 1.0, count), 1)
    values[[2, 11]] = np.nan
    values[7] = np.inf
    return np.asarray(values)


def six_digits(value: float) -> float:
    """Numbers that differ by more than rounding, or not at all; the others are a matter of test_ties."""
    return float(f"{value:.6g}") if abs(value) > 1e-6 or value != value else 0.0


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.one_of(st.sampled_from([0.0, 1.0, 2.0]), st.floats(allow_nan=True, allow_infinity=True).map(six_digits)),
        max_size=40,
    ),
    st.integers(1, 8),
    st.sampled_from([1, -1]),
    st.integers(1, 9),
)
def test_top_equals_repeated_search(values: list[float], k: int, sign: int, size: int) -> None:
    expected = sweep_analysis.top(values, k, sign)
    assert top_k(values, k, direction=sign).tolist() == expected
    starts = list(range(0, len(values), size))
    for order in (starts, starts[::-1]):
        top = TopSets(k, sign)
        for start in order:
            top.add(start, values[start : start + size])
        assert top.indices.tolist() == expected
        assert top.values.tolist() == [values[i] for i in expected]


def test_direction_follows_from_the_metric() -> None:
    lower = ["volatility_annual", "downside_deviation_annual", "turnover", "cost_frac"]
    lower += ["var_historical", "es_historical"]
    higher = ["sharpe", "total_return", "cagr", "calmar", "sortino", "max_drawdown", "worst_session", "hit_rate"]
    assert [direction_of(name) for name in lower] == [-1] * 6
    assert [direction_of(name) for name in higher] == [1] * 8
    assert top_k([-0.5, -0.1, -0.3], 2, metric="max_drawdown").tolist() == [1, 2]
    assert top_k([0.5, 0.1, 0.3], 2, metric="cost_frac").tolist() == [1, 2]
    with pytest.raises(ParameterError, match="k"):
        top_k([1.0], 0)


def group(values: np.ndarray, codes: np.ndarray, levels: dict[int, int]) -> dict[str, float]:
    """Figures of the sets with these levels, by place of the axis."""
    rows = zip(values.tolist(), codes.tolist(), strict=True)
    return sweep_analysis.cell([x for x, row in rows if all(row[k] == level for k, level in levels.items())])


def test_marginal_effects() -> None:
    values, codes = dirty(), grid_codes(4, 3, 2)
    axes = (*AXES[:2], Axis("stop", None))
    found = marginal_effects(values, codes, axes, metric="sharpe")
    assert found["axis"].tolist() == ["hold"] * 4 + ["hedge"] * 3
    assert found["value"].tolist() == [1, 5, 10, None, "dollar", "beta", "none"]
    for row in found.to_dict("records"):
        place = 0 if row["axis"] == "hold" else 1
        expected = group(values, codes(0, 24), {place: row["position"]})
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-12, abs=1e-15), name
    lower = marginal_effects(values, codes, axes, metric="turnover")
    assert (lower["best"] <= lower["median"]).all()


def test_marginal_effects_of_a_value_that_no_set_has() -> None:
    def codes(start: int, stop: int) -> np.ndarray:
        return np.zeros((stop - start, 1), dtype=np.int64)

    found = marginal_effects(np.array([1.0, 3.0]), codes, (Axis("hold", (1, 2)),), metric="sharpe")
    assert found["count"].tolist() == [2, 0]
    assert math.isnan(found["mean"].iloc[1])


@pytest.mark.parametrize("how", ["mean", "best", "median"])
def test_heat_map(how: str) -> None:
    values, codes = dirty(1), grid_codes(4, 3, 2)
    found = heat_map(values, codes, AXES, ("hedge", "hold"), metric="sharpe", how=how)
    assert found.index.tolist() == ["dollar", "beta", "none"]
    columns: list[object] = list(found.columns)
    assert columns == [1, 5, 10, None]
    for i in range(3):
        for j in range(4):
            expected = group(values, codes(0, 24), {1: i, 0: j})
            assert found.iat[i, j] == pytest.approx(expected[how], rel=1e-12, abs=1e-15)
    values[codes(0, 24)[:, 1] == 2] = np.nan
    empty = heat_map(values, codes, AXES, ("hedge", "hold"), metric="sharpe", how=how)
    assert empty.loc["none"].isna().all()
    lowest = heat_map(values, codes, AXES, ("hedge", "stop"), metric="turnover", how="best")
    known = values[(codes(0, 24)[:, 1] == 0) & (codes(0, 24)[:, 2] == 1)]
    assert lowest.iat[0, 1] == min(x for x in known if math.isfinite(x))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_permuted_sets_have_the_same_landscape(seed: int) -> None:
    values, codes = dirty(seed), grid_codes(4, 3, 2)(0, 24)
    order = np.random.default_rng(seed).permutation(24)
    found = marginal_effects(values, lambda a, b: codes[a:b], AXES, metric="sharpe")
    shuffled = marginal_effects(values[order], lambda a, b: codes[order][a:b], AXES, metric="sharpe")
    for name in ("count", "median", "best", "share_positive"):
        assert found[name].tolist() == shuffled[name].tolist()
    np.testing.assert_allclose(found["mean"], shuffled["mean"], rtol=1e-12, atol=1e-14)


def test_plateau_and_peak() -> None:
    flat = np.array([0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 0.0])
    found = plateau_score(flat, 4, (3, 5), metric="sharpe")
    assert (found.score, found.mean, found.worst, found.share, found.percentile) == (1.0, 2.0, 2.0, 1.0, 1.0)
    peak = plateau_score(np.array([0.0, -1.0, 5.0, 0.5, 0.0]), 2, (1, 3), metric="sharpe")
    assert (peak.score, peak.mean, peak.worst, peak.share) == (0.0, -0.25, -1.0, -0.05)
    assert peak.percentile == 1 / 5
    half = plateau_score(np.array([1.0, 3.0, 5.0, 3.0, 1.0, 1.0]), 2, (1, 3), metric="sharpe")
    # The median is 2, so that the neighbours keep a third of the lead.
    assert half.score == pytest.approx(1 / 3)
    lower = plateau_score(-np.array([1.0, 3.0, 5.0, 3.0, 1.0, 1.0]), 2, (1, 3, 0), metric="turnover")
    assert lower.score == pytest.approx((7 / 3 - 2) / 3)
    assert lower.worst == -1.0
    assert lower.percentile == 3 / 6


def test_plateau_with_failed_neighbours_and_without_any() -> None:
    values = np.array([1.0, np.nan, 5.0, 3.0, np.inf])
    found = plateau_score(values, 2, (1, 3, 4), metric="sharpe")
    assert (found.neighbours, found.failed, found.mean) == (3, 2, 3.0)
    assert found.score == 0.0
    none = plateau_score(values, 2, (1,), metric="sharpe")
    assert (none.score, none.reason) == (None, "None of the neighbours ran.")
    alone = plateau_score(values, 2, (), metric="sharpe")
    assert alone.reason == "The set has no neighbour."
    same = plateau_score(np.ones(4), 0, (1,), metric="sharpe")
    assert same.score is None
    assert same.reason is not None
    figures = same.to_dict()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert plateau_score(np.array([0.0, -1.0, -1.0]), 0, (1,), metric="sharpe").share is None
    for index in (1, 9, -1):
        with pytest.raises(ParameterError, match="no metric"):
            plateau_score(values, index, (0,), metric="sharpe")


def test_parallel_coordinates() -> None:
    axes = (AXES[0], Axis("gross", None), Axis("one", ("x",)))

    def codes(start: int, stop: int) -> np.ndarray:
        rows = np.arange(start, stop)
        return np.column_stack([rows % 4, np.full(len(rows), -1), np.zeros(len(rows), dtype=np.int64)])

    found = parallel_coordinates([6, 3], [2.0, 1.5], codes, axes, metric="sharpe")
    assert found.columns.tolist() == ["set", "sharpe", "hold", "hold:position", "one", "one:position"]
    assert found["hold"].tolist() == [10, None]
    assert found["hold:position"].tolist() == [pytest.approx(2 / 3), 1.0]
    assert found["one:position"].tolist() == [0.5, 0.5]
    assert parallel_coordinates([], [], codes, axes, metric="sharpe").empty


def test_bad_input() -> None:
    codes = grid_codes(4, 3, 2)
    with pytest.raises(ParameterError, match="Did you mean 'hold'"):
        heat_map(dirty(), codes, AXES, ("hodl", "hedge"), metric="sharpe")
    with pytest.raises(ParameterError, match="different axes"):
        heat_map(dirty(), codes, AXES, ("hold", "hold"), metric="sharpe")
    with pytest.raises(ParameterError, match="Did you mean 'median'"):
        heat_map(dirty(), codes, AXES, ("hold", "hedge"), metric="sharpe", how="medain")
    with pytest.raises(ParameterError, match="continuous"):
        heat_map(dirty(), codes, (*AXES[:2], Axis("stop", None)), ("hold", "stop"), metric="sharpe")
