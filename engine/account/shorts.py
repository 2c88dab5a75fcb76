"""Selling short: whether shares can be found, whether they must be given back, and whether the rules allow a sale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from hedgebook.errors import CostsError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from hedgebook.universes.model import Value
from hedgebook.universes.universe import Universe

from ..frictions.by_name import unknown_either
from ..kernels.book.records import Reason
from .rule_201 import rule_201_bars

Names = Annotated[tuple[str, ...], Field(min_length=1)]


class OnRule201(StrEnum):
    """What happens to a short sale that rule 201 bars: nothing, it waits, or it is rejected."""

    IGNORE = "ignore"
    DEFER = "defer"
    REJECT = "reject"


class NoLocate(Value):
    """Buckets or tickers in which no new short can be opened, from the first to the last session, both included."""

    names: Names
    first: date = date.min
    last: date = date.max

    @model_validator(mode="after")
    def _in_order(self) -> NoLocate:
        if self.last < self.first:
            raise ValueError(f"last {self.last} lies before first {self.first}; exchange the two")
        return self


class Recall(Value):
    """Buckets or tickers whose lent shares are called back at a close, to be covered at the next open."""

    names: Names
    session: date


class ShortRules(Value):
    """When shares can be sold short and when they must be given back."""

    rule_201: OnRule201 = OnRule201.IGNORE
    no_locate: tuple[NoLocate, ...] = ()
    recalls: tuple[Recall, ...] = ()
    reason: str = ""

    def bars(self, market: Market, start: int, stop: int) -> NDArray[np.int8]:
        """(2, stop - start, N): the Reason why nothing new is sold short at a mark, 0 = it can be.

        (2, 1, N) where nothing is ever barred.
        """
        if self.rule_201 is OnRule201.IGNORE and not self.no_locate:
            return np.zeros((2, 1, len(market.tickers)), dtype=np.int8)
        out = np.zeros((2, stop - start, len(market.tickers)), dtype=np.int8)
        if self.rule_201 is not OnRule201.IGNORE:
            # From the first session on: the last close before a halt may lie any number of sessions back.
            out[rule_201_bars(market.rows(0, stop))[:, start:]] = Reason.RULE_201
        sessions = market.sessions[start:stop]
        for rule in self.no_locate:
            days = (sessions >= np.datetime64(rule.first, "D")) & (sessions <= np.datetime64(rule.last, "D"))
            for i in _columns(market, rule.names):
                for mark in Mark:
                    out[mark, days, i] = Reason.NO_LOCATE
        return out

    def recalled(self, market: Market, start: int, stop: int) -> NDArray[np.int8]:
        """(stop - start, N): 1 where lent shares are called back at the close; (1, N) where none ever are."""
        if not self.recalls:
            return np.zeros((1, len(market.tickers)), dtype=np.int8)
        out = np.zeros((stop - start, len(market.tickers)), dtype=np.int8)
        sessions = market.sessions[start:stop]
        for rule in self.recalls:
            days = np.flatnonzero(sessions == np.datetime64(rule.session, "D"))
            out[days[:, None], _columns(market, rule.names)] = 1
        return out

    def unknown_names(self, universe: Universe, where: str, priced: Sequence[str]) -> list[CostsError]:
        """What is wrong with names that are neither a bucket nor a ticker of the universe or of those with prices."""
        rules: Iterable[NoLocate | Recall] = (*self.no_locate, *self.recalls)
        return [one for rule in rules for one in unknown_either(universe, where, rule.names, priced)]


def _columns(market: Market, names: tuple[str, ...]) -> list[int]:
    """Columns of the tickers that are named, themselves or by their bucket."""
    return [i for i, ticker in enumerate(market.tickers) if ticker in names or market.buckets[i] in names]
