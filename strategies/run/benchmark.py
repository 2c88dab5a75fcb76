"""What a run's capital would have become in a benchmark, bought where the run began."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hedgebook.engine.exposure.factors import PROXIES
from hedgebook.universes.calendar import Mark

from .run import StrategyRun

BENCHMARK = PROXIES["market"]


def benchmark_levels(run: StrategyRun, ticker: str = BENCHMARK) -> pd.Series[float] | None:
    """USD at each close of the run had its capital bought `ticker` at the mark of the first order, without costs.

    A session without a close keeps the last one. None where the market does not have the ticker, or no price of it
    where the run began.
    """
    market, sessions = run.market, run.backtest.market.sessions
    if ticker not in market.columns:
        return None
    column = market.column(ticker)
    rows = np.array([market.session_index(day) for day in sessions])
    first = market.open if run.plan.entry_mark is Mark.OPEN else market.close
    start = float(first[market.session_index(run.plan.entry_session), column])
    if not np.isfinite(start) or start <= 0.0:
        return None
    closes = pd.Series(market.close[rows, column], index=run.sessions).ffill()
    return (run.capital / start * closes).rename(ticker)
