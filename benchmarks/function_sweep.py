"""A sweep of a user's function beside vectorbt on real prices, as processes of their own; answers are checked first.

Run as `python -m benchmarks function_sweep`. The function is that of examples/momentum.py, rebalanced every fifth close
over the last 2,500 sessions, swept over window and names with luck and report. From all times that of the function
alone is taken off, as the CPU takes it. First a sample of sets must equal single runs, and their simulation without
costs vectorbt's. The exit code is 1 where a set takes longer than 1.5 ms, 4,000 sets more than 700 MB or 20,000 a tenth
more than they, or where the simulation of a chunk, with return, Sharpe and drawdown, is not 50 times as fast as
vectorbt's from_orders (target percent, shared cash, 40 sets a call).
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.arrays import Floats
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.kernels.sets.tally import MEASURES
from hedgebook.engine.sweep.batch.run import run_batch
from hedgebook.engine.sweep.batch.stage import SweepSetting
from hedgebook.engine.sweep.space import ParameterSets, space_of
from hedgebook.engine.sweep.sweep import prepare
from hedgebook.errors import VerificationError
from hedgebook.strategies.strategy.load import load_strategy
from hedgebook.strategies.sweeping import FunctionSweep
from hedgebook.universes.market import Market

ROOT = Path(__file__).resolve().parents[1]
momentum = load_strategy(f"{ROOT / 'examples' / 'momentum.py'}:momentum")
PRICES: Path | None = ROOT.parent / "shared" / "data" / "prices.parquet"
SESSIONS, EVERY, NAMES, WINDOWS, MANY_WINDOWS = 2500, 5, 8, 500, 2500
MOST_MS, MOST_MB, GROWTH, TIMES = 1.5, 700.0, 1.1, 50.0
SAMPLE, CALL_SETS, RUNS = 25, 40, 3
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"PRICES": None, "SESSIONS": 120, "WINDOWS": 8, "MANY_WINDOWS": 16, "SAMPLE": 4, "CALL_SETS": 4, "RUNS": 1}


def market_of() -> Market:
    """The prices."""
    import hedgebook as hb

    return hb.sample_market() if PRICES is None else hb.load_market(PRICES)


def sweep_here(windows: int) -> dict[str, float]:
    """One sweep in this process: seconds beyond the function's, seconds of the function, and peak MB."""
    import hedgebook as hb

    market, own = market_of(), [0.0]

    def timed(market: Market, window: int = 60, names: int = 3) -> Any:
        start = time.thread_time()
        found = momentum(market, window, EVERY, names, SESSIONS)
        own[0] += time.thread_time() - start
        return found

    # What a first sweep loads is not the time of a set.
    hb.sweep(timed, market, window=range(10, 10 + min(windows, 140)), names=range(1, 3))
    own[0], start = 0.0, time.perf_counter()
    found = hb.sweep(timed, market, window=range(10, 10 + windows), names=range(1, 1 + NAMES))
    found.to_dict()
    with tempfile.TemporaryDirectory() as folder:
        found.report(Path(folder) / "report.html")
    took = time.perf_counter() - start
    return {"sets": found.count, "beyond": took - own[0], "own": own[0], "mb": peak_mb()}


