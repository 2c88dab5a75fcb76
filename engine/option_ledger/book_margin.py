"""What the book of a run requires at each close, stock by stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Floats
from .margin import MarginLeg, OptionMarginRules, option_requirement

if TYPE_CHECKING:
    from .result import OptionRun


def book_requirements(run: OptionRun) -> tuple[Floats, Floats]:
    """(T,) USD of equity that stock and options together require at each close, times the account's own multiplier,
    and (T,) what NAV differs by from that equity: short options are not taken off it, as the requirement has them in
    it, and shares under written calls count at no more than the exercise price."""
    record, columns = run.record, run.columns
    stocks, held = len(run.market.tickers), run.whole_contracts
    rules = OptionMarginRules(stock=run.account.margin)
    house = np.asarray(run.account.margin.house(run.market))
    out, more = np.zeros(len(record.shares)), np.zeros(len(record.shares))
    for t in range(len(out)):
        own = np.flatnonzero(held[t])
        touched = {*np.flatnonzero(record.shares[t, :stocks]).tolist(), *columns.under[own].tolist()}
        for i in sorted(touched):
            legs = [_leg(run, t, int(k), float(held[t, k])) for k in own if columns.under[k] == i]
            spot = float(record.price[t, i])
            if not spot > 0.0:
                # A stock that has not printed since the run began: the last close that a mark was made at.
                spot = float(np.nanmax([columns.close.spot[t, k] for k in own if columns.under[k] == i] + [0.0]))
            if spot > 0.0:
                need = option_requirement(spot, float(record.shares[t, i]), legs, rules=rules)
                out[t] += need.times(float(house[i]))
                more[t] += need.proceeds - need.capped
    return out, more


def _leg(run: OptionRun, t: int, k: int, contracts: float) -> MarginLeg:
    one: Any = run.columns.contracts[k]
    price = float(run.record.price[t, len(run.market.tickers) + k])
    return MarginLeg(
        one.right,
        float(run.columns.strike[t, k]),
        contracts,
        max(price, 0.0),
        one.expiry,
        float(run.columns.size[t, k]),
    )
