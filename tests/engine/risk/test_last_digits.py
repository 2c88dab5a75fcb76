"""The last digits of returns decide no figure: those that differ by rounding are ties, and stand still together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.kernels.series.bootstrap import ROLLING
from hedgebook.engine.risk.joint_tails import tail_dependence
from hedgebook.engine.risk.rolling import rolling_risk, rolling_risk_bands
from hedgebook.engine.risk.var.extreme import fit_tail

DATES = pd.bdate_range("2024-01-02", periods=120)


def rounded(values: np.ndarray, seed: int) -> np.ndarray:
    """The same values with other last digits, as a NAV leaves them that is divided by itself."""
    return np.asarray(values + np.random.default_rng(seed).choice([-1.0, 0.0, 1.0], len(values)) * 1e-17)


def idle() -> np.ndarray:
    """Returns of a strategy that is mostly in cash."""
    rng = np.random.default_rng(21)
    return np.where(rng.random(120) < 0.8, 0.0, rng.normal(0.001, 0.01, 120))


@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_windows_that_stand_still_have_no_ratio(level: float) -> None:
    values = idle() + level
    still = pd.Series(values).rolling(10).max() == pd.Series(values).rolling(10).min()
    assert still.sum() >= 5
    plain, other = pd.Series(values, DATES), pd.Series(rounded(values, 1), DATES)
    found, again = (rolling_risk(one, plain, window_sessions=10) for one in (plain, other))
    assert list(found.columns) == list(ROLLING)
    assert again["sharpe"].isna()[still.to_numpy()].all()
    assert (again["volatility_annual"][still.to_numpy()] == 0.0).all()
    pd.testing.assert_frame_equal(found, again, rtol=1e-9, atol=1e-12)
    bands, bands_again = (rolling_risk_bands(one, window_sessions=10, draws=100) for one in (plain, other))
    assert float(np.nanmax(np.abs(bands_again.to_numpy()))) < 1e4
    np.testing.assert_array_equal(bands.isna(), bands_again.isna())


def test_equal_returns_share_a_rank_whatever_their_last_digit() -> None:
    rng = np.random.default_rng(22)
    first, second = np.round(rng.normal(0.0, 0.01, 120), 2), np.round(rng.normal(0.0, 0.01, 120), 2)
    plain = tail_dependence(pd.Series(first, DATES), pd.Series(second, DATES), 0.1)
    for seed in range(5):
        one, two = pd.Series(rounded(first, seed), DATES), pd.Series(rounded(second, seed + 50), DATES)
        assert tail_dependence(one, two, 0.1) == plain


def test_a_loss_at_the_threshold_is_none_above_it() -> None:
    losses = np.round(np.random.default_rng(23).standard_t(3, 400) * 0.01, 3)
    threshold = 0.012
    above = int((np.round(losses * 1000) > 12).sum())
    assert (np.round(losses * 1000) == 12).any()
    for seed in range(5):
        assert fit_tail(rounded(losses, seed), threshold).peaks == above
