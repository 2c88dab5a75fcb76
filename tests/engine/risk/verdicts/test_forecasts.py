"""Rolling forecasts know nothing of the session that they are for, nor of later ones."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.var.methods import Method
from hedgebook.engine.risk.var.student import fit_student
from hedgebook.engine.risk.var.value_at_risk import value_at_risk
from hedgebook.engine.risk.verdicts.forecasts import forecasts_at, rolling_forecasts
from hedgebook.engine.risk.verdicts.verdict import verdict_table
from hedgebook.errors import ParameterError

ALL = get_args(Method)
INDEX = pd.bdate_range("2025-01-01", periods=260)


def returns() -> pd.Series[float]:
    values = np.random.default_rng(31).standard_t(4, 260) * 0.01
    values[[20, 150, 151]] = np.nan
    return pd.Series(values, index=INDEX)


@pytest.mark.parametrize("method", ALL)
def test_later_returns_change_no_earlier_forecast(method: Method) -> None:
    series = returns()
    options = {"confidence": 0.95, "window_sessions": 120, "refit_sessions": 10}
    base = rolling_forecasts(series, method, **options)
    rng = np.random.default_rng(1)
    for cut in (121, 150, 152, 200, 259):
        changed = series.copy()
        changed.iloc[cut:] = rng.normal(0, 0.05, len(series) - cut)
        later = rolling_forecasts(changed, method, **options)
        # The forecast for session `cut` was made at the close before it.
        pd.testing.assert_frame_equal(
            base[["var_frac", "es_frac"]].iloc[: cut + 1], later[["var_frac", "es_frac"]].iloc[: cut + 1]
        )
        if cut < 240 and method not in ("student_t", "peaks_over_threshold"):
            assert not np.allclose(base["var_frac"].iloc[cut + 2 :], later["var_frac"].iloc[cut + 2 :])


@pytest.mark.parametrize(
    "method", ["historical", "age_weighted", "gaussian", "cornish_fisher", "ewma", "filtered_ewma"]
)
def test_each_forecast_is_the_estimate_from_its_window(method: Method) -> None:
    series = returns()
    found = rolling_forecasts(series, method, confidence=0.95, window_sessions=100)
    known = series.dropna()
    for day in (INDEX[130], INDEX[152], INDEX[259]):
        past = known[known.index < day].iloc[-100:]
        expected = value_at_risk(past, method, confidence=0.95)
        assert found.loc[day, "var_frac"] == pytest.approx(expected.var_frac, rel=1e-12)
        assert found.loc[day, "es_frac"] == pytest.approx(expected.es_frac, rel=1e-12)
    assert found["var_frac"].iloc[:101].isna().all()
    assert found["var_frac"].iloc[101:].notna().all()
    assert found["return"].equals(series.rename("return"))


@pytest.mark.parametrize("method", ["student_t", "filtered_garch", "peaks_over_threshold"])
def test_refitted_at_every_forecast_it_is_the_estimate(method: Method) -> None:
    series = returns()
    found = rolling_forecasts(series, method, confidence=0.95, window_sessions=240, refit_sessions=1)
    past = series.dropna()
    for day in INDEX[245:250]:
        window = past[past.index < day].iloc[-240:]
        assert found.loc[day, "var_frac"] == pytest.approx(
            value_at_risk(window, method, confidence=0.95).var_frac, rel=1e-9
        )


def test_garch_volatility_moves_between_refits() -> None:
    series = returns()
    found = rolling_forecasts(series, "filtered_garch", confidence=0.95, window_sessions=200, refit_sessions=40)
    assert found["var_frac"].dropna().nunique() > 40


def test_short_and_bad_input() -> None:
    assert rolling_forecasts(returns().iloc[:50], window_sessions=100)["var_frac"].isna().all()
    with pytest.raises(ParameterError, match="Series"):
        rolling_forecasts(np.zeros(300))
    with pytest.raises(ParameterError, match="window_sessions"):
        rolling_forecasts(returns(), window_sessions=5)


def test_a_tail_without_a_mean_leaves_its_sessions_to_the_tests_of_var() -> None:
    """Losses of a Pareto law of shape 1.25 have no mean: VaR stands, ES is missing with its reason."""
    rng = np.random.default_rng(8)
    values = np.where(rng.random(300) < 0.5, -0.001 * (rng.random(300) ** -1.25), 0.001)
    series = pd.Series(np.maximum(values, -0.99), index=pd.bdate_range("2020-01-01", periods=300))
    found = rolling_forecasts(series, "peaks_over_threshold", confidence=0.95, window_sessions=200)
    forecast = found.iloc[200:]
    assert forecast["var_frac"].notna().all()
    infinite = forecast["es_frac"].isna()
    assert infinite.any()
    assert (forecast.loc[infinite, "note"] == "no finite ES above zero").all()
    assert (forecast.loc[~infinite, "note"] == "").all()
    table = verdict_table({"pot": found, "historical": rolling_forecasts(series, confidence=0.95, window_sessions=200)},
                          confidence=0.95, draws=100)  # fmt: skip
    assert table.loc["pot", "sessions"] == 100
    assert table.loc["pot", "es_sessions"] == int((~infinite).sum())
    assert not table.loc["pot", "complete"]
    assert table.loc["historical", "complete"]


def test_a_window_without_a_fit_says_why() -> None:
    rng = np.random.default_rng(3)
    values = np.where(np.arange(300) < 150, 0.0, rng.normal(0, 0.01, 300))
    series = pd.Series(values, index=pd.bdate_range("2020-01-01", periods=300))
    found = rolling_forecasts(series, "student_t", confidence=0.95, window_sessions=100, refit_sessions=1)
    # Half of the window or more is zero for forecasts up to session 200.
    assert found["var_frac"].iloc[100:200].isna().all()
    assert found["note"].iloc[100:200].str.contains("alike").all()
    assert found["var_frac"].iloc[250:].notna().all()


def test_confidences_share_their_fits() -> None:
    series = returns()
    for method in ALL:
        together = forecasts_at(series, method, (0.9, 0.99), window_sessions=120, refit_sessions=30)
        for confidence, frame in together.items():
            alone = rolling_forecasts(series, method, confidence=confidence, window_sessions=120, refit_sessions=30)
            pd.testing.assert_frame_equal(frame, alone)


@pytest.mark.parametrize("df", [2.0, 4.0, 12.0])
def test_student_fit_is_as_likely_as_that_of_scipy(df: float) -> None:
    from scipy import stats

    values = stats.t.rvs(df, 0.001, 0.008, size=400, random_state=5)
    ours, peer = fit_student(values), stats.t.fit(values)
    assert stats.t.logpdf(values, *ours).sum() >= stats.t.logpdf(values, *peer).sum() - 1e-6
    assert ours.losses(0.01)[0] == pytest.approx(-stats.t.ppf(0.01, *ours), rel=1e-9)
