"""What risk says as of a date rests on nothing after it, but for replays that are marked later; and on nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.frictions.costs import Costs
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.risk.prices import tickers_needed
from hedgebook.strategies.run.run import run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market
from tests import markets

AS_OF = "2025-03-28"  # two sessions after the fill of one event of the library, in the middle of others
FAST: dict[str, Any] = {"paths": 300, "sessions": 10}


def told(report: hb.Risk) -> dict[str, Any]:
    """Everything that a report says, without replays that it marks as later."""
    found: dict[str, Any] = report.to_dict()
    found["replays"] = [r for r in found["replays"] if not r["later"]]
    return found


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "book.csv"
    path.write_text("ticker,shares\nNVDA,1000\nMU,500\nNBIS,-800\nSPY,-20\n")
    return path


@pytest.fixture(scope="module")
def whole(book: Path) -> dict[str, Any]:
    return told(hb.risk(str(book), sample_market(), as_of=AS_OF, **FAST))


def test_a_book_as_of_a_date_knows_no_later_price(market: hb.Market, book: Path, whole: dict[str, Any]) -> None:
    row = market.session_index(AS_OF)
    short = told(hb.risk(str(book), market.rows(0, row + 1), as_of=AS_OF, **FAST))
    assert short == whole
    assert told(hb.risk(str(book), market.rows(0, row + 1), **FAST)) == whole
    other = told(hb.risk(str(book), markets.changed_after(market, row, 5), as_of=AS_OF, **FAST))
    assert other == whole
    known = [r for r in whole["replays"] if r["result"] is not None]
    assert any("stops at 2025-03-28" in r["reason"] for r in known)
    assert all(str(r["first_fill"]) <= AS_OF for r in known)


def test_later_replays_are_marked_and_come_last(book: Path) -> None:
    from hedgebook.reports.risk.stress_tables import replays_table

    report = hb.risk(str(book), sample_market(), as_of=AS_OF, **FAST)
    late = {r.event.id for r in report.replays if r.later}
    assert late == {r.event.id for r in report.replays if r.first_fill is not None and str(r.first_fill) > AS_OF}
    shown = [row for row in replays_table(report).rows if row[1] != "–"]
    marks = ["later" in row[4] for row in shown]
    assert any(marks)
    assert marks == sorted(marks)


def test_a_run_knows_no_later_price_but_its_own() -> None:
    market, event = sample_market(), load_events().get("meta-compute-2026")
    row = market.session_index("2026-06-30")

    def risk_of(prices: Market) -> dict[str, Any]:
        found = told(
            hb.risk(
                run_trade(find_trade("long-meta-short-neocloud", hold=2), event, RunSetting(prices, Costs())), **FAST
            )
        )
        # What its own NAV did came after, and is said to be that.
        assert "the run's own NAV" in found.pop("drawdowns_of")
        found.pop("drawdowns")
        assert found.pop("own_figures")["sessions"] >= 2
        return found

    first, second = risk_of(market), risk_of(markets.changed_after(market, row, 9))
    assert first == second
    assert not any(str(r["first_fill"]) > "2026-06-30" for r in first["replays"])


def test_a_book_is_judged_by_what_it_holds_and_its_proxies(
    market: hb.Market, book: Path, whole: dict[str, Any]
) -> None:
    """The same report from the prices of the holdings, their buckets, the proxies and what scenarios move."""
    names = {"NVDA", "MU", "NBIS", "SPY", "SMH", "IBIT", "MTUM", "TLT"}
    buckets = {market.bucket_of(name) for name in ("NVDA", "MU", "NBIS")}
    names |= {m.ticker for b in market.universe.buckets if b.name in buckets for m in b.members}
    fewer = markets.permuted(market, [i for i, t in enumerate(market.tickers) if t in names])
    assert len(fewer.tickers) < len(market.tickers)
    assert told(hb.risk(str(book), fewer, as_of=AS_OF, **FAST)) == whole


def test_what_is_read_of_a_large_universe(tmp_path: Path) -> None:
    tickers = [f"N{i:03d}" for i in range(240)]
    buckets = {"index": ["SPY", "SMH"], **{f"b{k:02d}": tickers[k::12] for k in range(12)}}
    (tmp_path / "many.toml").write_text(markets.universe_text(buckets))
    universe = hb.load_universe(tmp_path / "many.toml")
    book = tmp_path / "book.csv"
    book.write_text("ticker,shares\nN003,10\nN004,-5\nCASH,1000\n")
    found = tickers_needed(str(book), universe, "scenarios", "N100")
    assert found is not None
    assert found >= {*tickers[3::12], *tickers[4::12], "SPY", "SMH", "IBIT", "MTUM", "TLT", "N100"}
    assert "N005" not in found
    book.write_text("ticker,shares\nN003,10\nN9,-5\n")
    assert tickers_needed(str(book), universe, "scenarios", None) is None
    assert tickers_needed(str(book), sample_market().universe, "scenarios", None) is None
    assert tickers_needed(str(tmp_path / "none.csv"), universe, "scenarios", None) is None
    # Only those are read, and the sessions are the same: N200 begins the file alone and N201 ends it.
    days = markets.session_days(30, "2026-01-05")
    close = 50.0 + np.random.default_rng(2).normal(0, 0.3, (30, 240)).cumsum(axis=0)
    close[:3, [i for i in range(240) if i != 200]] = np.nan
    close[27:, [i for i in range(240) if i != 201]] = np.nan
    rows = [
        f"{days[t]},{name},{close[t, i]:.4f}"
        for t in range(30)
        for i, name in enumerate(tickers)
        if np.isfinite(close[t, i])
    ]
    (tmp_path / "prices.csv").write_text("date,ticker,close\n" + "\n".join(rows) + "\n")
    everything = hb.load_market(tmp_path / "prices.csv", universe)
    part = hb.load_market(tmp_path / "prices.csv", universe, among=found)
    np.testing.assert_array_equal(part.sessions, everything.sessions)
    assert set(part.tickers) == ({*tickers} & found) | {"N200", "N201"}
    for ticker in ("N003", "N100"):
        i, j = part.column(ticker), everything.column(ticker)
        np.testing.assert_array_equal(part.close[:, i], everything.close[:, j])
