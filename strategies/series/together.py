"""Several plans of one trade as a single schedule, so that they share one NAV."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedgebook.engine.backtest.schedule import Schedule, in_force
from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import Mark, as_utc

from ..trade.plan import TradePlan
from ..trade.trade import EventTrade
from .abroad import combine_abroad
from .choice import WHERE, Overlap

# A gross that is above its limit by rounding alone is not scaled.
GROSS_TOLERANCE = 1e-12
Moment = tuple[np.datetime64, int]


def combine_plans(plans: Sequence[TradePlan], overlap: Overlap, max_gross: float) -> Schedule:
    """One schedule of plans in the order of their entries, weights of the same ticker added up.

    A row sets the tickers of the plans that enter or leave at its mark to the sum of what all plans then held want,
    fractions of NAV; the others are left alone. overlap=cap: every row sets every ticker held, and scales all of
    them by the same factor where the absolute sums add up to more than max_gross.
    """
    if any(plan.schedule.joins is not None for plan in plans):
        return combine_abroad(plans, overlap)
    tickers = tuple(dict.fromkeys(ticker for plan in plans for ticker in plan.schedule.tickers))
    column = {ticker: i for i, ticker in enumerate(tickers)}
    moments = sorted({moment for plan in plans for moment in (_entry(plan), _exit(plan))})
    held: list[TradePlan] = []
    weights = np.full((len(moments), len(tickers)), np.nan)
    decided = []
    for row, moment in enumerate(moments):
        leaving = [plan for plan in held if _exit(plan) == moment]
        entering = [plan for plan in plans if _entry(plan) == moment]
        before, held = held, [plan for plan in held if plan not in leaving] + entering
        targets = add_up(held)
        moved = [*before, *entering] if overlap is Overlap.CAP else [*leaving, *entering]
        factor = scale(targets, max_gross) if overlap is Overlap.CAP else 1.0
        for ticker in dict.fromkeys(ticker for plan in moved for ticker in plan.schedule.tickers):
            weights[row, column[ticker]] = targets.get(ticker, 0.0) * factor
        decided.append(max(as_utc(plan.announced_at) for plan in (*leaving, *held)))
    return Schedule(
        tickers=tickers,
        decided_at=np.array(decided),
        session=np.array([session for session, _ in moments]),
        mark=np.array([mark for _, mark in moments], dtype=np.int64),
        weights=weights,
        hindsight=any(plan.schedule.hindsight for plan in plans),
    )


def add_up(plans: Sequence[TradePlan]) -> dict[str, float]:
    """The weight of each ticker over all plans together."""
    total: dict[str, float] = {}
    for plan in plans:
        for ticker, weight in plan.weights().items():
            total[ticker] = total.get(ticker, 0.0) + weight
    return total


def scale(weights: dict[str, float], max_gross: float) -> float:
    """The factor that brings the absolute weights down to a limit, 1 where they are below it."""
    gross = sum(abs(weight) for weight in weights.values())
    return max_gross / gross if gross > max_gross * (1.0 + GROSS_TOLERANCE) else 1.0


def largest_gross(schedule: Schedule) -> float:
    """The largest absolute sum of the weights in force after any row, a fraction of NAV."""
    return float(np.abs(np.nan_to_num(in_force(schedule.weights))).sum(axis=1).max())


def legs_of(trade: EventTrade, plans: Sequence[TradePlan]) -> dict[str, str]:
    """ "long" or "short" by ticker, for the stops of a leg; empty where the trade has none.

    Raises ParameterError for a ticker that is long in one event and short in another.
    """
    if trade.rules.long_stop is None and trade.rules.short_stop is None:
        return {}
    legs: dict[str, str] = {}
    for plan in plans:
        for leg in plan.legs:
            for ticker in leg.tickers:
                if legs.setdefault(ticker, leg.name) != leg.name:
                    raise ParameterError(
                        f"{ticker} is long on one event and short on another, so no leg can be stopped",
                        where=f"{WHERE}: long_stop, short_stop",
                        remedy="Use stop_loss, or the trade's own sides.",
                    )
    return legs


def _entry(plan: TradePlan) -> Moment:
    return plan.entry_session, int(plan.entry_mark)


def _exit(plan: TradePlan) -> Moment:
    return plan.exit_session, int(Mark.CLOSE)
