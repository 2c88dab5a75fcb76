"""Metrics of 1,000 series against a loop over empyrical, and 10,000 bootstrap draws; correctness first.

Run as `python -m benchmarks.risk`. Two threads. The same figures are taken by both sides from the same 2,520
sessions; the exit code is 1 when a figure differs, when the metrics are less than 100 times as fast, or when
the draws take more than a second.
"""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.timing import call_seconds
from hedgebook.engine.risk.bootstrap import bootstrap_metrics, resampled_sessions
from hedgebook.engine.risk.metrics_table import metrics_table
from hedgebook.errors import VerificationError

SERIES, SESSIONS, DRAWS = 1_000, 2_520, 10_000
NEEDED_RATIO, BOUND_SECONDS = 100.0, 1.0
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"SERIES": 20, "SESSIONS": 504, "DRAWS": 200}
ALONE = {
    "cum_returns_final": "total_return",
    "annual_return": "cagr",
    "annual_volatility": "volatility_annual",
    "sharpe_ratio": "sharpe",
    "sortino_ratio": "sortino",
    "max_drawdown": "max_drawdown",
    "calmar_ratio": "calmar",
    "downside_risk": "downside_deviation_annual",
    "omega_ratio": "omega",
    "stability_of_timeseries": "stability",
    "tail_ratio": "tail_ratio",
    "value_at_risk": "var_historical",
    "conditional_value_at_risk": "es_historical",
}
AGAINST = {
    "alpha": "alpha_annual",
    "beta": "beta",
    "excess_sharpe": "excess_sharpe",
    "capture": "capture",
    "up_capture": "up_capture",
    "down_capture": "down_capture",
    "beta_fragility_heuristic": "beta_fragility",
    "batting_average": "batting_average",
}
LOSSES = {"var_historical", "es_historical"}


def sample() -> tuple[pd.DataFrame, pd.Series[float]]:
    """Fat-tailed returns of many shares that follow a market."""
    rng = np.random.default_rng(20260701)
    days = pd.bdate_range("2016-01-04", periods=SESSIONS)
    market = pd.Series(rng.standard_t(4, SESSIONS) * 0.007 + 0.0003, index=days)
    noise = rng.standard_t(4, (SESSIONS, SERIES)) * 0.01
    return pd.DataFrame(noise + np.outer(market, rng.uniform(0.2, 2.0, SERIES)), index=days), market


def empyrical_loop(returns: pd.DataFrame, market: pd.Series[float] | None) -> pd.DataFrame:
    """The figures one series and one function at a time, as a user of empyrical takes them."""
    import empyrical

    rows = {}
    for name in returns:
        series = returns[name]
        row = {ours: getattr(empyrical, theirs)(series) for theirs, ours in ALONE.items()}
        if market is not None:
            row.update({ours: getattr(empyrical, theirs)(series, market) for theirs, ours in AGAINST.items()})
            row["batting_average"] = row["batting_average"]["batting average"]
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def compare(ours: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Largest relative difference. Raises VerificationError above 1e-9."""
    worst = 0.0
    for name in theirs:
        sign = -1.0 if name in LOSSES else 1.0
        gap = float((ours[name] * sign / theirs[name] - 1.0).abs().max())
        if not gap < 1e-9:
            raise VerificationError(f"{name} differs from empyrical by {gap:.1e}")
        worst = max(worst, gap)
    return worst


def check_draws(returns: np.ndarray) -> None:
    """Raise VerificationError unless drawn figures are those of the sessions that were drawn."""
    found = bootstrap_metrics(returns, draws=3, block_length=10.0, seed=1)
    for row, sessions in zip(
        found.values, resampled_sessions(len(returns), draws=3, block_length=10.0, seed=1), strict=True
    ):
        drawn = returns[sessions]
        sharpe = drawn.mean() / drawn.std(ddof=1) * math.sqrt(252)
        if abs(row[2] - sharpe) > 1e-9:
            raise VerificationError(f"a drawn Sharpe ratio is {row[2]}, not {sharpe}")


def once(call: Callable[[], object]) -> float:
    """Seconds of one call: the loop takes too long for several."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> int:
    """Print both times and their bounds; 0 when both are met."""
    returns, market = sample()
    # empyrical divides by zero on purpose in places; its answers are compared below.
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="empyrical")
    met = True
    for label, benchmark in (("without a benchmark", None), ("with a benchmark", market)):
        found: list[pd.DataFrame] = []
        theirs = once(lambda benchmark=benchmark, found=found: found.append(empyrical_loop(returns, benchmark)))
        ours = call_seconds(lambda benchmark=benchmark: metrics_table(returns, benchmark), runs=7)
        gap = compare(metrics_table(returns, benchmark), found[0])
        columns = metrics_table(returns.iloc[:, :1], benchmark).shape[1]
        print(
            f"{found[0].shape[1]} metrics of {SERIES} series x {SESSIONS} sessions {label}: "
            f"empyrical {theirs:.2f} s, "
            f"hedgebook {ours * 1000:.0f} ms (for {columns} metrics), {theirs / ours:.0f} times as fast, "
            f"largest difference {gap:.0e}"
        )
        met = met and (benchmark is None or theirs / ours >= NEEDED_RATIO)
    series = returns[0].to_numpy()
    check_draws(series)
    for length in (None, 10.0):
        took = call_seconds(lambda length=length: bootstrap_metrics(series, draws=DRAWS, block_length=length), runs=3)
        print(
            f"{DRAWS} bootstrap draws of five metrics, blocks of {length or 'optimal length'}: "
            f"{took:.2f} s (bound {BOUND_SECONDS} s)"
        )
        met = met and took <= BOUND_SECONDS
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
