"""Random accounts, rules and costs with everything in them, for the laws."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.rules import Rules
from hedgebook.universes.market import Market
from tests import markets

SESSIONS = 45
LEGS = {"T0": "long", "T1": "long", "T2": "short", "T3": "short"}


@dataclass(frozen=True, eq=False)
class Drawn:
    """A market, a schedule, and everything that it is simulated under."""

    market: Market
    schedule: Schedule
    costs: Costs
    account: Account
    rules: Rules

    def run(self, **changes: Any) -> Backtest:
        """The backtest, with some of its parts replaced."""
        drawn = dataclasses.replace(self, **changes)
        return run_schedule(drawn.market, drawn.schedule, drawn.costs, drawn.account, rules=drawn.rules, legs=LEGS)


def everything(seed: int, *, tickers: int = 5, size: float = 1.0) -> Drawn:
    """All of it at random, each rule and limit on in half of the draws."""
    draw = np.random.default_rng(seed)
    market = wild_market(seed, tickers)
    schedule = markets.random_schedule(seed + 1, market, size=size)
    costs = markets.random_costs(seed + 2)
    return Drawn(market, schedule, costs, random_account(draw), random_rules(draw))


def wild_market(seed: int, tickers: int = 5, missing_frac: float = 0.1) -> Market:
    """Ragged random walks with lows well below their marks."""
    draw = np.random.default_rng(seed + 7)
    market = markets.random_market(seed, sessions=SESSIONS, tickers=tickers, missing_frac=missing_frac)
    low = np.fmin(market.open, market.close) * (1 - np.abs(draw.normal(0.0, 0.05, market.close.shape)))
    return dataclasses.replace(market, low=low)


def random_account(draw: np.random.Generator) -> Account:
    """A broker who is now gentle and now harsh."""
    days = [str(day) for day in markets.session_days(SESSIONS)[draw.integers(0, SESSIONS, 3)]]
    low, high = sorted(days[:2])
    maintenance = draw.uniform(0.25, 0.5, 2)
    return Account(
        capital_usd=float(10.0 ** draw.uniform(4, 7)),
        max_stale_sessions=int(draw.integers(2, 6)),
        orders={
            "whole_shares": bool(draw.integers(0, 2)),
            "min_order_usd": float(draw.choice([0.0, 300.0, 5000.0])),
            "participation_frac": draw.choice([None, 0.01, 0.3]),
            "adv_window_sessions": int(draw.integers(5, 15)),
        },
        shorts={
            "rule_201": draw.choice(["ignore", "defer", "reject"]),
            "no_locate": [{"names": ["T3"], "first": low, "last": high}] if draw.integers(0, 2) else [],
            "recalls": [{"names": ["right", "T2"], "session": days[2]}] if draw.integers(0, 2) else [],
        },
        margin={
            "on_call": draw.choice(["off", "report", "reduce", "liquidate"]),
            "maintenance_long_frac": maintenance[0],
            "maintenance_short_frac": maintenance[1],
            "house_by_bucket": {"left": float(draw.uniform(1.0, 1.5))},
        },
        delisting={
            "recovery_frac": draw.choice([None, 0.0, 0.5, 1.0]),
            "delisted": {f"T{i}": days[i] for i in range(3) if draw.integers(0, 2)},
        },
    )


def random_rules(draw: np.random.Generator) -> Rules:
    """Thresholds within reach of some weeks of a wild market."""

    def maybe(low: float, high: float) -> float | None:
        return float(draw.uniform(low, high)) if draw.integers(0, 2) else None

    return Rules(
        stop_loss=maybe(0.03, 0.3),
        take_profit=maybe(0.03, 0.3),
        trailing_stop=maybe(0.03, 0.3),
        long_stop=maybe(0.02, 0.2),
        short_stop=maybe(0.02, 0.2),
        max_hold=int(draw.integers(3, 20)) if draw.integers(0, 2) else None,
        rebalance=draw.choice(["none", "weekly", "monthly", "every:3"]),
        band=maybe(0.05, 0.5),
        target_vol=maybe(0.1, 0.6),
        vol_halflife=float(draw.uniform(2, 30)),
        max_scale=float(draw.uniform(0.5, 2)),
        derisk_drawdown=maybe(0.02, 0.1),
        derisk_to=float(draw.choice([0.0, 0.4, 0.8])),
    )
