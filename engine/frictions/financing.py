"""What cash costs and earns."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hedgebook.universes.model import Value

AnnualRate = Annotated[float, Field(ge=0, le=1)]


class CashInterest(Value):
    """Annual rates that positive cash earns and negative cash pays, per calendar day over 360.

    Cash includes the proceeds of short sales: together with the borrow fee this is the rebate of a prime
    broker, cash rate less fee.
    """

    rate_annual: Annotated[float, Field(ge=-0.1, le=1)] = 0.0
    margin_rate_annual: AnnualRate = 0.0
    reason: str = ""
