"""What is traded beside weights: whole contracts and shares, and the terms of options."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import Mark, as_day
from hedgebook.universes.chains.chain import Listed, MarkName
from hedgebook.universes.checks import DAY, FLAG, Kind, check, check_fields, number, one_of

from ..frictions.costs import Costs

AfterName = Literal["next_open", "same_close", "keep"]
# Shares of a listed contract.
CONTRACT_SHARES = 100.0
ATTRIBUTES = ("ticker", "expiry", "right", "strike")
WHAT = Kind(
    "a Listed contract or a ticker",
    lambda value: isinstance(value, str) or all(hasattr(value, name) for name in ATTRIBUTES),
)
QUANTITY = Kind(
    "a finite number that is not zero, or None",
    lambda value: (
        value is None
        or (isinstance(value, int | float | np.number) and math.isfinite(float(value)) and float(value) != 0.0)
    ),
)


@dataclass(frozen=True)
class OptionTrade:
    """One order: so many contracts, or shares where `what` is a ticker, at one mark of a session.

    quantity: above zero buys, below sells; whole contracts; None = close what is held of it.
    Raises ParameterError for what is none of these.
    """

    what: Listed | str
    session: Any
    mark: MarkName
    quantity: float | None

    def __post_init__(self) -> None:
        kinds = {"what": WHAT, "session": DAY, "mark": one_of(*get_args(MarkName)), "quantity": QUANTITY}
        check_fields(self, kinds)
        object.__setattr__(self, "session", as_day(self.session))
        if self.quantity is None:
            return
        object.__setattr__(self, "quantity", float(self.quantity))
        if not isinstance(self.what, str) and self.quantity != round(self.quantity):
            what = "contracts are traded whole"
            raise ParameterError(what, where="quantity", value=self.quantity, bound="a whole number")

    @property
    def at(self) -> Mark:
        """The mark."""
        return Mark.OPEN if self.mark == "open" else Mark.CLOSE


@dataclass(frozen=True)
class OptionTerms:
    """What holds for options beside costs and account.

    per_contract_usd: commission of a contract and side; after_exercise: what becomes of
    shares that exercise or assignment opens, closed at the next open or the same close, or kept; rate_annual: interest
    on the strike in the test of early exercise; early_exercise: whether calls are exercised early before a dividend.
    Raises ParameterError for what is none of these.
    """

    per_contract_usd: float = 0.65
    after_exercise: AfterName = "next_open"
    rate_annual: float = 0.0425
    early_exercise: bool = True

    def __post_init__(self) -> None:
        check_fields(
            self,
            {
                "per_contract_usd": number(0.0, 1e4),
                "after_exercise": one_of(*get_args(AfterName)),
                "rate_annual": number(-0.5, 5.0),
                "early_exercise": FLAG,
            },
        )

    def under(self, costs: Costs) -> OptionTerms:
        """The same, without a commission where `costs` are none."""
        return replace(self, per_contract_usd=0.0) if costs.nothing else self


Trades: TypeAlias = "tuple[OptionTrade, ...]"


def contracts_of(trades: Trades) -> tuple[Listed, ...]:
    """The contracts among what is traded, in the order in which they come, each once."""
    found: dict[str, Any] = {}
    for trade in trades:
        if not isinstance(trade.what, str):
            found.setdefault(name_of(trade.what), trade.what)
    return tuple(found.values())


def name_of(contract: Listed) -> str:
    """What a contract is called in tables: ticker, expiry, C or P and strike."""
    right = "C" if contract.right == "call" else "P"
    return f"{contract.ticker} {np.datetime64(contract.expiry, 'D')} {right}{contract.strike:.10g}"


def checked(trades: object) -> Trades:
    """Trades as a tuple. Raises ParameterError for anything else, and for none."""
    found: Any = trades
    if isinstance(found, OptionTrade):
        found = (found,)
    if isinstance(found, list | tuple) and not found:
        raise ParameterError("there is no trade in it", where="trades", remedy="Give at least one OptionTrade.")
    kind = Kind("a list of OptionTrade", lambda x: isinstance(x, list | tuple))
    check("trades", found, kind)
    for trade in found:
        check("trades", trade, Kind("a list of OptionTrade", lambda x: isinstance(x, OptionTrade)))
    return tuple(found)


TERMS = Kind("OptionTerms(...)", lambda value: isinstance(value, OptionTerms))
MARKS = Kind("a source of marks, e.g. ModelMarks(market)", lambda value: hasattr(value, "marks"))
