"""What corporate actions did to the positions of a run, in the terms of its fills."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ..arrays import Floats
from ..kernels.book.change import WHOLE_SLACK
from ..kernels.book.records import Structs

CHANGE_COLUMNS = ("session", "ticker", "reason", "ratio", "shares", "price")


def share_changes(
    changes: Structs, held: Floats, known: Floats, tickers: tuple[str, ...], sessions: pd.DatetimeIndex, *, lot: bool
) -> pd.DataFrame:
    """Rows by session, ticker, reason, ratio, shares and price: before the open a position is multiplied by `ratio`,
    and `shares` come to it at `price`, negative when they go; neither costs anything.

    changes: of CHANGE, in time order; held, known: (T, N) shares and prices before each session; lot: whole shares.
    What whole shares leave of one is in `shares` of a split, and in the cash of what is delivered.
    """
    rows: list[tuple[pd.Timestamp, str, str, float, float, float]] = []
    day, shares, price = -1, held[0], known[0]

    def note(i: int, reason: str, ratio: float, change: float, at: float) -> None:
        if ratio != 1.0 or change != 0.0:
            rows.append((sessions[day], tickers[i], reason, ratio, change, at))

    for change in changes:
        if change["session"] != day:
            day = int(change["session"])
            shares, price = held[day].copy(), known[day].copy()
        i, into, keep = int(change["ticker"]), int(change["into"]), float(change["keep"])
        before = float(shares[i])
        if before == 0.0:
            continue
        worth, per_share = 0.0, float(change["usd"])
        if into >= 0:
            worth = _worth(change, shares, price)
            per_share += float(change["given"]) * worth
        if keep == 0.0:
            note(i, "delisting" if into < 0 else "merger", 1.0, -before, per_share)
            shares[i] = 0.0
        elif keep != 1.0:
            price[i] /= keep
            shares[i] = _whole(before * keep, lot=lot)
            note(i, "split", keep, float(shares[i]) - before * keep, float(price[i]))
        if into >= 0:
            got = _whole(before * float(change["given"]), lot=lot)
            note(into, "spinoff" if keep != 0.0 else "merger", 1.0, got, worth)
            shares[into] += got
            price[into] = worth
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS)).astype(
        {"session": "datetime64[ns]", "ratio": "float64", "shares": "float64", "price": "float64"}
    )


def _worth(change: Structs, shares: Floats, price: Floats) -> float:
    i, into = int(change["ticker"]), int(change["into"])
    if shares[into] != 0.0:
        return float(price[into])
    if math.isnan(float(change["worth"])):
        return float((price[i] - change["usd"]) / change["given"])
    return float(change["worth"])


def _whole(shares: float, *, lot: bool) -> float:
    if not lot:
        return shares
    nearest = float(round(shares))
    return nearest if abs(shares - nearest) <= WHOLE_SLACK * max(1.0, abs(shares)) else float(math.trunc(shares))


def before_each_session(at_close: Floats, at_start: Floats) -> Floats:
    """(T, N): what held at the close before each session. at_close: (T, N); at_start: (N,) before the first."""
    return np.concatenate([at_start[None, :], at_close[:-1]])
