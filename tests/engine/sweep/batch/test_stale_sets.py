"""How many sets of a sweep end with positions at an old price: as many as their single runs say."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.engine.account import Account
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.rules import Rules
from hedgebook.reports.sweep.page import render_sweep, summarise_sweep
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets
from tests.markets import NAN

SESSIONS = 40


def halting() -> Market:
    """ACME prints always; BOLT not from row 20 to 24, nor its open at 30; DRIFT not from row 28 on."""
    draw = np.random.default_rng(5)
    closes = 50.0 * np.exp(np.cumsum(draw.normal(0.0, 0.02, (SESSIONS, 3)), axis=0))
    opens = np.vstack([closes[:1], closes[:-1]])
    for table in (opens, closes):
        table[20:25, 1] = NAN
        table[28:, 2] = NAN
    opens[30, 1] = NAN
    return markets.market_of({"open": opens, "close": closes}, ["ACME", "BOLT", "DRIFT"])


MARKET = halting()
ENTRY = 10


def held(market: Market, name: str, size: float, exit_at: int) -> Schedule:
    """One ticker from row 10 to a row where it is sold at the open."""
    i = market.column(name)
    rows: list[tuple[int, Mark, list[float]]] = [
        (ENTRY, Mark.OPEN, [size if k == i else 0.0 for k in range(3)]), (exit_at, Mark.OPEN, [0.0] * 3)
    ]  # fmt: skip
    return markets.schedule_of(market, rows)


AXES: dict[str, Any] = {
    "name": ["ACME", "BOLT", "DRIFT"],
    "size": [0.0, 0.5, -0.5],
    "exit_at": [15, 20, 21, 24, 25, 28, 29, 30, 39],
    "until": [None],
}
ACCOUNTS = {
    "plain": Account(),
    "settled": Account.model_validate({"delisting": {"delisted": {"DRIFT": "2020-01-01"}, "recovery_frac": 0.3}}),
}


def ending(market: Market, row: int) -> str:
    return str(market.sessions[row])


@pytest.mark.parametrize("account", list(ACCOUNTS))
@pytest.mark.parametrize("last", [20, 21, 24, 25, 28, 30, 39])
def test_every_set_counts_as_its_single_run_does(account: str, last: int) -> None:
    axes = {**AXES, "exit_at": [e for e in AXES["exit_at"] if e <= last], "until": [ending(MARKET, last)]}
    axes["stop_loss"] = [None, 0.0001]
    swept = hb.sweep(held, MARKET, "none", ACCOUNTS[account], metric="total_return", **axes)
    found = 0
    for _, row in swept.table.iterrows():
        schedule = held(MARKET, str(row["name"]), float(row["size"]), int(row["exit_at"]))
        rules = Rules(stop_loss=None if pd.isna(row["stop_loss"]) else float(row["stop_loss"]))
        run = run_schedule(MARKET, schedule, "none", ACCOUNTS[account], rules=rules, until=str(row["until"]))
        assert row["stale_positions"] == len(run.stale), row
        found += bool(run.stale)
    assert swept.stale == found


def test_what_is_printed_counts_them() -> None:
    axes = {**AXES, "until": [ending(MARKET, 39)]}
    swept = hb.sweep(held, MARKET, "none", metric="total_return", **axes)
    # DRIFT in both directions, but for those who left before its last print.
    wanted = 2 * sum(row >= 28 for row in AXES["exit_at"])
    assert swept.stale == wanted == 8
    assert json.loads(json.dumps(summarise_sweep(swept), allow_nan=False))["stale"] == wanted
    words = f"{wanted} of {swept.count} sets held stale positions at their end"
    assert any(words in warning for warning in swept.warnings)
    page = render_sweep(swept)
    assert words in page
    assert f"{wanted} of {swept.count} held stale prices at the end" in page
    filled = {name: np.nan_to_num(getattr(MARKET, name), nan=40.0) for name in ("open", "close")}
    whole = dataclasses.replace(MARKET, **filled)
    clean = hb.sweep(held, whole, "none", metric="total_return", **axes)
    assert clean.stale == 0
    assert "stale" not in " ".join(clean.warnings)


def test_a_set_that_could_not_run_has_no_count() -> None:
    def fails(market: Market, exit_at: int) -> Schedule:
        if exit_at == 20:
            raise ValueError("never here")
        return held(market, "DRIFT", 0.5, exit_at)

    table = hb.sweep(fails, MARKET, "none", metric="total_return", exit_at=[15, 20, 30]).table
    assert table["stale_positions"].isna().tolist() == [False, True, False]
    assert table["stale_positions"].iloc[[0, 2]].tolist() == [0.0, 1.0]
