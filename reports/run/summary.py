"""A run as one JSON-ready value."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from hedgebook.engine.backtest.participation import LARGE_ORDER_FRAC
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.exposure.regression import Exposure
from hedgebook.engine.risk.frequency import FEWEST_FOR_ANNUAL
from hedgebook.strategies.catalogue.kinds import kind_of
from hedgebook.strategies.run.checks import Check
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.strategies.trade.plan import TradePlan

from ..page.json import HINDSIGHT_NOTE, SIMULATED_NOTE, plain, versions
from ..page.undefined import reasoned


def summarise(run: StrategyRun) -> dict[str, Any]:
    """Everything about a run that fits in one JSON object.

    Amounts in USD, returns and weights as fractions, not rounded; None where a figure is undefined. Costs are
    positive when paid, interest negative when earned; P&L is net of each ticker's own costs and without
    interest, except in `pnl_by_cause`, whose values add up to final_nav - capital.
    """
    values = {
        **_identity(run),
        **_timing(run),
        **_figures(run),
        **_pnl(run),
        **_exposures(run),
        **_factor_split(run),
        "fills": _records(run.fills, ("session", "mark", "ticker", "shares", "price", "cost", "reason")),
        "rejected": _records(run.backtest.rejected, ("session", "mark", "ticker", "status", "reason")),
        "rule_201": [asdict(bar) for bar in run.short_sale_bars],
        "margin": _margin(run),
        "stale": stale_summary(run.backtest),
        "participation": participation_summary(run.backtest),
        **({"checks": {one.name: _told(one) for one in run.checks}} if run.checks else {}),
        "universe": run.market.universe.name,
        "data": asdict(run.market.provenance),
        "warnings": list(run.warnings),
        "versions": versions(),
    }
    return reasoned(plain(values))


def _told(check: Check) -> dict[str, Any]:
    """What came of a check that was asked."""
    return {"passed": check.passed, "badge": check.words, "detail": check.detail}


def _margin(run: StrategyRun) -> dict[str, Any]:
    """Margin calls and the tightest close; excess is NAV less the maintenance requirement, USD."""
    margin = run.backtest.margin
    calls = margin.index[margin["call"]]
    return {
        "on_call": run.backtest.account.margin.on_call.value,
        "calls": len(calls),
        "first_call": calls[0] if len(calls) else None,
        "largest_requirement": margin["requirement"].max(),
        "smallest_excess": margin["excess"].min(),
    }


def stale_summary(backtest: Backtest) -> dict[str, Any]:
    """Positions that count at an old price in the final NAV, and the NAV and return if those held long bring nothing.

    final_nav_reopened: NAV at the prices at which they came back after the run, None where none did.
    """
    low, back = backtest.nothing_recovered_nav, any(one.reopened_on is not None for one in backtest.stale)
    return {
        "positions": [asdict(one) for one in backtest.stale],
        "final_nav_recovery_0": low,
        "total_return_recovery_0": low / backtest.capital - 1.0,
        "final_nav_reopened": backtest.reopened_nav if back else None,
    }


def participation_summary(backtest: Backtest) -> dict[str, Any]:
    """Orders above a stated share of a day's volume, the largest order, and tickers whose volume is unknown."""
    found = backtest.participation
    known = found.orders.dropna(subset="share")
    names = ("session", "mark", "ticker", "usd", "adv_frac", "session_frac")
    largest = known.loc[[known["share"].idxmax()]] if len(known) else known
    return {
        "limit_frac": LARGE_ORDER_FRAC,
        "largest": next(iter(_records(largest, names)), None),
        "above_limit": _records(found.large, names),
        "unknown": list(found.unknown),
    }


def _identity(run: StrategyRun) -> dict[str, Any]:
    hedge = run.plan.hedge
    return {
        "trade": run.name,
        "kind": kind_of(run.strategy),
        "title": run.strategy.title,
        "note": run_note(run),
        "idea": run.strategy.idea,
        "parameters": run.strategy.parameters(),
        "hedge": None if hedge is None else {
            "method": hedge.method.value,
            "ratio": hedge.ratio,
            "benchmark": hedge.benchmark,
            "known_at": hedge.known_at,
            "betas": {b.ticker: {"beta": b.beta, "sessions": b.sessions} for b in hedge.betas},
            "weights": short_per_long(run),
            "factors": list(hedge.factors),
            "sessions": hedge.sessions,
        },
        "estimates": dict(run.plan.estimates),
        "weights": run.plan.weights(),
    }  # fmt: skip


def short_per_long(run: StrategyRun) -> dict[str, float]:
    """USD short of each ticker of the short leg per USD of the long leg; empty for a leg alone."""
    if len(run.plan.legs) < 2:
        return {}
    long, short = run.plan.legs
    return {ticker: -weight / long.weight for ticker, weight in short.weights().items()}


def run_note(run: StrategyRun) -> str | None:
    """What must be said beside every figure of a run, None where nothing must."""
    parts = []
    if run.market.provenance.simulated:
        parts.append(SIMULATED_NOTE)
    if not run.plan.tradable:
        parts.append(HINDSIGHT_NOTE)
    return "; ".join(parts) or None


