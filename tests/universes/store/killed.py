"""`python -m tests.universes.store.killed [TIMES]`: kill fetch at random moments; nothing may be lost or corrupted.

A child fetches revisions of prices in a loop and says each one that is done; it is killed (SIGKILL) at a random moment.
Then the store has to be sound, to hold every revision that was said, and of the one that was in the making all or none.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

import hedgebook as hb

SESSIONS, TICKERS = 250, ("META", "NVDA", "CRWV", "SPY")
CHILD = "from tests.universes.store.killed import child; child()"


def prices(revision: int) -> pd.DataFrame:
    """Prices of a revision: one session more than the one before, and an older close of META that tells it."""
    days = pd.DatetimeIndex(hb.sample_market().sessions[: SESSIONS + revision].astype("datetime64[ns]"))
    parts = []
    for k, ticker in enumerate(TICKERS[:2] + TICKERS[3:]):
        close = 100.0 + k + 5.0 * np.sin(np.arange(len(days)) / 9.0 + k)
        close[10] += 0.001 * revision if ticker == "META" else 0.0
        parts.append(pd.DataFrame({"date": days, "ticker": ticker, "close": close}))
    return pd.concat(parts, ignore_index=True)


def child() -> None:
    """Fetch from the next revision on, for ever; "N" after revision N, and a line before the first."""
    store = hb.PriceStore()
    revision = len(_known(store))
    with TemporaryDirectory() as aside:  # loads what a fetch needs, so that the kills fall into fetches
        hb.fetch(source=prices(0), store=hb.PriceStore(Path(aside, "prices.duckdb")))
    print("begun", flush=True)
    while True:
        hb.fetch(source=prices(revision))
        print(revision, flush=True)
        revision += 1


def _known(store: hb.PriceStore) -> list[int]:
    if not store.exists:
        return []
    with store.opened() as opened:
        return [int(row[0]) - 1 for row in opened.execute("SELECT fetch_no FROM fetches ORDER BY 1").fetchall()]


def kill_some(times: int, folder: Path, seed: int = 0) -> int:
    """Kill so many fetches and check the store after each; the number of revisions in the end."""
    draws = random.Random(seed)
    os.environ["HEDGEBOOK_DATA"] = str(folder)
    store, said = hb.PriceStore(), -1
    for k in range(times):
        with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True) as fetching:
            assert fetching.stdout is not None
            assert fetching.stdout.readline() == "begun\n"
            # However slow the machine is: the last one has done a revision, so that there is something to lose.
            said = int(fetching.stdout.readline()) if k == times - 1 else said
            time.sleep(draws.uniform(0.0, 1.2))
            fetching.send_signal(signal.SIGKILL)
            said = max([said, *(int(line) for line in fetching.stdout.read().split())])
        known = _known(store)
        assert len(known) in (said + 1, said + 2), (said, known)
        if not known:
            continue
        assert store.verify() == ()
        for revision in {known[-1], known[len(known) // 2]}:
            with store.opened() as opened:
                at = opened.execute("SELECT retrieved_at FROM fetches WHERE fetch_no = ?", [revision + 1]).fetchall()[
                    0
                ][0]
            held = store.frame(as_of=at).sort_values(["ticker", "date"], ignore_index=True)
            wanted = prices(revision).sort_values(["ticker", "date"], ignore_index=True)
            np.testing.assert_array_equal(held["close"].to_numpy(), wanted["close"].to_numpy())
            assert held["ticker"].tolist() == wanted["ticker"].tolist()
    return len(_known(store))


if __name__ == "__main__":
    with TemporaryDirectory() as home:
        count = int(sys.argv[1]) if len(sys.argv) > 1 else 30
        print(f"{count} kills, {kill_some(count, Path(home))} revisions, every one whole")
