"""Where the prices of a trade's legs went around the news, rebased to the last close before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market

from ..trade.plan import TradePlan
from .benchmark import BENCHMARK

BEFORE_SESSIONS = 20
# An open stands halfway between the close before it and its own session's close.
OPEN_STEP = 0.5


@dataclass(frozen=True, eq=False)
class LegPaths:
    """Levels of each leg and of a benchmark over (M,) marks: 1 at the last close before the news.

    at: (M,) places of the marks in time, closes at whole numbers counted from the news' last close (0) and the first
    tradable open halfway before its close; sessions, is_open: (M,) of each mark; levels: name to (M,); left_out:
    tickers without a price at the last close before the news; fill_at: place of the first tradable mark; a ticker
    that does not print keeps its last price.
    """

    at: NDArray[np.float64]
    sessions: NDArray[np.datetime64]
    is_open: NDArray[np.bool_]
    levels: Mapping[str, NDArray[np.float64]]
    benchmark: str | None
    left_out: tuple[str, ...]
    fill_at: float


def leg_paths(market: Market, plan: TradePlan, before_sessions: int = BEFORE_SESSIONS) -> LegPaths:
    """Paths of the legs from `before_sessions` before the news to the exit, at the weights of the entry.

    A leg's level is the mean of its tickers' prices over their price at the last close before the news, weighted by
    the size of their entry weights: what the names did, not what the trade earned. A leg none of whose tickers has
    that price is absent.
    """
    base, fill = market.session_index(plan.known_at), market.session_index(plan.first_fill.session)
    first, last = max(0, base - before_sessions), market.session_index(plan.until)
    rows = np.arange(first, last + 1)
    at, is_open = (rows - base).astype(np.float64), np.zeros(len(rows), dtype=np.bool_)
    if plan.first_fill.mark is Mark.OPEN:
        place = int(np.searchsorted(rows, fill))
        rows = np.insert(rows, place, fill)
        at = np.insert(at, place, fill - base - OPEN_STEP)
        is_open = np.insert(is_open, place, True)
    levels: dict[str, NDArray[np.float64]] = {}
    left_out: list[str] = []
    for leg in plan.legs:
        sizes = {ticker: abs(weight) for ticker, weight in leg.weights().items()}
        paths = {ticker: _path(market, ticker, rows, is_open, base) for ticker in sizes}
        known = [ticker for ticker, path in paths.items() if path is not None and sizes[ticker] > 0.0]
        left_out += [ticker for ticker in sizes if paths[ticker] is None]
        if known:
            weights = np.array([sizes[ticker] for ticker in known])
            levels[leg.name] = np.asarray(weights / weights.sum() @ np.array([paths[ticker] for ticker in known]))
    benchmark = BENCHMARK if BENCHMARK in market.columns else None
    path = None if benchmark is None else _path(market, BENCHMARK, rows, is_open, base)
    if path is not None:
        levels[BENCHMARK] = path
    return LegPaths(
        at=at,
        sessions=market.sessions[rows],
        is_open=is_open,
        levels=levels,
        benchmark=None if path is None else BENCHMARK,
        left_out=tuple(left_out),
        fill_at=float(fill - base) - (OPEN_STEP if plan.first_fill.mark is Mark.OPEN else 0.0),
    )


def _path(
    market: Market, ticker: str, rows: NDArray[np.intp], is_open: NDArray[np.bool_], base: int
) -> NDArray[np.float64] | None:
    """(M,) prices over the one at row `base`, the last known one where a mark has none; None without a base."""
    column = market.column(ticker)
    anchor = float(market.close[base, column])
    if not np.isfinite(anchor) or anchor <= 0.0:
        return None
    prices = np.where(is_open, market.open[rows, column], market.close[rows, column])
    return pd.Series(prices / anchor).ffill().to_numpy(dtype=np.float64)