def _timing(run: StrategyRun) -> dict[str, Any]:
    plan, sessions = run.plan, run.backtest.market.sessions
    return {
        **_news(run.trade_plan),
        "tradable": plan.tradable,
        "hindsight": not plan.tradable,
        "opening_session": run.opening,
        "entry_session": plan.entry_session,
        "entry_mark": plan.entry_mark.label,
        "exit_session": sessions[-1],
        "exit_mark": "close",
    }


def _news(plan: TradePlan | None) -> dict[str, Any]:
    """When the news of an event trade came and what was known then; nothing for other strategies."""
    if plan is None:
        return dict.fromkeys(("event", "announced_at", "announced_at_is_bound", "known_at", "first_fill"))
    return {
        "event": plan.event.id,
        "announced_at": plan.announced_at,
        "announced_at_is_bound": plan.event.announced_at is None,
        "known_at": plan.known_at,
        "first_fill": f"{plan.first_fill.session} {plan.first_fill.mark.label}",
    }


def _figures(run: StrategyRun) -> dict[str, Any]:
    metrics = run.metrics.to_dict()
    return {
        "capital": run.backtest.capital,
        "final_nav": run.backtest.final_nav,
        # Straight from NAV: compounding the daily returns loses the last digits.
        **metrics,
        # Annual figures of so few sessions are no headline; None where there are enough.
        "annualised_from_sessions": run.metrics.sessions if run.metrics.sessions < FEWEST_FOR_ANNUAL else None,
        "total_return": run.backtest.final_nav / run.backtest.capital - 1.0,
        "traded": run.backtest.traded,
        "ruined_on": run.backtest.ruined_on,
        "costs_name": run.backtest.costs.name,
        "account": run.backtest.account.name,
        "costs": run.backtest.costs_paid,
    }


def _pnl(run: StrategyRun) -> dict[str, Any]:
    """P&L in USD; tickers of the trade that earned nothing, and the leg that it does not have, stand at 0."""
    by_ticker = dict.fromkeys(run.plan.tickers, 0.0) | _totals(run.pnl("ticker"))
    buckets = {run.market.bucket_of(ticker) or "other": 0.0 for ticker in by_ticker}
    causes = _totals(run.pnl("cause")) | {"interest": float(run.backtest.record.interest.sum())}
    legs = {"long": 0.0, "short": 0.0} | _totals(run.pnl("leg")) if run.plan.legs else None
    return {
        "pnl_by_leg": legs,
        **({"pnl_by_strategy": _totals(run.pnl("strategy"))} if run.plan.parts else {}),
        "pnl_by_bucket": buckets | _totals(run.pnl("bucket")),
        "pnl_by_ticker": by_ticker,
        "pnl_by_cause": causes,
        **({} if run.market.rates is None else {"pnl_by_currency": _by_currency(run), "money": _money(run)}),
    }


def _by_currency(run: StrategyRun) -> dict[str, dict[str, float]]:
    """Overnight and intraday P&L by ticker: what its price and what its exchange rate earned, USD."""
    split = run.backtest.currency_pnl()[["price", "currency"]]
    return {str(ticker): {str(k): float(v) for k, v in row.items()} for ticker, row in split.iterrows()}


def _money(run: StrategyRun) -> dict[str, dict[str, float]]:
    """By currency: units and USD after the last close, interest, what its rate earned, costs of changing it, USD."""
    rows = run.backtest.money().iterrows()
    return {str(name): {str(k): float(v) + 0.0 for k, v in row.items()} for name, row in rows}


def _totals(table: pd.DataFrame) -> dict[str, float]:
    return {str(name): float(value) + 0.0 for name, value in table["total"].items()}


def _exposures(run: StrategyRun) -> dict[str, Any]:
    found = run.exposures
    windows = {"before": found.before, "during": found.during}
    return {
        "exposures": found.before.to_dict() if found.before else {},
        "exposures_during": found.during.to_dict() if found.during else {},
        "exposure_windows": {when: _window(exposure) for when, exposure in windows.items()},
        "factor_definitions": dict(zip(found.factors, found.definitions, strict=True)),
    }


def _factor_split(run: StrategyRun) -> dict[str, Any]:
    """P&L by factor, whose values add up to final_nav - capital, and annual volatility at entry; empty without
    factors."""
    pnl, risk = run.factor_pnl, run.entry_risk
    split = {} if pnl is None else {str(k): float(v) for k, v in pnl.by_session.drop(columns="total").sum().items()}
    if risk is None:
        return {"pnl_by_factor": split, "risk_at_entry": {}}
    tables = {"by_factor": risk.factors, "by_ticker": risk.tickers, "by_bucket": risk.buckets}
    parts = {name: {str(k): dict(row) for k, row in table.iterrows()} for name, table in tables.items()}
    return {
        "pnl_by_factor": split,
        "risk_at_entry": {"volatility_annual": risk.volatility, "factor_share": risk.factor_share, **parts},
    }


def _window(exposure: Exposure | None) -> dict[str, Any] | None:
    if exposure is None:
        return None
    return {
        "first": exposure.first,
        "last": exposure.last,
        "sessions": exposure.sessions,
        "lags": exposure.lags,
        "r_squared": exposure.r_squared,
    }


def _records(frame: pd.DataFrame, names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in frame[list(names)].itertuples(index=False)]
