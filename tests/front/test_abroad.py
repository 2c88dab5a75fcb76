"""A trade over New York and Seoul in dollars and won through the command, its folder and its report."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import hedgebook as hb
from hedgebook.cli.app import app
from hedgebook.engine.backtest.result import identity_gap
from hedgebook.universes.calendar import trading_calendar

EXAMPLE = Path(__file__).parents[2] / "examples" / "long_meta_short_asia_memory.toml"
NAME = "long-meta-short-asia-memory"
TRADE = f"{EXAMPLE}:{NAME}"
SHORT = ("000660.KS", "005930.KS")


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their file."""
    return write_prices(tmp_path_factory.mktemp("abroad") / "prices.parquet")


def write_prices(path: Path) -> Path:
    """META and SPY of the sample market, two made-up shares in won, and a rate on every weekday."""
    market, draw = hb.sample_market(), np.random.default_rng(8)
    parts = []
    for ticker in ("META", "SPY"):
        fields = {name: getattr(market, name)[:, market.column(ticker)] for name in ("open", "close", "volume")}
        parts.append(pd.DataFrame({"date": market.sessions, "ticker": ticker, **fields}))
    days = trading_calendar(2024, 2026, "XKRX").sessions
    days = days[(days >= market.sessions[0]) & (days <= market.sessions[-1])]
    for ticker in SHORT:
        marks = 200_000.0 * np.exp(np.cumsum(draw.normal(0.0, 0.015, 2 * len(days))))
        fields = {"open": marks[0::2], "close": marks[1::2], "volume": np.full(len(days), 3e6)}
        parts.append(pd.DataFrame({"date": days, "ticker": ticker, **fields}))
    weekdays = pd.bdate_range(market.sessions[0], market.sessions[-1])
    rate = 0.0007 * np.exp(np.cumsum(draw.normal(0.0, 0.005, len(weekdays))))
    parts.append(pd.DataFrame({"date": weekdays, "ticker": "KRWUSD=X", "close": rate}))
    pd.concat(parts).to_parquet(path)
    return path


def test_the_example_runs_and_its_folder_agrees_with_itself(prices: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    asked = ["run", TRADE, "--universe", "ai_infrastructure_global", "--prices", str(prices), "--out", str(out)]
    done = CliRunner().invoke(app, [*asked, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    split = told["pnl_by_currency"]
    assert set(split) == {"META", *SHORT}
    assert split["META"]["currency"] == 0.0
    moved = sum(sum(one.values()) for one in split.values())
    causes = told["pnl_by_cause"]
    assert moved == pytest.approx(causes["overnight"] + causes["intraday"], abs=1e-6)
    run = hb.load_run(out)
    assert run.verify().passed
    fills = run.fills.groupby("ticker")[["session", "mark", "exchange"]].first()
    assert fills.loc["META"].tolist() == [pd.Timestamp("2026-07-01"), "open", "XNYS"]
    for ticker in SHORT:
        assert fills.loc[ticker].tolist() == [pd.Timestamp("2026-07-02"), "open", "XKRX"]
    assert "Prices and exchange rates" in (out / "report.html").read_text()


def test_a_sweep_over_several_exchanges_is_its_single_runs(prices: Path) -> None:
    market = hb.load_market(prices, "ai_infrastructure_global")
    swept = hb.sweep(hb.trade(TRADE), market, hold=[2, 5], stop_loss=[None, 0.02]).table
    for _, row in swept.iterrows():
        stop = None if pd.isna(row["stop_loss"]) else float(row["stop_loss"])
        alone = hb.backtest(hb.trade(TRADE).replaced(hold=int(row["hold"]), stop_loss=stop), market)
        assert row["final_nav"] == alone.final_nav


def test_the_catalogue_has_the_trade_of_the_example_too(prices: Path) -> None:
    market = hb.load_market(prices, "ai_infrastructure_global")
    alone, swept = hb.backtest(NAME, market), hb.backtest(TRADE, market)
    assert alone.final_nav == swept.final_nav


def test_events_share_an_account_over_several_exchanges(prices: Path) -> None:
    market = hb.load_market(prices, "ai_infrastructure_global")
    series = hb.event_series(NAME, market, "none", tags=["oversupply"], overlap="stack", account="none")
    fills = series.book.fills
    for run in series.runs:
        for fill in run.fills.itertuples():
            same = fills[(fills["session"] == fill.session) & (fills["mark"] == fill.mark)]
            assert fill.ticker in set(same["ticker"])
    assert identity_gap(series.book.record, series.book.capital) <= 1e-9
    with pytest.raises(hb.InputError, match="are not scaled to a gross together"):
        hb.event_series(NAME, market, tags=["oversupply"], overlap="cap")


def test_won_are_owed_for_what_is_held_in_won_and_told(prices: Path, tmp_path: Path) -> None:
    account, own = tmp_path / "own.toml", tmp_path / "costs.toml"
    account.write_text("currency_hedge_frac = 1.0\n")
    rates = "{ KRW = { rate_annual = 0.02, margin_rate_annual = 0.04 } }"
    own.write_text(
        f"[cash]\nrate_annual = 0.03\nmargin_rate_annual = 0.055\nexchange_bps = 2.0\nby_currency = {rates}\n"
    )
    out = tmp_path / "run"
    asked = ["run", TRADE, "--universe", "ai_infrastructure_global", "--prices", str(prices), "--out", str(out)]
    done = CliRunner().invoke(app, [*asked, "--account", str(account), "--costs", str(own), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    money = told["money"]
    assert set(money) == {"USD", "KRW"}
    assert money["KRW"]["interest"] > 0.0  # the shares are short, so won are owned
    kept = hb.load_run(out)
    assert kept.verify().passed
    page = (out / "report.html").read_text()
    assert "Money by currency" in page
    assert hb.replay(out).identical
