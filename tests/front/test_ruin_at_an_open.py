"""A short whose NAV is at or below zero at an open alone: a ruin in every door, by plain arithmetic on both marks."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.reports.run.page import render_report
from hedgebook.universes.market import Market
from tests import markets
from tests.cli.console import hedgebook
from tests.markets import universe_text

from .one_short import opens_of, write_files

SESSIONS, ENTRY, SPIKE, LATER = 50, 12, 23, 31
# Shorted at 16, opened at 32 once, at 27 later, and never above 17.5 at a close.
CLOSES = 16.0 + 1.2 * np.sin(0.7 * np.arange(SESSIONS))
OPENS = np.concatenate([CLOSES[:1], CLOSES[:-1]])
OPENS[ENTRY], OPENS[SPIKE], OPENS[LATER] = 16.0, 32.0, 27.0
# The size of exactly one is worth nothing at the open of 32, to the last digit or but for one.
SIZES = (0.0, *np.round(np.linspace(0.05, 0.95, 41), 4).tolist(), 1.0, *np.linspace(1.1, 1.4, 31).round(4).tolist())
DAYS = pd.bdate_range("2024-03-04", periods=60).difference(pd.DatetimeIndex(["2024-03-29"]))[:SESSIONS]


def spiky() -> Market:
    other = np.linspace(50.0, 55.0, SESSIONS)
    return markets.market_of(
        {"open": np.column_stack([OPENS, other]), "close": np.column_stack([CLOSES, other])}, ["ACME", "BOLT"]
    )


def short(market: Market, size: float, until: int = SESSIONS) -> Schedule:
    """ACME sold short at an open, and bought back at a later one unless that is after the end."""
    rows = [ENTRY, until] if until < SESSIONS else [ENTRY]
    weights = np.array([[-size, np.nan], [0.0, np.nan]])[: len(rows)]
    decided = np.array([market.mark_time(row - 1, 1) for row in rows])
    return Schedule(("ACME", "BOLT"), decided, market.sessions[rows], np.zeros(len(rows), dtype=np.int64), weights)


def path(size: float, until: int = SESSIONS) -> list[tuple[float, float]]:
    """NAV over the capital at open and close of each session, without costs: shares are kept."""
    shares, cash, found = -size / OPENS[ENTRY], 1.0 + size, []
    for t in range(ENTRY, SESSIONS):
        if t == until:
            cash, shares = cash + shares * OPENS[t], 0.0
        found.append((cash + shares * OPENS[t], cash + shares * CLOSES[t]))
    return found


def slow(size: float, until: int = SESSIONS) -> dict[str, float]:
    """What may be said of a path, by the rule in words."""
    marks, high, deepest, lost, last, returns = path(size, until), 1.0, 0.0, math.nan, 1.0, []
    for t, (opened, closed) in enumerate(marks):
        level = min(opened, closed) if opened <= 1e-12 else closed
        returns.append(math.nan if lost == lost else level / last - 1.0)
        lost = float(t) if level <= 1e-12 and math.isnan(lost) else lost
        high, last = max(high, level), level
        deepest = min(deepest, level / high - 1.0)
    mean = sum(returns) / len(returns)
    spread = math.sqrt(sum((x - mean) ** 2 for x in returns) / (len(returns) - 1))
    sharpe = mean / spread * math.sqrt(252) if spread > 0.0 else math.nan
    return {"sharpe": sharpe, "max_drawdown": deepest, "total_return": marks[-1][1] - 1.0, "lost": lost}


def test_the_paths_are_what_they_are_meant_to_be() -> None:
    opens_only = [size for size in SIZES if size > 0.0 and min(closed for _, closed in path(size)) > 0.0]
    assert [size for size in opens_only if min(opened for opened, _ in path(size)) < 1e-12] == list(SIZES[42:])
    assert path(1.0)[SPIKE - ENTRY][0] == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("until", [SESSIONS, SPIKE - 2, SPIKE, SPIKE + 5, LATER])
def test_a_sweep_of_many_sets_ranks_none_of_them(until: int) -> None:
    market = spiky()
    swept = hb.sweep(short, market, hb.Costs(), size=list(SIZES), until=[until])
    lost = 0
    for row in swept.table.to_dict("records"):
        expected = slow(float(row["size"]), until)
        lost += expected["lost"] == expected["lost"]
        for name in ("sharpe", "max_drawdown", "total_return"):
            assert row[name] == pytest.approx(expected[name], rel=1e-9, abs=1e-12, nan_ok=True), (row["size"], name)
    assert swept.ruined == lost == (0 if until < SPIKE else len(SIZES) - 42)
    assert until < SPIKE or float(swept.sets.at(int(swept.top[0]))["size"]) < 1.0


@pytest.mark.parametrize("size", [0.5, 1.0, 1.25])
def test_a_set_alone_and_among_others_has_the_same_figures(size: float) -> None:
    market = spiky()
    among = hb.sweep(short, market, hb.Costs(), size=list(SIZES)).table.set_index("size").loc[size]
    alone = (
        hb.sweep(short, market, hb.Costs(), metric="total_return", size=[0.2, size]).table.set_index("size").loc[size]
    )
    for name in ("sharpe", "max_drawdown", "total_return", "volatility_annual", "worst_session", "final_nav"):
        assert among[name] == pytest.approx(alone[name], rel=1e-12, nan_ok=True), name


UNIVERSE = universe_text({"pair": ("SPY", "SPIK")})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    index = 400.0 * np.exp(np.cumsum(0.004 * np.random.default_rng(17).standard_normal(SESSIONS)))
    marks = {"SPY": (opens_of(index), index), "SPIK": (OPENS, CLOSES)}
    write_files(tmp_path, DAYS, ENTRY, marks, UNIVERSE)
    return tmp_path


@pytest.mark.parametrize("hold", [SPIKE - ENTRY + 1, 30])
def test_a_trade_says_so_in_every_door(folder: Path, hold: int) -> None:
    """Also where the session that is lost at its open is the last one."""
    market = hb.load_market(folder / "prices.csv", universe=str(folder / "universe.toml"))
    trade = hb.trade(str(folder / "trades.toml") + ":short", hold=hold)
    events, day = str(folder / "events.toml"), f"{DAYS[SPIKE]:%Y-%m-%d}"
    run = hb.backtest(trade, market, "none", events=events)
    gross, navs = float(sum(map(abs, run.plan.weights().values()))), run.backtest.nav
    assert gross == pytest.approx(1.0)
    assert (navs["nav_close"] > 0.0).all()
    assert navs["nav_open"].min() == pytest.approx(0.0, abs=1e-6)
    summary = run.to_dict()
    assert summary["ruined_on"] == day
    for name in ("sharpe", "volatility_annual", "sortino", "cagr", "hit_rate", "worst_session"):
        assert summary[name] is None, name
    assert summary["max_drawdown"] == pytest.approx(-1.0, abs=1e-9)
    assert summary["total_return"] == pytest.approx(float(navs["nav_close"].iloc[-1]) / run.backtest.capital - 1.0)
    returns = run.returns
    assert returns.loc[day] == pytest.approx(-1.0, abs=1e-9)
    assert returns.loc[day:].iloc[1:].isna().all()
    assert np.isfinite(returns.loc[:day]).all()
    assert f"NAV was zero or below on {day}" in render_report(run)
    assert run.drawdowns()["depth"].iloc[0] == pytest.approx(-1.0, abs=1e-9)
    run.save(folder / "run")
    done = hedgebook("verify", "run", "--prices", "prices.csv", "--universe", "universe.toml", cwd=folder)
    assert done.code == 0, done.out + done.err
    for asked in (run, folder / "run"):
        report = hb.risk(asked, market, paths=200, sessions=5)
        assert any("lost its whole capital" in note for note in report.notes)
        own = report.to_dict()["own_figures"]
        assert own["total_return"] == pytest.approx(summary["total_return"], rel=1e-9)
        assert own["max_drawdown"] == pytest.approx(-1.0, abs=1e-9)
    path = folder / "run" / "summary.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "ruined_on": None}))
    assert hedgebook("verify", "run", cwd=folder).code == 1


def test_a_sweep_of_a_trade_equals_its_runs(folder: Path) -> None:
    market = hb.load_market(folder / "prices.csv", universe=str(folder / "universe.toml"))
    trade, events = hb.trade(str(folder / "trades.toml") + ":short"), str(folder / "events.toml")
    holds = list(range(3, 31))
    swept = hb.sweep(trade, market, "none", options=hb.SweepOptions(events=events), hold=holds)
    lost = 0
    for row in swept.table.to_dict("records"):
        run = hb.backtest(trade.replaced(hold=int(row["hold"])), market, "none", events=events)
        lost += run.backtest.ruined_on is not None
        for name, value in run.metrics.to_dict().items():
            if name in row:
                assert row[name] == pytest.approx(value, rel=1e-9, nan_ok=True), (row["hold"], name)
    assert swept.ruined == lost == sum(hold >= SPIKE - ENTRY for hold in holds)
