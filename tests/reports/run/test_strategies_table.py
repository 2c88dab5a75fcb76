"""P&L by strategy in the report of a combination, and nothing of it in others."""

from __future__ import annotations

import pytest

import hedgebook as hb
from hedgebook.reports.run.page import sections
from hedgebook.reports.run.pnl.tables import strategies_table
from hedgebook.reports.run.summary import summarise
from hedgebook.strategies.kinds.combined import Combined
from hedgebook.strategies.strategy.given import strategy_of
from tests import markets


def test_a_combination_shows_what_each_strategy_earned() -> None:
    market = markets.random_market(4, missing_frac=0.0)
    parts = [strategy_of(markets.random_schedule(k, market, size=0.2), {"name": n}) for k, n in enumerate("ab")]
    run = hb.backtest(Combined(parts=parts), market)
    table = strategies_table(run)
    assert [row[0] for row in table.rows] == ["a", "b", "Interest", "Total"]
    shown = [float(row[-1].replace(",", "").replace("\N{MINUS SIGN}", "-")) for row in table.rows]
    by_ticker = run.pnl("ticker")["total"].sum()
    assert shown[0] + shown[1] == pytest.approx(by_ticker, abs=2.0)
    assert sum(shown[:3]) == pytest.approx(shown[3], abs=2.0)
    assert shown[3] == pytest.approx(run.final_nav - run.capital, abs=1.0)
    assert any(one.title == "P&L by strategy" for section in sections(run) for one in section.tables)
    saved = summarise(run)["pnl_by_strategy"]
    assert sum(saved.values()) == pytest.approx(by_ticker, abs=1e-6)
    alone = hb.backtest(parts[0], market)
    assert strategies_table(alone).rows == ()
    assert "pnl_by_strategy" not in summarise(alone)
