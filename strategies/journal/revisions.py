"""What a vendor has changed of exchange rates and corporate actions since they were kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.actions.actions import Actions
from hedgebook.universes.exchanges.currencies import Series

# Cells of the same vendor that are this near to each other are the same: what another file format rounds away.
SAME_FRAC = 1e-9
RATE = "rate"


@dataclass(frozen=True)
class Revision:
    """A cell that a vendor has changed since it was kept; None where there was, or is, no number.

    ticker, session, field: the currency, the moment (UTC) and "rate" of an exchange rate; the kind of an action and the
    day that it is of.
    """

    ticker: str
    session: str
    field: str
    kept: float | None
    now: float | None


def revised_rates(kept: Mapping[str, Series], now: Mapping[str, Series], until: np.datetime64) -> list[Revision]:
    """The rates by currency that differ up to a moment, from the first kept one on."""
    found = []
    for name, old in kept.items():
        before = {moment: float(usd) for moment, usd in zip(old.moments.tolist(), old.usd, strict=True)}
        new = now[name]
        here = (new.moments >= old.moments[0]) & (new.moments <= until) if len(old.moments) else new.moments <= until
        after = {moment: float(usd) for moment, usd in zip(new.moments[here].tolist(), new.usd[here], strict=True)}
        for moment in sorted({*before, *after}):
            told = str(np.datetime64(moment, "ns").astype("datetime64[s]"))
            found += _differing(name, told, RATE, before.get(moment), after.get(moment))
    return found


def revised_actions(kept: Actions, now: Actions, sessions: NDArray[np.datetime64]) -> list[Revision]:
    """The actions of some sessions that differ; two of one kind and day are told apart by their size."""
    before, after = _figures(kept, sessions), _figures(now, sessions)
    found = []
    for key in sorted({*before, *after}):
        ticker, session, field = key
        found += _differing(ticker, session, field, before.get(key), after.get(key))
    return found


def _figures(actions: Actions, sessions: NDArray[np.datetime64]) -> dict[tuple[str, str, str], float]:
    """The figures of actions by ticker, session and what they are."""
    price, cash = np.asarray(actions.price), np.asarray(actions.cash)
    seen: dict[tuple[str, str, str], int] = defaultdict(int)
    found: dict[tuple[str, str, str], float] = {}
    inside = np.flatnonzero(np.isin(actions.dates, sessions))
    for k in sorted(inside.tolist(), key=lambda k: float(actions.values[k])):
        kind = f"{actions.kinds[k]} into {actions.into[k]}" if actions.into[k] else str(actions.kinds[k])
        key = (actions.tickers[k], str(actions.dates[k]), kind)
        seen[key] += 1
        named = kind if seen[key] == 1 else f"{kind} {seen[key]}"
        found[key[0], key[1], named] = float(actions.values[k])
        for what, value in (("price", float(price[k])), ("cash", float(cash[k]))):
            if value and value == value:
                found[key[0], key[1], f"{named} {what}"] = value
    return found


def _differing(ticker: str, session: str, field: str, kept: float | None, now: float | None) -> list[Revision]:
    if kept is not None and now is not None and abs(kept - now) <= SAME_FRAC * max(abs(kept), abs(now)):
        return []
    return [] if kept is None and now is None else [Revision(ticker, session, field, kept, now)]
