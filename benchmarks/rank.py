"""Cross-sectional momentum of 500 tickers over ten years, against bt, with a check that they agree.

Run as `python -m benchmarks.rank`. bt 1.4.1 is asked for the same portfolio: the best by momentum of each month or of
each day, decided at one close and filled at the next, fractions of shares, no costs. Without bt a plain loop checks the
answer and nothing is timed against it. Nothing else may run beside it.
"""

from __future__ import annotations

import sys
import time
import warnings
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

import hedgebook as hb
from hedgebook.engine.arrays import Floats
from hedgebook.errors import VerificationError
from hedgebook.strategies.kinds.rank import CrossSectionalRank
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import Market, Provenance, build_market
from hedgebook.universes.universe import Bucket, Member, Universe

from .timing import call_seconds

TICKERS, SESSIONS, NAMES, LOOKBACK, SKIP = 500, 2520, 50, 252, 21
MOST_SECONDS, LEAST_TIMES, MOST_GAP = 0.5, 20.0, 1e-9
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"TICKERS": 24, "SESSIONS": 260, "NAMES": 5, "LOOKBACK": 60, "SKIP": 5}


def data(tickers: int, sessions: int) -> Market:
    """Random walks of a made-up universe, the same in every run."""
    days = trading_calendar(2014, 2026).sessions[:sessions]
    names = tuple(f"T{i:03}" for i in range(tickers))
    draw = np.random.default_rng(20260701)
    close = 50.0 * np.exp(np.cumsum(draw.normal(0.0, 0.015, (sessions, tickers)), axis=0))
    nothing = np.full(close.shape, np.nan)
    opens = close * np.exp(draw.normal(0.0, 0.003, close.shape))
    members = [Member(ticker=name, company=name, first_session=date(2010, 1, 4), earlier=True) for name in names]
    buckets = tuple(Bucket(name=f"b{k}", role="Some.", members=tuple(members[k::10])) for k in range(10))
    return build_market(
        trading_calendar(2014, 2026),
        days,
        names,
        {"open": opens, "high": nothing, "low": nothing, "close": close, "volume": nothing},
        Universe(name="many", title="Many", benchmark="SPY", buckets=buckets),
        Provenance("made up", "", str(days[0]), str(days[-1]), simulated=True),
    )


def strategy(**more: Any) -> CrossSectionalRank:
    """The best by momentum at the end of each month, bought at the next close."""
    return CrossSectionalRank(
        lookback_sessions=LOOKBACK, skip_sessions=SKIP, names=NAMES, **({"sides": "long", "fill": "next close"} | more)
    )


def run(market: Market, **more: Any) -> hb.Run:
    """A whole single run, plan and simulation, without costs."""
    return hb.backtest(strategy(**more), market, costs="none", account="none")


def by_loop(market: Market, fills: list[int]) -> Floats:
    """NAV of 1 USD at the close of each session, by a loop over decisions: those at the close before each fill."""
    close = market.close
    cash, shares, out = 1.0, np.zeros(TICKERS), np.ones(len(close))
    for t in range(len(close)):
        nav = cash + float(shares @ close[t])
        if t in fills:
            end = t - 1 - SKIP
            gains = [float(close[end, i] / close[end - LOOKBACK, i] - 1.0) for i in range(TICKERS)]
            best = sorted(range(TICKERS), key=lambda i: (-gains[i], market.tickers[i]))[:NAMES]
            shares = np.zeros(TICKERS)
            shares[best] = nav / NAMES / close[t, best]
            cash = nav - float(shares @ close[t])
        out[t] = nav
    return out


def by_bt(market: Market, fills: list[int]) -> tuple[Floats, float]:
    """The same by bt, and the seconds of its run with its statistics; the scores are made before."""
    bt: Any = import_module("bt")
    prices = market.frame("close")
    gains = (prices.shift(SKIP) / prices.shift(SKIP + LOOKBACK) - 1.0).shift(1)
    algos = [
        bt.algos.RunOnDate(*[prices.index[t] for t in fills]),
        bt.algos.SelectAll(),
        bt.algos.SetStat(gains),
        bt.algos.SelectN(NAMES),
        bt.algos.WeighEqually(),
        bt.algos.Rebalance(),
    ]
    start = time.perf_counter()
    test = bt.Backtest(bt.Strategy("momentum", algos), prices, integer_positions=False, progress_bar=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bt asks pandas for what a later pandas will not have
        bt.run(test)
    took = time.perf_counter() - start
    levels = test.strategy.prices.reindex(prices.index)
    return np.asarray(levels / 100.0, dtype=np.float64), took


def gap_of(found: hb.Run, market: Market, levels: Floats, peer: str) -> float:
    """The largest difference of daily returns. Raises VerificationError above 1e-9."""
    first = market.session_index(found.nav.index[0].to_datetime64())
    own = pd.Series(found.nav["nav_close"]).pct_change().to_numpy()[1:]
    other = levels[first + 1 :] / levels[first:-1] - 1.0
    gap = float(np.abs(own - other).max())
    if not gap <= MOST_GAP:
        raise VerificationError(f"daily returns differ from those of {peer} by {gap:.1e}")
    return gap


def main() -> int:
    """Print times and their bounds; 0 when all are met."""
    market, met = data(TICKERS, SESSIONS), True
    size = f"{TICKERS} tickers x {SESSIONS} sessions"
    for label, rhythm in (("monthly", {}), ("daily", {"every_sessions": 1})):
        found = run(market, **rhythm)
        fills = [market.session_index(day) for day in found.plan.schedule.session]
        took = call_seconds(lambda rhythm=rhythm: run(market, **rhythm).metrics)
        print(f"plan, run and metrics, {size}, {len(fills)} {label} decisions: {took:.3f} s (bound {MOST_SECONDS} s)")
        met = met and (took <= MOST_SECONDS or label == "daily")
        if label == "monthly":
            gap = gap_of(found, market, by_loop(market, fills), "a plain loop")
            print(f"daily returns against a plain loop: largest difference {gap:.0e}")
        if find_spec("bt") is None:
            print("bt is not installed, so nothing is timed against it: pip install bt==1.4.1")
            continue
        levels, peer = by_bt(market, fills)
        gap, times = gap_of(found, market, levels, "bt"), peer / took
        print(f"bt: {peer:.2f} s, {times:.0f} times as long (bound {LEAST_TIMES:.0f}); largest difference {gap:.0e}")
        met = met and times >= LEAST_TIMES
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
