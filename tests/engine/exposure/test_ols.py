"""Full-sample and rolling least squares against exact fractions and numpy's QR, dirt and bad scales included."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.exposure.ols import Errors, ErrorTerms, RollingFit, ols, rolling_ols
from hedgebook.errors import ParameterError
from tests.oracle.ols import multiple_ols, newey_west_errors
from tests.oracle.robust import plain_errors, white_errors

NAMES = ("a", "b", "c")
KINDS = [
    ErrorTerms(),
    ErrorTerms(Errors.HC0),
    ErrorTerms(Errors.HC1),
    ErrorTerms(Errors.HC3),
    ErrorTerms(Errors.NEWEY_WEST, 4),
    ErrorTerms(Errors.NEWEY_WEST, 2, small_sample=False),
    ErrorTerms(Errors.NEWEY_WEST, 0, small_sample=False),
]


def draw_data(seed: int, sessions: int, assets: int, factors: int = 3) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    x = draw.normal(0.0, 0.01, (sessions, factors))
    y = x @ draw.normal(1.0, 1.0, (factors, assets)) + draw.standard_t(4, (sessions, assets)) * 0.01
    return y, x


def dirty_data() -> tuple[np.ndarray, np.ndarray]:
    """Six assets over 140 sessions: whole, listed late, scattered gaps, never there, constant, stops printing; one
    factor lists late and another has a gap."""
    y, x = draw_data(2, 140, 6)
    y[:70, 1] = np.nan
    y[[12, 40, 41, 99], 2] = np.nan
    y[:, 3] = np.nan
    y[:, 4] = 0.001
    y[110:, 5] = np.nan
    x[:9, 1] = np.nan
    x[60, 2] = np.nan
    return y, x


def expected_errors(y: list[float], x: list[list[float]], errors: ErrorTerms) -> list[float]:
    if errors.kind is Errors.PLAIN:
        return plain_errors(y, x)
    if errors.kind is Errors.NEWEY_WEST:
        return newey_west_errors(y, x, errors.lags or 0, small_sample=errors.small_sample)
    return white_errors(y, x, errors.kind.value)


@pytest.mark.parametrize("errors", KINDS)
def test_every_window_against_plain_python(errors: ErrorTerms) -> None:
    y, x = dirty_data()
    fit = rolling_ols(y, x, NAMES, 30, min_sessions=20, errors=errors)
    seen = set()
    for t in (5, 18, 19, 28, 29, 30, 45, 60, 75, 90, 95, 129, 135, 139):
        for i in range(6):
            rows = [
                r for r in range(max(0, t - 29), t + 1) if np.isfinite(y[r, i]) and np.isfinite(x[r]).all()
            ]  # fmt: skip
            assert fit.sessions[t, i] == len(rows)
            if len(rows) < 20:
                assert np.isnan(fit.coefficients[t, i]).all()
                assert np.isnan(fit.stderrs[t, i]).all()
                seen.add("short")
                continue
            target, factors = y[rows, i].tolist(), [x[rows, k].tolist() for k in range(3)]
            if i == 4:
                np.testing.assert_allclose(fit.coefficients[t, i], [0.001, 0, 0, 0], atol=1e-12)
                assert np.isnan(fit.r_squared[t, i])
                continue
            exact = multiple_ols(target, factors)
            np.testing.assert_allclose(fit.coefficients[t, i], exact.coefficients, rtol=1e-10, atol=1e-14)
            np.testing.assert_allclose(fit.stderrs[t, i], expected_errors(target, factors, errors), rtol=1e-10)
            assert fit.r_squared[t, i] == pytest.approx(exact.r_squared, rel=1e-10)
            spread = math.sqrt(math.fsum(e * e for e in exact.residuals) / (len(rows) - 4))
            assert fit.deviation[t, i] == pytest.approx(spread, rel=1e-10)
            seen.add("gap" if len(rows) < 30 else "whole")
    assert seen == {"short", "gap", "whole"}


@pytest.mark.parametrize("errors", KINDS)
def test_the_whole_sample_against_plain_python(errors: ErrorTerms) -> None:
    y, x = dirty_data()
    fit = ols(y[:, 2], x, NAMES, errors)
    rows = [t for t in range(140) if np.isfinite(y[t, 2]) and np.isfinite(x[t]).all()]
    target, factors = y[rows, 2].tolist(), [x[rows, k].tolist() for k in range(3)]
    exact = multiple_ols(target, factors)
    np.testing.assert_allclose(fit.table["coefficient"], exact.coefficients, rtol=1e-11)
    np.testing.assert_allclose(fit.table["stderr"], expected_errors(target, factors, errors), rtol=1e-11)
    np.testing.assert_allclose(fit.table["tstat"], fit.table["coefficient"] / fit.table["stderr"], rtol=1e-15)
    assert list(fit.table.index) == ["const", *NAMES]
    assert fit.sessions == len(rows)


def by_qr(y: np.ndarray, x: np.ndarray, window: int, t: int) -> np.ndarray:
    """Slopes by numpy's SVD on centred, scaled columns of the window, then the intercept."""
    part, target = x[t - window + 1 : t + 1], y[t - window + 1 : t + 1]
    centre, size = part.mean(axis=0), part.std(axis=0)
    slopes = np.linalg.lstsq((part - centre) / size, target - target.mean(axis=0), rcond=None)[0] / size[:, None]
    return np.vstack([target.mean(axis=0) - centre @ slopes, slopes]).T


