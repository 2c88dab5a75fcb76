"""Measures of resampled histories, of several series on the same drawn dates, and their errors."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats
from ..equal import STILL
from ..kernels.series.bootstrap import BOOTSTRAPPED, bootstrap_draws
from ..kernels.series.reality_check import stationary_counts
from ..risk.bootstrap import chosen_block_length, in_threads
from .excess import IN_EXCESS

DRAWS, SEED, LEAST = 1000, 0, 8
# What is resampled: those of a path, those of counts and sums, and those against a benchmark.
PATH = ("total_return", *BOOTSTRAPPED, "calmar")
SUMS = ("omega", "hit_rate")
PAIRED = ("beta", "alpha_annual", "correlation", "tracking_error_annual", "information_ratio")
RESAMPLED = (*PATH, *SUMS, *PAIRED)


def block_length_of(values: Floats) -> float:
    """The mean of the optimal block lengths of (T, S) series, at least 1."""
    return float(
        np.mean([chosen_block_length(np.ascontiguousarray(values[:, s]), None) for s in range(values.shape[1])])
    )


def resampled(
    values: Floats,
    year: float,
    benchmark: Floats | None = None,
    *,
    block_length: float,
    draws: int = DRAWS,
    seed: int = SEED,
    threads: int = 2,
) -> dict[str, Floats]:
    """(draws, S) values of each measure of RESAMPLED: one draw takes the same dates of every series.

    values: (T, S) returns without NaN, at least 8 dates; year: returns in a year, NaN where annual measures are
    undefined; benchmark: (T,) without NaN, without which those of PAIRED are left out; block_length: average dates in a
    block. The draws are those of engine.risk.bootstrap with the same block length and seed.
    """
    width = values.shape[1]
    paths = np.empty((width, draws, len(BOOTSTRAPPED)))
    columns = np.ascontiguousarray(values.T)

    def fill(start: int, stop: int) -> None:
        for s in range(width):
            bootstrap_draws(columns[s], 1.0 / block_length, seed, year, start, paths[s, start:stop])

    in_threads(fill, draws, threads)
    counts = _drawn_dates(len(values), block_length, draws, seed)
    found = {name: np.ascontiguousarray(paths[:, :, k].T) for k, name in enumerate(BOOTSTRAPPED)}
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found["total_return"] = np.expm1(counts @ np.log1p(np.maximum(values, -1.0)))
        found["calmar"] = found["cagr"] / -found["max_drawdown"]
        gains, losses = counts @ np.maximum(values, 0.0), counts @ np.maximum(-values, 0.0)
        ups, downs = counts @ (values > STILL).astype(float), counts @ (values < -STILL).astype(float)
        found["omega"], found["hit_rate"] = gains / losses, ups / (ups + downs)
        if benchmark is not None:
            found |= _paired(counts, values, benchmark, year)
    return {name: np.where(np.isfinite(array), array, np.nan) for name, array in found.items()}


def resampled_in_excess(
    values: Floats, year: float, benchmark: Floats | None, riskless: float, *, block_length: float, draws: int
) -> dict[str, Floats]:
    """The same, with measures in excess of a rate from those of values less `riskless`, on the same drawn dates."""
    found = resampled(values, year, benchmark, block_length=block_length, draws=draws)
    if not riskless:
        return found
    other = None if benchmark is None else benchmark - riskless
    less = resampled(values - riskless, year, other, block_length=block_length, draws=draws)
    return {**found, **{name: less[name] for name in IN_EXCESS if name in less}}


def _drawn_dates(sessions: int, block_length: float, draws: int, seed: int) -> Floats:
    """(draws, sessions): how often each draw takes each date."""
    counts = np.empty((draws, sessions))
    stationary_counts(1.0 / block_length, seed, 0, counts)
    return counts


def _paired(counts: Floats, values: Floats, benchmark: Floats, year: float) -> dict[str, Floats]:
    """Measures against the benchmark from sums over the drawn dates."""
    n = float(len(values))
    x, b = counts @ values / n, (counts @ benchmark / n)[:, None]
    xx, bb = counts @ values**2 / n - x**2, (counts @ benchmark**2 / n)[:, None] - b**2
    xb = counts @ (values * benchmark[:, None]) / n - x * b
    beta = np.where(bb > STILL**2, xb / bb, np.nan)
    noise = np.sqrt(np.maximum(xx - 2.0 * xb + bb, 0.0) * n / (n - 1.0))
    return {
        "beta": beta,
        "alpha_annual": (1.0 + x - beta * b) ** year - 1.0,
        "correlation": xb / np.sqrt(xx * bb),
        "tracking_error_annual": noise * np.sqrt(year),
        "information_ratio": (x - b) / noise * np.sqrt(year),
    }


def standard_errors(values: Floats, year: float, benchmark: Floats | None = None) -> dict[str, float]:
    """Deviation over the draws of each measure of one series (n,); those against a benchmark, NaN where it has none,
    of the dates that both have.

    Empty for fewer than 8 returns.
    """
    found: dict[str, float] = {}
    both = None if benchmark is None else ~np.isnan(benchmark)
    if len(values) >= LEAST:
        found = _spread(values, year, benchmark if both is not None and both.all() else None)
    if benchmark is None or both is None or both.all() or both.sum() < LEAST:
        return found
    block = np.ascontiguousarray(values[both])[:, None]
    counts = _drawn_dates(len(block), block_length_of(block), DRAWS, SEED)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        paired = _paired(counts, block, benchmark[both], year)
    return {**found, **{name: deviation(array[:, 0]) for name, array in paired.items()}}


def _spread(values: Floats, year: float, benchmark: Floats | None) -> dict[str, float]:
    block = np.ascontiguousarray(values)[:, None]
    drawn = resampled(block, year, benchmark, block_length=block_length_of(block))
    return {name: deviation(array[:, 0]) for name, array in drawn.items()}


def deviation(draws: Floats) -> float:
    """Deviation of the draws that are defined; NaN where fewer than nine of ten are."""
    known = draws[np.isfinite(draws)]
    return float(known.std(ddof=1)) if len(known) >= max(0.9 * len(draws), 2) else float("nan")
