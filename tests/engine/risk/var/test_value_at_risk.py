"""VaR and ES of one series: plain Python, closed forms, horizons and refusals."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebook.engine.risk.var.estimate import VarSettings
from hedgebook.engine.risk.var.filtered import ewma_volatility, garch_volatility
from hedgebook.engine.risk.var.methods import METHODS, Method
from hedgebook.engine.risk.var.parametric import is_monotone
from hedgebook.engine.risk.var.value_at_risk import risk_table, value_at_risk
from hedgebook.errors import ParameterError
from tests.oracle import risk as oracle

RETURNS = np.random.default_rng(21).standard_t(5, 1000) * 0.01
ALL = get_args(Method)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("method", ["historical", "gaussian", "cornish_fisher"])
def test_equals_the_oracle(method: Method, confidence: float) -> None:
    found = value_at_risk(RETURNS, method, confidence=confidence)
    var, es = getattr(oracle, method)(RETURNS.tolist(), confidence)
    assert found.var_frac == pytest.approx(var, rel=1e-10)
    assert found.es_frac == pytest.approx(es, rel=1e-7)


@pytest.mark.parametrize("method", ALL)
def test_every_method_is_near_the_truth(method: Method) -> None:
    """Returns are t with five degrees of freedom: 5 % quantile -2.015, its tail mean -2.890, in hundredths."""
    found = value_at_risk(RETURNS, method, confidence=0.95)
    assert found.method == method
    # The memory of EWMA at 0.94 is about 17 sessions: its volatility is that uncertain.
    room = 0.45 if "ewma" in method else 0.20
    assert found.var_frac == pytest.approx(0.02015, rel=room)
    assert found.es_frac == pytest.approx(0.02890, rel=room)
    assert found.es_frac >= found.var_frac
    assert value_at_risk(RETURNS, method, confidence=0.99).var_frac > found.var_frac


def test_student_t_closed_form() -> None:
    found = value_at_risk(RETURNS, "student_t", confidence=0.99)
    nu, scale = found.details["nu"], found.details["scale"]
    assert 3.5 < nu < 9
    samples = found.details["location"] + scale * np.random.default_rng(0).standard_t(nu, 2_000_000)
    cut = np.quantile(samples, 0.01)
    assert found.var_frac == pytest.approx(-cut, rel=0.01)
    assert found.es_frac == pytest.approx(-samples[samples <= cut].mean(), rel=0.02)


def test_horizons() -> None:
    gaussian = value_at_risk(RETURNS, "gaussian", horizon_sessions=10)
    mean, spread = RETURNS.mean() * 10, RETURNS.std() * math.sqrt(10)
    assert gaussian.var_frac == pytest.approx(1.6448536269514722 * spread - mean, rel=1e-9)
    stretches = [math.prod(1 + r for r in RETURNS[i : i + 10].tolist()) - 1 for i in range(991)]
    assert value_at_risk(RETURNS, horizon_sessions=10).var_frac == pytest.approx(
        oracle.historical(stretches, 0.95)[0], rel=1e-9
    )
    ten, one = (value_at_risk(RETURNS, "ewma", horizon_sessions=h).var_frac for h in (10, 1))
    assert ten == pytest.approx(one * math.sqrt(10), rel=1e-12)
    for method in ("filtered_ewma", "filtered_garch"):
        ten, one = (value_at_risk(RETURNS, method, horizon_sessions=h).var_frac for h in (10, 1))
        assert 2.2 < ten / one < 4.2


def test_filtered_paths_follow_the_recursion() -> None:
    """With one shock size of either sign, an EWMA variance multiplies by the same factor whatever happens."""
    returns = np.tile([0.01, -0.01], 60)
    found = value_at_risk(returns, "filtered_ewma", horizon_sessions=2, settings=VarSettings(paths=4000))
    model = ewma_volatility(returns, 0.94)
    variances = model.variances(returns)
    shocks = returns / np.sqrt(variances[:-1])
    s1 = math.sqrt(variances[-1])
    worst = min(
        (1 + s1 * a) * (1 + math.sqrt(0.06 * s1**2 * a**2 + 0.94 * s1**2) * b) - 1
        for a in shocks.tolist()
        for b in shocks.tolist()
    )
    assert found.es_frac <= -worst + 1e-12
    assert found.es_frac == pytest.approx(-worst, rel=0.01)


def test_garch_variances_equal_those_of_arch() -> None:
    from arch import arch_model

    rng = np.random.default_rng(2)
    variance, values = 1e-4, []
    for _ in range(1500):
        values.append(math.sqrt(variance) * rng.normal())
        variance = 5e-6 + 0.1 * values[-1] ** 2 + 0.85 * variance
    returns = np.array(values)
    model = garch_volatility(returns)
    backcast = float(((returns - model.mean) ** 2).mean()) * 1e4
    peer = arch_model(returns * 100, mean="Constant", vol="GARCH", rescale=False)
    fixed = peer.fit(disp="off", backcast=backcast)
    params = [model.mean * 100, model.omega * 1e4, model.alpha, model.beta]
    assert fixed.params.to_numpy() == pytest.approx(params, rel=0.02, abs=2e-3)
    assert fixed.loglikelihood == pytest.approx(peer.fix(params).loglikelihood, abs=0.5)
    ours = np.sqrt(model.variances(returns)[:-1]) * 100
    assert np.allclose(ours, fixed.conditional_volatility, rtol=0.01)
    assert 0.05 < model.alpha < 0.2
    assert 0.7 < model.beta < 0.95


def test_cornish_fisher_says_when_it_is_no_distribution() -> None:
    assert is_monotone(0.0, 0.0)
    assert is_monotone(0.3, 1.0)
    assert not is_monotone(2.0, 1.0)
    assert not is_monotone(0.0, 12.0)
    jump = RETURNS.copy()
    jump[7] = -0.5
    assert value_at_risk(jump, "cornish_fisher").details["monotone"] == 0.0
    table = risk_table(jump, methods=["cornish_fisher"], confidences=[0.99])
    assert "no distribution" in table["note"].iloc[0]


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("jumps", [(0.9,), (-0.45,), (2.0, -0.5), (0.6, 0.5, -0.3)])
def test_cornish_fisher_shows_no_gain_of_its_own(jumps: tuple[float, ...], confidence: float) -> None:
    """Whatever the moments of a few jumps make of the expansion, in a sample of which the same share are losses."""
    values = np.random.default_rng(31).normal(0.0, 0.01, 300)
    values[20 : 20 + len(jumps)] = jumps
    row = risk_table(values, methods=["cornish_fisher"], confidences=[confidence]).iloc[0]
    assert np.sort(values)[int(300 * (1.0 - confidence))] < 0.0
    for name in ("var_frac", "es_frac"):
        assert math.isnan(row[name]) or row[name] > 0.0, (name, row[name])
    if math.isnan(row["var_frac"]):
        assert "a gain that the history does not have" in row["note"]


def test_cornish_fisher_of_what_jumps_once_is_no_riskless_gain() -> None:
    """Nothing on 250 sessions but one loss of 30 %: 95 of 100 sessions lose nothing, and none gains anything."""
    values = np.zeros(250)
    values[100] = -0.3
    row = risk_table(values, methods=["cornish_fisher"], confidences=[0.95]).iloc[0]
    assert math.isnan(row["var_frac"])
    assert "no distribution" in row["note"]


def test_nan_and_series() -> None:
    series = pd.Series(RETURNS, index=pd.bdate_range("2020-01-01", periods=1000))
    holed = pd.concat([series.iloc[:500], pd.Series([np.nan] * 3), series.iloc[500:]])
    for method in ALL:
        clean, dirty = value_at_risk(series, method), value_at_risk(holed, method)
        assert dirty.var_frac == clean.var_frac
        assert dirty.sessions == 1000


def test_risk_table_names_what_has_no_answer() -> None:
    table = risk_table(RETURNS[:60])
    assert len(table) == 2 * len(METHODS)
    garch = table[table["method"] == "filtered_garch"]
    assert garch["var_frac"].isna().all()
    assert garch["note"].str.contains("at least 100").all()
    assert table.loc[table["method"] == "historical", "var_frac"].notna().all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: value_at_risk(RETURNS, "historcal"), "Did you mean 'historical'"),
        (lambda: value_at_risk(RETURNS, confidence=0.01), "0.95 for the worst"),
        (lambda: value_at_risk(RETURNS, confidence=1.0), "below 1"),
        (lambda: value_at_risk(RETURNS[:10]), "too few"),
        (lambda: value_at_risk(RETURNS, horizon_sessions=0), "horizon_sessions"),
        (lambda: value_at_risk([*RETURNS, np.inf]), "infinite"),
        (lambda: value_at_risk(RETURNS, "peaks_over_threshold", confidence=0.6), "below the threshold"),
        (lambda: VarSettings(ewma_decay_frac=94), "ewma_decay_frac"),
        (lambda: value_at_risk(np.ones((40, 2))), "one series"),
    ],
)
def test_bad_input(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ParameterError, match=message):
        call()


@settings(max_examples=40, deadline=None)
@given(st.floats(0.1, 10.0), st.sampled_from(["historical", "gaussian", "cornish_fisher", "age_weighted", "ewma"]))
def test_losses_scale_with_the_returns(factor: float, method: Method) -> None:
    one, scaled = value_at_risk(RETURNS, method), value_at_risk(RETURNS * factor, method)
    assert scaled.var_frac == pytest.approx(one.var_frac * factor, rel=1e-9)
    assert scaled.es_frac == pytest.approx(one.es_frac * factor, rel=1e-9)
