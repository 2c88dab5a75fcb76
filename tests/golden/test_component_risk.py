"""Contributions to volatility against R's PerformanceAnalytics, and exact attribution (see PROVENANCE.md).

Contributions to VaR and expected shortfall are held against the same file in test_performanceanalytics.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.exposure.covariance import sample_covariance
from hedgebook.engine.exposure.holdings import exposure_of_holdings
from hedgebook.engine.exposure.risk import risk_by_ticker

WEIGHTS = {"equal": (0.2, 0.2, 0.2, 0.2, 0.2), "tilt": (0.3, 0.4, 0.1, 0.1, 0.1)}


@pytest.mark.parametrize("name", list(WEIGHTS))
def test_components_of_volatility(shared: Path, name: str) -> None:
    folder = shared / "golden" / "performanceanalytics"
    entries = json.loads((folder / "pa_golden.json").read_text())["entries"]
    expected = next(e["value"] for e in entries if e["key"] == f"StdDev.component.{name}")
    returns = pd.read_csv(folder / "edhec.csv", index_col=0).iloc[:, :5]
    found = risk_by_ticker(np.array(WEIGHTS[name]), sample_covariance(returns.to_numpy()), list(returns.columns))
    assert found.volatility == pytest.approx(expected["StdDev"], rel=1e-10)
    for column, key in (("contribution", "contribution"), ("share", "pct_contrib_StdDev")):
        want = [expected[key][ticker] for ticker in returns.columns]
        np.testing.assert_allclose(found.table[column], want, rtol=1e-10)


def test_exposure_of_holdings_as_empyrical_attributes(shared: Path) -> None:
    """empyrical's own check: what the exposures earn is the portfolio's return, less what is specific to it."""
    folder = shared / "golden" / "empyrical" / "perf_attrib_data"
    loadings = pd.read_csv(folder / "factor_loadings.csv").set_index(["dt", "ticker"])
    factors = pd.read_csv(folder / "factor_returns.csv", index_col=0)
    positions = pd.read_csv(folder / "positions.csv", index_col=0).drop(columns="cash")
    returns = pd.read_csv(folder / "returns.csv", index_col=0, header=None).iloc[:, 0]
    weights = positions.to_numpy() / positions.to_numpy().sum(axis=1, keepdims=True)
    days, tickers = list(positions.index), [int(t) for t in positions.columns]
    betas = np.array([[loadings.loc[(day, t)].to_numpy() for t in tickers] for day in days], dtype=float)
    exposure = pd.DataFrame(exposure_of_holdings(weights, betas), index=days, columns=factors.columns)
    earned = (exposure * factors).sum(axis=1).reindex(returns.index)
    np.testing.assert_allclose(earned, returns, rtol=1e-10, atol=1e-11)  # the file prints twelve digits
