"""Reports of runs without an event: no word of one, bounded tables, holdings and round trips."""

from __future__ import annotations

import html as markup
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.front.run import Run
from hedgebook.reports.page.numbers import day, number, percent
from hedgebook.reports.page.section import SIMULATED_BADGE
from hedgebook.reports.run import tables
from hedgebook.reports.run.equity import equity_figure
from hedgebook.reports.run.holdings import holdings_figure, holdings_table
from hedgebook.reports.run.orders import fills
from hedgebook.reports.run.orders.trips import round_trips_table
from hedgebook.reports.run.page import render_report, sections
from hedgebook.reports.run.pnl import tables as pnl_tables
from tests import markets

WORDS = re.compile(r"\b(trades?|news|entry|exit|entered|legs?|hedge|event)\b", re.IGNORECASE)


def sway(market: hb.Market, every: int, seed: int = 3, **more: object) -> hb.Strategy:
    """Random weights every so many closes, flat in every third row."""
    draw = np.random.default_rng(seed)
    days = pd.DatetimeIndex(market.sessions[:-1:every].astype("datetime64[ns]"))
    frame = pd.DataFrame(draw.uniform(-0.3, 0.3, (len(days), len(market.tickers))), days, list(market.tickers))
    frame.iloc[2::3] = 0.0
    return hb.weights(frame, **more)


@pytest.fixture(scope="module")
def long() -> Run:
    market = markets.random_market(4, sessions=400, tickers=9, missing_frac=0.02)
    return hb.backtest(sway(market, 1, capital=1e7, title="Sway"), market)


@pytest.fixture(scope="module")
def short() -> Run:
    market = markets.random_market(5, sessions=30, tickers=4, missing_frac=0.0)
    return hb.backtest(sway(market, 6), market, costs="none")


def text_of(run: Run) -> str:
    page = re.sub(r"<(script|style).*?</\1>", " ", render_report(run), flags=re.DOTALL)
    return markup.unescape(re.sub(r"<[^>]+>", " ", page))


def test_nothing_is_said_of_what_there_is_not(long: Run, short: Run) -> None:
    for run in (long, short):
        said = text_of(run).replace(SIMULATED_BADGE, "")
        for name in ("half_spread", "slippage", "commission", "impact", "borrow", "cash"):
            said = said.replace(getattr(run.backtest.costs, name).reason or "\0", "")
        assert not WORDS.findall(said)
        names = [section.name for section in sections(run)]
        assert "holdings" in names
        assert "trips" in names
        assert "factor-pnl" in names
        assert not {"event-day", "risk", "weights", "shorts"} & set(names)
        assert equity_figure(run).layout["annotations"] == []
        assert len(equity_figure(run).data) == 2


