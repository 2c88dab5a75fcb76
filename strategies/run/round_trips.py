"""Round trips: what each position earned from the fill that began it to the one that ended it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.backtest import Booked, Cause
from hedgebook.engine.backtest import columns as cause_columns
from hedgebook.universes.calendar import Mark

COLUMNS = (
    *("ticker", "side", "entry_session", "entry_mark", "entry_price", "exit_session", "exit_mark", "exit_price"),
    *("exit_reason", "largest_shares", "holding_sessions", "pnl_usd", "costs_usd", "open"),
)
TRADING = cause_columns(Booked.TRADING)


def with_actions(fills: pd.DataFrame, actions: pd.DataFrame) -> pd.DataFrame:
    """Fills after what corporate actions did before the open of their session, which costs nothing."""
    rows = actions.assign(mark=Mark.OPEN.label, cost=0.0)
    names = ["session", "mark", "ticker", "shares", "price", "cost", "reason", "ratio"]
    known = fills if "reason" in fills else fills.assign(reason="order")
    return pd.concat([rows[names], known.assign(ratio=1.0)[names]], ignore_index=True)


@dataclass
class _Trip:
    """A position under way. first, last: rows of sessions; bought, sold: shares that built it up and took it down."""

    ticker: int
    side: int
    first: int
    mark: int
    last: int = -1
    last_mark: int = -1
    reason: str = ""
    largest: float = 0.0
    bought: float = 0.0
    bought_usd: float = 0.0
    sold: float = 0.0
    sold_usd: float = 0.0
    costs: float = 0.0

    def split(self, ratio: float, position: float) -> float:
        """Count everything in the shares after a split; returns the position in them."""
        self.bought, self.sold, self.largest = self.bought * ratio, self.sold * ratio, self.largest * ratio
        return position * ratio

    def trade(self, shares: float, price: float, costs: float, position: float) -> None:
        """Count a fill, or the part of one that belongs to it; position: the shares that it leaves."""
        if shares * self.side > 0:
            self.bought += abs(shares)
            self.bought_usd += abs(shares) * price
        else:
            self.sold += abs(shares)
            self.sold_usd += abs(shares) * price
        self.costs += costs
        self.largest = max(self.largest, abs(position))


def round_trips(
    fills: pd.DataFrame,
    positions: pd.DataFrame,
    pnl: pd.DataFrame,
    sessions: pd.DatetimeIndex,
    actions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row for each time that a ticker's position left zero until it was back at zero or on the other side of it.

    fills, positions, pnl: as Backtest's fills, positions and pnl_long, USD; sessions: of the run. Sorted by entry.
    entry_price, exit_price: average of the fills that built the position up and took it down; largest_shares: at any
    mark, without a sign; holding_sessions: from the entry session to the exit's, or to the last one; costs_usd: of its
    fills and of borrowing, positive when paid; pnl_usd: net of them. What was never left is open and has no exit (NaN).
    A fill through zero belongs to both trips, by shares. Rows of a ticker add up to its P&L. actions: as
    Backtest.share_changes: after a split shares and prices of the trip are those of the new shares, and shares that
    came or went without an order count at the price at which they were booked.
    """
    if actions is not None and len(actions):
        fills = with_actions(fills, actions)
    tickers = pd.Index(sorted(set(fills["ticker"])), dtype=object)
    trips = list(_trips(fills, positions, tickers, sessions))
    if not trips:
        return _frame(trips, np.zeros(0), np.zeros(0), tickers, sessions)
    found = _owner(pnl, trips, tickers, sessions)
    held = pnl["cause"].isin(TRADING).to_numpy()
    borrowed = (pnl["cause"] == Cause.BORROW.column).to_numpy()
    amounts = pnl["pnl"].to_numpy(dtype=np.float64)
    earned = np.bincount(found[~held], amounts[~held], minlength=len(trips))
    fees = np.bincount(found[borrowed], amounts[borrowed], minlength=len(trips))
    paid = np.array([trip.costs for trip in trips])
    return _frame(trips, earned - paid, paid - fees, tickers, sessions)


