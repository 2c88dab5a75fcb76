"""What exchange rates earned and what prices in their own currency did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hedgebook.universes.calendar import Mark

from ..arrays import Floats
from ..kernels.book.records import Booked

if TYPE_CHECKING:
    from ..backtest.result import Backtest


def split_moves(backtest: Backtest) -> tuple[Floats, Floats]:
    """(T, N) USD of prices and (T, N) of currencies; their sum is what the moves of prices in USD earned.

    From a mark to the next q shares of price P at rate F earn q P' F' - q P F = q (P' - P) F' + q P (F' - F). Marks are
    those of the ticker's own exchange, and the end of each day, at which its last price is worth what its rate says.
    """
    record, market = backtest.record, backtest.market
    moves = np.asarray(record.of(Booked.MOVE).sum(axis=2))
    currency = np.zeros_like(moves)
    if market.rates is None:
        return moves, currency
    filled = record.filled
    bought = np.zeros((2, *record.shares.shape))
    np.add.at(bought, (filled["mark"], filled["session"], filled["ticker"]), filled["shares"])
    closing = record.shares - bought[Mark.CLOSE]
    opening = closing - bought[Mark.OPEN]
    local, rate = _known_before(backtest)
    for t in range(len(moves)):
        for held, prices, rates in (
            (opening[t], market.quoted("open")[t], market.rates.open[t]),
            (closing[t], market.quoted("close")[t], market.rates.close[t]),
        ):
            there = np.isfinite(prices) & np.isfinite(rates)
            now = np.where(there, rates, rate)
            moved = np.where((held != 0.0) & there, held * local * (now - rate), 0.0)
            currency[t] += np.where(np.isfinite(moved), moved, 0.0)
            with np.errstate(invalid="ignore"):
                local, rate = np.where(there, prices / now, local), now
        rate = _at_the_end(currency[t], record.shares[t], record.price[t], local, rate)
    return moves - currency, currency


def _at_the_end(currency: Floats, held: Floats, value: Floats, local: Floats, rate: Floats) -> Floats:
    """The rates (N,) at the end of a day, by what a share is worth then; `currency` earns their change, in place."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ended = np.where((held != 0.0) & np.isfinite(local) & np.isfinite(value), value / local, rate)
        moved = np.where(held != 0.0, held * local * (ended - rate), 0.0)
    currency += np.where(np.isfinite(moved), moved, 0.0)
    return ended


def _known_before(backtest: Backtest) -> tuple[Floats, Floats]:
    """(N,) the last price in its own currency and the rate before the first session, NaN where there is none."""
    prices, stop = backtest.prices, backtest.start
    local, rate = np.full(len(prices.tickers), np.nan), np.full(len(prices.tickers), np.nan)
    rates = prices.rates
    assert rates is not None
    closes = prices.quoted("close")[:stop]
    for i in range(len(prices.tickers)):
        known = np.flatnonzero(np.isfinite(closes[:, i]) & np.isfinite(rates.close[:stop, i]))
        if len(known):
            rate[i] = rates.close[known[-1], i]
            local[i] = closes[known[-1], i] / rate[i]
    return local, rate
