"""Whether new prices are on another scale than stored ones: adjusted histories change as a whole at every dividend."""

from __future__ import annotations

import numpy as np

from ..prices.fields import PriceFields
from .store import PriceStore

# So many common sessions, all by one factor: a corrected price or two are no change of scale.
LEAST_COMMON = 3
LEAST_CHANGE_FRAC = 1e-5
# The factors of vendors who keep six digits differ by this much of themselves.
SAME_FACTOR_FRAC = 5e-6


def rebased(store: PriceStore, origin: str, new: PriceFields) -> dict[str, float]:
    """Tickers whose closes are a constant factor of the stored ones, with it, where older ones would stay as they are.

    Closes of the same source are compared on the sessions that both have.
    """
    if not store.exists:
        return {}
    with store.opened() as opened:
        rows = opened.execute(
            "SELECT ticker, session, close FROM prices WHERE basis = 'adjusted' AND origin = ? AND "
            "list_contains(?, ticker) AND close IS NOT NULL "
            "QUALIFY row_number() OVER (PARTITION BY ticker, session ORDER BY fetch_no DESC) = 1 "
            "ORDER BY ticker, session",
            [origin, list(new.tickers)],
        ).fetchall()
    stored: dict[str, tuple[list[np.datetime64], list[float]]] = {}
    for ticker, session, close in rows:
        days, closes = stored.setdefault(ticker, ([], []))
        days.append(np.datetime64(session, "D"))
        closes.append(close)
    found = {}
    for column, ticker in enumerate(new.tickers):
        if ticker in stored:
            factor = _factor(np.array(stored[ticker][0]), np.array(stored[ticker][1]), new, column)
            if factor is not None:
                found[ticker] = factor
    return found


def _factor(
    days: np.ndarray[tuple[int], np.dtype[np.datetime64]], closes: np.ndarray[tuple[int], np.dtype[np.float64]],
    new: PriceFields, column: int,
) -> float | None:  # fmt: skip
    mine = new.fields["close"][:, column]
    there = np.isfinite(mine)
    sessions, mine = new.sessions[there], mine[there]
    _, a, b = np.intersect1d(days, sessions, return_indices=True)
    # Where no stored day is left out, every one of them gets its new price.
    if len(a) < LEAST_COMMON or len(a) == len(days):
        return None
    ratios = mine[b] / closes[a]
    middle = float(np.median(ratios))
    if abs(middle - 1.0) < LEAST_CHANGE_FRAC or float(np.max(np.abs(ratios / middle - 1.0))) > SAME_FACTOR_FRAC:
        return None
    return middle
