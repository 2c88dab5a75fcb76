"""Raw prices adjusted forward, on the scale of their first session: what comes later changes no number before it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..market import Market
from .actions import ActionKind, Actions
from .adjust import placed, split_ratios
from .quotes import Quotes

PRICES = ("open", "high", "low", "close")
DIGITS = 12


def with_actions_so_far(market: Market, actions: Actions) -> Market:
    """The market of raw prices (`market`), adjusted for total return on the scale of its first session, with its quotes
    beside it.

    Returns are those of `with_actions`, whose scale is that of the last session. No row depends on a later one: a
    payout without a close on its day is reinvested at the next close, once that is there. Volume is such that close x
    volume stays the value that was traded.
    """
    factors = factors_so_far(actions, market.sessions, market.columns, market.close)
    fields: dict[str, Any] = {name: getattr(market, name) * factors for name in PRICES}
    return replace(market, **fields, volume=market.volume / factors, quotes=Quotes(market.open, market.close, actions))


def factors_so_far(
    actions: Actions, sessions: NDArray[np.datetime64], columns: dict[str, int], close: Floats
) -> Floats:
    """(T, N): what raw prices are multiplied by, 1 before the first action of a ticker; dates of actions are sessions.

    f(t) / f(t - 1) = s (p + d) / p of a session's split ratio s, payout d and raw close p (CRSP Data Descriptions
    Guide, "Holding Period Total Return").
    """
    grown = split_ratios(actions, sessions, columns)
    paid: dict[tuple[int, int], float] = defaultdict(float)
    for k, t, i in placed(actions, sessions, columns):
        if actions.kinds[k] == ActionKind.DIVIDEND:
            paid[t, i] += float(actions.values[k])
        elif actions.kinds[k] == ActionKind.SPINOFF:
            worth, at = _worth(actions, k, t, columns, close)
            if at is not None:
                paid[at, i] += float(actions.values[k]) * worth
    for (t, i), payout in paid.items():
        known = np.flatnonzero(np.isfinite(close[t:, i]))
        if len(known):
            price = float(close[t + known[0], i])
            grown[t + known[0], i] *= (price + payout) / price
    return np.asarray(np.cumprod(grown, axis=0))


def _worth(actions: Actions, k: int, t: int, columns: dict[str, int], close: Floats) -> tuple[float, int | None]:
    """What one share that a spin-off delivers is worth, and the session by which that is known, None for not yet."""
    stated = float(np.asarray(actions.price)[k])
    if np.isfinite(stated):
        return stated, t
    i = columns.get(actions.into[k])
    known = np.flatnonzero(np.isfinite(close[t:, i])) if i is not None else np.zeros(0, dtype=np.int64)
    if not len(known):
        return float("nan"), None
    return float(close[t + known[0], i]), t + int(known[0])


def on_first_scale(market: Market) -> Market:
    """A market whose adjusted prices are on the scale of its first session; itself where there are no quotes.

    Highs, lows and volumes follow their closes.
    """
    if market.quotes is None:
        return market
    return with_actions_so_far(as_quoted(market), market.quotes.actions)


def as_quoted(market: Market) -> Market:
    """The market of raw prices that a market of adjusted ones was made from; itself where there are no quotes.

    Highs, lows and volumes, which stand nowhere as quoted, are brought back to 12 digits.
    """
    quotes = market.quotes
    if quotes is None:
        return market
    factors = _factors(market, quotes)
    fields: dict[str, Any] = {name: _to_digits(getattr(market, name) / factors) for name in ("high", "low")}
    volume = _to_digits(market.volume * factors)
    return replace(market, **fields, open=quotes.open, close=quotes.close, volume=volume, quotes=None)


def _to_digits(values: Floats) -> Floats:
    """(T, N) to the digits that are left of a number that was multiplied and divided again."""
    with np.errstate(invalid="ignore", divide="ignore"):
        places = np.where(values > 0.0, DIGITS - 1 - np.floor(np.log10(values)), 0.0)
    scale = 10.0 ** np.clip(places, 0.0, 22.0)
    return np.asarray(np.round(values * scale) / scale)


def _factors(market: Market, quotes: Quotes) -> Floats:
    """(T, N): adjusted over quoted price, where a session has neither that of the session before, else of the next."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(np.isfinite(quotes.close), market.close / quotes.close, market.open / quotes.open)
    rows = np.arange(len(found))[:, None]
    there = np.isfinite(found)
    before = np.maximum.accumulate(np.where(there, rows, -1), axis=0)
    after = np.minimum.accumulate(np.where(there, rows, len(found))[::-1], axis=0)[::-1]
    at = np.where(before >= 0, before, np.where(after < len(found), after, 0))
    filled = np.take_along_axis(found, at, axis=0)
    return np.where(np.isfinite(filled), filled, 1.0)
