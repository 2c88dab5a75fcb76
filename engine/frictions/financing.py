"""What cash costs and earns."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from hedgebook.universes.model import Value
from hedgebook.universes.refusal.problems import flaw

AnnualRate = Annotated[float, Field(ge=0, le=1)]
CashRate = Annotated[float, Field(ge=-0.1, le=1)]
Bps = Annotated[float, Field(ge=0, le=2000)]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class CurrencyInterest(Value):
    """Annual rates that money in a currency earns and debt in it pays, fractions; exchange_bps: what changing it costs,
    None = as of any other."""

    rate_annual: CashRate
    margin_rate_annual: AnnualRate
    exchange_bps: Bps | None = None

    @model_validator(mode="after")
    def _debt_costs_more(self) -> Self:
        if self.margin_rate_annual < self.rate_annual:
            what = "debt in a currency must not cost less than money in it earns"
            remedy = f"Write a margin_rate_annual from {self.rate_annual:g} on."
            raise flaw(what, at=("margin_rate_annual",), value=self.margin_rate_annual, remedy=remedy)
        return self


class CashInterest(Value):
    """Annual rates that positive cash earns and negative cash pays, per calendar day over 360.

    Cash includes the proceeds of short sales: together with the borrow fee this is the rebate of a prime
    broker, cash rate less fee. by_currency: the rates of money in other currencies, by code; one that is not named has
    those of USD. exchange_bps: half the spread at which a currency is changed, of its value.
    """

    rate_annual: CashRate = 0.0
    margin_rate_annual: AnnualRate = 0.0
    by_currency: dict[CurrencyCode, CurrencyInterest] = Field(default_factory=dict)
    exchange_bps: Bps = 0.0
    reason: str = ""

    def of_currency(self, code: str) -> CurrencyInterest:
        """The rates of a currency, with what changing it costs."""
        found = self.by_currency.get(code)
        if found is None:
            debt = max(self.margin_rate_annual, self.rate_annual)
            return CurrencyInterest(
                rate_annual=self.rate_annual, margin_rate_annual=debt, exchange_bps=self.exchange_bps
            )
        return found if found.exchange_bps is not None else found.model_copy(update={"exchange_bps": self.exchange_bps})
