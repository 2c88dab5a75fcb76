"""What holding costs: borrowing shares that are sold short, and cash that is owed or owned."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from hedgebook.universes.market import Market

from .by_name import per_ticker

AnnualRate = Annotated[float, Field(ge=0, le=10)]


class Borrow(BaseModel):
    """Annual fee on the closing market value of a short, charged per calendar day over 360."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default_annual: AnnualRate = 0.0
    by_bucket_annual: dict[str, AnnualRate] = Field(default_factory=dict)
    by_ticker_annual: dict[str, AnnualRate] = Field(default_factory=dict)
    reason: str = ""

    def rates(self, market: Market, start: int, stop: int) -> NDArray[np.float64]:
        """(stop - start, N): the annual rate charged over the night that follows each session."""
        rate = per_ticker(market, self.default_annual, self.by_bucket_annual, self.by_ticker_annual)
        return np.ascontiguousarray(np.broadcast_to(rate, (stop - start, len(rate))))


class CashInterest(BaseModel):
    """Annual rates that positive cash earns and negative cash pays, per calendar day over 360.

    Cash includes the proceeds of short sales: together with the borrow fee this is the rebate of a prime
    broker, cash rate less fee.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_annual: Annotated[float, Field(ge=-0.1, le=1)] = 0.0
    margin_rate_annual: AnnualRate = 0.0
    reason: str = ""
