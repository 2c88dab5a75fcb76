"""VaR models against quarks, evir, fGarch and a published GARCH benchmark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.var.estimate import VarSettings
from hedgebook.engine.risk.var.extreme import fit_tail
from hedgebook.engine.risk.var.filtered import ewma_volatility, garch_volatility
from hedgebook.engine.risk.var.value_at_risk import value_at_risk
from hedgebook.engine.risk.verdicts.forecasts import rolling_forecasts
from hedgebook.errors import ParameterError

CONFIDENCES = [0.95, 0.975, 0.99]
EXACT = 1e-11


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "golden/var_models"


@pytest.fixture(scope="module")
def quarks(folder: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((folder / "hs_golden.json").read_text())["results"]
    return results


@pytest.fixture(scope="module")
def dax(folder: Path) -> pd.Series[float]:
    return pd.read_csv(folder / "dax_returns.csv", index_col=0, parse_dates=True)["ret"]


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize(("method", "name"), [("historical", "plain_hs"), ("age_weighted", "age_hs")])
def test_historical_and_age_weighted(quarks: Any, dax: Any, method: Any, name: str, confidence: float) -> None:
    found = value_at_risk(dax.iloc[-500:], method, confidence=confidence)
    expected = quarks[f"{name}_{confidence}"]
    assert found.var_frac == pytest.approx(expected["VaR"], rel=EXACT)
    assert found.es_frac == pytest.approx(expected["ES"], rel=EXACT)


def test_ewma_variances(quarks: Any, dax: Any) -> None:
    returns = dax.iloc[-500:].to_numpy()
    variances = ewma_volatility(returns, 0.94).variances(returns)
    assert np.abs(variances[:-1] - quarks["ewma_var_last500"]).max() < 1e-17


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_filtered_historical_is_scaled_to_the_next_session(quarks: Any, dax: Any, confidence: float) -> None:
    """quarks scales to the last session of the sample; Hull and White, and hedgebook, to the one after it."""
    returns = dax.iloc[-500:]
    variances = ewma_volatility(returns.to_numpy(), 0.94).variances(returns.to_numpy())
    back = np.sqrt(variances[-2] / variances[-1])
    assert abs(back - 1.0) > 0.01
    found = value_at_risk(returns, "filtered_ewma", confidence=confidence)
    expected = quarks[f"vwhs_ewma_{confidence}"]
    assert found.var_frac * back == pytest.approx(expected["VaR"], rel=EXACT)
    assert found.es_frac * back == pytest.approx(expected["ES"], rel=EXACT)


def test_rolling_forecasts(quarks: Any, dax: Any) -> None:
    expected = np.array(quarks["roll250_last100"])
    returns = dax.iloc[-350:]
    for method, column in (("historical", 0), ("age_weighted", 4)):
        found = rolling_forecasts(returns, method, confidence=0.975, window_sessions=250).iloc[-100:]
        assert np.allclose(found["var_frac"], expected[:, column], rtol=EXACT)
        assert np.allclose(found["es_frac"], expected[:, column + 1], rtol=EXACT)


@pytest.mark.parametrize(
    "case", ["danish_u5", "danish_u10", "danish_u20", "sp500_u0.015", "sp500_u0.02", "sp500_u0.03"]
)
def test_extreme_value_tail(folder: Path, case: str) -> None:
    expected = json.loads((folder / "evt_golden.json").read_text())["cases"][case]
    danish = case.startswith("danish")
    losses = pd.read_csv(folder / "danish.csv")["loss"] if danish else -pd.read_csv(folder / "sp500ret.csv")["ret"]
    tail = fit_tail(losses.to_numpy(), expected["threshold"])
    assert tail.peaks == expected["n_exceed"]
    assert tail.shape == pytest.approx(expected["xi"], rel=3e-3)
    assert tail.scale == pytest.approx(expected["beta"], rel=3e-3)
    # The likelihood found here is at least as high as that of evir.
    assert -tail.log_likelihood <= expected["nllh"] + 1e-6 * abs(expected["nllh"])
    assert -tail.log_likelihood == pytest.approx(expected["nllh"], rel=1e-6)
    # With evir's own parameters the formulas give its numbers.
    same = tail._replace(shape=expected["xi"], scale=expected["beta"])
    for confidence, var, es in expected["risk"]:
        if 1.0 - confidence > tail.peaks / tail.sessions:
            with pytest.raises(ParameterError, match="below the threshold"):
                tail.var(confidence)
            continue
        assert same.var(confidence) == pytest.approx(var, rel=1e-10)
        assert same.es(confidence) == pytest.approx(es, rel=1e-10)
        assert tail.var(confidence) == pytest.approx(var, rel=3e-3)
        assert tail.es(confidence) == pytest.approx(es, rel=6e-3)


def test_danish_losses_of_mcneil(folder: Path) -> None:
    """McNeil (1997, ASTIN Bulletin 27(1)): shape 0.497 above 10 million kroner."""
    tail = fit_tail(pd.read_csv(folder / "danish.csv")["loss"].to_numpy(), 10.0)
    assert tail.shape == pytest.approx(0.497, abs=5e-4)
    assert tail.scale == pytest.approx(6.975, abs=2e-3)


def test_garch_benchmark(folder: Path) -> None:
    """Fiorentini, Calzolari and Panattoni (1996); fitted through arch, whose optimum differs in the fifth digit."""
    expected = json.loads((folder / "garch_fcp.json").read_text())
    returns = pd.read_csv(folder / "dmbp.csv")["ret"].to_numpy()
    model = garch_volatility(returns)
    published = expected["published"]
    assert model.mean == pytest.approx(published["mu"], rel=3e-3)
    assert model.omega == pytest.approx(published["omega"], rel=1e-4)
    assert model.alpha == pytest.approx(published["alpha"], rel=1e-4)
    assert model.beta == pytest.approx(published["beta"], rel=1e-4)
    through_arch = expected["arch_8.0.0"]["backcast=mean((r-mu)^2)"]
    assert model.mean == pytest.approx(through_arch["mu"], rel=3e-4)
    default = expected["arch_8.0.0"]["default_backcast"]
    assert abs(model.omega / default["omega"] - 1) > 0.05
    # The likelihood that the variances give is the published optimum.
    variances = model.variances(returns)[:-1]
    noise = returns - model.mean
    cost = 0.5 * np.sum(np.log(2.0 * np.pi) + np.log(variances) + noise**2 / variances)
    assert cost == pytest.approx(expected["fGarch"]["nllh"], rel=1e-7)


def test_settings_reach_the_method(dax: Any) -> None:
    fast = value_at_risk(dax, "ewma", settings=VarSettings(ewma_decay_frac=0.5)).var_frac
    assert fast != pytest.approx(value_at_risk(dax, "ewma").var_frac, rel=1e-3)
