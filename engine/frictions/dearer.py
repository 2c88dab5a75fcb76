"""Costs as they are, times a factor."""

from __future__ import annotations

from typing import Any

from hedgebook.universes.market import Market

from ..arrays import Floats
from .borrow import Borrow
from .costs import TABLES, Costs
from .tiers import NO_TIERS, Liquidity

# What the rates of a table are called; interest on cash is no cost of trading.
RATES = (
    "rate_bps", "per_share_usd", "min_usd", "default_bps", "by_bucket_bps", "by_ticker_bps", "by_liquidity_bps", "y",
)  # fmt: skip


class _DearerBorrow(Borrow):
    """Borrow fees times a factor, those of a file and of spikes too."""

    factor: float = 1.0

    def rates(self, market: Market, start: int, stop: int, liquidity: Liquidity = NO_TIERS) -> Floats:
        """As of the fees themselves, times the factor."""
        return super().rates(market, start, stop, liquidity) * self.factor


def dearer(costs: Costs, factor: float) -> Costs:
    """The same costs with commission, spread, slippage, impact and borrow fees times `factor`.

    Bounds of the rates are those of a user's file and do not bind here.
    """
    tables: dict[str, Any] = {"borrow": _DearerBorrow.model_construct(**dict(costs.borrow), factor=factor)}
    for name in TABLES:
        if name in tables:
            continue
        table = getattr(costs, name)
        changed = {field: _times(getattr(table, field), factor) for field in RATES if hasattr(table, field)}
        tables[name] = table.model_copy(update=changed)
    return costs.model_copy(update=tables)


def _times(value: Any, factor: float) -> Any:
    return {key: one * factor for key, one in value.items()} if isinstance(value, dict) else value * factor
