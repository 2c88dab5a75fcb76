"""Corporate actions of a market as what the loop takes: cash that flows, and shares that become others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.actions.actions import ActionKind, Actions
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..kernels.book.records import CHANGE, FLOW, OPEN, Structs

ENDS = (ActionKind.SYMBOL, ActionKind.MERGER, ActionKind.DELISTING)


def flows_and_changes(window: Market) -> tuple[Structs, Structs]:
    """(F,) of FLOW and (C,) of CHANGE of a window's actions, before the open of their session, counted from its first.

    A delivered share is booked as stated, else at its open, else at nothing until its first price.
    """
    if window.quotes is None:
        return np.zeros(0, dtype=FLOW), np.zeros(0, dtype=CHANGE)
    actions = window.quotes.actions
    rows = [
        (k, t, window.columns[ticker])
        for k, (t, ticker) in enumerate(zip(_rows(window, actions).tolist(), actions.tickers, strict=True))
        if t >= 0 and ticker in window.columns
    ]
    paid = [row for row in rows if actions.kinds[row[0]] == ActionKind.DIVIDEND]
    # Two dividends of one day are paid as two: each is a row of its own.
    flows = np.zeros(len(paid), dtype=FLOW)
    for n, (k, t, i) in enumerate(paid):
        flows[n] = (t, OPEN, i, actions.values[k])
    changed = [row for row in rows if actions.kinds[row[0]] != ActionKind.DIVIDEND]
    changes = np.zeros(len(changed), dtype=CHANGE)
    for n, (k, t, i) in enumerate(changed):
        changes[n] = (t, OPEN, i, *_change(window, actions, k, t))
    return flows, changes


def _rows(window: Market, actions: Actions) -> NDArray[np.int64]:
    """(A,) the session of each action, -1 for one on another day."""
    at = np.searchsorted(window.sessions, actions.dates)
    known = at < len(window.sessions)
    known[known] = window.sessions[at[known]] == actions.dates[known]
    return np.where(known, at, -1)


def _change(window: Market, actions: Actions, k: int, t: int) -> tuple[int, float, float, float, float]:
    """Into, keep, given, worth and usd of an action that is no dividend."""
    kind, value = actions.kinds[k], float(actions.values[k])
    if kind == ActionKind.SPLIT:
        return -1, value, 0.0, 0.0, 0.0
    if kind == ActionKind.DELISTING:
        return -1, 0.0, 0.0, 0.0, value
    into, stated = window.columns[actions.into[k]], float(np.asarray(actions.price)[k])
    assert window.quotes is not None
    opened = float(window.quotes.open[t, into])
    worth = stated if np.isfinite(stated) else opened
    if kind == ActionKind.SPINOFF:
        return into, 1.0, value, worth if np.isfinite(worth) else 0.0, 0.0
    # A change of symbol moves nothing; who is taken over for shares has them at their price.
    worth = np.nan if kind == ActionKind.SYMBOL else worth
    return into, 0.0, value, worth, float(np.asarray(actions.cash)[k])


def heirs_of(changes: Structs, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N,) which tickers can be held where `held` can be bought: they and what comes of them."""
    out = held.copy()
    for change in changes:
        if change["into"] >= 0:
            out[change["into"]] |= out[change["ticker"]]
    return out


def follow(rows: Structs, bank: Floats, changes: Structs) -> tuple[Structs, Floats]:
    """Orders whose weights follow what became of their tickers: rows (R,) of ORDER and their bank (K, N).

    From its end on, what is wanted of a ticker is wanted of what it became, unless the row wants something of that
    itself; who sells all of a ticker sells what was spun off from it too, unless the row says otherwise. Both are as
    they were where nothing applies.
    """
    delivered = changes[changes["into"] >= 0]
    if not len(delivered) or not len(rows):
        return rows, bank
    rows, more, found = rows.copy(), [bank], {}
    for n, row in enumerate(rows):
        past = delivered[delivered["session"] <= row["session"]]
        if not len(past):
            continue
        key = (int(row["row"]), len(past))
        if key not in found:
            weights = _followed(bank[row["row"]], past)
            if np.array_equal(weights, bank[row["row"]], equal_nan=True):
                found[key] = int(row["row"])
            else:
                found[key] = len(bank) + len(more) - 1
                more.append(weights[None, :])
        rows[n]["row"] = found[key]
    return rows, np.concatenate(more)


def _followed(weights: Floats, past: Structs) -> Floats:
    out = weights.copy()
    for change in past:
        i, into = change["ticker"], change["into"]
        if change["keep"] == 0.0:
            if np.isnan(out[into]):
                out[into] = out[i]
            out[i] = np.nan
        elif out[i] == 0.0 and np.isnan(out[into]):
            out[into] = 0.0
    return out


def legs_after(changes: Structs, legs: dict[str, str], tickers: tuple[str, ...]) -> dict[str, str]:
    """Legs with those of what comes of their tickers."""
    out = dict(legs)
    for change in changes:
        if change["into"] >= 0 and tickers[change["ticker"]] in out:
            out.setdefault(tickers[change["into"]], out[tickers[change["ticker"]]])
    return out
