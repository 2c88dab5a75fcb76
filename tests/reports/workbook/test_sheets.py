"""Heat maps as coloured cells, and returns with ratios that follow them."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.front.result import Documents

from .office import SOFFICE, cells_of, edited, recalculated

DAYS = pd.bdate_range("2024-01-01", periods=80)


def series(name: str, seed: int) -> pd.Series[Any]:
    values = np.random.default_rng(seed).normal(0.001, 0.01, len(DAYS))
    return pd.Series(values, index=DAYS, name=name)


@pytest.fixture(scope="module")
def beside() -> Documents:
    return hb.compare([series("=one", 1), series("two", 2), series("two growth", 3)], riskless_annual=0.04)


def test_ratios_are_formulas_that_follow_the_returns(beside: Documents, tmp_path: Any) -> None:
    if SOFFICE is None:
        pytest.skip("soffice (Debian: libreoffice-calc-nogui) is not installed")
    data = beside._workbook()
    changed = edited(data, {("Returns", "C10"): 0.25})
    office = recalculated({"plain": data, "changed": changed}, tmp_path)
    told = cells_of(data)
    for name in ("Returns", "Ratios", "Correlations live"):
        for row in cells_of(data, values=False)[name].iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    value = office["plain"][name][cell.coordinate].value
                    assert value == pytest.approx(told[name][cell.coordinate].value, rel=1e-9, abs=1e-12)
    # By hand: the second series with its sixth return altered.
    returns = series("two", 2).tolist()
    returns[5] = 0.25
    level, high, deepest = 1.0, 1.0, 0.0
    for one in returns:
        level *= 1.0 + one
        high = max(high, level)
        deepest = min(deepest, level / high - 1.0)
    spread = statistics.stdev(returns)
    rate = 1.04 ** (1.0 / 252.0) - 1.0
    row = [cell.value for cell in office["changed"]["Ratios"][6]]
    assert row[1:5] == pytest.approx(
        [level - 1.0, spread * 252.0**0.5, (statistics.fmean(returns) - rate) / spread * 252.0**0.5, deepest], rel=1e-9
    )
    assert row[5] == 0.25


def test_names_are_text_and_told_apart(beside: Documents) -> None:
    sheet = cells_of(beside._workbook(), values=False)["Returns"]
    heads = [cell for cell in sheet[4] if cell.value]
    assert {cell.data_type for cell in heads} == {"s"}
    assert len({str(cell.value).lower() for cell in heads}) == len(heads) == 10


def test_a_heat_map_is_coloured_by_excel(beside: Documents) -> None:
    sheet = cells_of(beside._workbook(), values=False)["Map correlation"]
    (span,) = sheet.conditional_formatting
    assert str(span.sqref) == "B5:D7"
    scale = span.rules[0].colorScale
    assert [float(stop.val) for stop in scale.cfvo] == [-1.0, 0.0, 1.0]
    assert [stop.rgb for stop in scale.color] == ["FFB34700", "FFF4F4F4", "FF005A8F"]
    numbers = [[cell.value for cell in row] for row in sheet["B5:D7"]]
    known = np.corrcoef([series("", seed).to_numpy() for seed in (1, 2, 3)])
    assert np.array(numbers) == pytest.approx(known, abs=1e-4)


def test_where_everything_was_lost_there_are_no_ratios() -> None:
    lost = series("lost", 4)
    lost.iloc[40] = -1.0
    assert "Ratios" not in cells_of(hb.tearsheet(lost)._workbook()).sheetnames


def test_months_are_a_map_with_gaps() -> None:
    sheet = cells_of(hb.tearsheet(series("one", 1))._workbook())["Map months"]
    assert [cell.value for cell in sheet[4]][:4] == ["Row", "Jan", "Feb", "Mar"]
    assert [cell.value is None for cell in sheet[5]][1:] == [False] * 4 + [True] * 8
    assert len(sheet.conditional_formatting) == 1