def _trips(
    fills: pd.DataFrame, positions: pd.DataFrame, tickers: pd.Index[Any], sessions: pd.DatetimeIndex
) -> Iterator[_Trip]:
    """The trips ticker by ticker, in the order in which they began."""
    at = tickers.get_indexer(pd.Index(fills["ticker"]))
    row = sessions.get_indexer(pd.Index(fills["session"]))
    mark = np.where(fills["mark"] == Mark.CLOSE.label, Mark.CLOSE, Mark.OPEN).astype(np.int64)
    order = np.lexsort((mark, row, at))
    closing = _closing(positions, tickers, sessions)
    shares, price, costs = (fills[name].to_numpy(dtype=np.float64) for name in ("shares", "price", "cost"))
    ratio = fills["ratio"].to_numpy(dtype=np.float64) if "ratio" in fills else np.ones(len(fills))
    reasons = fills["reason"].to_numpy() if "reason" in fills else np.full(len(fills), "order")
    trip: _Trip | None = None
    position = 0.0
    for n, k in enumerate(order):
        i, t = int(at[k]), int(row[k])
        if n and at[order[n - 1]] != i:
            if trip is not None:
                yield trip
            trip, position = None, 0.0
        if ratio[k] != 1.0 and trip is not None:
            position = trip.split(float(ratio[k]), position)
        later = order[n + 1] if n + 1 < len(order) else k
        more = later != k and at[later] == i and row[later] == t
        # The close says what is held; within a session the sum of its fills does.
        after = position + shares[k] if more else closing[t, i]
        if shares[k] == 0.0:
            continue
        for change, left, part in _parts(position, after, shares[k]):
            trip = trip or _Trip(i, 1 if change > 0.0 else -1, t, int(mark[k]))
            trip.trade(change, price[k], part * costs[k], left)
            if left == 0.0:
                trip.last, trip.last_mark, trip.reason = t, int(mark[k]), str(reasons[k])
                yield trip
                trip = None
        position = after
    if trip is not None:
        yield trip


def _parts(before: float, after: float, change: float) -> tuple[tuple[float, float, float], ...]:
    """A fill as shares, the position that they leave and their part of the fill; two where it goes through zero."""
    if before * after >= 0.0:
        return ((change, after, 1.0),)
    ending = abs(before) / (abs(before) + abs(after))
    return ((-before, 0.0, ending), (after, after, 1.0 - ending))


def _closing(positions: pd.DataFrame, tickers: pd.Index[Any], sessions: pd.DatetimeIndex) -> NDArray[np.float64]:
    """(T, N) shares at each close."""
    held = np.zeros((len(sessions), len(tickers)))
    at = tickers.get_indexer(pd.Index(positions["ticker"]))
    row = sessions.get_indexer(pd.Index(positions["session"]))
    known = (at >= 0) & (row >= 0)
    held[row[known], at[known]] = positions["shares"].to_numpy(dtype=np.float64)[known]
    return held


def _owner(
    pnl: pd.DataFrame, trips: list[_Trip], tickers: pd.Index[Any], sessions: pd.DatetimeIndex
) -> NDArray[np.int64]:
    """The trip that each row of P&L belongs to.

    Of a session, the night before it belongs to what was held at the close before, the rest to what its open left.
    """
    width = 2 * len(sessions) + 4
    began = np.array([trip.ticker * width + 2 * trip.first + trip.mark + 1 for trip in trips])
    at = tickers.get_indexer(pd.Index(pnl["ticker"]))
    row = sessions.get_indexer(pd.Index(pnl["session"]))
    day = (pnl["cause"] == Cause.INTRADAY.column).to_numpy()
    return np.maximum(np.searchsorted(began, at * width + 2 * row + day, side="right") - 1, 0)


def _frame(
    trips: list[_Trip],
    pnl: NDArray[np.float64],
    costs: NDArray[np.float64],
    tickers: pd.Index[Any],
    sessions: pd.DatetimeIndex,
) -> pd.DataFrame:
    over = np.array([trip.last >= 0 for trip in trips], dtype=np.bool_)
    last = np.array([trip.last for trip in trips], dtype=np.int64)
    first = np.array([trip.first for trip in trips], dtype=np.int64)
    frame = pd.DataFrame(
        {
            "ticker": np.array([str(tickers[trip.ticker]) for trip in trips], dtype=object),
            "side": np.array(["long" if trip.side > 0 else "short" for trip in trips], dtype=object),
            "entry_session": sessions[first],
            "entry_mark": np.array([Mark(trip.mark).label for trip in trips], dtype=object),
            "entry_price": [trip.bought_usd / trip.bought for trip in trips],
            "exit_session": pd.DatetimeIndex(sessions[last]).where(over),
            "exit_mark": np.array([Mark(t.last_mark).label if t.last >= 0 else None for t in trips], dtype=object),
            "exit_price": [trip.sold_usd / trip.sold if trip.last >= 0 else np.nan for trip in trips],
            "exit_reason": np.array([t.reason if t.last >= 0 else None for t in trips], dtype=object),
            "largest_shares": [trip.largest for trip in trips],
            "holding_sessions": np.where(over, last, len(sessions) - 1) - first,
            "pnl_usd": pnl,
            "costs_usd": costs,
            "open": ~over,
        },
        columns=list(COLUMNS),
    )
    return frame.sort_values(["entry_session", "entry_mark", "ticker"], key=_in_time, ignore_index=True)


def _in_time(column: pd.Series[Any]) -> pd.Series[Any]:
    """Opens before closes."""
    return (column == Mark.CLOSE.label).astype(np.int64) if column.name == "entry_mark" else column
