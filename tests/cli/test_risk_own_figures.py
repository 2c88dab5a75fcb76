"""The first drawdown of a risk page is that of the run's own NAV; figures of constant weights say what they are."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.reports.risk.summary import summarise_risk
from hedgebook.reports.risk.tables import figures_table

FAST = {"paths": 1000, "sessions": 5}


def by_hand(levels: list[float]) -> tuple[float, float]:
    """The deepest drawdown and the worst return of levels, one after the other."""
    high, deepest, worst = levels[0], 0.0, np.inf
    for before, now in pairwise(levels):
        high = max(high, now)
        deepest, worst = min(deepest, now / high - 1.0), min(worst, now / before - 1.0)
    return deepest, worst


def test_a_run_shows_its_own_drawdown_first(market: hb.Market, tmp_path: Path) -> None:
    run = hb.backtest(hb.trade(hold=12, gross=2.0), market)
    levels = [run.backtest.capital, *run.nav["nav_close"].tolist()]
    deepest, worst = by_hand(levels)
    report = hb.risk(run, **FAST)
    own = report.own_figures
    assert own == pytest.approx(
        {"sessions": len(levels) - 1, "total_return": levels[-1] / levels[0] - 1.0, "max_drawdown": deepest,
         "worst_session": worst}, rel=1e-12,
    )  # fmt: skip
    # The history is that of constant weights: another number, which says so.
    constant, _ = by_hand(np.cumprod([1.0, *(1.0 + report.subject.history)]).tolist())
    assert report.measures["max_drawdown"] == pytest.approx(constant, rel=1e-12)
    assert constant < deepest
    table = figures_table(report)
    assert table.rows[0] == ("Largest drawdown, own NAV", percent_text(deepest))
    labels = [row[0] for row in table.rows]
    assert all(label.endswith((", own NAV", ", entry weights")) for label in labels)
    assert dict(table.rows)["Largest drawdown, entry weights"] == percent_text(constant)
    assert "entry weights held constant" in table.note
    found = summarise_risk(report)
    assert found["own_figures"]["max_drawdown"] == pytest.approx(deepest, rel=1e-12)
    assert "entry weights" in found["figures_of"]
    assert report.drawdowns["depth"].min() == pytest.approx(deepest, rel=1e-12)
    # And so does a run that was saved.
    run.save(tmp_path / "run")
    saved = hb.risk(tmp_path / "run", market, **FAST)
    assert saved.own_figures == pytest.approx(own, rel=1e-12)


def percent_text(fraction: float) -> str:
    """A negative fraction as a page shows it."""
    return f"\u2212{abs(100 * fraction):,.2f}%"


def test_a_run_without_a_fill_has_no_worst_session() -> None:
    run = hb.backtest(hb.trade(capital=100.0), hb.sample_market(), account="strict")
    own = hb.risk(run, **FAST).own_figures
    assert run.backtest.fills.empty
    assert np.isnan(own["worst_session"])


def test_a_book_and_a_series_have_none(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("ticker,shares\nMETA,50\nCRWV,-150\n")
    report = hb.risk(book, hb.sample_market(), **FAST)
    assert report.own_figures == {}
    assert summarise_risk(report)["own_figures"] is None
    labels = [row[0] for row in figures_table(report).rows]
    assert all(label.endswith(", today's weights") for label in labels)
    days = pd.bdate_range("2025-01-06", periods=80)
    series = pd.Series(np.random.default_rng(5).normal(0, 0.01, 80), index=days)
    labels = [row[0] for row in figures_table(hb.risk(series, **FAST)).rows]
    assert "Largest drawdown" in labels
