"""A capacity as a page: what it shows is what a run with that capital earns."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.reports.capacity.figures import order_figure, return_figure
from hedgebook.reports.capacity.page import CAPACITY_REPORT, capacity_header
from hedgebook.reports.capacity.tables import capital_table

from ..documents import shows


@pytest.fixture(scope="module")
def found() -> hb.Capacity:
    return hb.capacity(hb.trade(hold=6), hb.sample_market())


def test_each_row_is_what_a_run_with_that_capital_leaves(found: hb.Capacity) -> None:
    table = capital_table(found)
    heads = [column.name for column in table.columns]
    net = heads.index("Net return")
    for row, capital in zip(table.rows[::5], 10.0 ** np.arange(4.0, 11.5, 0.5)[::5], strict=True):
        assert shows(row[0], round(capital))
        run = hb.backtest(hb.trade(hold=6, capital=float(capital)), hb.sample_market())
        assert shows(row[net], run.backtest.final_nav / capital - 1.0)


def test_parts_of_a_row_add_up(found: hb.Capacity) -> None:
    values = found.to_dict()
    for row in values["curve"]:
        left = values["gross_return"] - row["lost_to_limits"] - row["lost_to_costs"]
        assert row["net_return"] == pytest.approx(left, abs=1e-12)
    assert (values["costs"], values["account"], values["simulated"]) == ("default", "plain", True)


def test_the_picture_marks_the_capitals_that_were_looked_for(found: hb.Capacity) -> None:
    picture = return_figure(found)
    assert picture is not None
    marks = {line["name"]: line["x"] for line in picture.data}
    assert marks["Largest order 10% of volume"] == [found.capital_usd] * 2
    assert marks["Net"] == [c for c in found.curve.index if c <= 1.000001e11]
    # Where the largest order passes the share that was asked for, in plain logarithms.
    order = order_figure(found)
    assert order is not None
    x, y = (np.log([float(v) for v in order.data[0][key]]) for key in "xy")
    assert np.interp(math.log(0.1), y, x) == pytest.approx(math.log(found.capital_usd), rel=0.01)


def test_the_first_screen_and_the_end(found: hb.Capacity, tmp_path: Path) -> None:
    top, document = capacity_header(found), CAPACITY_REPORT.document(found)
    assert top.figures is not None
    assert len(top.figures.rows) == 4
    assert found.note[1:] in top.verdict
    assert "Simulated" in top.badges[0]
    assert [section.name for section in document.sections if section.end] == ["settings", "warnings", "versions"]
    page = found.report(tmp_path / "a.html").read_text()
    assert "<h1>How much capital long-meta-short-neocloud carries</h1>" in page


def test_what_never_trades_has_a_page_too(tmp_path: Path) -> None:
    rules = Account.model_validate({"orders": {"min_order_usd": 9e11}})
    found = hb.capacity(hb.trade(hold=2, gross=0.001), hb.sample_market(), account=rules)
    assert "nothing was traded" in capacity_header(found).verdict.lower()
    assert order_figure(found) is None
    found.pdf(tmp_path / "a.pdf")
