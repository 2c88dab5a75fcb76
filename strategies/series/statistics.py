"""What several runs of one trade say together: means with honest errors, hit rates, the mean path."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.engine.equal import STILL

CONFIDENCE = 0.95
PATH_COLUMNS = ("mean", "standard_error", "low", "high", "caar", "caar_error", "caar_low", "caar_high")


@dataclass(frozen=True)
class ClusteredMean:
    """The mean of n values and its error, robust to any dependence inside a cluster.

    standard_error: sqrt(G / (G - 1) sum_c (sum of deviations in c)^2) / n over G clusters; t, p_value: Student's t
    with G - 1 degrees of freedom, NaN for values that are all the same; low, high: the 95 % interval from it. NaN
    where there is one cluster or none. naive_error:
    as if all values were independent; mean_of_clusters weighs every cluster equally. Source: Petersen (2009),
    Review of Financial Studies 22(1).
    """

    mean: float
    standard_error: float
    t: float
    p_value: float
    low: float
    high: float
    naive_error: float
    mean_of_clusters: float
    clusters: int


@dataclass(frozen=True)
class HitRate:
    """How many of n events ended with a profit, NaN for no event; low, high: the exact 95 % interval of Clopper and
    Pearson (1934).

    The interval takes events as independent, which those of one cluster are not.
    """

    hits: int
    events: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class LeaveOneOut:
    """The lowest and the highest mean with one event left out, and which one; NaN and "" for a single event."""

    low: float
    low_without: str
    high: float
    high_without: str


def clustered_mean(values: Floats, clusters: NDArray[np.int64]) -> ClusteredMean:
    """The mean of (n,) finite values with labels of their clusters, 0 to G - 1."""
    from scipy.special import stdtr, stdtrit

    n = len(values)
    if n == 0:
        nan = math.nan
        return ClusteredMean(nan, nan, nan, nan, nan, nan, nan, nan, 0)
    count, mean = int(clusters.max()) + 1, float(values.mean())
    naive = float(values.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan
    if count < 2:
        return ClusteredMean(mean, math.nan, math.nan, math.nan, math.nan, math.nan, naive, mean, count)
    by_cluster = np.bincount(clusters, weights=values) / np.bincount(clusters)
    sums = np.bincount(clusters, weights=values - mean)
    error = math.sqrt(count / (count - 1) * float(np.square(sums).sum())) / n
    t = mean / error if error > STILL else math.nan
    half = float(stdtrit(count - 1, 0.5 + CONFIDENCE / 2)) * error
    p = 2.0 * float(stdtr(count - 1, -abs(t)))
    return ClusteredMean(mean, error, t, p, mean - half, mean + half, naive, float(by_cluster.mean()), count)


def find_clusters(first: Sequence[np.datetime64], last: Sequence[np.datetime64]) -> NDArray[np.int64]:
    """Cluster of each window, in the order of first sessions: windows that share a session are in one."""
    out = np.zeros(len(first), dtype=np.int64)
    if not len(first):
        return out
    end = last[0]
    for j in range(1, len(first)):
        out[j] = out[j - 1] + (first[j] > end)
        end = max(end, last[j])
    return out


def hit_rate(returns: Floats) -> HitRate:
    """The share of (n,) returns above zero; one of zero, but for rounding, is a miss."""
    from scipy.special import betaincinv

    n, hits = len(returns), int((returns > STILL).sum())
    if n == 0:
        return HitRate(0, 0, math.nan, math.nan, math.nan)
    tail = (1.0 - CONFIDENCE) / 2
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1.0 - tail)) if hits < n else 1.0
    return HitRate(hits, n, hits / n, low, high)


def leave_one_out(returns: Floats, names: Sequence[str]) -> LeaveOneOut:
    """The range of the mean of (n,) returns when each is left out in turn."""
    n = len(returns)
    if n < 2:
        return LeaveOneOut(math.nan, "", math.nan, "")
    # Leaving out the largest gives the lowest mean: found by the returns themselves, so that ties go to the first.
    best, worst = int(np.argmax(returns)), int(np.argmin(returns))
    low, high = (float(np.delete(returns, j).mean()) for j in (best, worst))
    return LeaveOneOut(low, names[best], high, names[worst])


def mean_path(net: Floats, abnormal: Floats, clusters: NDArray[np.int64]) -> pd.DataFrame:
    """Mean cumulative returns by offset with 95 % bands, from (n, K) net and benchmark-adjusted paths.

    Rows of `abnormal` with a NaN are left out of its mean: at each offset it is a mean over the same events.
    """
    whole = np.isfinite(abnormal).all(axis=1)
    kept = np.unique(clusters[whole], return_inverse=True)[1].astype(np.int64)
    rows = []
    for k in range(net.shape[1]):
        mean = clustered_mean(net[:, k], clusters)
        row = {"mean": mean.mean, "standard_error": mean.standard_error, "low": mean.low, "high": mean.high}
        car = clustered_mean(abnormal[whole, k], kept) if whole.any() else None
        row["caar"] = car.mean if car else math.nan
        row["caar_error"] = car.standard_error if car else math.nan
        row["caar_low"] = car.low if car else math.nan
        row["caar_high"] = car.high if car else math.nan
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(range(net.shape[1]), name="offset"), columns=list(PATH_COLUMNS))
