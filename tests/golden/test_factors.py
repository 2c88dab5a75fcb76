"""Least squares and robust errors against R's lm, sandwich and MASS (see PROVENANCE.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.exposure.bandwidth import newey_west_bandwidth
from hedgebook.engine.exposure.conditional import conditional_betas
from hedgebook.engine.exposure.ols import Errors, ErrorTerms, ols, rolling_ols
from hedgebook.engine.exposure.ridge import ridge

CLOSE = 1e-10
ERRORS = {
    "se_ols": ErrorTerms(),
    "se_hc0": ErrorTerms(Errors.HC0),
    "se_hc1": ErrorTerms(Errors.HC1),
    "se_hc3": ErrorTerms(Errors.HC3),
    "se_nw5": ErrorTerms(Errors.NEWEY_WEST, 5, small_sample=False),
    "se_nw5_adj": ErrorTerms(Errors.NEWEY_WEST, 5),
    "se_nw21_adj": ErrorTerms(Errors.NEWEY_WEST, 21),
}


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "golden" / "factors" / "factor_golden.json").read_text()))


@pytest.fixture(scope="module")
def table(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "golden" / "factors" / "dji30_ff5mom_daily.csv")


def test_thirty_stocks_on_six_factors(golden: dict[str, Any], table: pd.DataFrame) -> None:
    names = tuple(golden["order"][1:])
    x = table[list(names)].to_numpy()
    assert len(golden["per_stock"]) == 30
    for stock, expected in golden["per_stock"].items():
        y = (table[stock] - table["RF"]).to_numpy()
        for key, errors in ERRORS.items():
            fit = ols(y, x, names, errors)
            np.testing.assert_allclose(fit.table["stderr"], expected[key], rtol=CLOSE)
        np.testing.assert_allclose(fit.table["coefficient"], expected["coef"], rtol=CLOSE)
        assert fit.r_squared == pytest.approx(expected["r2"], rel=CLOSE)
        assert fit.deviation == pytest.approx(expected["sigma"], rel=CLOSE)
        five = ols(y, x, names, ERRORS["se_nw5"]).table["tstat"]
        np.testing.assert_allclose(five, expected["t_nw5"], rtol=CLOSE)
        residuals = y - fit.table["coefficient"].iloc[0] - x @ fit.table["coefficient"].to_numpy()[1:]
        bandwidth = newey_west_bandwidth(residuals, x)
        assert bandwidth == pytest.approx(expected["bw_auto"], rel=CLOSE)
        chosen = ErrorTerms(Errors.NEWEY_WEST, int(bandwidth), small_sample=False)
        np.testing.assert_allclose(ols(y, x, names, chosen).table["stderr"], expected["se_nw_auto"], rtol=CLOSE)


def test_rolling_windows(golden: dict[str, Any], table: pd.DataFrame) -> None:
    names = tuple(golden["order"][1:])
    stocks = list(golden["rolling252"]["stocks"])
    y = table[stocks].to_numpy() - table[["RF"]].to_numpy()
    fit = rolling_ols(y, table[list(names)].to_numpy(), names, 252)
    checked = 0
    for i, stock in enumerate(stocks):
        for row in golden["rolling252"]["stocks"][stock]:
            t = int(row[0]) - 1
            found = [*fit.coefficients[t, i], *fit.stderrs[t, i], fit.r_squared[t, i]]
            np.testing.assert_allclose(found, row[1:], rtol=CLOSE, atol=1e-13)
            checked += len(found)
    assert checked == 5 * 37 * 15


def test_ridge_on_longley(golden: dict[str, Any]) -> None:
    """R regresses the price deflator on the other six; the data are in statsmodels, in other units."""
    from statsmodels.datasets import longley

    data = longley.load_pandas().data
    units = {"GNP": 1000.0, "UNEMP": 10.0, "ARMED": 10.0, "POP": 1000.0, "YEAR": 1.0, "TOTEMP": 1000.0}
    x = np.column_stack([data[name] / unit for name, unit in units.items()])
    expected = golden["lm_ridge_longley"]
    for penalty, coefficients in zip(expected["lambda"], expected["coef"], strict=True):
        found = ridge(data["GNPDEFL"].to_numpy(), x, tuple(units), penalty)
        np.testing.assert_allclose(found, coefficients, rtol=CLOSE)


def test_conditional_betas(shared: Path, table: pd.DataFrame) -> None:
    path = shared / "golden" / "tail" / "tail_golden.json"
    expected = json.loads(path.read_text())["conditional_beta_AXP_on_Mkt"]
    found = conditional_betas(table["AXP"].to_numpy(), table["Mkt-RF"].to_numpy())
    for theirs, ours in {"all": "all", "down": "down", "worst5": "worst_5%", "worst1": "worst_1%"}.items():
        row = found.loc[ours]
        numbers = [row["alpha"], row["beta"], row["stderr"], row["sessions"]]
        np.testing.assert_allclose(numbers, [expected[theirs][k] for k in ("alpha", "beta", "se", "n")], rtol=CLOSE)
