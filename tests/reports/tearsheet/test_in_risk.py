"""The risk report of a series of returns holds its tear sheet; that of positions does not."""

from __future__ import annotations

import numpy as np
import pandas as pd

import hedgebook as hb
from hedgebook.reports.risk.page import risk_sections


def test_a_series_has_its_tear_sheet_within() -> None:
    values = np.random.default_rng(6).normal(0.0004, 0.01, 160)
    days = pd.bdate_range("2023-01-02", periods=160)
    benchmark = pd.Series(0.5 * values + np.random.default_rng(7).normal(0.0, 0.005, 160), index=days, name="SPY")
    series = pd.Series(values, index=days, name="mine")
    report = hb.risk(series, benchmark=benchmark, paths=100, sessions=2, confidence=0.9)
    sections = {section.name: section for section in risk_sections(report)}
    assert {"growth", "underwater", "measures", "calendar", "extremes", "var", "rolling"} <= sections.keys()
    figures = [figure.name for section in sections.values() for figure in section.figures]
    assert len(figures) == len(set(figures))
    cells = {row[0]: row[1] for table in sections["measures"].tables for row in table.rows}
    sheet = hb.tearsheet(series, benchmark)
    assert cells["Beta"] == f"{sheet.measures['beta'].value:.2f}"
    # What a risk report says itself is said once.
    titles = [table.title for section in sections.values() for table in section.tables]
    assert "Worst drawdowns" not in titles
    assert "Drawdowns" in titles


def test_positions_have_none() -> None:
    report = hb.risk(hb.Book({"META": 10.0}), hb.sample_market(), paths=100, sessions=2, confidence=0.9)
    assert "growth" not in {section.name for section in risk_sections(report)}
