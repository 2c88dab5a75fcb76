"""A sweep of 10,000 cross-sectional momentum strategies over ten years of 500 tickers, with a check of its answers.

Run as `python -m benchmarks rank_sweep`. Look-backs, skips, numbers of names and rebalancing rhythms; sets that differ
in names alone share their ranking. Returns of a sample of sets must equal those of its single runs to the last digit.
Bound: 90 s with luck and everything else that a sweep tells, on two cores. Nothing else may run beside it.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import time
from typing import Any

import hedgebook as hb
from hedgebook.errors import VerificationError
from hedgebook.strategies.kinds.rank import CrossSectionalRank

from . import function_sweep, rank

TICKERS, SESSIONS, SAMPLE = 500, 2520, 6
LOOKBACKS, SKIPS, NAMES = range(20, 260, 12), range(0, 20, 2), range(5, 55, 5)
RHYTHMS = (5, 10, 21, 42, 63)
MOST_SECONDS = 90.0
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"TICKERS": 24, "SESSIONS": 260, "LOOKBACKS": (20, 32), "SKIPS": (0, 2), "NAMES": (3, 5), "RHYTHMS": (5, 21)}
# As idle cash earns nothing and nothing costs anything, what is left is planning, simulation and statistics.
FREE: dict[str, Any] = {"costs": "none", "account": "none"}


def axes() -> dict[str, list[int]]:
    """The values of each parameter."""
    return {
        "lookback_sessions": list(LOOKBACKS),
        "skip_sessions": list(SKIPS),
        "names": list(NAMES),
        "every_sessions": list(RHYTHMS),
    }


def cpu_seconds() -> float:
    """What this process and those that it began have taken of the CPU."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, kinds))


def check(market: hb.Market, table: Any) -> None:
    """Raise VerificationError unless a sample of sets equals single runs, their returns to the last digit."""
    names = list(axes())
    for row in random.Random(1).sample(range(len(table)), SAMPLE):
        given = {name: int(table[name].iloc[row]) for name in names}
        alone = hb.backtest(CrossSectionalRank(**given), market, **FREE).metrics
        for name in ("total_return", "max_drawdown"):
            found, wanted = float(table[name].iloc[row]), float(getattr(alone, name))
            # Drawdowns are summed up in another way.
            same = found == wanted if name == "total_return" else abs(found - wanted) <= 1e-12
            if not same:
                raise VerificationError(f"{name} of {given} is {found!r}, of its single run {wanted!r}")


def main() -> int:
    """Print the time and its bound; 0 when it is met."""
    market = rank.data(TICKERS, SESSIONS)
    # What a first sweep loads is not the time of a set.
    hb.sweep(CrossSectionalRank(), market, **FREE, lookback_sessions=[20, 32], every_sessions=[21, 63])
    start, cpu = time.perf_counter(), cpu_seconds()
    found = hb.sweep(CrossSectionalRank(), market, **FREE, **axes())
    took, cpu = time.perf_counter() - start, cpu_seconds() - cpu
    check(market, found.table)
    print(f"{SAMPLE} of the sets equal their single runs to the last digit")
    size = f"{found.count:,} sets, {TICKERS} tickers x {SESSIONS} sessions, {os.cpu_count()} cores"
    print(f"{size}: {took:.1f} s (bound {MOST_SECONDS:.0f} s on two)")
    print(f"CPU: {cpu:.1f} s, {1e3 * cpu / found.count:.1f} ms a set; memory: {function_sweep.peak_mb():.0f} MB")
    return 0 if took <= MOST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
