"""Every trade of a catalogue side by side: the figures are those of each run, and nobody is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.universes.market import Market

MINE = """
[wins]
event = "meta-compute-2026"
long = ["META"]
short = ["SPY"]

[nowhere]
event = "meta-compute-2026"
long = ["ZZZZ"]

[too-late]
event = "meta-compute-2026"
long = ["META"]
short = ["SPY"]
delay = 200

[pair]
kind = "pair-spread"
first = "AMD"
second = "NVDA"
"""


@pytest.fixture(scope="module")
def found(market: Market) -> hb.CatalogueResults:
    return hb.catalogue_results(market)


def test_every_trade_stands_in_the_table_with_its_runs_figures(found: hb.CatalogueResults, market: Market) -> None:
    assert list(found.table.index) == list(hb.trades())
    for name in ("long-meta-short-neocloud", "glut-regime", "fade-memory"):
        run, row = hb.backtest(name, market), found.table.loc[name]
        assert row["total_return"] == run.final_nav / run.capital - 1.0
        assert row["sharpe"] == run.metrics.sharpe
        assert row["max_drawdown"] == run.metrics.max_drawdown
        assert row["sessions"] == len(run.returns)
    lost = int((found.table["total_return"] <= 0.0).sum())
    assert lost > 0
    assert f"{19 - lost} gained, {lost} did not" in found.verdict


def test_returns_over_cash_are_what_is_left_of_a_run_without_interest(market: Market) -> None:
    """t is of returns less cash interest: idle cash alone has none of it."""
    found = hb.catalogue_results(market)
    run = hb.backtest("fade-memory", market)
    nights = np.diff(run.returns.index.to_numpy(), prepend=run.returns.index.to_numpy()[:1]) / np.timedelta64(1, "D")
    over = run.returns.to_numpy() - 0.03 * nights / 360.0
    expected = over.mean() / over.std(ddof=1) * np.sqrt(len(over))
    assert found.table.loc["fade-memory", "t"] == pytest.approx(expected, rel=1e-12)


def test_what_cannot_run_stays_with_its_reason(market: Market, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINE)
    found = hb.catalogue_results(market, trades=tmp_path / "mine.toml")
    reasons = found.table["reason"]
    assert list(found.table.index) == ["wins", "nowhere", "too-late", "pair"]
    assert "ZZZZ" in reasons["nowhere"]
    assert reasons["too-late"]
    assert reasons[["wins", "pair"]].isna().all()
    assert found.luck.trials == 2
    assert found.verdict.startswith("2 of 4 trades ran")
    told = found.to_dict()
    assert told["trades"] == 4
    assert told["results"][1]["total_return"] is None
    assert told["results"][1]["sessions"] == 0


def test_a_catalogue_of_which_nothing_runs(market: Market, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[a]\nevent = "meta-compute-2026"\nlong = ["ZZZZ"]\n')
    found = hb.catalogue_results(market, trades=tmp_path / "mine.toml")
    assert "nothing can be said of luck" in found.verdict
    assert found.notes == ()
    assert found.summary["ran"] == 0


def test_trades_on_one_event_are_told_to_be_one_experiment(found: hb.CatalogueResults) -> None:
    entries = {entry.name: entry.event for entry in found.entries}
    assert entries["customer-concentration"] == "meta-compute-2026"
    assert entries["glut-regime"] is None
    on_it = sum(event == "meta-compute-2026" for event in entries.values())
    assert f"{on_it} trades enter on meta-compute-2026 alone: one experiment, seen {on_it} times." in found.notes
    assert not found.luck.proven


def test_real_prices(real_market: Market) -> None:
    found = hb.catalogue_results(real_market, "default", "strict")
    at_home = found.table.drop("long-meta-short-asia-memory")
    assert at_home["reason"].isna().all()
    assert at_home["total_return"].notna().all()
    assert "--universe ai_infrastructure_global" in found.table.loc["long-meta-short-asia-memory", "reason"]
    assert "glut-regime" in found.notes[-1]
