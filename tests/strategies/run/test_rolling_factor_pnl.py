"""P&L by factor of strategies that have no event: a closed form, the sum, and what is said where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import ParameterError
from hedgebook.reports.run.pnl.factor_pnl import factor_pnl_table


def held(day: str, **weights: float) -> pd.DataFrame:
    return pd.DataFrame(weights, index=[pd.Timestamp(day)])


def test_the_market_itself_earns_by_the_market_alone(market: hb.Market) -> None:
    run = hb.backtest(held("2025-06-02", SPY=0.8), market)
    found = run.pnl("factor")["total"]
    gross = float(run.pnl("ticker").loc["SPY", ["overnight", "intraday"]].sum())
    assert found["market"] == pytest.approx(gross, rel=1e-6)
    others = found.drop(["market", "interest", *(name for name in found.index if name in run.pnl("cause").index)])
    assert np.abs(others.to_numpy()).max() < 1e-6 * abs(gross)
    assert found.sum() == pytest.approx(run.final_nav - run.capital, abs=1e-9 * run.capital)


def test_betas_are_those_of_the_sessions_before(market: hb.Market) -> None:
    run = hb.backtest(held("2025-06-02", CRWV=-0.3, META=0.5), market)
    other = hb.backtest(held("2025-06-02", CRWV=-0.3, META=0.5), market, until="2025-09-30")
    assert run.factor_pnl is not None
    assert other.factor_pnl is not None
    known = len(other.sessions)
    pd.testing.assert_frame_equal(
        run.factor_pnl.by_session.iloc[:known], other.factor_pnl.by_session, check_exact=False, rtol=1e-9
    )
    assert run.pnl("factor")["total"].sum() == pytest.approx(run.final_nav - run.capital, abs=1e-9 * run.capital)


def test_report_summary_and_a_loaded_run_have_it(market: hb.Market, tmp_path: object) -> None:
    run = hb.backtest(held("2025-06-02", META=0.5), market)
    table = factor_pnl_table(run)
    assert [row[0] for row in table.rows[:2]] == ["market", "semis"]
    assert "250 sessions before each session" in table.note
    folder = run.save(f"{tmp_path}/run")
    loaded = hb.load_run(folder)
    pd.testing.assert_frame_equal(loaded.pnl("factor"), run.pnl("factor"))
    assert loaded.verify().passed
    assert 'id="factor-pnl"' in (folder / "report.html").read_text(encoding="utf-8")


def test_without_a_history_it_says_why(market: hb.Market) -> None:
    run = hb.backtest(held(str(market.sessions[2]), META=0.5), market)
    assert run.factor_pnl is None
    with pytest.raises(ParameterError, match="before the first session no factor proxy had enough history"):
        run.pnl("factor")
    assert factor_pnl_table(run).note.startswith("Not split: before the first session")
