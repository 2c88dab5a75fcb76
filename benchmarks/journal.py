"""The journal: rows made again byte for byte, revised prices named, and what a kill at any moment leaves.

Its figures are kept in benchmarks/figures/journal.json, from which docs/journal.py writes its tables.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import tempfile
import time
from pathlib import Path

import numpy as np

import hedgebook as hb
from hedgebook.errors import VerificationError
from hedgebook.strategies.catalogue.find import find_strategy
from hedgebook.strategies.catalogue.read import load_trades
from hedgebook.strategies.trade.trade import EventTrade
from hedgebook.universes.market import FIELDS

KILLS, REVISIONS, TRADES = 30, 1000, 1000
TINY = {"KILLS": 1, "REVISIONS": 20, "TRADES": 1}
KEPT = Path(__file__).parent / "figures" / "journal.json"
NAME, SEED = "long-meta-short-neocloud", 20260701
MOST_BEFORE = 4  # sessions that a process has told of when it may be killed
FIRST, LAST = "2026-07-01", "2026-07-30"


def kills(market: hb.Market, folder: Path) -> dict[str, object]:
    """Processes that mark session by session, each killed at a random moment; what they told of must be there."""
    path, draw, told, alive = folder / "kills.sqlite", random.Random(SEED), 0, 0
    days = [str(day) for day in market.sessions if FIRST < str(day) <= LAST]
    for number in range(KILLS):
        name = f"kill-{number}"
        hb.journal.open(NAME, market, name=name, as_of=FIRST, file=path)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            for day in days:
                hb.journal.mark(name, market, as_of=day, file=path)
                os.write(writing, f"{day}\n".encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            # After some sessions, at any moment of the next one, however fast the machine is.
            said = {pipe.readline().strip() for _ in range(draw.randint(0, MOST_BEFORE))}
            time.sleep(draw.uniform(0.0, 0.3))
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            alive += os.WIFSIGNALED(status)
            said |= set(pipe.read().split())
        told += len(said)
        there = {row["session"] for row in hb.journal.show(name, file=path).state.rows}
        if not said <= there:
            raise VerificationError(f"kill {number} lost {sorted(said - there)}")
    found = hb.journal.verify(file=path)
    if not found.sound:
        raise VerificationError(f"after {KILLS} kills: {found}")
    return {"kills": KILLS, "killed_at_work": alive, "told": told, "rows": found.rows, "lost": 0}


def revisions(market: hb.Market, folder: Path) -> dict[str, object]:
    """Cells of kept sessions that a vendor changes, each to a figure of its own, and how many of them are named."""
    path, draw = folder / "revisions.sqlite", np.random.default_rng(SEED)
    state = hb.journal.open(NAME, market, as_of=LAST, file=path).state
    kept = state.kept
    tables = {name: getattr(market, name).copy() for name in FIELDS}
    rows = np.searchsorted(market.sessions, kept.sessions)
    columns = [market.column(ticker) for ticker in kept.tickers]
    cells = np.argwhere(np.isfinite(kept.values))
    wanted = {}
    for f, t, i in cells[draw.permutation(len(cells))[:REVISIONS]]:
        old = tables[FIELDS[f]][rows[t], columns[i]]
        new = float(old * (1.0 + draw.choice([-1.0, 1.0]) * 10.0 ** draw.uniform(-6.0, -0.5)))
        tables[FIELDS[f]][rows[t], columns[i]] = new
        wanted[kept.tickers[i], str(kept.sessions[t]), FIELDS[f]] = (float(old), new)
    vendor = dataclasses.replace(market, **tables)
    found = hb.journal.mark(NAME, vendor, as_of=LAST, file=path)
    named = {
        (one["ticker"], one["session"], one["field"]): (one["kept"], one["now"])
        for told in found.revisions
        for one in told["revisions"]
    }
    again = hb.journal.mark(NAME, vendor, as_of=LAST, file=path)
    if named != wanted or again.revisions or not hb.journal.verify(file=path).sound:
        raise VerificationError(f"{len(set(named) & set(wanted))} of {len(wanted)} revisions were named")
    return {"injected": len(wanted), "named": len(named), "smallest_frac": 1e-6}


def replay(market: hb.Market, folder: Path) -> dict[str, object]:
    """Every event trade of the catalogue, opened before its entry where that can be and marked session by session; its
    rows have to follow again byte for byte and to have the NAV of its backtest to the last bit."""
    path, rows, opened = folder / "replay.sqlite", 0, 0
    for name in list(load_trades())[:TRADES]:
        trade = find_strategy(name)
        if not isinstance(trade, EventTrade) or trade.hindsight:
            continue
        try:
            run = hb.backtest(trade, market)
        except hb.InputError:
            continue
        state = hb.journal.open(trade, market, as_of=str(run.nav.index[0])[:10], file=path).state
        for day in run.nav.index[1:]:
            state = hb.journal.mark(name, market, as_of=str(day)[:10], file=path).state
        navs = [row["nav_usd"] for row in state.rows]
        if navs != run.nav["nav_close"].tolist()[: len(navs)]:
            raise VerificationError(f"{name}: NAV of the journal is not that of the backtest")
        opened, rows = opened + 1, rows + len(navs)
    start = time.perf_counter()
    if not hb.journal.verify(file=path).sound:
        raise VerificationError("rows do not follow again")
    took = time.perf_counter() - start
    return {"trades": opened, "rows": rows, "seconds": took, "mark_seconds": _mark_seconds(market, folder)}


def _mark_seconds(market: hb.Market, folder: Path) -> float:
    path = folder / "speed.sqlite"
    hb.journal.open(NAME, market, as_of=FIRST, file=path)
    took = []
    for day in [str(one) for one in market.sessions if FIRST < str(one) <= LAST]:
        start = time.perf_counter()
        hb.journal.mark(NAME, market, as_of=day, file=path)
        took.append(time.perf_counter() - start)
    return float(np.median(took))


def main() -> int:
    """Measure everything, print it and keep it; raises VerificationError for anything lost, missed or different."""
    market = hb.sample_market()
    with tempfile.TemporaryDirectory() as folder:
        parts = (kills, revisions, replay)
        found = {part.__name__: part(market, Path(folder)) for part in parts}
    for name, told in found.items():
        print(f"{name:<12}{'  '.join(f'{key} {value}' for key, value in told.items())}")
    if KILLS == 30:
        KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0
