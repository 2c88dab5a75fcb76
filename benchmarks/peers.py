"""One table: hedgebook against the packages that do the same, in one run, each answer checked before its time counts.

Run as `python -m benchmarks peers`, or `python -m benchmarks --json FILE` to keep the rows. A workload on which the
engines differ has no time and says by how much. Rows without a peer are hedgebook's own: start, growth and worst case.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import hedgebook as hb
from hedgebook.engine.one_thread import one_thread
from hedgebook.engine.sweep.overfitting.superiority import superiority
from hedgebook.errors import VerificationError

from . import exposure, function_sweep, overfitting, risk, single_run
from .timing import call_seconds, process_seconds

MOST_GAP = 1e-9
SETS, BT_SETS, RUNS, SERIES, COLD = 400, 10, 3, 200, True
TINY = {"SETS": 6, "BT_SETS": 2, "RUNS": 1, "SERIES": 5, "COLD": False}
# Of the benchmarks whose parts are used here.
SMALL: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (single_run, ("TICKERS", "SESSIONS", "ROWS")),
    (exposure, ("ASSETS", "SESSIONS", "PEER_ASSETS", "CHECKED")),
)
ROOT = Path(__file__).parents[1]
TRADE = "long-meta-short-neocloud"


@dataclass(frozen=True)
class Row:
    """A line of the table: seconds, None where the answers differ or a package is absent.

    gap: largest relative difference of the answers; peer: package and version, empty for hedgebook's own rows.
    """

    workload: str
    ours_seconds: float | None
    peer: str = ""
    peer_seconds: float | None = None
    gap: float | None = None
    note: str = ""

    @property
    def times(self) -> float | None:
        """How many times as long the peer took."""
        return self.peer_seconds / self.ours_seconds if self.peer_seconds and self.ours_seconds else None


def against(
    workload: str,
    package: str,
    ours: Callable[[], float],
    both: Callable[[], tuple[float, float | None]],
    note: str = "",
) -> Row:
    """A row whose times count only where the answers agree.

    both: the peer's seconds and the gap, None where there is no answer to compare, as of an import.
    """
    try:
        peer = f"{package} {version(package)}"
    except PackageNotFoundError:
        return Row(workload, ours(), package, note="not installed here")
    try:
        theirs, gap = both()
    except VerificationError as wrong:
        return Row(workload, None, peer, note=f"no time: {wrong}")
    except Exception as broken:
        return Row(workload, None, peer, note=f"no time: {package} failed: {type(broken).__name__}")
    if gap is not None and not gap <= MOST_GAP:
        return Row(workload, None, peer, gap=gap, note="no time: the answers differ")
    return Row(workload, ours(), peer, theirs, gap, note)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the second of two calls, and what it gave."""
    call()
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def gap_of(ours: Any, theirs: Any) -> float:
    """Largest difference of levels, relative."""
    return float(np.abs(np.asarray(ours, dtype=float) / np.asarray(theirs, dtype=float) - 1.0).max())


def by_bt(close: pd.DataFrame, orders: pd.DataFrame) -> float:
    """NAV at the last close of orders (dates by tickers, NaN where nothing is ordered)."""
    import bt

    rows = orders.dropna(how="all").fillna(0.0)
    algos = [bt.algos.RunOnDate(*rows.index), bt.algos.WeighTarget(rows), bt.algos.Rebalance()]
    job = bt.Backtest(
        bt.Strategy("one", algos), close, integer_positions=False, initial_capital=1e6, progress_bar=False
    )
    return float(bt.run(job)["one"].prices.iloc[-1] / 100.0 * 1e6)


