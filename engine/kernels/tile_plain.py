"""Which conditions a tile can simulate."""

from __future__ import annotations

import math

from .jit import inlined
from .records import Conditions, MarginAction

REDUCE = int(MarginAction.REDUCE)


@inlined
def plain_conditions(conditions: Conditions) -> bool:
    """Whether no rule and no margin call can change a portfolio."""
    terms = conditions.terms[0]
    if terms.max_stale < 1 or terms.margin_action >= REDUCE or terms.max_hold > 0 or not math.isnan(terms.target_vol):
        return False
    if not math.isnan(terms.stop_loss) or not math.isnan(terms.take_profit) or not math.isnan(terms.trailing_stop):
        return False
    if not math.isnan(terms.long_stop) or not math.isnan(terms.short_stop) or not math.isnan(terms.band):
        return False
    if not math.isnan(terms.derisk_drawdown) or conditions.rebalance.any():
        return False
    for t in range(conditions.cells.shape[0]):
        for i in range(conditions.cells.shape[1]):
            if conditions.cells[t, i].recall == 1:
                return False
    return True
