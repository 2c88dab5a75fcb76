"""Drifting betas against R's dlm (9,030 values; see PROVENANCE.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.exposure.kalman import DriftNoise, drifting_exposure, estimate_noise

CASES = ("rw_beta", "rw_both", "static")


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "golden" / "kalman" / "dlm_tvbeta.json").read_text()))


@pytest.fixture(scope="module")
def data(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    table = pd.read_csv(shared / "golden" / "factors" / "dji30_ff5mom_daily.csv").tail(500)
    return (table["AA"] - table["RF"]).to_numpy(), table[["Mkt-RF"]].to_numpy()


@pytest.mark.parametrize("name", CASES)
def test_states_and_likelihood(golden: dict[str, Any], data: tuple[np.ndarray, np.ndarray], name: str) -> None:
    case = golden["cases"][name]
    assert set(golden["cases"]) == set(CASES)
    noise = DriftNoise(case["dV"], *(np.array(case[key], dtype=float) for key in ("dW", "m0", "C0")))
    found = drifting_exposure(*data, ("market",), noise)
    np.testing.assert_allclose(found.filtered, case["filtered"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.filtered_stderrs[:, 1], case["filtered_beta_se"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.forecast, case["pred"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.smoothed, case["smoothed"], rtol=0, atol=1e-10)
    assert found.loss == pytest.approx(case["negloglik"], abs=1e-10)


def test_maximum_likelihood(golden: dict[str, Any], data: tuple[np.ndarray, np.ndarray]) -> None:
    """R starts at the values of "rw_beta"; its optimiser and this one stop where the likelihood is flat."""
    noise = estimate_noise(*data, ("market",), drifting=("market",), mean0=np.array([0.0, 1.0]), variance0=np.eye(2))
    found = drifting_exposure(*data, ("market",), noise)
    assert found.loss == pytest.approx(golden["mle"]["value"], abs=1e-7)
    logs = np.log([noise.observation, noise.state[1]])
    np.testing.assert_allclose(logs, golden["mle"]["par"], atol=1e-3)
    assert noise.state[0] == 0.0