def test_thousands_of_fills_are_cut_and_the_reader_is_told_where_all_are(long: Run) -> None:
    count = len(long.fills)
    assert count > 1500
    table = fills.fills_table(long, detailed=True)
    assert len(table.rows) == fills.MAX_FILLS + 2  # what was left out, and the total
    assert table.rows[0][0] == day(long.fills["session"].iloc[0])
    assert table.rows[-2][2] == long.fills["ticker"].iloc[-1]
    assert f"{count - fills.MAX_FILLS:,} more" in table.rows[fills.MAX_FILLS // 2]
    assert "fills.parquet" in table.note
    assert table.rows[-1][-1] == number(long.fills["cost"].sum())
    assert len(render_report(long)) < 1_500_000


def test_rejected_orders_are_cut_and_counted(long: Run) -> None:
    found = long.rejected
    assert len(found) > 20
    table = fills.rejected_table(long, limit=10)
    assert len(table.rows) == 11
    counts = found["status"].value_counts()
    told = [int(x.replace(",", "")) for x in re.findall(r": ([\d,]+)[;.]", table.note)]
    assert sum(told) == counts.sum()


def test_many_tickers_are_put_together_and_still_add_up(long: Run) -> None:
    table = pnl_tables.pnl_table(long, limit=4)
    by_ticker = long.pnl("ticker")
    others = next(row for row in table.rows if row[0].endswith("others"))
    kept = by_ticker["total"].abs().nlargest(4).index
    assert [row[0] for row in table.rows[:4]] == [t for t in by_ticker.index if t in kept]
    assert others[-1] == number(by_ticker.drop(index=kept)["total"].sum(), 0)


def test_holdings_are_those_of_the_positions(short: Run) -> None:
    """Worked out from shares, closes and fills, one session at a time."""
    market, nav = short.market, short.nav["nav_close"]
    before = short.capital
    shares = dict.fromkeys(market.tickers, 0.0)
    for day_, row in short.holdings.iterrows():
        fills = short.fills[short.fills["session"] == day_]
        for _, fill in fills.iterrows():
            shares[fill["ticker"]] += fill["shares"]
        t = market.session_index(np.datetime64(day_, "D"))
        values = [q * market.close[t, market.column(name)] for name, q in shares.items() if abs(q) > 1e-9]
        assert row["gross"] == pytest.approx(sum(map(abs, values)) / nav[day_], abs=1e-12)
        assert row["net"] == pytest.approx(sum(values) / nav[day_], abs=1e-12)
        assert row["positions"] == len(values)
        assert row["turnover"] == pytest.approx((fills["shares"].abs() * fills["reference"]).sum() / before, abs=1e-12)
        before = nav[day_]
    table = holdings_table(short)
    assert table.columns[0].name == "Month"
    compounded = (1 + short.returns).groupby(short.returns.index.strftime("%Y-%m")).prod() - 1  # type: ignore[attr-defined]
    assert [(row[0], row[1]) for row in table.rows] == [(m, percent(x)) for m, x in compounded.items()]
    bars = next(trace for trace in holdings_figure(short).data if trace["type"] == "bar")
    assert sum(bars["y"]) == pytest.approx(short.holdings["turnover"].sum())


def test_many_months_are_told_by_year(long: Run) -> None:
    table = holdings_table(long)
    assert table.columns[0].name == "Year"
    assert len(table.rows) == len({session.year for session in long.sessions})


def test_round_trips_are_summed_up_by_side(long: Run) -> None:
    trips = long.round_trips
    rows: dict[str, tuple[str, ...]] = {row[0]: row[1:] for row in round_trips_table(long).rows}
    closed = trips[~trips["open"]]
    for k, part in enumerate((closed, closed[closed["side"] == "long"], closed[closed["side"] == "short"])):
        gains = [x for x in part["pnl_usd"] if x > 0]
        losses = [x for x in part["pnl_usd"] if x < 0]
        assert rows["Closed"][k] == f"{len(part):,}"
        assert rows["Hit rate"][k] == percent(len(gains) / (len(gains) + len(losses)))
        assert rows["Average gain"][k] == number(sum(gains) / len(gains), 0)
        assert rows["Worst"][k] == number(min(part["pnl_usd"]), 0)
        assert rows["Gains over losses"][k] == number(sum(gains) / -sum(losses))


def test_long_runs_have_annual_figures_in_the_headline(long: Run, short: Run) -> None:
    rows: dict[str, str] = dict(tables.headline_table(long).rows)
    assert rows["Growth a year"] == percent((long.final_nav / long.capital) ** (252 / len(long.sessions)) - 1)
    assert {"Sharpe ± error", "Sortino", "Calmar", "Turnover a year"} <= set(rows)
    assert rows["Turnover a year"] == percent(252 * long.holdings["turnover"].sum() / len(long.sessions), 0)
    assert "Sharpe ± error" not in dict(tables.headline_table(short).rows)


def test_a_run_that_held_nothing_leaves_out_what_it_has_not(tmp_path: Path) -> None:
    market = markets.random_market(6, sessions=30, tickers=3, missing_frac=0.0)
    nothing = pd.DataFrame({"T1": [0.0]}, index=pd.DatetimeIndex(market.sessions[2:3].astype("datetime64[ns]")))
    run = hb.backtest(nothing, market)
    names = [section.name for section in sections(run)]
    assert not {"holdings", "trips", "fills", "rejected", "margin"} & set(names)
    assert run.report(tmp_path / "report.html").is_file()
    assert round_trips_table(run).rows == ()


def test_a_ruined_run_has_no_share_of_nav(tmp_path: Path) -> None:
    close = np.array([[10.0], [10.0], [10.0], [40.0], [45.0]])
    market = markets.market_of({"open": close, "close": close}, ("ACME",))
    short = pd.DataFrame({"ACME": [-2.0]}, index=pd.DatetimeIndex(market.sessions[:1].astype("datetime64[ns]")))
    run = hb.backtest(short, market, costs="none")
    assert run.holdings["gross"].isna().tolist() == [False, False, True, True]
    assert run.report(tmp_path / "report.html").is_file()
    folder = run.save(tmp_path / "run")
    assert hb.load_run(folder).verify().passed
    assert run.round_trips["pnl_usd"].tolist() == pytest.approx([-2 / 10 * 35 * run.capital])
