"""Sweeps of many shapes on the sample market, for the tests of their report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import hedgebook as hb
from hedgebook.engine.account import load_account
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.sweep.analyse import RankBy
from hedgebook.engine.sweep.batch.stage import SweepSetting
from hedgebook.engine.sweep.out_of_sample.validation import parse_validation
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.engine.sweep.space import space_of
from hedgebook.engine.sweep.sweep import Execution, prepare
from hedgebook.strategies.sweeping import sweep_strategy
from hedgebook.universes.market import Market

TRADE = "long-meta-short-neocloud"
EVENTS = ("nebius-microsoft-2025", "meta-capex-2026-04", "meta-compute-2026")
FIRST, LAST = 130, 530


def swept(
    axes: Mapping[str, Any],
    strategy: Any = TRADE,
    *,
    draw: tuple[str, int | None] = ("grid", None),
    metric: str = "sharpe",
    cv: str = "cscv",
    fixed: Mapping[str, Any] | None = None,
) -> SweepResult:
    """A sweep on the sample market."""
    chosen = sweep_strategy(strategy, changes=fixed)
    how, count = draw
    sets = space_of(axes).retyped(chosen.typed).sets(how, count, 0 if count else None)
    setting = SweepSetting(hb.sample_market(), load_costs("default"), load_account("plain"), "SPY")
    prepared = prepare(setting, chosen, sets, validation=parse_validation(cv))
    prepared.run(Execution())
    return prepared.analyse(RankBy(metric))


def momentum(market: Market, window: int = 20, every: int = 20, top: int = 3) -> Schedule:
    """The names that rose most over the window, in equal parts, from session 130 to 530."""
    weights, sessions, decided = [], [], []
    for t in range(FIRST, LAST, every):
        moves = np.nan_to_num(market.close[t - 1] / market.close[t - 1 - window] - 1.0, nan=-9.0)
        row = np.zeros(len(market.tickers))
        row[np.argsort(-moves)[:top]] = 0.9 / top
        weights.append(row)
        sessions.append(market.sessions[t])
        decided.append(market.mark_time(t - 1, 1))
    marks = np.zeros(len(weights), dtype=np.int64)
    return Schedule(tuple(market.tickers), np.array(decided), np.array(sessions), marks, np.array(weights))


momentum.until = "2026-02-13"  # type: ignore[attr-defined]

OWN = {"window": "5:60:5", "every": [10, 20, 40], "top": "1:5"}
HEDGES = ["dollar", "beta", "min_variance", "volatility_parity"]
SHAPES: dict[str, Callable[[], SweepResult]] = {
    "grid": lambda: swept({"hold": "5:24", "gross": [0.5, 1.0], "stop_loss": "none,0.04,0.08", "hedge": HEDGES[:2]}),
    "one_axis": lambda: swept({"hold": "5:40"}),
    "one_value": lambda: swept({"hold": "5:30", "hedge": ["dollar"], "gross": [0.5, 1.0]}),
    "continuous": lambda: swept({"hold": "5:30", "gross": "0.5:1.5", "stop_loss": "0.02:0.1"}, draw=("lhs", 120)),
    "categorical": lambda: swept({"hedge": HEDGES, "short": ["neocloud", "miner", ["neocloud", "miner"]]}),
    "large": lambda: swept({"hold": "1:60", "gross": "0.5:1.5:0.1"}),
    "failing": lambda: swept({"hold": "2:200", "short": "neocloud,miner"}),
    "single": lambda: swept({"hold": [20]}),
    "drawdown": lambda: swept({"hold": "5:30", "gross": [0.5, 1.0], "hedge": HEDGES[:2]}, metric="max_drawdown"),
    "turnover": lambda: swept({"hold": "5:12", "gross": [0.5, 1.0]}, metric="turnover"),
    "events": lambda: swept({"event": list(EVENTS), "hold": "5:14", "gross": [0.5, 1.0]}, cv="events"),
    "walk": lambda: swept(OWN, momentum, cv="walk-forward"),
    "cpcv": lambda: swept(OWN, momentum, cv="cpcv:folds=6"),
    "alike": lambda: swept({"stop_loss": [0.5, 0.6, 0.7], "long_stop": [0.5, 0.6]}),
    "brief": lambda: swept({"hold": "0:2", "gross": [0.5, 1.0]}, metric="total_return"),
    "hindsight": lambda: swept({"hold": "5:12", "hindsight": [True, False]}),
}


@cache
def sweep_of(shape: str) -> SweepResult:
    """The sweep of a shape, made once."""
    return SHAPES[shape]()


def known(result: SweepResult) -> pd.DataFrame:
    """The sets that have the metric, best first, with the same index; in plain pandas, from the table alone."""
    table = result.table[result.table["problem"].isna()]
    if result.metric in ("sharpe", "cagr", "volatility_annual", "sortino", "calmar"):
        table = table[table["sessions"] >= result.min_sessions]
    table = table.dropna(subset=[result.metric])
    return table.sort_values(result.metric, ascending=result.metric == "turnover", kind="stable")


def written(value: float, decimals: int = 2, *, share: bool = False) -> str:
    """A number as a table has it, made the plain way."""
    if value != value:
        return "–"
    text = f"{abs(100 * value if share else value):,.{decimals}f}"
    minus = "−" if value < 0 and text.strip("0.,") else ""
    return f"{minus}{text}{'%' if share else ''}"
