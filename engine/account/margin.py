"""Margin: the equity that a broker requires, and what happens when it is not there."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hedgebook.universes.market import Market
from hedgebook.universes.model import Value

from ..frictions.by_name import per_ticker
from ..kernels.book.records import MarginAction

Multiplier = Annotated[float, Field(ge=1, le=10)]
Fraction = Annotated[float, Field(ge=0, le=5)]


class OnMarginCall(StrEnum):
    """What happens at the next open when NAV closes below the maintenance requirement."""

    OFF = "off"
    REPORT = "report"
    REDUCE = "reduce"
    LIQUIDATE = "liquidate"

    @property
    def action(self) -> MarginAction:
        """The kernel's code."""
        return MarginAction[self.name]


class MarginRules(Value):
    """Initial margin of Regulation T (12 CFR 220.12) and maintenance margin of FINRA rule 4210(c).

    Fractions are of market value; those of shorts come on top of the proceeds, which stay in the account: 150 %
    initial margin including proceeds is 0.5 here. Shorts from `low_price_usd` up need at least
    `short_floor_usd` a share; below it `low_frac` of value, at least `low_floor_usd` a share. house_by_bucket,
    house_by_ticker: a broker's multiplier of every requirement. With `reduce` and `liquidate` an entry is also
    scaled down to its initial requirement. A call is decided at a close and sized where it fills: `reduce` keeps one
    factor of the shares of every position, with which NAV at those prices covers the initial requirement, or the
    maintenance requirement where that is higher; where it does already nothing is traded. It never adds to a position.
    """

    on_call: OnMarginCall = OnMarginCall.REPORT
    initial_long_frac: Fraction = 0.50
    initial_short_frac: Fraction = 0.50
    maintenance_long_frac: Fraction = 0.25
    maintenance_short_frac: Fraction = 0.30
    short_floor_usd: Annotated[float, Field(ge=0, le=1000)] = 5.0
    low_price_usd: Annotated[float, Field(ge=0, le=1000)] = 5.0
    low_frac: Fraction = 1.0
    low_floor_usd: Annotated[float, Field(ge=0, le=1000)] = 2.5
    house_by_bucket: dict[str, Multiplier] = Field(default_factory=dict)
    house_by_ticker: dict[str, Multiplier] = Field(default_factory=dict)
    reason: str = ""

    @property
    def terms(self) -> dict[str, float]:
        """What holds for every ticker and session, by the kernel's names (MARGIN_TERMS)."""
        return {
            "margin_action": int(self.on_call.action),
            "initial_long": self.initial_long_frac,
            "initial_short": self.initial_short_frac,
            "maint_long": self.maintenance_long_frac,
            "maint_short": self.maintenance_short_frac,
            "short_floor": self.short_floor_usd,
            "low_price": self.low_price_usd,
            "low_frac": self.low_frac,
            "low_floor": self.low_floor_usd,
        }

    def house(self, market: Market) -> NDArray[np.float64]:
        """(N,): the broker's multiplier of each ticker's requirement."""
        return per_ticker(market, 1.0, self.house_by_bucket, self.house_by_ticker)
