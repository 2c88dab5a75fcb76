"""What a league of hedges measures of each run, and how runs on several events are pooled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.backtest import Booked
from hedgebook.engine.equal import STILL
from hedgebook.engine.exposure.conditional import conditional_betas
from hedgebook.engine.exposure.ols import rolling_ols
from hedgebook.engine.recorded import COST_CAUSES
from hedgebook.engine.risk.measures import direction_of
from hedgebook.engine.sweep.analysis.standing import ruined

from ..run.exposure import estimation_days, held_returns, window_before
from ..run.run import TradeRun

STRESS_FRAC = 0.05
DRAWDOWNS = ("max_drawdown", "worst_drawdown")  # of one run, of several
ROLLING_SESSIONS = 60
# 1: the higher the better, -1: the lower. Those that are not asked for are a league's own.
DIRECTIONS = {
    **{name: direction_of(name) for name in ("total_return", "volatility_annual", "max_drawdown", "worst_session")},
    "effectiveness_before": 1, "effectiveness_during": 1,
    **{name: direction_of(name) for name in ("turnover", "cost_frac")},
    "mean_return": 1, "hits": 1, "worst_return": 1, "mean_volatility": -1, "worst_drawdown": 1,
    "median_effectiveness": 1, "mean_turnover": -1, "mean_cost_frac": -1,
}  # fmt: skip


def figures_of(run: TradeRun) -> dict[str, float]:
    """The figures of one run, fractions unless said otherwise, NaN where undefined.

    A ruined run has no volatility, worst session or effectiveness, as in Metrics.
    ratio: USD short per USD long at entry; effectiveness_before, effectiveness_during: see there; turnover: traded
    USD over capital; cost_frac: every cost over capital, interest left out.
    """
    backtest, metrics, fills = run.backtest, run.metrics, run.fills
    return {
        "ratio": run.plan.hedge.ratio,
        "total_return": backtest.final_nav / backtest.capital - 1.0,
        "volatility_annual": metrics.volatility_annual,
        "max_drawdown": metrics.max_drawdown,
        "worst_session": metrics.worst_session,
        "effectiveness_before": effectiveness_before(run),
        "effectiveness_during": math.nan if backtest.ruined_on is not None else effectiveness_during(run),
        "turnover": float((fills["shares"].abs() * fills["reference"]).sum()) / backtest.capital,
        "cost_frac": math.fsum(backtest.costs_paid[name] for name in COST_CAUSES) / backtest.capital,
        "ruined": float(backtest.ruined_on is not None),
    }


def effectiveness_before(run: TradeRun) -> float:
    """1 - Var(entry weights)/Var(long leg alone) of daily returns, over the lookback sessions before the news.

    Only sessions on which every ticker has a return. Source: Ederington (1979), Journal of Finance 34(1).
    """
    known, weights = run.market.session_index(run.plan.known_at), run.plan.weights()
    first = max(known - run.trade.lookback, 0)
    close = run.market.close[first : known + 1, [run.market.column(ticker) for ticker in weights]]
    returns = close[1:] / close[:-1] - 1.0
    returns = returns[np.isfinite(returns).all(axis=1)]
    held = np.array(list(weights.values()))
    long = len(run.plan.legs[0].tickers)
    return _effectiveness(returns @ held, returns[:, :long] @ held[:long])


def effectiveness_during(run: TradeRun) -> float:
    """1 - Var(trade)/Var(its long leg alone) of the P&L by session before costs and interest, entry to exit."""
    moves = run.backtest.record.of(Booked.GROSS).sum(axis=2)
    long = [run.backtest.market.column(ticker) for ticker in run.plan.legs[0].tickers]
    return _effectiveness(moves.sum(axis=1), moves[:, long].sum(axis=1))


def _effectiveness(hedged: Floats, alone: Floats) -> float:
    if len(alone) < 2:
        return math.nan
    variance = float(alone.var(ddof=1))
    return 1.0 - float(hedged.var(ddof=1)) / variance if variance > 0.0 else math.nan


def residuals_of(run: TradeRun) -> dict[str, float]:
    """Beta and t-statistic on each factor, ex ante ("market_before_beta") and while the trade ran ("_during_")."""
    found: dict[str, float] = {}
    for when, exposure in (("before", run.exposures.before), ("during", run.exposures.during)):
        for factor in run.exposures.factors:
            for name in ("beta", "tstat"):
                known = exposure is not None and factor in exposure.table.index
                value = float(exposure.table[name][factor]) if exposure is not None and known else math.nan
                found[f"{factor}_{when}_{name}"] = value
    return found


def factor_parts(run: TradeRun) -> dict[str, float]:
    """P&L as fractions of capital by factor, specific, costs and interest, which add up to the total return; empty
    without factors."""
    if run.factor_pnl is None:
        return {}
    totals = run.factor_pnl.by_session.sum()
    parts = {name: float(totals[name]) for name in (*run.factor_pnl.names, "specific")}
    parts["costs"] = math.fsum(float(totals[cause]) for cause in COST_CAUSES)
    parts["interest"] = float(totals["interest"])
    return {name: usd / run.backtest.capital for name, usd in parts.items()}


def stress_betas(run: TradeRun) -> pd.DataFrame | None:
    """Beta of the entry weights to the market on all, down and worst sessions of the 250 before the news.

    As engine.exposure.conditional.conditional_betas; None without the market factor.
    """
    model = run.entry_model
    if model is None or "market" not in model.factors.names:
        return None
    days, factors = estimation_days(run.market, run.plan, model.factors)
    window = window_before(days, run.plan)
    moves = factors.returns[window, factors.column("market")]
    return conditional_betas(held_returns(days, run.plan)[window], moves, stress_fracs=(STRESS_FRAC,))


def rolling_market_betas(runs: Sequence[TradeRun]) -> pd.DataFrame | None:
    """Beta of each run's entry weights to the market over 60 sessions, at each of the 250 closes before the news.

    Runs of one event; None without the market factor or where no window is complete.
    """
    first = runs[0]
    model = first.entry_model
    if model is None or "market" not in model.factors.names:
        return None
    days, factors = estimation_days(first.market, first.plan, model.factors)
    window = window_before(days, first.plan)
    start = max(window.start - ROLLING_SESSIONS, 0)
    shared = [estimation_days(run.market, run.plan, model.factors)[0] for run in runs]
    held = np.column_stack(
        [held_returns(one, run.plan)[start : window.stop] for one, run in zip(shared, runs, strict=True)]
    )
    moves = factors.returns[start : window.stop, [factors.column("market")]]
    fit = rolling_ols(held, moves, ("market",), ROLLING_SESSIONS, min_sessions=ROLLING_SESSIONS // 2)
    sessions = pd.DatetimeIndex(days.sessions[start : window.stop].astype("datetime64[ns]"), name="session")
    table = pd.DataFrame(
        fit.coefficients[:, :, 1], index=sessions, columns=[run.plan.hedge.method.value for run in runs]
    )
    table = table.iloc[window.start - start :].dropna(how="all")
    return table if len(table) else None


def pooled(by_event: pd.DataFrame) -> pd.DataFrame:
    """One row for each method over its events, equally weighted; by_event: rows with method, problem and figures.

    events: that could be run; failed: that could not; ruined: on which all was lost, whose figures made of returns are
    undefined; hits: runs that earned something and never lost their capital; means leave out what is undefined. The
    effectiveness is a median: one event on which the long leg hardly moved would make any mean.
    """
    rows = {}
    for method, part in by_event.groupby("method", sort=False):
        ran = part[part["problem"].isna()]
        returns = ran["total_return"].to_numpy(dtype=np.float64)
        rows[method] = {
            "events": len(ran),
            "failed": len(part) - len(ran),
            "mean_return": _mean(returns),
            "ruined": int(ran["ruined"].sum()) if "ruined" in ran else 0,
            "hits": int(((returns > STILL) & ~ruined(ran["max_drawdown"])).sum()),
            "worst_return": float(returns.min()) if len(returns) else math.nan,
            "mean_volatility": _mean(ran["volatility_annual"].to_numpy(dtype=np.float64)),
            "worst_drawdown": float(ran["max_drawdown"].min()) if len(ran) else math.nan,
            "median_effectiveness": float(ran["effectiveness_during"].astype(np.float64).median()),
            "mean_turnover": _mean(ran["turnover"].to_numpy(dtype=np.float64)),
            "mean_cost_frac": _mean(ran["cost_frac"].to_numpy(dtype=np.float64)),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return math.fsum(known) / len(known) if len(known) else math.nan


def best_of(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """The best methods of each column that has a better end, ties together; empty where nothing can be compared.

    Pooled rows compete only with rows of as many events: fewer events are other events. What was ruined anywhere
    competes for nothing.
    """
    rows = table
    if "events" in table:
        rows = table[table["events"] == table["events"].max()]
    if "ruined" in rows:
        rows = rows[~(rows["ruined"] > 0.0)]
    for name in DRAWDOWNS:
        if name in rows:
            rows = rows[~ruined(rows[name])]
    found: dict[str, tuple[str, ...]] = {}
    for name, direction in DIRECTIONS.items():
        if name in rows:
            values: Any = direction * rows[name].astype(np.float64)
            known = values[np.isfinite(values)]
            best = known[known >= known.max() - 1e-12] if len(known) > 1 else known.iloc[:0]
            # Where all are the same, none is the best.
            found[name] = tuple(str(m) for m in best.index) if len(best) < len(known) else ()
    return found
