"""Tails of joint distributions against R and a published table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.joint_tails import t_tail_dependence, tail_dependence


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((shared / "golden/tail/tail_golden.json").read_text())
    return values


@pytest.fixture(scope="module")
def daily(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "golden/factors/dji30_ff5mom_daily.csv", index_col=0)


def test_t_copula_tail_dependence(golden: dict[str, Any]) -> None:
    for case in golden["t_tail"]:
        assert t_tail_dependence(case["nu"], case["rho"]) == pytest.approx(case["lambda"], rel=1e-10)
    for nu, row in golden["published"].items():
        found = [t_tail_dependence(float(nu), rho) for rho in (-0.5, 0.0, 0.5, 0.9)]
        assert np.round(found, 2).tolist() == row


def test_empirical_tail_dependence(golden: dict[str, Any], daily: pd.DataFrame) -> None:
    for case in golden["empirical_tail"]:
        lower, upper = tail_dependence(daily["C"], daily["AXP"], case["q"])
        assert lower == pytest.approx(case["lower"], rel=1e-12)
        assert upper == pytest.approx(case["upper"], rel=1e-12)
