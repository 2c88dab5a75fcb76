"""Round trips, slowly: one ticker at a time through every open and close, valued at the prices that stand there."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from hedgebook.engine.backtest.result import Backtest

Trip = dict[str, Any]


def trips_of(run: Backtest) -> list[Trip]:
    """Every trip with its P&L as cash flows: what was received less what was paid, and what is still held at the end.

    Borrow comes from the run's own rows of it, night by night; nothing else of its P&L is read.
    """
    dates = [day.date() for day in run.sessions]
    trades = defaultdict(list)
    for fill in run.fills.to_dict("records"):
        trades[fill["ticker"]].append((dates.index(fill["session"].date()), fill["mark"] == "close", fill))
    borrow = run.pnl_long[run.pnl_long["cause"] == "borrow"]
    fees = {(row.ticker, row.session.date()): -row.pnl for row in borrow.itertuples()}
    closes = {(row.ticker, row.session.date()): (row.shares, row.price) for row in run.positions.itertuples()}
    done: list[Trip] = []
    for ticker, fills in trades.items():
        done += _of_ticker(ticker, fills, dates, fees, closes)
    return sorted(done, key=lambda trip: (trip["entry_session"], trip["entry_mark"] == "close", trip["ticker"]))


def _of_ticker(ticker: str, fills: Any, dates: Any, fees: Any, closes: Any) -> list[Trip]:
    done: list[Trip] = []
    now: Trip | None = None
    held = 0.0
    for t, day in enumerate(dates):
        if now is not None and (ticker, day) in fees:
            now["cash"] -= fees[ticker, day]
            now["costs_usd"] += fees[ticker, day]
        for late in (False, True):
            here = [fill for when, at_close, fill in fills if when == t and at_close == late]
            assert len(here) <= 1
            for fill in here:
                change, price, commission, paid = fill["shares"], fill["price"], fill["commission"], fill["cost"]
                after = held + change
                if abs(after) <= 1e-9 * max(abs(held), abs(change)):
                    after = 0.0
                pieces = [change] if held * after >= 0 else [-held, after]
                for piece in pieces:
                    part = piece / sum(pieces)
                    if now is None:
                        now = _begun(ticker, piece, t, dates, fill)
                    now["cash"] -= piece * price + part * commission
                    now["costs_usd"] += part * paid
                    now["in" if (piece > 0) == (now["side"] == "long") else "out"].append((abs(piece), price))
                    held = after if piece is pieces[-1] else 0.0
                    now["largest_shares"] = max(now["largest_shares"], abs(held))
                    if held == 0.0:
                        done.append(_ended(now, t, dates, fill))
                        now = None
    if now is not None:
        shares, price = closes[ticker, dates[-1]]
        now["cash"] += shares * price
        done.append(_ended(now, len(dates) - 1, dates, None))
    return done


def _begun(ticker: str, piece: float, t: int, dates: Any, fill: Any) -> Trip:
    return {
        "ticker": ticker,
        "side": "long" if piece > 0 else "short",
        "entry_session": dates[t],
        "entry_mark": fill["mark"],
        "first": t,
        "cash": 0.0,
        "costs_usd": 0.0,
        "largest_shares": 0.0,
        "in": [],
        "out": [],
    }


def _ended(trip: Trip, t: int, dates: Any, fill: Any) -> Trip:
    def average(parts: list[tuple[float, float]]) -> float:
        return sum(shares * price for shares, price in parts) / sum(shares for shares, _ in parts)

    return {
        **{k: v for k, v in trip.items() if k not in ("first", "cash", "in", "out")},
        "entry_price": average(trip["in"]),
        "exit_session": None if fill is None else dates[t],
        "exit_mark": None if fill is None else fill["mark"],
        "exit_price": math.nan if fill is None else average(trip["out"]),
        "exit_reason": None if fill is None else fill["reason"],
        "holding_sessions": t - trip["first"],
        "pnl_usd": trip["cash"],
        "open": fill is None,
    }
