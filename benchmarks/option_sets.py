"""A sweep of 100,000 option parameter sets of one event, as `hedgebook express --sweep` runs it, answers checked.

Run as `python -m benchmarks option_sets`. Deltas, days and widths of nine structures of the flagship trade; quotes are
modelled. P&L and drawdown of a sample of sets of every structure must equal those of their single runs, which trade
contract by contract through `options.run_options`, to 1e-10 of the capital.
Bound: 60 s with luck, tables and folder, on two cores, and 1.5 GB.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import hedgebook as hb
from hedgebook.errors import VerificationError

from . import function_sweep, rank_sweep

TRADE = "long-meta-short-neocloud"
SWEEP = "delta=0.11:0.5:0.01,days=20:116:4,width=0.03:0.52:0.01"
SAMPLE = 3
MOST_SECONDS, MOST_MB = 60.0, 1500.0
EXACT_FRAC = 1e-10
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"SWEEP": "delta=0.3:0.5:0.2,days=25:60:35,width=0.1:0.2:0.1", "SAMPLE": 1}


def check(market: hb.Market, found: hb.Expressed, sample: int) -> int:
    """Raise VerificationError unless a sample of sets of every structure equals single runs; how many were checked."""
    assert found.swept is not None
    table, draws, checked = found.swept.table, random.Random(1), 0
    for name, mine in table[table["contracts"] > 0.0].groupby("structure"):
        for row in draws.sample(range(len(mine)), min(sample, len(mine))):
            told = mine.iloc[row]
            given: dict[str, Any] = {
                key: told[key] for key in ("delta", "days", "width_frac") if told[key] == told[key]
            }
            if "days" in given:
                given["days"] = int(given["days"])
            alone = hb.express(TRADE, market, only=str(name), **given).of(str(name))
            assert alone is not None
            for figure in ("pnl_usd", "drawdown_usd"):
                if not abs(told[figure] - alone.figures[figure]) <= EXACT_FRAC * found.capital_usd:
                    what = (
                        f"{figure} of {name} {given} is {told[figure]!r}, of its single run {alone.figures[figure]!r}"
                    )
                    raise VerificationError(what)
            checked += 1
    return checked


def main() -> int:
    """Print the time and its bound; 0 when it is met."""
    market = hb.sample_market()
    # What a first sweep loads is not the time of a set.
    hb.express(TRADE, market, sweep="delta=0.3:0.4:0.1")
    with tempfile.TemporaryDirectory() as scratch:
        start, cpu = time.perf_counter(), rank_sweep.cpu_seconds()
        found = hb.express(TRADE, market, sweep=SWEEP)
        swept = time.perf_counter() - start
        folder = found.save(Path(scratch) / "sets")
        took, cpu = time.perf_counter() - start, rank_sweep.cpu_seconds() - cpu
        page = (folder / "report.html").stat().st_size / 1e6
    memory = function_sweep.peak_mb()
    print(f"{check(market, found, SAMPLE)} sets equal their single runs to {EXACT_FRAC:g} of the capital")
    assert found.swept is not None
    size = f"{len(found.swept.table):,} sets, {found.swept.distinct:,} of them different, {os.cpu_count()} cores"
    print(f"{size}: {took:.1f} s with its folder, {swept:.1f} s without (bound {MOST_SECONDS:.0f} s on two)")
    print(f"CPU: {cpu:.1f} s; memory: {memory:.0f} MB (bound {MOST_MB:.0f}); page: {page:.2f} MB")
    return 0 if took <= MOST_SECONDS and memory <= MOST_MB else 1


if __name__ == "__main__":
    sys.exit(main())
