"""A price file, and two of them, as pages: what is counted there is what was planted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.reports.prices.check import CHECK_REPORT, check_header, coverage_table
from hedgebook.reports.prices.compare import (
    DIFFERENCES_REPORT,
    counts_table,
    differences_header,
    examples_table,
    findings_table,
)
from hedgebook.reports.prices.figures import coverage_figure, differences_figure
from hedgebook.universes.quality.rules import RULES


def closes() -> pd.DataFrame:
    """Two tickers on 80 sessions; MU has one price on 12 of them, and begins late."""
    frame = hb.sample_market().frame("close")[["META", "MU"]].iloc[-80:].copy()
    frame.iloc[:9, 1] = float("nan")
    frame.iloc[30:42, 1] = 77.5
    return frame.rename_axis("date").reset_index()


def test_a_row_of_coverage_counts_what_is_there() -> None:
    prices = closes()
    found = hb.check_prices(prices)
    rows = {row[0]: row for row in coverage_table(found).rows}
    days = prices["date"].dt.strftime("%Y-%m-%d").tolist()
    assert rows["META"][2:5] == (days[0], days[-1], "80")
    assert rows["MU"][2:5] == (days[9], days[-1], "71")
    picture = coverage_figure(found)
    assert picture is not None
    lines = {line["name"]: line["x"] for line in picture.data}
    assert lines["MU"] == [days[9], days[-1]]


def test_findings_stand_first_and_rules_last(tmp_path: Path) -> None:
    prices = closes()
    found = hb.check_prices(prices)
    document = CHECK_REPORT.document(found)
    names = [section.name for section in document.sections]
    assert names[:2] == ["findings", "odd"]
    (stale,) = [t for s in document.sections for t in s.tables if t.title == "Closes that repeat"]
    days = prices["date"].dt.strftime("%Y-%m-%d").tolist()
    assert ("MU", days[30], days[41], "12", "77.5") in stale.rows
    (rules,) = [table for s in document.sections if s.name == "rules" for table in s.tables]
    assert len(rules.rows) == len(RULES)
    top = check_header(found)
    assert top.figures is not None
    shown = {row[0]: row[1] for row in top.figures.rows}
    assert (shown["Tickers"], shown["Sessions"]) == ("2", "80")
    assert int(shown["Errors"]) + int(shown["Warnings"]) == len(found.faults) > 0
    assert found.report(tmp_path / "a.html").stat().st_size < 1_000_000


def test_a_factor_between_two_files_is_told_with_examples() -> None:
    one = closes()
    two = one.assign(META=one["META"] * 1.25)
    found = hb.compare_prices(one, two)
    top = differences_header(found)
    assert top.doubts == ("They differ seriously",)
    (row,) = counts_table(found).rows
    assert row == ("serious", "factor", "1", "80")
    assert "1.25" in findings_table(found).rows[0][2]
    for ticker, day, field, a, b in examples_table(found).rows:
        there = one.loc[one["date"] == day, ticker].item()
        assert field == "close"
        assert float(a.replace(",", "")) == pytest.approx(there, rel=1e-9)
        assert float(b.replace(",", "")) == pytest.approx(1.25 * there, rel=1e-9)


def test_files_that_agree_say_so() -> None:
    found = hb.compare_prices(closes(), closes())
    top = differences_header(found)
    assert (top.good, top.doubts, top.picture) == (("The files agree",), (), None)
    assert differences_figure(found) is None
    assert [section.name for section in DIFFERENCES_REPORT.document(found).sections] == ["files", "versions"]
    assert "agree" in found._repr_html_()
