"""P&L of a run by the strategies whose orders were netted in it, exact by a ledger of the shares that each owns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Flags, Floats
from hedgebook.engine.backtest import Booked, Cause, causes
from hedgebook.engine.backtest.result import Backtest
from hedgebook.universes.calendar import Mark

from ..strategy.plan import PlanPart

# Fills of orders; every other fill changes what all owners hold in the same proportion.
ORDERED = ("order", "no_open", "no_price", "no_locate", "rule_201", "cap", "rebalance", "band")
# Shares below this fraction of all shares that the parts own of a ticker, long and short, are rounding.
NONE_LEFT = 1e-9


@dataclass(frozen=True, eq=False)
class Ledger:
    """Shares of T sessions and N tickers by P owners.

    shares: (2, T, P, N) owned after the fills of each mark, adding up to what the account holds; traded: (2, T, P, N)
    of the account's own fills, 0 for what changed owner only; opening: (T, P, N) owned after corporate actions, before
    the fills of the open.
    """

    shares: Floats
    traded: Floats
    opening: Floats


@dataclass(frozen=True, eq=False)
class _Fills:
    """shares: (2, T, N) net shares that were filled at each mark; scaled: (2, T, N) whether a rule or a margin call did
    it; nav: (2, T) USD before what the fills of a mark cost; price: (2, T, N) last known, USD."""

    shares: Floats
    scaled: Flags
    nav: Floats
    price: Floats


def pnl_by_part(backtest: Backtest, parts: Sequence[PlanPart]) -> pd.DataFrame:
    """P&L in USD: rows by strategy, columns by cause, and their total; adds up to the P&L by ticker.

    Each fill is allotted to the parts whose wanted shares it serves; what one part buys of another changes owner at the
    fill's reference price and costs nothing. Moves of prices go to the owners, trading costs by the shares that were
    traded for each, borrow by the shares that each is short.
    """
    fills = _fills(backtest)
    split = _split(backtest, fills, _ledger(backtest, parts, fills))
    table = pd.DataFrame(
        split,
        index=pd.Index([part.name for part in parts], name="strategy"),
        columns=[cause.column for cause in backtest.record.causes],
    )
    table["total"] = table.sum(axis=1)
    return table


def _fills(backtest: Backtest) -> _Fills:
    record, market = backtest.record, backtest.market
    shape = (2, len(market.sessions), len(market.tickers))
    shares, scaled = np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    filled = record.filled
    at = (filled["mark"], filled["session"], filled["ticker"])
    np.add.at(shares, at, filled["shares"])
    reasons = backtest.fills["reason"].to_numpy()
    scaled[tuple(axis[~np.isin(reasons, ORDERED)] for axis in at)] = True
    marks = np.stack([market.open, market.close], axis=1).reshape(-1, shape[2])
    known = pd.DataFrame(marks).ffill().to_numpy().reshape(shape[1], 2, shape[2]).transpose(1, 0, 2)
    paid = [sum(_paid(backtest, cause, mark).sum(axis=1) for cause in causes(Booked.TRADING)) for mark in Mark]
    return _Fills(shares, scaled, record.nav.T + np.stack(paid), known)


def _ledger(backtest: Backtest, parts: Sequence[PlanPart], fills: _Fills) -> Ledger:
    market = backtest.market
    sessions, count = len(market.sessions), len(market.tickers)
    wanted = np.stack([_wanted(backtest, part) for part in parts])  # (P, 2, T, N)
    shares, traded = np.zeros((2, sessions, len(parts), count)), np.zeros((2, sessions, len(parts), count))
    owned, targets = np.zeros((len(parts), count)), np.zeros((len(parts), count))
    opening = np.zeros((sessions, len(parts), count))
    waits = np.zeros(count, dtype=np.bool_)
    for t in range(sessions):
        _after_actions(backtest, owned, t)
        opening[t] = owned
        for mark in Mark:
            asked = np.isfinite(wanted[:, mark, t])
            targets = np.where(asked, wanted[:, mark, t], targets)
            waits |= asked.any(axis=0)
            there = np.isfinite((market.open if mark is Mark.OPEN else market.close)[t])
            moved = fills.shares[mark, t] != 0.0
            for i in np.flatnonzero(moved | (waits & there)):
                change = fills.shares[mark, t, i]
                goal = targets[:, i] * fills.nav[mark, t] / fills.price[mark, t, i]
                gaps = _gaps(owned[:, i], goal, change, scaled=bool(fills.scaled[mark, t, i]))
                own, traded[mark, t, :, i] = _allotted(gaps, change)
                owned[:, i] += own
            waits &= ~there
            _square(owned, backtest.record.shares[t] if mark is Mark.CLOSE else None)
            shares[mark, t] = owned
    return Ledger(shares, traded, opening)


def _after_actions(backtest: Backtest, owned: Floats, t: int) -> None:
    """Let corporate actions before the open of session t change what (P, N) owners have, in place."""
    for change in backtest.changes[backtest.changes["session"] == t]:
        i, had = int(change["ticker"]), owned[:, int(change["ticker"])].copy()
        owned[:, i] *= change["keep"]
        if change["into"] >= 0:
            owned[:, int(change["into"])] += had * change["given"]


def _wanted(backtest: Backtest, part: PlanPart) -> Floats:
    """(2, T, N) the weights that a part asks for at each mark, NaN where it asks for nothing."""
    market, schedule = backtest.market, part.schedule
    out = np.full((2, len(market.sessions), len(market.tickers)), np.nan)
    row = np.searchsorted(market.sessions, schedule.session)
    inside = (row < len(market.sessions)) & np.isin(schedule.session, market.sessions)
    columns = [market.column(ticker) for ticker in schedule.tickers]
    out[schedule.mark[inside][:, None], row[inside][:, None], columns] = schedule.weights[inside]
    return out


def _gaps(owned: Floats, goal: Floats, change: float, *, scaled: bool) -> Floats:
    """(P,) shares that each owner lacks, whose sum has the sign of what was filled."""
    held, gaps = float(owned.sum()), goal - owned
    if scaled and abs(held) > NONE_LEFT * float(np.abs(owned).sum()):
        return np.asarray(owned * (change / held))
    if scaled or not np.isfinite(gaps).all() or (change != 0.0 and gaps.sum() * change <= 0.0):
        # What no part asked for: by what each owns, or evenly.
        sizes = np.abs(owned)
        return np.asarray(change * (sizes / sizes.sum() if sizes.sum() > 0 else np.full(len(owned), 1 / len(owned))))
    return np.asarray(gaps)


def _allotted(gaps: Floats, change: float) -> tuple[Floats, Floats]:
    """(P,) the change of shares of each owner, adding up to what was filled, and how much of it was traded.

    The lesser of what is bought and sold changes owner inside; the side that wants more has that and the fill.
    """
    buys, sells = np.maximum(gaps, 0.0), np.maximum(-gaps, 0.0)
    crossed = min(float(buys.sum()), float(sells.sum()))
    buying = change > 0.0 or (change == 0.0 and buys.sum() >= sells.sum())
    heavy, light = (buys, sells) if buying else (sells, buys)
    whole = float(heavy.sum())
    if whole <= 0.0:
        return np.zeros_like(gaps), np.zeros_like(gaps)
    served = heavy * ((crossed + abs(change)) / whole)
    traded = heavy * (abs(change) / whole)
    return (served - light if buying else light - served), traded


def _square(owned: Floats, held: Floats | None) -> None:
    """Bring the sum over (P, N) owners to what the account holds, which rounding kept it from; in place."""
    if held is None:
        return
    sizes = np.abs(owned)
    total = sizes.sum(axis=0)
    lack = held - owned.sum(axis=0)
    owned += np.where(total > 0, sizes / np.where(total > 0, total, 1.0), 0.0) * lack
    flat = (held == 0.0) & (total <= NONE_LEFT)
    owned[:, flat] = 0.0


def _split(backtest: Backtest, fills: _Fills, ledger: Ledger) -> Floats:
    """(P, C) P&L in USD by owner and cause, from (T, N, C) of the account."""
    record = backtest.record
    owners = ledger.shares.shape[2]
    out = np.zeros((owners, backtest.record.pnl.shape[2]))
    before = np.zeros_like(ledger.shares[0])
    before[1:] = ledger.shares[Mark.CLOSE, :-1]
    moves = np.zeros_like(fills.price)
    moves[Mark.OPEN, 1:] = fills.price[Mark.OPEN, 1:] - fills.price[Mark.CLOSE, :-1]
    moves[Mark.CLOSE] = fills.price[Mark.CLOSE] - fills.price[Mark.OPEN]
    moves = np.nan_to_num(moves)
    # What actions delivered is nobody's at the close before.
    night = np.where((before != 0.0).any(axis=1, keepdims=True), before, ledger.opening)
    for cause, owned, move in (
        (Cause.OVERNIGHT, night, moves[Mark.OPEN]),
        (Cause.INTRADAY, ledger.shares[Mark.OPEN], moves[Mark.CLOSE]),
    ):
        earned = owned * move[:, None, :]
        out[:, cause] = _with_rest(earned, owned, record.pnl[:, :, cause])
    for cause in (one for one in causes(Booked.INCOME) if one in record.causes):
        out[:, cause] = _with_rest(np.zeros_like(night), night, record.pnl[:, :, cause])
    for cause in causes(Booked.CARRY):
        out[:, cause] = _pro_rata(np.maximum(-before, 0.0), record.pnl[:, :, cause])
    traded = ledger.traded
    for cause in causes(Booked.TRADING):
        for mark in Mark:
            out[:, cause] -= _pro_rata(traded[mark], _paid(backtest, cause, mark))
    return out


def _paid(backtest: Backtest, cause: Cause, mark: Mark) -> Floats:
    """(T, N) USD that fills of a mark paid for one cause."""
    filled = backtest.record.filled
    lines = filled[filled["mark"] == mark]
    out = np.zeros((len(backtest.market.sessions), len(backtest.market.tickers)))
    np.add.at(out, (lines["session"], lines["ticker"]), lines[cause.column])
    return out


def _with_rest(earned: Floats, owned: Floats, booked: Floats) -> Floats:
    """(P,) sums of (T, P, N) what owners earned, with what the account booked beyond it by what each owns."""
    rest = booked - earned.sum(axis=1)
    net, sizes = owned.sum(axis=1), np.abs(owned).sum(axis=1)
    signed = np.abs(net) > NONE_LEFT * sizes
    weights = np.where(
        signed[:, None, :],
        owned / np.where(signed, net, 1.0)[:, None, :],
        np.where(sizes > 0, 1.0, 0.0)[:, None, :] * np.abs(owned) / np.where(sizes > 0, sizes, 1.0)[:, None, :],
    )
    return np.asarray((earned + weights * rest[:, None, :]).sum(axis=(0, 2)))


def _pro_rata(sizes: Floats, amounts: Floats) -> Floats:
    """(P,) (T, N) amounts by (T, P, N) sizes."""
    total = sizes.sum(axis=1)
    weights = sizes / np.where(total > 0, total, 1.0)[:, None, :]
    return np.asarray((weights * amounts[:, None, :]).sum(axis=(0, 2)))
