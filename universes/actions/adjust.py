"""Adjusted prices from raw ones: what a holder who reinvests has, or what one share after all splits cost."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import PriceDataError

from ..arrays import Floats
from .actions import ActionKind, Actions

Method = Literal["total_return", "split"]
Convention = Literal["crsp", "yahoo"]
METHODS: tuple[Method, ...] = ("total_return", "split")
CONVENTIONS: tuple[Convention, ...] = ("crsp", "yahoo")


def split_ratios(actions: Actions, sessions: NDArray[np.datetime64], columns: dict[str, int]) -> Floats:
    """(T, N): new shares for an old one by the splits of each session, 1 without any."""
    out = np.ones((len(sessions), len(columns)))
    for k, t, i in placed(actions, sessions, columns):
        if actions.kinds[k] == ActionKind.SPLIT:
            out[t, i] *= actions.values[k]
    return out


def paid_out(actions: Actions, sessions: NDArray[np.datetime64], columns: dict[str, int], close: Floats) -> Floats:
    """(T, N): what each session's dividends and spin-offs bring a share, a delivered share at its stated price or its
    first close from that session on."""
    out = np.zeros((len(sessions), len(columns)))
    for k, t, i in placed(actions, sessions, columns):
        if actions.kinds[k] == ActionKind.DIVIDEND:
            out[t, i] += actions.values[k]
        elif actions.kinds[k] == ActionKind.SPINOFF:
            out[t, i] += actions.values[k] * worth(actions, k, t, columns, close)
    return out


def worth(actions: Actions, k: int, t: int, columns: dict[str, int], close: Floats) -> float:
    """What one share that action k delivers is worth: as stated, or its first close from session t on."""
    stated = float(np.asarray(actions.price)[k])
    if np.isfinite(stated):
        return stated
    i = columns.get(actions.into[k])
    known = np.flatnonzero(np.isfinite(close[t:, i])) if i is not None else np.zeros(0, dtype=np.int64)
    if not len(known):
        raise actions.wrong(
            k,
            f"the {actions.kinds[k]} of {actions.tickers[k]} delivers {actions.into[k]}, which has no price from "
            f"{actions.dates[k]} on",
            remedy="Add its prices and its bucket, or state what one such share was worth in the column price.",
        )
    return float(close[t + known[0], i])


def adjustment_factors(
    actions: Actions,
    sessions: NDArray[np.datetime64],
    columns: dict[str, int],
    close: Floats,
    method: Method = "total_return",
    convention: Convention = "crsp",
) -> Floats:
    """(T, N): what raw prices are multiplied by, 1 after the last action of a ticker; dates of actions are sessions.

    At an ex-date with split ratio s and payout d, close p, and p' the last close before it:
    "split": f' = f / s;
    "total_return", "crsp": f' / f = p / (s (p + d)), so that adjusted returns are s (p + d) / p' - 1, those of a holder
    who reinvests at the close of the ex-date (CRSP Data Descriptions Guide, "Holding Period Total Return");
    "total_return", "yahoo": f' / f = (1 - d s / p') / s, so that they are p / (p' / s - d) - 1, those of one who
    reinvests at the close before, less the dividend (Yahoo Finance help, "What is the adjusted close?").
    Raises PriceDataError for a payout that is not below the price that it is paid from.
    """
    splits = split_ratios(actions, sessions, columns)
    step = 1.0 / splits
    if method == "total_return":
        paid = paid_out(actions, sessions, columns, close)
        for t, i in np.argwhere(paid > 0.0).tolist():
            step[t, i] *= _reinvested(close[:, i], t, float(paid[t, i]), float(splits[t, i]), convention)
            if not step[t, i] > 0.0:
                name = next(ticker for ticker, column in columns.items() if column == i)
                raise PriceDataError(
                    f"{name} pays more on {sessions[t]} than it cost before",
                    where=actions.source,
                    value=float(paid[t, i]),
                    remedy="Amounts are per share and in the currency of its prices; correct one of the two.",
                )
    # The factor of a session is what all later ones bring.
    later = np.vstack([step[1:], np.ones((1, step.shape[1]))])
    return np.asarray(np.cumprod(later[::-1], axis=0)[::-1])


def _reinvested(close: Floats, t: int, paid: float, split: float, convention: Convention) -> float:
    """The factor of a payout in session t; 1 where there is no price to pay it from."""
    if convention == "yahoo":
        known = np.flatnonzero(np.isfinite(close[:t]))
        return 1.0 - paid * split / float(close[known[-1]]) if len(known) else 1.0
    known = np.flatnonzero(np.isfinite(close[t:]))
    if not len(known):
        return 1.0
    price = float(close[t + known[0]])
    return price / (price + paid)


def placed(actions: Actions, sessions: NDArray[np.datetime64], columns: dict[str, int]) -> list[tuple[int, int, int]]:
    """Number, session and column of each action that falls on one of the sessions and tickers."""
    at = np.searchsorted(sessions, actions.dates)
    return [
        (k, t, columns[ticker])
        for k, (t, ticker) in enumerate(zip(at.tolist(), actions.tickers, strict=True))
        if t < len(sessions) and sessions[t] == actions.dates[k] and ticker in columns
    ]
