"""A catalogue's results as a page: what is earned stands beside what luck can reach, in one unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.backtest.riskless import riskless_returns
from hedgebook.reports.catalogue.document import CATALOGUE_REPORT, catalogue_header, luck_table
from hedgebook.reports.catalogue.figures import returns_figure

from ..documents import shows

MINE = """
[turn]
kind = "buy-and-hold"
tickers = ["META"]

[other]
kind = "buy-and-hold"
tickers = ["MU", "NBIS"]

[absent]
kind = "buy-and-hold"
tickers = ["NOWHERE"]
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> hb.CatalogueResults:
    file = tmp_path_factory.mktemp("catalogue") / "mine.toml"
    file.write_text(MINE)
    return hb.catalogue_results(hb.sample_market(), trades=file)


def test_what_was_earned_over_cash_is_a_sum_of_returns(found: hb.CatalogueResults) -> None:
    picture = returns_figure(found)
    assert picture is not None
    bars, marks = picture.data
    assert bars["y"] == ["turn", "other"]
    table = {row[0]: row for row in luck_table(found).rows}
    for name, x in zip(bars["y"], bars["x"], strict=True):
        run = next(entry.run for entry in found.entries if entry.name == name)
        assert run is not None
        excess = run.returns - riskless_returns(run.backtest.market.sessions, found.costs)
        assert x == pytest.approx(float(np.sum(excess)), rel=1e-12)
        assert shows(table[name][1], x)
        t = float(excess.mean() / (excess.std(ddof=1) / np.sqrt(len(excess))))
        assert shows(table[name][3], t)
    # What reaches its mark has a p-value of five per cent over the number of trades, and the other way round.
    needed = dict(zip(marks["y"], marks["x"], strict=True))
    alone = found.luck.table["p_value"]
    for name, x in zip(bars["y"], bars["x"], strict=True):
        assert (x >= needed[name]) == (bool(alone[name] <= 0.05 / 2) and x > 0.0)


def test_what_could_not_run_is_named(found: hb.CatalogueResults, tmp_path: Path) -> None:
    sections = {section.name: section for section in CATALOGUE_REPORT.document(found).sections}
    assert "NOWHERE" in sections["problems"].items[0]
    assert sections["trades"].tables[0].rows[2][1:] == ("\u2013",) * 6
    top = catalogue_header(found)
    assert top.figures is not None
    assert top.figures.rows[0] == ("Trades that traded", "2 of 3")
    made = found.save(tmp_path / "out", pdf=True, xlsx=True)
    assert hb.load_report(made).to_dict()["luck"]["trials"] == 2
    assert hb.replay(made).identical
