"""The rules that every command looks at when it reads prices: gaps, stale stretches, history that was filled back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..counted import counted
from ..market import Market
from .fault import Fault, fault, runs_of, span_text
from .rules import RULES, Severity

SHOWN = 6


def cheap_faults(market: Market) -> Iterator[Fault]:
    """Findings that cost milliseconds, ticker by ticker; sessions that all tickers lack stand under no ticker."""
    close = market.close
    priced = np.isfinite(close)
    several = close.shape[1] > 1
    nobody = np.zeros(len(close), dtype=np.bool_)
    if several:
        nobody = np.asarray(priced.sum(axis=1) == 0, dtype=np.bool_)
    yield from _gaps(market, "", nobody)
    there = np.flatnonzero(priced.any(axis=0))
    if not len(there):
        return
    first = priced.argmax(axis=0)
    last = len(close) - 1 - priced[::-1].argmax(axis=0)
    holes = (last - first + 1) - priced.sum(axis=0)
    repeats = (close[1:] == close[:-1]).any(axis=0)
    for i in there.tolist():
        ticker = market.tickers[i]
        begin, end = int(first[i]), int(last[i])
        if holes[i]:
            missing = ~priced[:, i] & ~nobody
            missing[:begin], missing[end + 1 :] = False, False
            yield from _gaps(market, ticker, missing)
        yield from _ended(market, ticker, end)
        filled = _filled_back(close[begin : end + 1, i])
        if filled:
            says = [f"{span_text(market, begin, begin + filled - 1)} at {close[begin, i]:g}"]
            yield fault(market, "backfill", ticker, [(begin, begin + filled - 1)], says)
        if repeats[i]:
            yield from _stale(market, i, begin + filled)


def _gaps(market: Market, ticker: str, missing: NDArray[np.bool_]) -> Iterator[Fault]:
    """Long and short gaps in the flags (T,) of a ticker."""
    long = RULES["gap_long"].limits["sessions"]
    found = list(runs_of(missing, 1))
    for key, spans in (
        ("gap_long", [s for s in found if s[1] - s[0] + 1 >= long]),
        ("gap", [s for s in found if s[1] - s[0] + 1 < long]),
    ):
        if spans:
            yield fault(market, key, ticker, spans, [f"no close on {span_text(market, *span)}" for span in spans])


def _ended(market: Market, ticker: str, last: int) -> Iterator[Fault]:
    after = len(market.sessions) - 1 - last
    member = market.universe.by_ticker.get(ticker)
    known = member is not None and member[1].delisted is not None
    if after > RULES["ended"].limits["sessions"] and not known:
        says = [f"the last close is of {market.sessions[last]}, {counted(after, 'session')} before the end of the file"]
        yield fault(market, "ended", ticker, [(last + 1, len(market.sessions) - 1)], says)


def _filled_back(close: Floats) -> int:
    """How many first closes are the same or on a straight line, 0 where they are too few to tell."""
    least = int(RULES["backfill"].limits["sessions"])
    known = close[: 2 * least]
    if len(known) <= least or not np.isfinite(known[:least]).all():
        return 0
    steps = np.diff(close)
    same = np.abs(steps - steps[0]) <= 1e-9 * np.abs(close[1:])
    count = len(steps) if same.all() else int(np.argmin(same))
    return count + 1 if count + 1 >= least else 0


def _stale(market: Market, i: int, begin: int) -> Iterator[Fault]:
    close = market.close[:, i]
    same = np.concatenate([[False], close[1:] == close[:-1]])
    same[: begin + 1] = False
    long, short = (int(RULES[key].limits["sessions"]) for key in ("stale_long", "stale"))
    # A run of repetitions begins at the close that the first of them repeats.
    found = [(first - 1, last) for first, last in runs_of(same, short - 1)]
    for key, spans in (
        ("stale_long", [s for s in found if s[1] - s[0] + 1 >= long]),
        ("stale", [s for s in found if s[1] - s[0] + 1 < long]),
    ):
        if spans:
            says = [f"{close[first]:g} on {span_text(market, first, last)}" for first, last in spans]
            yield fault(market, key, market.tickers[i], spans, says)


def quality_warnings(market: Market) -> tuple[str, ...]:
    """The errors among these, a line a rule, for what is made with the prices.

    Of stale prices another line tells, where they are recent.
    """
    by_rule: dict[str, list[Fault]] = {}
    for one in cheap_faults(market):
        if one.severity == Severity.ERROR and one.rule != "stale_long":
            by_rule.setdefault(one.rule, []).append(one)
    lines = []
    for key, found in by_rule.items():
        more = f" and {counted(len(found) - SHOWN, 'more ticker')}" if len(found) > SHOWN else ""
        told = "; ".join(one.text for one in found[:SHOWN])
        lines.append(f"{RULES[key].title.lower()} in the prices: {told}{more} (hedgebook check has all of it)")
    return tuple(lines)
