"""Shares of capital by risk, from returns that each part has had so far."""

from __future__ import annotations

from typing import Literal

import numpy as np

from hedgebook.engine.account import Account
from hedgebook.engine.arrays import Floats
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.universes.market import Market

from ..strategy.plan import Plan

Budget = Literal["inverse_volatility", "equal_risk"]
FLAT = 1e-12
# The fixed point of equal risk is left once no share moves by more than this fraction.
CLOSE_ENOUGH = 1e-14
ROUNDS = 10_000


def part_returns(plan: Plan, market: Market) -> Floats:
    """(T,) returns of a part alone, close to close, without costs or interest, NaN before its first session and after
    a close without anything left."""
    # The kernels are loaded when a plan is made: lists of trades must not wait for them.
    from hedgebook.engine.backtest.run import run_schedule

    row = market.session_index(plan.schedule.session[0])
    backtest = run_schedule(market, plan.schedule, load_costs("none"), Account(), until=plan.until)
    out = np.full(len(market.sessions), np.nan)
    found = backtest.returns.to_numpy()
    out[row : row + len(found)] = found
    # After its last session it is flat.
    out[row + len(found) :] = 0.0
    return out


def risk_shares(returns: Floats, row: int, lookback: int, budget: Budget) -> Floats:
    """(P,) shares that add up to 1, known at the close of a row. returns: (T, P).

    A part without a return at each of the last `lookback` sessions, or that did not move in them, has an equal share;
    the others share the rest by risk.
    """
    count = returns.shape[1]
    shares = np.full(count, 1.0 / count)
    if row + 1 < lookback:
        return shares
    window = returns[row + 1 - lookback : row + 1]
    spread = window.std(axis=0)  # NaN where a return is missing
    known = np.isfinite(spread) & (spread > FLAT)
    if known.sum() < 2:
        return shares
    covariance = np.cov(window[:, known], rowvar=False)
    found = 1.0 / np.sqrt(np.diag(covariance)) if budget == "inverse_volatility" else equal_risk(covariance)
    shares[known] = known.sum() / count * found / found.sum()
    return shares


def equal_risk(covariance: Floats) -> Floats:
    """(K,) positive weights whose shares w_i (S w)_i of the variance are all the same, adding up to 1.

    By cyclical descent on the minimum of w'Sw / 2 - sum(log w) (Griveau-Billion, Richard and Roncalli 2013).
    """
    weights = 1.0 / np.sqrt(np.diag(covariance))
    for _ in range(ROUNDS):
        before = weights.copy()
        for i, variance in enumerate(np.diag(covariance)):
            others = float(covariance[i] @ weights) - variance * weights[i]
            weights[i] = (np.sqrt(others * others + 4.0 * variance) - others) / (2.0 * variance)
        if np.all(np.abs(weights - before) <= CLOSE_ENOUGH * weights):
            break
    return np.asarray(weights / weights.sum())