def peak_mb() -> float:
    """The most memory that this process has had; what its parent had when it began is not its own."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) / 1024.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def swept(windows: int) -> dict[str, float]:
    """sweep_here in a process of its own, so that its memory is its own."""
    told = {name: globals()[name] for name in TINY if name != "PRICES"}
    path = None if PRICES is None else str(PRICES)
    code = (
        "import json, pathlib; from benchmarks import function_sweep as f\n"
        f"for name, value in {told!r}.items(): setattr(f, name, value)\n"
        f"f.PRICES = {path!r} and pathlib.Path({path!r})\n"
        f"print(json.dumps(f.sweep_here({windows})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise VerificationError(f"the sweep failed: {done.stderr[-500:]}")
    return {str(k): float(v) for k, v in json.loads(done.stdout.splitlines()[-1]).items()}


def sets_of(strategy: FunctionSweep, windows: int) -> ParameterSets:
    """All combinations of windows and names."""
    axes = {"window": range(10, 10 + windows), "names": range(1, 1 + NAMES)}
    return space_of(axes).retyped(strategy.typed).grid()


def vectorbt_seconds(weights: Sequence[pd.DataFrame], prices: pd.DataFrame) -> tuple[float, Floats]:
    """Seconds, and (n, 3) return, Sharpe and drawdown of sets of target weights by session (NaN = no order)."""
    import vectorbt as vbt

    start = time.perf_counter()
    keys = pd.RangeIndex(len(weights), name="set")
    size = pd.concat(list(weights), axis=1, keys=keys)
    close = pd.concat([prices] * len(weights), axis=1, keys=keys)
    portfolio = vbt.Portfolio.from_orders(
        close, size, size_type="targetpercent", group_by="set", cash_sharing=True, call_seq="auto", freq="1D",
        init_cash=1e6,
    )  # fmt: skip
    total = portfolio.total_return().to_numpy()
    sharpe = portfolio.sharpe_ratio(year_freq="252D").to_numpy()
    drawdown = portfolio.max_drawdown().to_numpy()
    return time.perf_counter() - start, np.column_stack([total, sharpe, drawdown])


def by_session(market: Market, window: int, names: int) -> pd.DataFrame:
    """(T, N) the weights of a set's schedule by session, NaN where nothing is ordered."""
    schedule = momentum(market, window, EVERY, names, SESSIONS)
    frame = pd.DataFrame(np.nan, index=market.sessions, columns=list(market.tickers))
    frame.loc[schedule.session] = schedule.weights
    return frame


def whole_market(market: Market) -> Market:
    """Tickers that have every price, each session at one price: then both sides trade and value alike."""
    at = np.flatnonzero(np.isfinite(market.close).all(axis=0) & np.isfinite(market.open).all(axis=0))
    cut = {name: getattr(market, name)[:, at] for name in ("open", "high", "low", "close", "volume")}
    return replace(market, **{**cut, "open": cut["close"]}, tickers=tuple(market.tickers[i] for i in at))


def check(market: Market, job: Any) -> int:
    """Raise VerificationError unless a sample of sets equals single runs; how many were looked at."""
    at = [MEASURES.index(name) for name in ("total_return", "sharpe", "max_drawdown", "final_nav")]
    for index in random.Random(1).sample(range(job.count), SAMPLE):
        batch = job.strategy.batch(market, job.sets.chunk(index, index + 1))
        found = run_batch(job.setting, batch, job.blocks, tiled=job.tiled).measures[0, at]
        given = job.sets.at(index)
        alone = run_schedule(market, momentum(market, given["window"], EVERY, given["names"], SESSIONS))
        opens, closes = (alone.nav[name].to_numpy() for name in ("nav_open", "nav_close"))
        # A NAV of zero or below at an open is a ruin, whatever the close is: the lower of the two stands there.
        level = np.concatenate([[alone.capital], np.where(opens <= 0.0, np.minimum(opens, closes), closes)])
        returns = np.diff(level) / level[:-1]
        # Who has lost the capital has no returns.
        sharpe = np.nan if (level <= 0.0).any() else returns.mean() / returns.std(ddof=1) * np.sqrt(252.0)
        deepest = float((level / np.maximum.accumulate(level) - 1.0).min())
        wanted = np.array([closes[-1] / alone.capital - 1.0, sharpe, deepest, closes[-1]])
        if not np.allclose(found, wanted, rtol=1e-9, atol=1e-12, equal_nan=True):
            raise VerificationError(f"set {index}: {found} is not its single run, {wanted}")
    return SAMPLE


