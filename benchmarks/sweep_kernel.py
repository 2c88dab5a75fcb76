"""The sweep kernel: 100,000 sets x 1,000 sessions x 30 tickers, rebalanced monthly, against DGEMM and vectorbt.

Run as `python -m benchmarks.sweep_kernel`. Two threads. A sample of sets must first equal single runs. The time is held
against the one in which DGEMM would do 2 x sets x sessions x tickers operations, the time with every friction and rule
on against that without, the time a set against vectorbt's from_orders. Timings are the best of several, taken in turn.
The exit code is 1 when figures differ, or when a bound is broken: 3 times DGEMM, 3 times the plain kernel, 3,000 sets
in the time of one of vectorbt's, 400 MB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from hedgebook.engine.backtest.neutral import neutral_conditions, new_record, new_state
from hedgebook.engine.backtest.timeline import prices_at
from hedgebook.engine.kernels.book.loop import simulate
from hedgebook.engine.kernels.book.records import ORDER, Conditions, Gone, MarginAction, Orders
from hedgebook.engine.kernels.sets.one_by_one import SET, BatchSets, Results, Stage, run_sets
from hedgebook.engine.kernels.sets.tally import MEASURES
from hedgebook.engine.kernels.sets.tiles.run import run_tiles
from hedgebook.errors import VerificationError

SETS, SESSIONS, TICKERS, EVERY, BANK, CHUNK, ON_SETS = 100_000, 1_000, 30, 21, 2_000, 8_192, 32_768
# From which session on which ticker has no price.
STOPS, STOPPED = 700, 7
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"SETS": 2_048, "ON_SETS": 256, "RUNS": 1, "PEER_SETS": 10, "MULTIPLY": 500}
MULTIPLY = 4_000
DGEMM_RATIO, ON_RATIO, PEER_RATIO, PEAK_MB, RUNS, PEER_SETS, SAMPLE = 3.0, 3.0, 3_000.0, 400.0, 12, 200, 20


def stage() -> tuple[Stage, Conditions, np.ndarray]:
    """Random prices with a missing close, a late listing and a stop; proportional costs; a bank of weights."""
    draw = np.random.default_rng(7)
    steps = draw.normal(0.0002, 0.012, (2 * SESSIONS, TICKERS)).cumsum(axis=0)
    marks = np.ascontiguousarray(100.0 * np.exp(steps).reshape(SESSIONS, 2, TICKERS).transpose(1, 0, 2))
    for gap in (np.s_[:, :250, 3], np.s_[:, STOPS:, STOPPED], np.s_[1, 400, 5], np.s_[0, 9 * EVERY, 11]):
        marks[gap] = np.nan
    days = np.where(np.arange(SESSIONS) % 5 == 0, 3.0, 1.0)
    days[0] = 0.0
    conditions = neutral_conditions(SESSIONS, TICKERS, BANK)
    conditions.tickers["half_spread"], conditions.tickers["slippage"] = draw.uniform(1e-4, 1e-3, TICKERS), 2e-4
    conditions.tickers["leg"] = np.arange(TICKERS) % 2
    conditions.terms["commission"] = 5e-4
    bank = draw.normal(0.0, 1.0, (BANK, TICKERS))
    bank /= np.abs(bank).sum(axis=1, keepdims=True)
    nothing = np.full(SESSIONS, np.nan), np.zeros(SESSIONS), np.full(SESSIONS, -1)
    return Stage(prices_at(marks, days), conditions.cells, *nothing), conditions, bank


def everything_on(given: Stage, conditions: Conditions) -> tuple[Stage, Conditions]:
    """The same with every friction and every rule, and the ticker that stops written off then.

    What is held of one that is never written off stays off its band: the rule acts at every close to the end, and the
    sets that hold it go one by one from there on.
    """
    cells, terms, tickers = conditions.cells.copy(), conditions.terms.copy(), conditions.tickers.copy()
    cells["impact"], cells["borrow"], cells["cap"] = 2e-7, 0.03, 1e7
    cells["gone"][STOPS:, STOPPED], tickers["recovery"] = Gone.DELISTED, 0.7
    values = {
        "min_commission": 1.0,
        "cash_rate": 0.03,
        "margin_rate": 0.06,
        "min_order": 50.0,
        "margin_action": MarginAction.LIQUIDATE,
        "stop_loss": 0.2,
        "take_profit": 0.3,
        "trailing_stop": 0.2,
        "long_stop": 0.2,
        "short_stop": 0.2,
        "max_hold": 60,
        "band": 0.5,
        "target_vol": 0.2,
        "derisk_drawdown": 0.15,
        "derisk_to": 0.5,
    }
    for name, value in values.items():
        terms[name] = value
    vol = np.full((BANK, SESSIONS + 1), 0.2)
    return given._replace(cells=cells), conditions._replace(terms=terms, cells=cells, tickers=tickers, vol=vol)


def chunk(conditions: Conditions, bank: np.ndarray, k: int, count: int) -> BatchSets:
    """Sets of one chunk, each with a row of the bank for every month."""
    slots = np.arange(0, SESSIONS, EVERY)
    orders = np.zeros(count * len(slots), dtype=ORDER)
    orders["session"], orders["scale"] = np.tile(slots, count), 1.0
    orders["row"] = np.random.default_rng([11, k]).integers(0, BANK, len(orders))
    sets = np.zeros(count, dtype=SET)
    sets["orders_from"] = np.arange(count) * len(slots)
    sets["orders_to"], sets["last"], sets["capital"] = sets["orders_from"] + len(slots), SESSIONS - 1, 1e6
    each = conditions.tickers[None], conditions.rebalance[None]
    return BatchSets(sets, orders, bank, conditions.terms, *each, conditions.vol)


def room(count: int) -> Results:
    """Measures without tails, blocks or returns."""
    none = np.zeros((count, 0))
    return Results(np.full((count, len(MEASURES)), np.nan), none, none.copy(), np.zeros((0, SESSIONS)), False)


def check(given: Stage, conditions: Conditions, bank: np.ndarray) -> None:
    """Raise VerificationError unless a sample of sets equals single runs to 1e-10."""
    sets, out = chunk(conditions, bank, 0, 200), room(200)
    run_tiles(given, sets, out, 0, 200)
    for s in range(0, 200, 200 // SAMPLE):
        one = sets.sets[s]
        record = new_record(SESSIONS, TICKERS, log=4_000)
        orders = Orders(sets.orders[one["orders_from"] : one["orders_to"]], bank)
        simulate(given.prices, orders, conditions, new_state(TICKERS, 1e6), record, 0, SESSIONS)
        nav = np.concatenate([[1e6], record.days["nav_close"]])
        returns = np.diff(nav) / nav[:-1]
        wanted = {
            "final_nav": nav[-1],
            "volatility_annual": returns.std(ddof=1) * np.sqrt(252.0),
            "sharpe": returns.mean() / returns.std(ddof=1) * np.sqrt(252.0),
            "max_drawdown": (nav / np.maximum.accumulate(nav) - 1.0).min(),
            "worst_session": returns.min(),
            "cost_frac": -record.pnl[:, :, 2:].sum() / 1e6,
        }
        for name, value in wanted.items():
            if not abs(out.rows[s, MEASURES.index(name)] - value) <= 1e-10 * max(1.0, abs(value)):
                raise VerificationError(f"{name} of set {s} differs from its single run")


def kernel_seconds(given: Stage, conditions: Conditions, bank: np.ndarray, count: int) -> float:
    """Seconds of `count` sets in two threads, orders generated chunk by chunk and not counted."""
    took = 0.0
    with ThreadPoolExecutor(2) as pool:
        for k in range(0, count, CHUNK):
            size = min(CHUNK, count - k)
            sets, out, half = chunk(conditions, bank, k, size), room(size), size // 2
            start = time.perf_counter()
            parts = [pool.submit(run_tiles, given, sets, out, a, b) for a, b in ((0, half), (half, size))]
            for part in parts:
                part.result()
            took += time.perf_counter() - start
    return took


def dgemm_seconds() -> float:
    """Seconds in which DGEMM would do two operations for each set, session and ticker."""
    square = np.random.default_rng(1).random((MULTIPLY, MULTIPLY))
    out, start = np.empty_like(square), time.perf_counter()
    np.dot(square, square, out)
    return (time.perf_counter() - start) * SETS * SESSIONS * TICKERS / float(MULTIPLY) ** 3


def peer_seconds(given: Stage, bank: np.ndarray) -> float:
    """Seconds a set of vectorbt, whose only installed engine is numba: its best of three, compilation not counted."""
    import pandas as pd
    import vectorbt as vbt

    closes = pd.DataFrame(given.prices.marks[1]).ffill().bfill()
    rows = np.random.default_rng(3).integers(0, BANK, (PEER_SETS, -(-SESSIONS // EVERY)))
    size = np.full((SESSIONS, PEER_SETS, TICKERS), np.nan)
    size[::EVERY] = bank[rows].transpose(1, 0, 2)
    prices = np.tile(closes.to_numpy(), (1, PEER_SETS))
    groups = np.repeat(np.arange(PEER_SETS), TICKERS)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        portfolio = vbt.Portfolio.from_orders(
            prices,
            size=size.reshape(SESSIONS, -1),
            size_type="targetpercent",
            group_by=groups,
            cash_sharing=True,
            call_seq="auto",
            fees=5e-4,
            slippage=7e-4,
            init_cash=1e6,
            freq="1D",
        )
        portfolio.total_return(), portfolio.sharpe_ratio(), portfolio.max_drawdown()
        times.append(time.perf_counter() - start)
    return min(times) / PEER_SETS


def peak_mb() -> float:
    """Peak resident memory of a process that runs all sets once."""
    code = f"from benchmarks.sweep_kernel import alone; alone({SETS})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def alone(sets: int) -> None:
    """Run so many sets once and print the peak memory of this process, MB."""
    given, conditions, bank = stage()
    kernel_seconds(given, conditions, bank, sets)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0)


def main() -> int:
    """Print times, memory and bounds; 0 when all are met."""
    # First of all: a process begins with the peak of the one that started it.
    peak = peak_mb()
    given, conditions, bank = stage()
    check(given, conditions, bank)
    full, rules = everything_on(given, conditions)
    check(full, rules, bank)
    run_sets(given, chunk(conditions, bank, 0, 1), room(1), 0, 1)
    plain, loaded, dgemm = np.inf, np.inf, np.inf
    for _ in range(RUNS):
        dgemm = min(dgemm, dgemm_seconds())
        # Short runs meet a quiet machine less often than DGEMM's second does.
        for _ in range(3):
            plain = min(plain, kernel_seconds(given, conditions, bank, SETS))
        loaded = min(loaded, kernel_seconds(full, rules, bank, ON_SETS) * SETS / ON_SETS)
    peer = peer_seconds(given, bank)
    ratios = plain / dgemm, loaded / plain, peer / (plain / SETS)
    print(f"DGEMM: {dgemm:.3f} s; plain: {plain:.3f} s, {ratios[0]:.1f} times DGEMM (bound {DGEMM_RATIO:.0f})")
    print(f"everything on: {loaded:.1f} s (from {ON_SETS} sets), {ratios[1]:.1f} times plain (bound {ON_RATIO:.0f})")
    print(f"vectorbt: {peer * 1000:.1f} ms a set, {ratios[2]:,.0f} times as long (bound {PEER_RATIO:,.0f} or more)")
    print(f"peak memory: {peak:.0f} MB (bound {PEAK_MB:.0f} MB)")
    met = ratios[0] <= DGEMM_RATIO and ratios[1] <= ON_RATIO and ratios[2] >= PEER_RATIO and peak <= PEAK_MB
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
