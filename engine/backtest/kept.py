"""What does not change between two runs over the same sessions: a script runs one strategy after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from hedgebook.universes.market import Market

from ..account import Account
from ..actions.orders import flows_and_changes
from ..arrays import Floats
from ..exchanges.financing import interest_flows
from ..exchanges.timeline import Timeline, timeline_of
from ..frictions.costs import Costs
from ..kernels.book.records import Conditions, Prices, Structs
from ..rules import Rules
from .conditions import conditions_of, no_volatility
from .timeline import days_between, prices_at

# What costs and an account say of each session and ticker is kept up to this size only.
MOST_KEPT_BYTES = 16_000_000
_KEPT: WeakKeyDictionary[Market, KeptSpan] = WeakKeyDictionary()


class Asked(NamedTuple):
    """What conditions follow from, beside the market and its sessions."""

    costs: Costs
    account: Account
    rules: Rules
    legs: dict[str, str]

    def copied(self) -> Asked:
        """The same, which nobody else can change: the tables inside are open to whoever made them."""
        costs, account = self.costs.model_copy(deep=True), self.account.model_copy(deep=True)
        return Asked(costs, account, self.rules, dict(self.legs))


@dataclass(eq=False)
class KeptSpan:
    """Rows `span` of a market as the kernel takes them, and the conditions that were asked for last."""

    span: tuple[int, int]
    window: Market
    prices: Prices
    timeline: Timeline | None = None
    asked: Asked | None = None
    conditions: Conditions | None = None

    def prices_with(self, flows: Structs) -> Prices:
        """The marks of the window and what flows at them, at marks of its timeline, beside what its actions bring."""
        if not len(flows):
            return self.prices
        every, order = np.concatenate([self.prices.flows, flows]), self.prices.order.tolist()
        return prices_at(self.prices.marks, self.prices.days, every, order, self.prices.changes)

    def conditions_for(self, market: Market, bank: Floats, asked: Asked) -> Conditions:
        """conditions_of a bank of weights, those of the last time where the same is asked."""
        if asked.rules.target_vol is not None:  # the volatility is that of these weights
            return conditions_of(market, self.span, bank, *asked)
        sessions = self.span[1] - self.span[0]
        if self.conditions is not None and asked == self.asked:
            if len(self.conditions.vol) != len(bank):
                self.conditions = self.conditions._replace(vol=no_volatility(len(bank), sessions))
            return self.conditions
        made = conditions_of(market, self.span, bank, *asked)
        if made.cells.nbytes <= MOST_KEPT_BYTES:
            self.asked, self.conditions = asked.copied(), made
        return made


def kept_span(market: Market, start: int, stop: int) -> KeptSpan:
    """Rows start .. stop - 1 of a market, kept until the market is asked for others."""
    found = _KEPT.get(market)
    if found is None or found.span != (start, stop):
        window = market.rows(start, stop)
        prices, timeline = prices_of(window)
        found = _KEPT[market] = KeptSpan((start, stop), window, prices, timeline)
    return found


def prices_of(window: Market) -> tuple[Prices, Timeline | None]:
    """A market's marks and calendar days as the kernel takes them, as quoted, with what its actions bring; its timeline
    where it has several exchanges."""
    flows, changes = flows_and_changes(window)
    days = days_between(window.sessions)
    if window.venues is None:
        marks = np.stack([window.quoted("open"), window.quoted("close")])
        return prices_at(marks, days, flows, changes=changes), None
    timeline = timeline_of(window, window.venues)
    flows, changes = timeline.at_opens(flows), timeline.at_opens(changes)
    return prices_at(timeline.marks, days, flows, timeline.order, changes), timeline


def financed(window: Market, costs: Costs) -> tuple[Prices, Timeline | None]:
    """prices_of a window with what its currencies earn, whoever holds them."""
    prices, timeline = prices_of(window)
    paid = interest_flows(window, prices, timeline, costs)
    if not len(paid):
        return prices, timeline
    every = np.concatenate([prices.flows, paid])
    return prices_at(prices.marks, prices.days, every, prices.order.tolist(), prices.changes), timeline