def both_ways(market: Market) -> Iterator[tuple[float, float]]:
    """Seconds a set of hedgebook and of vectorbt for the same chunk of sets, answers compared.

    Raises VerificationError where they differ.
    """
    whole = whole_market(market)
    strategy = FunctionSweep(momentum, fixed={"every": EVERY, "sessions": SESSIONS})
    setting = SweepSetting(whole, load_costs("none"), Account.model_validate({"margin": {"on_call": "off"}}))
    sets = sets_of(strategy, WINDOWS)
    job = _prepared(setting, strategy, sets)
    none = np.full(len(whole.sessions), -1, dtype=np.int64)
    chunk = sets.chunk(0, min(256, sets.count))
    batch = strategy.batch(whole, chunk)
    givens = [sets.at(i) for i in range(min(CALL_SETS, sets.count))]
    frames = [by_session(whole, one["window"], one["names"]) for one in givens]
    prices = pd.DataFrame(whole.close, index=whole.sessions, columns=list(whole.tickers))
    first = int(batch.first.min())
    at = [MEASURES.index(name) for name in ("total_return", "sharpe", "max_drawdown")]
    for _ in range(RUNS + 1):
        theirs, figures = vectorbt_seconds([f.iloc[first:] for f in frames], prices.iloc[first:])
        start = time.perf_counter()
        # Staging and checks included, as they are in a sweep.
        found = run_batch(setting, batch.check(len(whole.sessions), len(whole.tickers)), none, tiled=job.tiled)
        ours = time.perf_counter() - start
        same = np.allclose(found.measures[: len(figures), at], figures, rtol=1e-6, atol=1e-8, equal_nan=True)
        if not same:
            worst = np.nanmax(np.abs(found.measures[: len(figures), at] - figures))
            raise VerificationError(f"vectorbt has other returns, Sharpe ratios or drawdowns, by up to {worst:.2g}")
        yield ours / len(batch), theirs / len(figures)


def _prepared(setting: SweepSetting, strategy: FunctionSweep, sets: ParameterSets) -> Any:
    from hedgebook.engine.sweep.analyse import RankBy

    return prepare(setting, strategy, sets, once=RankBy()).job


def main() -> int:
    """Print times, memory and the ratio; 1 where a bound is missed."""
    if PRICES is not None and not PRICES.is_file():
        print("real prices: ../shared is absent, not measured")
        return 0
    market, failed = market_of(), False
    strategy = FunctionSweep(momentum, fixed={"every": EVERY, "sessions": SESSIONS})
    benchmark = market.universe.benchmark
    setting = SweepSetting(market, load_costs("default"), Account(), benchmark)
    looked = check(market, _prepared(setting, strategy, sets_of(strategy, WINDOWS)))
    print(f"{looked} of the sets equal their single runs to 1e-9")
    with suppress(ImportError):
        import vectorbt  # noqa: F401

        ours, theirs = zip(*list(both_ways(market))[1:], strict=True)
        ratio = statistics.median(theirs) / statistics.median(ours)
        failed |= ratio < TIMES
        print(
            f"simulation with return, Sharpe and drawdown: {1e3 * statistics.median(ours):.3f} ms a set, vectorbt "
            f"{1e3 * statistics.median(theirs):.1f} ms: {ratio:.0f} times (at least {TIMES:.0f})"
        )
    few, many = swept(WINDOWS), swept(MANY_WINDOWS)
    for one in (few, many):
        each = 1e3 * one["beyond"] / one["sets"]
        failed |= each > MOST_MS
        print(
            f"{one['sets']:>9,.0f} sets: {each:.2f} ms a set beyond the function's own "
            f"{1e3 * one['own'] / one['sets']:.2f} (at most {MOST_MS}), {one['mb']:.0f} MB"
        )
    growth = many["mb"] / few["mb"]
    failed |= few["mb"] > MOST_MB or growth > GROWTH
    print(
        f"memory: {few['mb']:.0f} MB (at most {MOST_MB:.0f}), {growth:.2f} times at five times the sets (at most 1.1)"
    )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
