"""Ranks, written out: one ticker and one decision at a time."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

Series = Sequence[float]


def daily(prices: Series, t: int) -> float:
    """The return of session number t, NaN where it has none."""
    return prices[t] / prices[t - 1] - 1.0 if t > 0 else math.nan


def score_of(kind: str, prices: Series, market: Series, t: int, lookback: int, skip: int) -> float:
    """The score of one ticker at the close of session t, highest best; NaN where there is none."""
    end = t - skip
    if kind in ("momentum", "reversal"):
        gain = prices[end] / prices[end - lookback] - 1.0
        return gain if kind == "momentum" else -gain
    days = range(end - lookback + 1, end + 1)
    least = max(2, math.ceil(0.8 * lookback))
    if kind == "low_volatility":
        seen = [daily(prices, d) for d in days if math.isfinite(daily(prices, d))]
        return -statistics.stdev(seen) if len(seen) >= least else math.nan
    pairs = [(daily(prices, d), daily(market, d)) for d in days]
    pairs = [(y, x) for y, x in pairs if math.isfinite(y) and math.isfinite(x)]
    if len(pairs) < least:
        return math.nan
    mean_y, mean_x = statistics.fmean(y for y, _ in pairs), statistics.fmean(x for _, x in pairs)
    variance = math.fsum((x - mean_x) ** 2 for _, x in pairs)
    return -math.fsum((x - mean_x) * (y - mean_y) for y, x in pairs) / variance if variance > 0 else math.nan


def period_ends(days: Sequence[date], following: date, every: str) -> list[int]:
    """Numbers of the sessions that are the last of their week, month or quarter."""

    def period(day: date) -> tuple[int, ...]:
        if every == "week":
            monday = day - timedelta(days=day.weekday())
            return (monday.year, monday.month, monday.day)
        return (day.year, day.month) if every == "month" else (day.year, (day.month - 1) // 3)

    after = [*days[1:], following]
    return [t for t in range(len(days)) if period(days[t]) != period(after[t])]


def weights_by_rank(
    scores: Mapping[str, float],
    bucket_of: Mapping[str, str],
    *,
    names: int | None,
    frac: float | None,
    sides: str,
    by_bucket: bool,
    neutral: bool,
    gross: float,
) -> dict[str, float]:
    """The weight of every ticker that is held, from scores of those that are ranked."""
    groups: dict[str, list[str]] = {}
    for ticker in scores:
        groups.setdefault(bucket_of[ticker] if by_bucket else "all", []).append(ticker)
    long: dict[str, list[str]] = {}
    short: dict[str, list[str]] = {}
    for group, members in groups.items():
        # Best first, and of equals the first by name.
        best_first = sorted(members, key=lambda ticker: (-scores[ticker], ticker))
        count = names if names is not None else max(1, math.floor((frac or 0.0) * len(members) + 1e-9))
        count = min(count, len(members) // 2 if sides == "both" else len(members))
        if sides != "short":
            long[group] = best_first[:count]
        if sides != "long":
            short[group] = best_first[len(members) - count :]
    side = gross / 2 if sides == "both" else gross
    out: dict[str, float] = {}
    for sign, chosen in ((1.0, long), (-1.0, short)):
        filled = [members for members in chosen.values() if members]
        total = sum(len(members) for members in filled)
        for members in filled:
            for ticker in members:
                out[ticker] = sign * (side / len(filled) / len(members) if neutral else side / total)
    return out
