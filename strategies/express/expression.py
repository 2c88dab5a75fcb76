"""An expression with everything that is told of it, from its position and what that earned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .outcome import Outcome
from .result import Expression
from .size import MULTIPLIER, Held
from .structures import Structure
from .workshop import Workshop


def expression_of(
    shop: Workshop, structure: Structure, equal: str, held: Held, found: Outcome, trade_pnl_usd: float
) -> Expression:
    """An expression with its figures. trade_pnl_usd: of the other leg in shares, which is added to the leg's."""
    table, yard = shop.table, shop.yard
    q, spots = shop.options_of(held), yard.spots
    by_spot = q * spots[table.of]
    var, es = yard.tail_usd(held)[0].tolist()
    top = np.maximum.accumulate(np.concatenate([[0.0], found.path]))[1:]
    figures = {
        "contracts": float(np.abs(q).sum() / MULTIPLIER),
        "premium_usd": float(yard.premium_usd(held)[0]),
        "delta_usd": float(yard.delta_usd(held).sum()),
        "gamma_usd": float((by_spot * spots[table.of]) @ table.gamma) / 100.0,
        "vega_usd": float(q @ table.vega) / 100.0,
        "theta_usd": float(q @ table.theta),
        "var_usd": var,
        "es_usd": es,
        "cost_usd": found.cost,
        "pnl_usd": float(found.path[-1]),
        "trade_pnl_usd": float(found.path[-1]) + trade_pnl_usd,
        "drawdown_usd": float((top - found.path).max()),
        "nothing_usd": found.nothing,
        "against_usd": found.against,
        "gain_usd": found.gain,
        "worst_usd": float(found.expired.min()),
        "best_usd": float(found.expired.max()),
    }
    held_contracts: Mapping[Any, float] = {
        one: float(np.round(q[k] / MULTIPLIER)) for k, one in enumerate(table.contracts) if q[k] != 0.0
    }
    shares = {one.ticker: float(n) for one, n in zip(yard.underlyings, held.shares[0], strict=True) if n != 0.0}
    return Expression(
        structure, equal, held_contracts, shares, figures, found.explained, found.path, found.expired, found.at_exit
    )
