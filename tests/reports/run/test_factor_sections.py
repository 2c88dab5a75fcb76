"""P&L by factor and risk at entry in the report and the summary of a run."""

from __future__ import annotations

import json
import re

import pytest

import hedgebook as hb
from hedgebook.reports.run.entry_risk import risk_by_factor_table, risk_by_ticker_table
from hedgebook.reports.run.page import sections
from hedgebook.reports.run.pnl.factor_pnl import factor_pnl_figure, factor_pnl_table
from hedgebook.strategies.run.run import TradeRun


def amount(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").rstrip("%"))


@pytest.fixture(scope="module")
def done() -> hb.Run:
    return hb.backtest(hb.trade(hedge="ridge"), hb.sample_market())


def test_the_table_adds_up_to_the_change_of_nav(done: hb.Run) -> None:
    *parts, total = factor_pnl_table(done).rows
    assert [row[0] for row in parts] == ["market", "semis", "bitcoin", "momentum", "Specific", "Costs", "Interest"]
    gain = done.backtest.final_nav - done.backtest.capital
    assert amount(total[3]) == pytest.approx(gain, abs=0.5)
    assert sum(amount(row[3]) for row in parts) == pytest.approx(gain, abs=4.0)


def test_the_lines_of_the_figure_add_up_at_every_close(done: hb.Run) -> None:
    *lines, total = factor_pnl_figure(done).data
    for k, value in enumerate(total["y"]):
        assert sum(line["y"][k] for line in lines) == pytest.approx(value, abs=1e-3)
    assert total["y"][-1] == pytest.approx(done.backtest.final_nav - done.backtest.capital, abs=1e-3)


def test_the_summary_adds_up(done: hb.Run) -> None:
    found = json.loads(json.dumps(done.to_dict(), allow_nan=True))
    gain = found["final_nav"] - found["capital"]
    assert sum(found["pnl_by_factor"].values()) == pytest.approx(gain, abs=1e-9 * found["capital"])
    risk = found["risk_at_entry"]
    for by in ("by_factor", "by_ticker", "by_bucket"):
        parts = sum(row["contribution"] for row in risk[by].values())
        assert parts == pytest.approx(risk["volatility_annual"], rel=1e-12)
    hedge = found["hedge"]
    assert sum(hedge["weights"].values()) == pytest.approx(hedge["ratio"], rel=1e-12)
    assert hedge["sessions"] == 120


def test_risk_tables_add_up_to_the_total(done: hb.Run) -> None:
    for table, last in ((risk_by_factor_table(done), -1), (risk_by_ticker_table(done), -3)):
        parts = sum(amount(row[2]) for row in table.rows[:last])
        assert parts == pytest.approx(amount(table.rows[-1][2]), abs=0.03)


def test_the_hedge_is_told_in_words(done: hb.Run) -> None:
    (facts,) = (section.facts for section in sections(done) if section.name == "assumptions")
    words = dict(facts)
    assert re.match(r"ridge: 0\.\d{3} dollars short for each dollar long \(CRWV .*APLD .*120 sessions", words["Hedge"])
    assert re.search(r"short .* of NAV in CRWV −?\d", words["Legs"])
    assert "META, equal weights" in words["Legs"]


def test_where_there_are_no_factors_the_sections_say_so(every_run: dict[str, TradeRun]) -> None:
    found = {section.name: section for section in sections(every_run["run"])}
    for name in ("factor-pnl", "risk"):
        section = found[name]
        assert section.tables or "Not split" in section.text[0]