def worst(fit: RollingFit, y: np.ndarray, x: np.ndarray, window: int) -> float:
    """Largest error of a slope at any window, as a share of the largest slope in that window."""
    gaps = []
    for t in range(window - 1, len(x)):
        expected = by_qr(y, x, window, t)[:, 1:]
        gaps.append(np.abs(fit.coefficients[t, :, 1:] - expected).max() / np.abs(expected).max())
    return float(max(gaps))


def naive_updates(y: np.ndarray, x: np.ndarray, window: int) -> float:
    """What sums that are updated row by row without centring, refresh or QR would give for the same slopes."""
    design = np.column_stack([np.ones(len(x)), x])
    gram = design[:window].T @ design[:window]
    cross = design[:window].T @ y[:window]
    gap = 0.0
    for t in range(window - 1, len(x)):
        if t >= window:
            gram += np.outer(design[t], design[t]) - np.outer(design[t - window], design[t - window])
            cross += np.outer(design[t], y[t]) - np.outer(design[t - window], y[t - window])
        expected = by_qr(y, x, window, t)[:, 1:]
        found = np.linalg.pinv(gram, rcond=1e-300) @ cross
        gap = max(gap, float(np.abs(found[1:].T - expected).max() / np.abs(expected).max()))
    return gap


def hard_case(name: str) -> tuple[np.ndarray, np.ndarray]:
    y, x = draw_data(11, 700, 40, 6)
    if name == "prices at a million":
        x, y = 1e6 * np.cumprod(1.0 + x, axis=0), 1e6 * np.cumprod(1.0 + y / 10, axis=0)
    elif name == "a trend under small moves":
        x = 1e6 + 1e3 * np.arange(700)[:, None] * np.arange(1, 7) + x * 1e4
        y = x @ np.ones((6, 40)) + y * 1e3
    elif name == "nearly collinear":
        x[:, 5] = x[:, 4] + 1e-4 * x[:, 5]
        y = y + x @ np.ones((6, 40))
    elif name == "collinear for a while":
        x[200:420, 3] = x[200:420, 2] + 1e-4 * x[200:420, 3]
    elif name == "almost no residual":
        y = x @ np.random.default_rng(3).normal(1.0, 1.0, (6, 40)) + 1e-9 * y
    return y, x


HARD = [
    "prices at a million",
    "a trend under small moves",
    "nearly collinear",
    "collinear for a while",
    "almost no residual",
]


@pytest.mark.parametrize("name", ["easy", *HARD])
def test_coefficients_keep_nine_digits_at_every_window(name: str) -> None:
    y, x = hard_case(name)
    fit = rolling_ols(y, x, tuple("abcdef"), 120)
    assert np.isfinite(fit.coefficients[119:]).all()
    assert worst(fit, y, x, 120) < 1e-9
    direct = rolling_ols(y, x, tuple("abcdef"), 120, errors=ErrorTerms(Errors.NEWEY_WEST, 5))
    assert worst(direct, y, x, 120) < 1e-9


@pytest.mark.parametrize("name", ["prices at a million", "a trend under small moves", "nearly collinear"])
def test_plain_updates_would_lose_those_digits(name: str) -> None:
    assert naive_updates(*hard_case(name), 120) > 1e-8


