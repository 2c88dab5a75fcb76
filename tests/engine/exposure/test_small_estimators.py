"""Ridge, conditional betas and drifting betas against plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hedgebook.engine.exposure.bandwidth import newey_west_bandwidth
from hedgebook.engine.exposure.conditional import conditional_betas
from hedgebook.engine.exposure.kalman import DriftNoise, drifting_exposure, estimate_noise
from hedgebook.engine.exposure.ridge import ridge
from hedgebook.errors import ParameterError
from tests.oracle import robust
from tests.oracle.kalman import drift
from tests.oracle.ols import simple_ols


def draw_line(seed: int = 1, sessions: int = 200) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    x = draw.normal(0.0, 0.01, sessions)
    y = 1.3 * x + draw.normal(0.0, 0.008, sessions)
    y[[4, 50, 51]], x[[5, 77]] = np.nan, np.nan
    return y, x


@pytest.mark.parametrize("penalty", [0.0, 0.5, 30.0])
def test_ridge(penalty: float) -> None:
    draw = np.random.default_rng(2)
    x = draw.normal(0.0, [0.01, 0.3, 5.0], (40, 3))
    y = x @ [1.0, 0.1, -0.01] + draw.normal(0.0, 0.01, 40)
    x[3, 1], y[7] = np.nan, np.nan
    rows = [t for t in range(40) if t not in (3, 7)]
    found = ridge(y, x, ("a", "b", "c"), penalty)
    expected = robust.ridge(y[rows].tolist(), [x[rows, k].tolist() for k in range(3)], penalty)
    assert found.tolist() == pytest.approx(expected, rel=1e-10)


def test_ridge_refuses() -> None:
    y, x = draw_line()
    for penalty in (-1.0, float("nan")):
        with pytest.raises(ParameterError, match="penalty"):
            ridge(y, x[:, None], ("a",), penalty)
    twice = np.column_stack([x, x])
    with pytest.raises(ParameterError, match="collinear"):
        ridge(y, twice, ("a", "b"), 0.0)
    half = ridge(y, twice, ("a", "b"), 1e-6)
    assert half["a"] == pytest.approx(half["b"], rel=1e-6)
    with pytest.raises(ParameterError, match="never changes"):
        ridge(y, np.ones((200, 1)), ("a",), 1.0)


def test_conditional_betas() -> None:
    y, x = draw_line()
    found = conditional_betas(y, x, stress_fracs=(0.1, 0.02))
    pairs = [(a, b) for a, b in zip(y.tolist(), x.tolist(), strict=True) if math.isfinite(a) and math.isfinite(b)]
    cut = sorted(b for _, b in pairs)[math.floor(0.1 * (len(pairs) - 1))]
    parts = {
        "all": pairs,
        "up": [p for p in pairs if p[1] > 0],
        "down": [p for p in pairs if p[1] < 0],
        "worst_10%": [p for p in pairs if p[1] <= cut],
    }
    for name, part in parts.items():
        a, b = [p[0] for p in part], [p[1] for p in part]
        line = simple_ols(a, b)
        assert found.loc[name, "beta"] == pytest.approx(line.slope, rel=1e-10)
        assert found.loc[name, "alpha"] == pytest.approx(line.intercept, rel=1e-9)
        assert found.loc[name, "sessions"] == len(part)
        assert found.loc[name, "stderr"] == pytest.approx(robust.plain_errors(a, [b])[1], rel=1e-10)
    assert found.loc["worst_2%", "sessions"] == 4
    assert math.isnan(found.loc["worst_2%", "beta"])
    with pytest.raises(ParameterError, match="stress_fracs"):
        conditional_betas(y, x, stress_fracs=(5.0,))
    with pytest.raises(ParameterError, match="do not fit"):
        conditional_betas(y, x[1:])


def test_a_drifting_beta() -> None:
    y, x = draw_line()
    noise = DriftNoise(6e-5, np.array([1e-9, 2e-3]), np.array([0.0, 1.0]), np.diag([1e-4, 2.0]))
    found = drifting_exposure(y, x[:, None], ("market",), noise)
    filtered, filtered_vars, smoothed, smoothed_vars, loss = drift(
        y.tolist(), x.tolist(), 6e-5, (1e-9, 2e-3), (0.0, 1.0), (1e-4, 0.0, 2.0)
    )
    np.testing.assert_allclose(found.filtered, filtered, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(found.smoothed, smoothed, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.filtered_stderrs**2, [(v[0], v[2]) for v in filtered_vars], rtol=1e-9)
    np.testing.assert_allclose(found.smoothed_stderrs**2, [(v[0], v[2]) for v in smoothed_vars], rtol=1e-8)
    assert found.loss == pytest.approx(loss, rel=1e-12)
    assert np.isnan(found.forecast[[4, 5, 50, 51, 77]]).all()
    later = y.copy()
    later[150:] += 1.0
    again = drifting_exposure(later, x[:, None], ("market",), noise)
    np.testing.assert_array_equal(found.filtered[:150], again.filtered[:150])


def test_maximum_likelihood_is_a_maximum() -> None:
    y, x = draw_line(3, 400)
    mean, variance = np.array([0.0, 1.0]), np.eye(2)
    best = estimate_noise(y, x[:, None], ("m",), drifting=("const", "m"), mean0=mean, variance0=variance)
    loss = drifting_exposure(y, x[:, None], ("m",), best).loss
    for scale in (0.9, 1.1):
        for other in (
            DriftNoise(best.observation * scale, best.state, mean, variance),
            DriftNoise(best.observation, best.state * scale, mean, variance),
        ):
            assert drifting_exposure(y, x[:, None], ("m",), other).loss >= loss - 1e-6
    with pytest.raises(ParameterError, match="no coefficient is called 'beta'"):
        estimate_noise(y, x[:, None], ("m",), drifting=("beta",), mean0=mean, variance0=variance)


def test_noise_that_does_not_fit() -> None:
    y, x = draw_line()
    with pytest.raises(ParameterError, match="does not fit the factors"):
        drifting_exposure(y, x[:, None], ("m",), DriftNoise(1.0, np.ones(3), np.zeros(3), np.eye(3)))
    for observation, state in ((0.0, [1.0, 1.0]), (1.0, [1.0, -1.0])):
        with pytest.raises(ParameterError, match="cannot be negative"):
            DriftNoise(observation, np.array(state), np.zeros(2), np.eye(2))


def test_bandwidth_grows_with_persistence() -> None:
    draw = np.random.default_rng(6)
    shocks = draw.normal(0.0, 1.0, 500)
    slow = np.zeros(500)
    for t in range(1, 500):
        slow[t] = 0.8 * slow[t - 1] + shocks[t]
    ones = np.ones((500, 1))
    assert newey_west_bandwidth(slow, ones) > 2 * newey_west_bandwidth(shocks, ones)
