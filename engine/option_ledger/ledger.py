"""The ledger of a run with options, entry by entry: what moved cash, and cash, positions and NAV after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..arrays import Floats
from ..kernels.book.records import CLOSE, Booked, Cause, Reason, Structs, columns

if TYPE_CHECKING:
    from .result import OptionRun

COLUMNS = ("session", "mark", "ticker", "entry", "shares", "price", "cash_change", "cash", "value", "nav")
FEES = tuple(columns(Booked.FEE))
ENDS = (int(Reason.EXERCISED), int(Reason.ASSIGNED), int(Reason.EXPIRED))
NOTHING_USD = 1e-9


@dataclass
class Walk:
    """Where the walk through the record is."""

    run: OptionRun
    cash: float
    shares: Floats
    price: Floats
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def note(self, t: int, mark: str, ticker: str, entry: str, usd: float, moved: tuple[float, float]) -> None:
        """An entry that changes cash by `usd`; moved: shares and their price, for what is read."""
        self.cash += usd
        held = self.shares != 0.0
        value = float((self.shares[held] * self.price[held]).sum())
        day = self.run.sessions[t]
        self.rows.append((day, mark, ticker, entry, *moved, usd, self.cash, value, self.cash + value))


def ledger_of(run: OptionRun) -> pd.DataFrame:
    """Rows by session, mark, ticker, entry, shares, price, cash_change, cash, value and nav, in the order of a session.

    entry: interest, borrow, cash flow, buy, sell, exercised, assigned, expired, split, or mark, which is a close before
    options end in it. A ticker's value is at its last mark. What exercise moves is one entry, at the strike in cash.
    """
    record, prices = run.record, run.prices
    shares, last = run.start_shares.copy(), run.start_price.copy()
    held = shares != 0.0
    walk = Walk(run, run.capital - float((shares[held] * last[held]).sum()), shares, last)
    for t in range(len(record.days)):
        for mark in prices.order.tolist():
            _changes(walk, prices.changes, t, mark)
            levels = prices.marks[mark, t]
            known = np.isfinite(levels)
            walk.price[known] = levels[known]
            if mark == prices.order[0]:
                _night(walk, t)
            _flows(walk, prices.flows, t, mark)
            _lines(walk, t, mark)
        walk.shares, walk.price = record.shares[t].copy(), record.price[t].copy()
        rest = float(record.days["cash"][t]) - walk.cash
        if abs(rest) > NOTHING_USD * max(1.0, abs(walk.cash)):
            walk.note(t, "close", "", "corporate action", rest, (np.nan, np.nan))
    return pd.DataFrame(walk.rows, columns=list(COLUMNS))


def _night(walk: Walk, t: int) -> None:
    interest = float(walk.run.record.interest[t])
    if interest != 0.0:
        walk.note(t, "night", "", "interest", interest, (np.nan, np.nan))
    fees = walk.run.record.pnl[t, :, Cause.BORROW]
    for i in np.flatnonzero(fees):
        walk.note(t, "night", walk.run.names[i], "borrow", float(fees[i]), (np.nan, np.nan))


def _changes(walk: Walk, changes: Structs, t: int, mark: int) -> None:
    for change in changes[(changes["session"] == t) & (changes["mark"] == mark)]:
        i, keep = int(change["ticker"]), float(change["keep"])
        if walk.shares[i] != 0.0 and keep not in (0.0, 1.0):
            walk.shares[i] *= keep
            walk.price[i] /= keep
            moved = (float(walk.shares[i]), float(walk.price[i]))
            walk.note(t, "open", walk.run.names[i], "split", 0.0, moved)


def _flows(walk: Walk, flows: Structs, t: int, mark: int) -> None:
    for flow in flows[(flows["session"] == t) & (flows["mark"] == mark)]:
        i = int(flow["ticker"])
        if walk.shares[i] != 0.0:
            usd = float(walk.shares[i] * flow["usd_per_share"])
            name = "close" if mark == CLOSE else "open"
            walk.note(t, name, walk.run.names[i], "cash flow", usd, (float(walk.shares[i]), np.nan))


def _lines(walk: Walk, t: int, mark: int) -> None:
    lines = walk.run.record.filled
    lines = lines[(lines["session"] == t) & (lines["mark"] == mark)]
    name, stocks = ("close" if mark == CLOSE else "open"), len(walk.run.market.tickers)
    ends = np.isin(lines["reason"], ENDS)
    for n, line in enumerate(lines):
        i, shares, price = int(line["ticker"]), float(line["shares"]), float(line["price"])
        if not ends[n]:
            walk.shares[i] += shares
            usd = -(shares * price + sum(float(line[name]) for name in FEES))
            walk.note(t, name, walk.run.names[i], "buy" if shares > 0.0 else "sell", usd, (shares, price))
            continue
        if i < stocks:
            continue
        if n == 0 or not ends[n - 1]:
            walk.note(t, name, "", "mark", 0.0, (np.nan, np.nan))
        _end(walk, lines, n, t)


def _end(walk: Walk, lines: Structs, n: int, t: int) -> None:
    """The end of a contract in line `n`, and the shares that it moves in the line after, where it moves any."""
    line, names = lines[n], walk.run.names
    i, usd = int(line["ticker"]), -float(line["shares"] * line["price"])
    walk.shares[i], walk.price[i] = 0.0, float(line["price"])
    moved, stock, stocks = (float(line["shares"]), np.nan), "", len(walk.run.market.tickers)
    if n + 1 < len(lines) and lines[n + 1]["ticker"] < stocks and lines[n + 1]["reason"] == line["reason"]:
        after = lines[n + 1]
        j, shares = int(after["ticker"]), float(after["shares"])
        usd -= shares * float(after["price"])
        walk.shares[j] += shares
        walk.price[j] = float(after["price"])
        moved, stock = (shares, -usd / shares), f", {names[j]}"
    word = Reason(int(line["reason"])).name.lower()
    walk.note(t, "close", names[i], f"{word}{stock}", usd, moved)