def test_a_condition_of_a_million_costs_no_more_than_it_must() -> None:
    """At a correlation of 1 - 5e-13 the data's own rounding moves slopes by up to 1e-6, in any double arithmetic:
    numpy's SVD of the same window is the yardstick, and exact fractions the judge."""
    y, x = hard_case("easy")
    x[:, 5] = x[:, 4] + 1e-6 * x[:, 5]
    fit = rolling_ols(y, x, tuple("abcdef"), 120)
    ours, peer = [], []
    for t in range(119, 700, 83):
        rows = slice(t - 119, t + 1)
        reference = by_qr(y, x, 120, t)[:, 1:]
        for i in (7, 23):
            exact = multiple_ols(y[rows, i].tolist(), [x[rows, k].tolist() for k in range(6)]).coefficients[1:]
            largest = np.abs(exact).max()
            ours.append(np.abs(fit.coefficients[t, i, 1:] - exact).max() / largest)
            peer.append(np.abs(reference[i] - exact).max() / largest)
    assert max(ours) < 1e-6
    assert max(ours) < 3.0 * max(peer)


def test_errors_of_an_almost_perfect_fit() -> None:
    y, x = hard_case("almost no residual")
    fit = rolling_ols(y, x, tuple("abcdef"), 120)
    for t in (119, 300, 699):
        rows = slice(t - 119, t + 1)
        exact = plain_errors(y[rows, 7].tolist(), [x[rows, k].tolist() for k in range(6)])
        np.testing.assert_allclose(fit.stderrs[t, 7], exact, rtol=1e-6)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), window=st.integers(8, 90), gaps=st.floats(0.0, 0.3))
def test_updates_and_qr_agree(seed: int, window: int, gaps: float) -> None:
    y, x = draw_data(seed, 150, 4)
    y[np.random.default_rng(seed).random(y.shape) < gaps] = np.nan
    least = max(6, window // 2)
    updated = rolling_ols(y, x, NAMES, window, min_sessions=least)
    direct = rolling_ols(y, x, NAMES, window, min_sessions=least, errors=ErrorTerms(Errors.HC0))
    np.testing.assert_allclose(updated.coefficients, direct.coefficients, rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(updated.sessions, direct.sessions)


def test_a_window_knows_nothing_of_later_rows() -> None:
    y, x = dirty_data()
    whole = rolling_ols(y, x, NAMES, 30, min_sessions=20)
    for stop in (64, 65, 100, 129):
        part = rolling_ols(y[:stop], x[:stop], NAMES, 30, min_sessions=20)
        np.testing.assert_array_equal(part.coefficients, whole.coefficients[:stop])
        np.testing.assert_array_equal(part.stderrs, whole.stderrs[:stop])


def test_collinear_factors_have_no_fit() -> None:
    y, x = draw_data(4, 80, 2)
    x[:, 2] = x[:, 0] - 2.0 * x[:, 1]
    assert np.isnan(rolling_ols(y, x, NAMES, 30).coefficients).all()
    with pytest.raises(ParameterError, match="collinear"):
        ols(y[:, 0], x, NAMES)
    x[:, 2] = 0.25
    assert np.isnan(rolling_ols(y, x, NAMES, 30).coefficients).all()


def test_against_statsmodels() -> None:
    import statsmodels.api as sm
    from statsmodels.regression.rolling import RollingOLS

    y, x = draw_data(8, 300, 2, 3)
    fit = rolling_ols(y, x, NAMES, 60)
    peer = RollingOLS(y[:, 1], sm.add_constant(x), 60).fit()
    np.testing.assert_allclose(fit.coefficients[:, 1], peer.params, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(fit.stderrs[:, 1], peer.bse, rtol=1e-10)
    np.testing.assert_allclose(fit.tstats[:, 1], peer.tvalues, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(
    ("window", "least", "message"),
    [(4, None, "more sessions than coefficients"), (30, 31, "min_sessions <= window"), (30, 4, "5 <= min_sessions")],
)
def test_windows_that_cannot_work(window: int, least: int | None, message: str) -> None:
    y, x = draw_data(1, 60, 2)
    with pytest.raises(ParameterError, match=message):
        rolling_ols(y, x, NAMES, window, min_sessions=least)


def test_bad_shapes_and_lags() -> None:
    y, x = draw_data(1, 60, 2)
    with pytest.raises(ParameterError, match="do not fit together"):
        rolling_ols(y[1:], x, NAMES, 30)
    with pytest.raises(ParameterError, match="do not fit together"):
        ols(y[:, 0], x, ("a",))
    with pytest.raises(ParameterError, match="too few complete sessions"):
        ols(y[:4, 0], x[:4], NAMES)
    with pytest.raises(ParameterError, match="negative number of lags"):
        ErrorTerms(Errors.NEWEY_WEST, -1)
