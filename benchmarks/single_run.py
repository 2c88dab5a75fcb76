"""One run of a schedule of one's own beside vectorbt, with a check that they agree.

Run as `python -m benchmarks.single_run`. `hb.backtest` of 500 rows of weights over 2,500 sessions of 45 tickers, with
the default costs and without any; everything that a run can be asked is worked out when it is asked, so that only the
simulation and its accounting are in the time. vectorbt is given the same weights at the same closes, without costs.
Nothing else may run beside it.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

import hedgebook as hb
from hedgebook.errors import VerificationError

from . import rank
from .timing import call_seconds

TICKERS, SESSIONS, ROWS = 45, 2500, 500
# Five were told apart by 20 % from one process to the next.
RUNS = 50
MOST_MS, LEAST_TIMES, MOST_GAP = 4.5, 20.0, 1e-9
TINY = {"TICKERS": 12, "SESSIONS": 80, "ROWS": 15, "RUNS": 2}


def data() -> tuple[hb.Market, hb.Schedule]:
    """Random walks with volumes, and rows of weights for the closes of every so many sessions."""
    market = rank.data(TICKERS, SESSIONS)
    draw = np.random.default_rng(7)
    rows = np.linspace(0, SESSIONS - 2, ROWS).astype(int)
    schedule = hb.Schedule(
        tickers=market.tickers,
        decided_at=market.close_at[rows],
        session=market.sessions[rows + 1],
        mark=np.full(ROWS, hb.Mark.CLOSE, dtype=np.int64),
        weights=draw.normal(0.0, 0.01, (ROWS, TICKERS)),
    )
    return market, schedule


def by_vectorbt(market: hb.Market, schedule: hb.Schedule) -> tuple[pd.Series, float]:  # type: ignore[type-arg]
    """NAV by session, and the seconds of the second of two runs."""
    import vectorbt as vbt

    close = market.frame("close").iloc[market.session_index(schedule.session[0]) :]
    size = pd.DataFrame(np.nan, index=close.index, columns=close.columns)
    size.loc[pd.DatetimeIndex(schedule.session.astype("datetime64[ns]"))] = schedule.weights
    took = 0.0
    for _ in range(2):
        start = time.perf_counter()
        found = vbt.Portfolio.from_orders(
            close, size, size_type="targetpercent", group_by=True, cash_sharing=True, call_seq="auto", freq="1D",
            init_cash=1e6,
        )  # fmt: skip
        levels = found.value()
        took = time.perf_counter() - start
    return levels, took


def main() -> int:
    """Print times and their bounds; 0 when all are met."""
    market, schedule = data()
    bare = hb.backtest(schedule, market, "none", "none")
    levels, theirs = by_vectorbt(market, schedule)
    gap = float(np.abs(bare.nav["nav_close"].to_numpy() / levels.to_numpy() - 1.0).max())
    if not gap <= MOST_GAP:
        raise VerificationError(f"NAV differs from that of vectorbt by {gap:.1e}")
    met = True
    print(f"{ROWS} rows of weights, {TICKERS} tickers x {SESSIONS} sessions; NAV as vectorbt's to {gap:.0e}")
    for costs in ("default", "none"):
        ours = call_seconds(lambda costs=costs: hb.backtest(schedule, market, costs), runs=RUNS)
        print(f"costs {costs}: {1e3 * ours:.2f} ms (bound {MOST_MS} ms)")
        met = met and 1e3 * ours <= MOST_MS
    print(f"vectorbt: {1e3 * theirs:.0f} ms, {theirs / ours:.0f} times as long (bound {LEAST_TIMES:.0f})")
    return 0 if met and theirs / ours >= LEAST_TIMES else 1


if __name__ == "__main__":
    sys.exit(main())