def single() -> Iterator[Row]:
    """One run of a schedule, without costs."""
    market, schedule = single_run.data()
    name = f"one run, {single_run.ROWS} rows of weights, {single_run.TICKERS} tickers x {single_run.SESSIONS} sessions"
    bare = hb.backtest(schedule, market, "none", "none")

    def ours() -> float:
        return call_seconds(lambda: hb.backtest(schedule, market, "none", "none"), runs=RUNS)

    def vectorbt() -> tuple[float, float]:
        levels, took = single_run.by_vectorbt(market, schedule)
        return took, gap_of(bare.nav["nav_close"], levels)

    def bt() -> tuple[float, float]:
        close = market.frame("close").iloc[market.session_index(schedule.session[0]) :]
        days = pd.DatetimeIndex(schedule.session.astype("datetime64[ns]"))
        orders = pd.DataFrame(schedule.weights, index=days, columns=close.columns)
        start = time.perf_counter()
        last = by_bt(close, orders)
        return time.perf_counter() - start, gap_of(bare.final_nav, last)

    yield against(name, "vectorbt", ours, vectorbt)
    yield against(name, "bt", ours, bt)


def momentum(market: hb.Market, window: int = 20) -> pd.DataFrame:
    """Long what rose more than the mean over a window, short the rest, every tenth close."""
    closes = market.frame("close")
    gain = closes.pct_change(window).iloc[120:-1:10]
    return np.sign(gain.sub(gain.mean(axis=1), axis=0)) * (0.5 / len(closes.columns))


def function_orders(market: hb.Market, window: int) -> pd.DataFrame:
    """The same by session of the fill, NaN where nothing is ordered."""
    rows = momentum(market, window)
    at = market.frame("close").index
    return rows.set_axis(at[at.get_indexer(rows.index) + 1]).reindex(at)


def trade_orders(market: hb.Market, run: hb.Run, hold: int) -> pd.DataFrame:
    """The flagship by session of the fill: entered at the first, left after `hold` more."""
    at = market.frame("close").index
    frame = pd.DataFrame(np.nan, index=at, columns=list(market.tickers))
    first = at.get_loc(run.fills["session"].iloc[0])
    entered = run.fills[run.fills["session"] == at[first]]
    traded = entered["shares"] * entered["reference"] / 1e6
    frame.loc[at[first], entered["ticker"].tolist()] = traded.to_numpy()
    frame.loc[at[first + hold], entered["ticker"].tolist()] = 0.0
    return frame


def sweeps() -> Iterator[Row]:
    """Sweeps of a function and of a trade, without costs, where each session has one price."""
    market = function_sweep.whole_market(hb.sample_market())
    close = market.frame("close")
    windows, holds = range(5, 5 + min(SETS, 110)), range(1, 1 + min(SETS, 40))
    # The flagship's shorts were listed late: these have every price.
    trade = hb.trade(TRADE, short=("NVDA", "AVGO"))
    run = hb.backtest(trade, market, "none")
    jobs: tuple[tuple[str, Callable[[], Any], list[Callable[[], pd.DataFrame]]], ...] = (
        (
            f"sweep of a function of one's own, {len(windows)} sets",
            lambda: hb.sweep(momentum, market, costs="none", window=windows).table,
            [lambda w=w: function_orders(market, w) for w in windows],
        ),
        (
            f"sweep of a trade, {len(holds)} sets",
            lambda: hb.sweep(trade, market, costs="none", hold=holds).table,
            [lambda h=h: trade_orders(market, run, h) for h in holds],
        ),
    )
    for name, call, plans in jobs:
        took, table = timed(call)
        total = 1.0 + table["total_return"].to_numpy()

        def vectorbt(plans: Any = plans, total: Any = total) -> tuple[float, float]:
            seconds, found = timed(lambda: function_sweep.vectorbt_seconds([plan() for plan in plans], close)[1])
            return seconds, gap_of(total, 1.0 + found[:, 0])

        def bt(plans: Any = plans, total: Any = total) -> tuple[float, float]:
            start = time.perf_counter()
            last = [by_bt(close, plan()) for plan in plans[:BT_SETS]]
            seconds = (time.perf_counter() - start) * len(plans) / BT_SETS
            return seconds, gap_of(total[:BT_SETS], np.array(last) / 1e6)

        yield against(name, "vectorbt", lambda took=took: took, vectorbt)
        yield against(name, "bt", lambda took=took: took, bt, f"bt: {BT_SETS} sets, scaled")


