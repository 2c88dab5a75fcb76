"""Prices in the currencies of their exchanges, and the same in USD."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .currencies import Rates

if TYPE_CHECKING:
    from ..market import Market


def brought_to_usd(market: Market, rates: Rates) -> Market:
    """The market whose prices are in their own currencies, in USD by its rates; highs and lows by those of closes."""
    return replace(
        market,
        open=market.open * rates.open,
        high=market.high * rates.close,
        low=market.low * rates.close,
        close=market.close * rates.close,
        rates=rates,
    )


def in_own_currencies(market: Market) -> Market:
    """What `brought_to_usd` was given, from what it gave; itself where all prices are in USD."""
    rates = market.rates
    if rates is None:
        return market
    with np.errstate(invalid="ignore"):
        return replace(
            market,
            open=market.open / rates.open,
            high=market.high / rates.close,
            low=market.low / rates.close,
            close=market.close / rates.close,
            rates=None,
        )
