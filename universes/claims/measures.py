"""What prices say about the quantity of a claim."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..market import Market
from ..sample import ANCHOR, EVENT_DAYS
from .claim import Claim

NAN = math.nan


@dataclass(frozen=True)
class Measured:
    """Moves in percent, NaN where they are not known, and why not; previous_usd: the close before.

    close, gap, low, high: from the close before (or the last of the year before) to the close, the open and the
    extremes of the day. start, stop: the extremes of all that is known to have been traded on the day.
    """

    close: float = NAN
    gap: float = NAN
    low: float = NAN
    high: float = NAN
    previous_usd: float = NAN
    close_usd: float = NAN
    reason: str = ""

    @property
    def start(self) -> float:
        """The lowest move that is known to have been traded."""
        return float(np.nanmin([self.close, self.gap, self.low]))

    @property
    def stop(self) -> float:
        """The highest move that is known to have been traded."""
        return float(np.nanmax([self.close, self.gap, self.high]))

    @property
    def has_range(self) -> bool:
        """Whether low and high are known, so that what lies outside them was not traded."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def closest(self, value: float) -> str:
        """The mark whose move is nearest to `value`."""
        marks = {"close": self.close, "open": self.gap, "low": self.low, "high": self.high}
        known = {name: abs(move - value) for name, move in marks.items() if math.isfinite(move)}
        return min(known, key=lambda name: known[name]) if known else ""


def measure_claim(market: Market, claim: Claim) -> Measured:
    """Moves of a claim's subject on its day; a drawdown of a cycle cannot be measured on any price file."""
    day = claim.day
    if day is None:
        return Measured(reason="the cycle's peak and trough are not in these prices")
    if claim.subject not in market.columns:
        outside = claim.subject in market.outside
        return Measured(reason=market.why_unpriced(claim.subject)[0] if outside else f"{claim.subject} has no prices")
    session = np.datetime64(day)
    row = int(np.searchsorted(market.sessions, session))
    if row == len(market.sessions) or market.sessions[row] != session:
        return Measured(reason=f"there are no prices of {day}")
    if market.provenance.simulated and (claim.is_year_to_date or session not in EVENT_DAYS):
        return Measured(reason="the history is simulated; only the event's sessions carry reported moves")
    base = _base_row(market, claim, row)
    if base is None:
        return Measured(reason=f"the prices of {claim.subject} do not reach back far enough")
    return _measure(market, claim.subject, row, base)


def _base_row(market: Market, claim: Claim, row: int) -> int | None:
    """The row whose close the move starts from."""
    if claim.is_session_return:
        return row - 1 if row > 0 else None
    first = np.datetime64(f"{market.sessions[row].astype(object).year}-01-01")
    before = np.flatnonzero(np.isfinite(market.close[:, market.column(claim.subject)]) & (market.sessions < first))
    return int(before[-1]) if len(before) else None


def _measure(market: Market, ticker: str, row: int, base: int) -> Measured:
    i = market.column(ticker)
    start = float(market.close[base, i])

    def move(values: np.typing.NDArray[np.float64]) -> float:
        return 100.0 * (float(values[row, i]) / start - 1.0)

    # Of a simulated session only the close was reported, and the open of the first event day.
    simulated = market.provenance.simulated
    first_event = market.sessions[base] == ANCHOR
    found = Measured(
        close=move(market.close),
        gap=NAN if simulated and not first_event else move(market.open),
        low=NAN if simulated else move(market.low),
        high=NAN if simulated else move(market.high),
        previous_usd=start,
        close_usd=float(market.close[row, i]),
    )
    if not math.isfinite(found.close):
        return Measured(reason=f"{ticker} has no return on {market.sessions[row]}")
    return found
