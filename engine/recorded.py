"""What follows from the record of an account, whatever was traded in it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market

from .account import Account
from .arrays import Floats
from .frictions.costs import Costs
from .kernels.book.records import ORDER_AMOUNTS, Booked, Cause, Reason, Record, Status, columns
from .risk.drawdowns import ruined_on
from .risk.metrics import ruin_levels, simple_returns

CAUSES = tuple(cause.column for cause in Cause)
COST_CAUSES = tuple(columns(Booked.COST))
TRADING_CAUSES = tuple(columns(Booked.TRADING))
CAUSE_LABELS = {cause.column: cause.label for cause in Cause}
MARK_LABELS = np.array([mark.label for mark in Mark], dtype=object)
# By code, which counts from zero.
STATUS_NAMES, REASON_NAMES = (np.array([one.name.lower() for one in codes], dtype=object) for codes in (Status, Reason))


class Recorded:
    """The account of a result at each close, its orders and its costs: what follows from these four."""

    market: Market
    costs: Costs
    account: Account
    record: Record

    @property
    def capital(self) -> float:
        """Initial capital in USD."""
        return self.account.capital_usd

    @property
    def setting_notes(self) -> tuple[str, ...]:
        """The warnings that say where numbers of costs and account come from."""
        universe = self.market.universe
        return (*self.costs.notes(universe), *self.account.notes(universe))

    @property
    def final_nav(self) -> float:
        """NAV at the close of the last session, USD."""
        return float(self.record.days["nav_close"][-1])

    @cached_property
    def ruined_on(self) -> np.datetime64 | None:
        """The first session with a NAV of zero or below at its open or close, None where none had one."""
        return ruined_on(self.levels, self.market.sessions)

    @cached_property
    def sessions(self) -> pd.DatetimeIndex:
        """The simulated sessions."""
        return pd.DatetimeIndex(self.market.sessions.astype("datetime64[ns]"), name="session")

    @cached_property
    def levels(self) -> Floats:
        """(n + 1,): NAV at closes from the initial capital on, with a ruin at an open: see ruin_levels."""
        closes = np.concatenate([[self.capital], self.record.days["nav_close"]])
        return ruin_levels(closes, self.record.days["nav_open"])

    @cached_property
    def returns(self) -> pd.Series[float]:
        """Simple returns close to close; the first is measured from the initial capital.

        NaN after a NAV of zero or below: who has nothing left has no returns. That of the session in which it was lost
        at the open ends there.
        """
        return pd.Series(simple_returns(self.levels), index=self.sessions, name="return")

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Every order that was filled, deferred or rejected, in the order in which it happened."""
        return self._orders(self.market.tickers)

    def _orders(self, names: tuple[str, ...]) -> pd.DataFrame:
        """The orders, where `names` are the columns of the record."""
        lines = self.record.lines
        frame = pd.DataFrame(
            {
                "session": self.sessions[lines["session"]],
                "mark": MARK_LABELS[lines["mark"]],
                "ticker": np.asarray(names, dtype=object)[lines["ticker"]],
                "status": STATUS_NAMES[lines["status"]],
                "reason": REASON_NAMES[lines["reason"]],
            }
        )
        venues = self.market.venues
        if venues is not None:
            frame["exchange"] = np.asarray(venues.names, dtype=object)[venues.of[lines["ticker"]]]
        for name in ORDER_AMOUNTS:
            frame[name] = lines[name]
        frame["cost"] = frame[columns(Booked.TRADING)].sum(axis=1)
        return frame

    @property
    def fills(self) -> pd.DataFrame:
        """The orders that were filled, costs in USD."""
        return self.orders[self.orders["status"] == "filled"].reset_index(drop=True)

    @cached_property
    def costs_paid(self) -> dict[str, float]:
        """Costs in USD by kind, positive when paid; interest is negative when earned."""
        totals = self.record.pnl.sum(axis=(0, 1))
        paid = {name: float(-totals[CAUSES.index(name)]) + 0.0 for name in COST_CAUSES}
        return {**paid, "interest": float(-self.record.interest.sum()) + 0.0}

    def _nav_columns(self, *, flows: bool) -> dict[str, NDArray[np.float64]]:
        """The columns of the table of NAV, (n,) each; flows: whether cash came from beside the prices."""
        days = self.record.days
        found = {name: days[name] for name in ("nav_open", "nav_close", "cash", "interest")}
        found["borrow"] = 0.0 - self.record.pnl[:, :, Cause.BORROW].sum(axis=1)
        if flows:
            found["cash_flow"] = self.record.of(Booked.INCOME).sum(axis=(1, 2))
        return found | {"requirement": days["requirement"], "return": simple_returns(self.levels)}
