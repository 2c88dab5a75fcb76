"""What each expression earned, and what it earns where prices move, from the table of contracts and the stock run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.recorded import COST_CAUSES

from .choose import Underlying
from .request import ExpressAsked
from .size import MULTIPLIER, Yardstick
from .table import MOVES, ContractTable

BORROW = "borrow"
DAYS_A_YEAR = 360.0


@dataclass(frozen=True, eq=False)
class StockPaths:
    """What one share of each name did in the trade, USD, a short share where the trade is short.

    pnl: (S, U) by session, costs and borrow among it; price: (S, U) of it the price alone; borrow: (S, U); entry_cost,
    cost: (U,) paid at the entry and in all, borrow left out; fee_usd: (U,) borrow of the whole life were the price to
    stand still.
    """

    pnl: Floats
    price: Floats
    borrow: Floats
    entry_cost: Floats
    cost: Floats
    fee_usd: Floats


def stock_paths(run: Backtest, underlyings: tuple[Underlying, ...], fees_annual: Floats) -> StockPaths:
    """By share, from the trade's own run; interest on cash belongs to none. fees_annual: (U,)."""
    names = {one.ticker: k for k, one in enumerate(underlyings)}
    count = len(run.sessions)
    parts = {cause: np.zeros((count, len(underlyings))) for cause in ("price", BORROW, "cost")}
    long = run.pnl_long
    rows = run.sessions.get_indexer(pd.Index(long["session"]))
    for row, ticker, cause, value in zip(rows, long["ticker"], long["cause"], long["pnl"], strict=True):
        if str(ticker) not in names:
            continue
        part = BORROW if cause == BORROW else "cost" if cause in COST_CAUSES else "price"
        parts[part][row, names[str(ticker)]] += value
    size = np.array([abs(one.shares) for one in underlyings])
    scaled = {cause: values / size for cause, values in parts.items()}
    first = run.fills["session"] == run.fills["session"].min()
    entry = np.zeros(len(underlyings))
    for row in run.fills[first].itertuples():
        if (k := names.get(str(row.ticker))) is not None:
            entry[k] += sum(float(getattr(row, cause)) for cause in COST_CAUSES if cause != BORROW)
    spots = np.array([one.spot_usd for one in underlyings])
    nights = float((run.sessions[-1] - run.sessions[0]).days)
    short = np.array([one.shares < 0.0 for one in underlyings])
    return StockPaths(
        pnl=scaled["price"] + scaled[BORROW] + scaled["cost"],
        price=scaled["price"],
        borrow=scaled[BORROW],
        entry_cost=entry / size,
        cost=-scaled["cost"].sum(axis=0),
        fee_usd=np.where(short, fees_annual * spots * nights / DAYS_A_YEAR, 0.0),
    )


def shares_path(stock: StockPaths, shares: Floats) -> Floats:
    """(S,) cumulative P&L of shares (U,) at each close."""
    return np.asarray(np.cumsum(stock.pnl @ np.abs(shares)))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a position earns: path (S,) cumulative, explained by cause, and after moves, USD."""

    path: Floats
    explained: dict[str, float]
    nothing: float
    against: float
    gain: float
    expired: Floats
    at_exit: Floats
    cost: float


def outcome_of(
    q: Floats, shares: Floats, table: ContractTable, stock: StockPaths, yard: Yardstick, asked: ExpressAsked
) -> Outcome:
    """Everything that a position earned or would earn. q: (C,) options in shares, contracts times 100; shares: (U,).

    Options are bought at mid and half a spread and sold at mid less as much, never below 0; what expires within the
    trade pays what exercise gives at that close and nothing is paid for it.
    """
    commission_usd, s = asked.contract_fee_usd, np.abs(shares)
    entered = _fill_cost(q, table.mid, table.half_width)
    left = _fill_cost(-q, table.closes[-1], table.exit_half_width)
    contracts = np.abs(q) / MULTIPLIER
    fees_in = commission_usd * float(contracts.sum())
    fees_out = commission_usd * float(contracts[table.alive].sum())
    marks = table.closes @ q - float(table.mid @ q)
    path = marks - entered - fees_in + shares_path(stock, shares)
    path[-1] -= left + fees_out
    costs_in = entered + fees_in + float(stock.entry_cost @ s)
    costs = entered + left + fees_in + fees_out + float(stock.cost @ s)
    worth = shares * yard.spots
    # The long leg's names fall and the short leg's rise where prices gap against the trade: shares of either lose.
    gap = -asked.gap_frac * float(np.abs(worth).sum())
    moved = MOVES[:, None] * worth[None, :]
    return Outcome(
        path=np.asarray(path),
        explained={
            "price of shares": float((stock.price @ s).sum()),
            "options": float(marks[-1]),
            "borrow": float((stock.borrow @ s).sum()),
            "spread of options": -(entered + left),
            "commission of options": -(fees_in + fees_out),
            "costs of shares": -float(stock.cost @ s),
        },
        nothing=float((table.nothing - table.mid) @ q) - costs - float(stock.fee_usd @ s),
        against=float((table.against - table.mid) @ q) + gap - costs_in,
        gain=float((table.gain - table.mid) @ q) - gap - costs_in,
        expired=np.asarray((table.expired - table.mid) @ q + moved.sum(axis=1) - costs_in),
        at_exit=np.asarray((table.at_exit - table.mid) @ q + moved.sum(axis=1) - costs),
        cost=costs,
    )


def _fill_cost(quantity: Floats, mid: Floats, half: Floats) -> float:
    """What half spreads take of a fill: a buyer pays mid and the half width, a seller gets no less than nothing."""
    bought, sold = np.maximum(quantity, 0.0), np.maximum(-quantity, 0.0)
    return float(bought @ half + sold @ np.minimum(half, mid))
