"""VaR backtests against rugarch, GAS and BayerSe's Python code: 17 sets of forecasts and one of VaR and ES."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.verdicts.backtests import (
    Forecasts,
    basel_zone,
    christoffersen_coverage,
    christoffersen_independence,
    kupiec,
    paired_forecasts,
    quantile_loss,
    transitions,
)
from hedgebook.engine.risk.verdicts.dynamic import acerbi_szekely, duration, dynamic_quantile, weibull

MODELS = ["N", "HS", "WHS", "RM", "GARCH-N", "GARCH-t", "GARCH-fhs", "eGARCH-N", "eGARCH-t", "eGARCH-fhs"]
MODELS += ["apARCH-N", "apARCH-t", "apARCH-fhs", "CAViaR-SAV", "CAViaR-AS", "CAViaR-IG", "CAViaR-AD"]
CASES = [f"IBM.{model}" for model in MODELS] + ["SP500.HS250.2.5pct"]


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    cases = json.loads((shared / "golden/var_backtest/var_backtests.json").read_text())["cases"]
    return {case["id"]: case for case in cases}


@pytest.fixture(scope="module")
def inputs(shared: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = shared / "golden/var_backtest"
    return pd.read_csv(folder / "ibm_var_forecasts.csv"), pd.read_csv(folder / "sp500_risk_forecasts.csv")


def forecasts_of(case: str, inputs: tuple[pd.DataFrame, pd.DataFrame]) -> Forecasts:
    ibm, index = inputs
    if case.startswith("IBM."):
        return paired_forecasts(ibm["ret"], -ibm[case.removeprefix("IBM.")], confidence=0.99)
    return paired_forecasts(index["r"], -index["q"], -index["e"], confidence=0.975)


def test_every_case_is_here(golden: dict[str, Any]) -> None:
    assert sorted(golden) == sorted(CASES)


@pytest.mark.parametrize("case", CASES)
def test_coverage_and_independence(golden: Any, inputs: Any, case: str) -> None:
    forecasts, expected = forecasts_of(case, inputs), golden[case]
    assert int(forecasts.hits.sum()) == expected["hits"]
    (n00, n01), (n10, n11) = transitions(forecasts.hits)
    assert {"N00": n00, "N01": n01, "N10": n10, "N11": n11} == expected["transitions"]
    assert kupiec(forecasts).statistic == pytest.approx(expected["rugarch"]["uc_LR"], rel=1e-11)
    assert kupiec(forecasts).p_value == pytest.approx(expected["rugarch"]["uc_p"], rel=1e-9)
    assert kupiec(forecasts).p_value == pytest.approx(expected["quarks"]["p.uc"], rel=1e-9)
    assert christoffersen_coverage(forecasts).statistic == pytest.approx(expected["GAS"]["LRcc"], rel=1e-11)
    assert christoffersen_coverage(forecasts).p_value == pytest.approx(expected["rugarch"]["cc_p"], rel=1e-9)
    statistic, p_value = expected["BayerSe_py"]["ind"]
    assert christoffersen_independence(forecasts).statistic == pytest.approx(statistic, rel=1e-8)
    assert christoffersen_independence(forecasts).p_value == pytest.approx(p_value, rel=1e-8)


@pytest.mark.parametrize("case", CASES)
def test_duration(golden: Any, inputs: Any, case: str) -> None:
    forecasts, expected = forecasts_of(case, inputs), golden[case]["rugarch_duration"]
    fitted = weibull(forecasts.hits)
    assert fitted is not None
    shape, free, bound = fitted
    assert shape == pytest.approx(expected["weibull_b"], rel=1e-5)
    assert free == pytest.approx(expected["uLL"], rel=1e-11)
    assert bound == pytest.approx(expected["rLL"], rel=1e-11)
    assert duration(forecasts).p_value == pytest.approx(expected["p"], rel=1e-6, abs=1e-15)


@pytest.mark.parametrize("case", CASES)
def test_dynamic_quantile(golden: Any, inputs: Any, case: str) -> None:
    forecasts, expected = forecasts_of(case, inputs), golden[case]
    statistic, p_value = expected["BayerSe_py"]["DQ_4hits_1fcst"]
    usual = dynamic_quantile(forecasts)
    assert usual.statistic == pytest.approx(statistic, rel=1e-10)
    assert usual.p_value == pytest.approx(p_value, rel=1e-8, abs=1e-12)
    with_square = dynamic_quantile(forecasts, squared_return=True)
    assert with_square.statistic == pytest.approx(expected["GAS"]["DQ_stat"], rel=1e-10)
    assert with_square.p_value == pytest.approx(expected["GAS"]["DQ_p"], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_zone_and_loss(golden: Any, inputs: Any, case: str) -> None:
    forecasts, expected = forecasts_of(case, inputs), golden[case]
    zone, chance = basel_zone(forecasts)
    assert chance == pytest.approx(expected["basel_cumprob"], rel=1e-12)
    assert zone == ("green" if chance < 0.95 else "yellow" if chance < 0.9999 else "red")
    assert quantile_loss(forecasts) == pytest.approx(expected["GAS"]["qloss"], rel=1e-12)
    assert quantile_loss(forecasts) == pytest.approx(expected["BayerSe_py"]["tick_loss"], rel=1e-12)
    assert expected["GAS"]["AE"] == pytest.approx(forecasts.hits.mean() / forecasts.tail, rel=1e-12)


def test_severity_agrees_with_the_recorded_es_tests(golden: Any, inputs: Any) -> None:
    """The recorded tests reject the pair of VaR and ES (p < 0.002), not the size of the losses alone (p = 0.13)."""
    forecasts = forecasts_of("SP500.HS250.2.5pct", inputs)
    assert forecasts.es is not None
    sizes, number = acerbi_szekely(forecasts, seed=1)
    hits = forecasts.hits
    assert sizes.statistic == pytest.approx(1 + np.mean(forecasts.returns[hits] / forecasts.es[hits]), rel=1e-12)
    by_hand = 1 + (forecasts.returns * hits / (len(hits) * forecasts.tail * forecasts.es)).sum()
    assert number.statistic == pytest.approx(by_hand, rel=1e-12)
    assert number.p_value < 0.002
    assert 0.005 < sizes.p_value < golden["SP500.HS250.2.5pct"]["rugarch_ESTest_p"]
