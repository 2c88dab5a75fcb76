"""What a strategy wants to do on a market, and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.hedging.ratio import HedgeRatio
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import Mark
from hedgebook.universes.event import Event


@dataclass(frozen=True)
class Leg:
    """One side of a trade: its name ("long" or "short"), the tickers it holds, and their weights.

    weight: NAV fraction of all of them together, NaN where the schedule alone says it; parts: NAV fraction of each
    ticker, None = equal; a ticker that the hedge buys inside a short leg has the other sign than its leg.
    """

    name: str
    tickers: tuple[str, ...]
    weight: float
    parts: tuple[float, ...] | None = None

    def weights(self) -> dict[str, float]:
        """NAV fraction of each ticker, negative for shorts."""
        parts = self.parts or (self.weight / len(self.tickers),) * len(self.tickers)
        return dict(zip(self.tickers, parts, strict=True))


@brief
@dataclass(frozen=True, eq=False)
class PlanPart:
    """One of several strategies in a plan: its name, and its share of the plan's orders, fractions of the whole NAV.

    The rows of its schedule are those of the plan, and the weights of all parts add up to the plan's.
    """

    name: str
    schedule: Schedule


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A schedule of orders, and what is known about it: reports show what is there and leave out the rest.

    until: the last session that is simulated (None: the market's last); legs: "long" and "short" with their tickers,
    where the strategy has such sides throughout; event: what it was entered on; hedge: how one leg was sized against
    the other; estimates: figures that decided, by name, as fractions, ratios or sessions as their names say; notes:
    what a reader must know; parts: the strategies whose orders were netted into it, which its P&L is split by.
    """

    schedule: Schedule
    until: np.datetime64 | None = None
    legs: tuple[Leg, ...] = ()
    event: Event | None = None
    hedge: HedgeRatio | None = None
    estimates: Mapping[str, float | str | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    parts: tuple[PlanPart, ...] = ()

    @property
    def entry_session(self) -> np.datetime64:
        """The session of the first order."""
        session: np.datetime64 = self.schedule.session[0]
        return session

    @property
    def entry_mark(self) -> Mark:
        """The mark of the first order."""
        return Mark(int(self.schedule.mark[0]))

    @property
    def tradable(self) -> bool:
        """Whether every fill comes after the decision to make it."""
        return not self.schedule.hindsight

    @property
    def tickers(self) -> tuple[str, ...]:
        """The tickers that are ever wanted, in the order of the schedule."""
        wanted = np.flatnonzero(np.abs(np.nan_to_num(self.schedule.weights)).sum(axis=0))
        return tuple(self.schedule.tickers[i] for i in wanted)

    def weights(self) -> dict[str, float]:
        """Target weight of each ticker in the first order, as a fraction of NAV; those left alone are not in it."""
        first = np.nan_to_num(self.schedule.weights[0])
        return {t: float(w) for t, w in zip(self.schedule.tickers, first, strict=True) if w}

    def lowest(self) -> dict[str, float]:
        """The lowest weight that each ticker is ever wanted at; below zero for one that is sold short."""
        return dict(zip(self.schedule.tickers, np.nan_to_num(self.schedule.weights).min(axis=0).tolist(), strict=True))

    def sides(self) -> dict[str, str]:
        """ "long" or "short" by ticker, empty where the strategy has no such sides throughout."""
        return {ticker: leg.name for leg in self.legs for ticker in leg.tickers}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know of it before trusting the figures."""
        return self.notes