def returns_alone() -> Iterator[Row]:
    """Measures of return series, regressions and bootstraps."""
    draw = np.random.default_rng(7)
    days = pd.bdate_range("2016-01-04", periods=2520)
    series = pd.Series(draw.standard_t(4, len(days)) * 0.007 + 0.0003, index=days, name="one")

    def tearsheet() -> float:
        return call_seconds(lambda: hb.tearsheet(series).to_dict(), runs=RUNS)

    def quantstats() -> tuple[float, float]:
        import quantstats

        took, _ = timed(lambda: quantstats.reports.metrics(series, mode="full", display=False))
        ours = hb.tearsheet(series).summary
        wanted = {name: getattr(quantstats.stats, name)(series) for name in ("sharpe", "sortino", "max_drawdown")}
        return took, max(gap_of(ours[name], value) for name, value in wanted.items())

    yield against("tear sheet of 2,520 returns: all measures", "quantstats", tearsheet, quantstats)
    frame, market = risk.sample()
    frame = frame.iloc[:, :SERIES]

    def empyrical() -> tuple[float, float]:
        start = time.perf_counter()
        theirs = risk.empyrical_loop(frame, market)
        return time.perf_counter() - start, risk.compare(risk.metrics_table(frame, market), theirs)

    yield against(
        f"metrics of {frame.shape[1]} series of {len(frame):,} returns",
        "empyrical-reloaded",
        lambda: call_seconds(lambda: risk.metrics_table(frame, market), runs=RUNS),
        empyrical,
    )
    y, x = exposure.data()

    def statsmodels() -> tuple[float, float]:
        took, peers = exposure.peer_seconds(y, x)
        plain, robust = (exposure.rolling_ols(y, x, exposure.NAMES, exposure.WINDOW, **more) for more in ROLLING)
        return took, exposure.check(plain, robust, y, x, peers)

    yield against(
        f"rolling exposure of {exposure.ASSETS} series to 6 factors, {exposure.SESSIONS:,} sessions",
        "statsmodels",
        lambda: call_seconds(lambda: exposure.rolling_ols(y, x, exposure.NAMES, exposure.WINDOW), runs=RUNS),
        statsmodels,
        f"statsmodels: {exposure.PEER_ASSETS} series, scaled",
    )
    took, theirs = overfitting.against_arch()
    yield against(
        "tests against data snooping, 100 strategies, 1,000 bootstrap draws",
        "arch",
        lambda: took,
        lambda: (theirs, 0.0),
        "p-values equal; arch: SPA alone",
    )


ROLLING: tuple[dict[str, Any], ...] = ({}, {"errors": exposure.NEWEY_WEST})


def starting() -> Iterator[Row]:
    """Import, a whole command with its kernels compiled or not; the peers' imports."""
    with tempfile.TemporaryDirectory() as folder:
        cwd, python = Path(folder), sys.executable

        def importing(name: str) -> float:
            return process_seconds([python, "-c", f"import {name}"], cwd=cwd, runs=RUNS)

        ours = importing("hedgebook")
        for package in ("vectorbt", "bt"):
            yield against("import", package, lambda: ours, lambda package=package: (importing(package), None))
        env = {**os.environ, "HEDGEBOOK_LEDGER": "off"}
        command = [python, "-m", "hedgebook", "run", "--out", "run", "--overwrite"]
        yield Row("`hedgebook run`, warm: with report", process_seconds(command, cwd=cwd, runs=RUNS, env=env))
        if COLD:
            start = time.perf_counter()
            empty = {**env, "NUMBA_CACHE_DIR": str(cwd / "empty")}
            subprocess.run(command, cwd=cwd, env=empty, check=True, capture_output=True)
            yield Row("`hedgebook run`, cold: all kernels compiled", time.perf_counter() - start)


def own() -> Iterator[Row]:
    """Growth over ten times the sets, memory, and the worst case: rules that act at every close."""
    market = hb.sample_market()
    gross = np.linspace(0.5, 1.5, SETS).round(6).tolist()

    def sweep(count: int, **more: Any) -> float:
        hb.sweep(TRADE, market, hold=range(5, 25), gross=gross[:2], **more)
        return timed(lambda: hb.sweep(TRADE, market, hold=range(5, 25), gross=gross[:count], **more).table)[0]

    few = max(SETS // 10, 1)
    small, large = sweep(few), sweep(SETS)
    yield Row(
        f"sweep of a trade with costs, {20 * SETS:,} sets", large,
        note=f"{large / small:.1f} times as long as {20 * few:,} sets",
    )  # fmt: skip
    took, least = memory(few), memory(SETS)
    yield Row(
        f"memory of the same in a process of its own: {least['mb']:.0f} MB", least["seconds"],
        note=f"{took['mb']:.0f} MB for {20 * few:,} sets",
    )  # fmt: skip
    plain = sweep(few)
    ruled = sweep(few, target_vol=[0.2], rebalance=["every:1"], trailing_stop=[0.1])
    yield Row(
        f"worst case: the same, {20 * few:,} sets, three rules, every close", ruled,
        note=f"{ruled / plain:.1f} times as long as without rules",
    )  # fmt: skip


def memory(count: int) -> dict[str, float]:
    """Seconds of a sweep of 20 x `count` sets, and the most memory that its process ever had, in MB."""
    code = (
        "import json, time, numpy as np, hedgebook as hb; from benchmarks.function_sweep import peak_mb\n"
        f"gross = np.linspace(0.5, 1.5, {SETS}).round(6).tolist()[:{count}]\n"
        "start = time.perf_counter()\n"
        f"hb.sweep({TRADE!r}, hb.sample_market(), hold=range(5, 25), gross=gross).table\n"
        "print(json.dumps({'seconds': time.perf_counter() - start, 'mb': peak_mb()}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def limit() -> Iterator[Row]:
    """How far the bootstrap is from the speed of the machine: beside the matrix product that it needs."""
    draws, sessions, series = 1_000, 1_000, 100
    draw = np.random.default_rng(3)
    counts, returns = draw.poisson(1.0, (draws, sessions)).astype(float), draw.normal(0.0, 0.01, (sessions, series))

    def ours() -> float:
        return call_seconds(lambda: superiority(returns, block_length=10, draws=draws), runs=RUNS)

    def product() -> tuple[float, None]:
        with one_thread():
            return call_seconds(lambda: counts @ returns, runs=5 * RUNS), None

    took = product()[0]
    speed = 2.0 * draws * sessions * series / took / 1e9
    note = f"{draws:,} x {sessions:,} by {sessions:,} x {series} on one thread: {speed:.0f} GFLOP/s"
    yield against("the bootstrap of these tests, beside its DGEMM alone", "numpy", ours, product, note)


def rows() -> list[Row]:
    """All rows; a peer's warnings are its own."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in (single, sweeps, returns_alone, limit, starting, own):
            for row in part():
                print(line(row), flush=True)
                found.append(row)
    return found


def seconds(value: float | None) -> str:
    """Seconds with three digits, a dash where there are none."""
    if value is None:
        return "-"
    return f"{value * 1e3:.3g} ms" if value < 0.9995 else f"{value:.3g} s"


def line(row: Row) -> str:
    """A row as text."""
    times = f"{row.times:,.3g} times" if row.times else ""
    agree = f"agree to {row.gap:.0e}" if row.gap is not None else ""
    peer = f"{row.peer} {seconds(row.peer_seconds)}" if row.peer else ""
    told = "; ".join(part for part in (peer, times, agree, row.note) if part)
    return f"{row.workload}: {seconds(row.ours_seconds)}" + (f"; {told}" if told else "")


def written(found: list[Row]) -> dict[str, Any]:
    """The rows as JSON holds them, with what they were measured on."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    machine = {"python": sys.version.split()[0], "processors": os.cpu_count(), "load": load}
    return {"hedgebook": hb.__version__, **machine, "rows": [{**asdict(row), "times": row.times} for row in found]}


def main() -> int:
    """Print the table; 1 where a workload has no time because answers differ."""
    return int(any(row.ours_seconds is None for row in rows()))
