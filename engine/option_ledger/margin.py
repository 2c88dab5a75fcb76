"""What a book of stock and options on it requires in equity: FINRA rule 4210 and Regulation T.

Published texts: 4210(c) stock; (f)(2)(D) long options; (E) short ones; (F) straddles; (G) covered; (H) spreads and
offsets with stock; 12 CFR 220.8 cash accounts; 220.12 initial. Brokers ask more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, get_args

from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import as_day
from hedgebook.universes.chains.chain import Right
from hedgebook.universes.checks import DAY, FLAG, check_fields, maybe, number, one_of, takes

from ..account.margin import MarginRules
from .pairing import least_required
from .structures import Leg

When = Literal["maintenance", "initial"]
USD = number(0.0, 1e12)
PAID = "long options, paid in full"


@dataclass(frozen=True)
class MarginLeg:
    """Contracts on one stock: right, strike and mark in USD per share, contracts above zero long, expiry (None = that
    of all the others), size: shares of a contract. Raises ParameterError for what is none of these."""

    right: Right
    strike: float
    contracts: float
    mark: float
    expiry: date | None = None
    size: float = 100.0

    def __post_init__(self) -> None:
        kinds = {"right": one_of(*get_args(Right)), "strike": number(1e-6, 1e9), "mark": USD, "expiry": maybe(DAY)}
        check_fields(self, {**kinds, "contracts": number(-1e9, 1e9), "size": number(1e-6, 1e9)})

    @property
    def leg(self) -> Leg:
        """The same in shares."""
        day = 0 if self.expiry is None else int(as_day(self.expiry).astype("datetime64[D]").astype(int))
        return Leg(self.right == "call", float(self.strike), day, self.contracts * self.size, float(self.mark))


@dataclass(frozen=True)
class OptionMarginRules:
    """Fractions of the rule. basic_frac, minimum_frac: of a short option (E): 0.20 and 0.10 of stocks, 0.15 and 0.10 of
    broad indices and their funds, times its leverage for a leveraged fund; offset_frac: 10 % of the exercise price of
    an option that offsets stock; cash_account: a short put needs its whole exercise price; stock: of the shares.
    """

    basic_frac: float = 0.20
    minimum_frac: float = 0.10
    offset_frac: float = 0.10
    cash_account: bool = False
    stock: MarginRules = field(default_factory=MarginRules)

    def __post_init__(self) -> None:
        fracs = dict.fromkeys(("basic_frac", "minimum_frac", "offset_frac"), number(0.0, 5.0))
        check_fields(self, {**fracs, "cash_account": FLAG})


@dataclass(frozen=True)
class Requirement:
    """USD. requirement: of equity in which long options and the marks of short ones count, as both are in it; proceeds:
    the marks of short options; capped: what shares under written calls are worth above the exercise price, which does
    not count as equity; parts: what each structure requires."""

    requirement: float
    proceeds: float
    capped: float
    parts: tuple[tuple[str, float], ...]

    @property
    def cash_needed(self) -> float:
        """The requirement less what the short options brought."""
        return self.requirement - self.proceeds

    def times(self, house: float) -> float:
        """The requirement under a broker's multiplier `house`: long options lose no more than what was paid for them,
        so that they are not multiplied."""
        paid = sum(usd for name, usd in self.parts if name == PAID)
        return paid + house * (self.requirement - paid)


@takes(spot=number(1e-9, 1e12), shares=number(-1e12, 1e12), when=one_of(*get_args(When)))
def option_requirement(
    spot: float,
    shares: float,
    legs: Sequence[MarginLeg],
    *,
    when: When = "maintenance",
    rules: OptionMarginRules | None = None,
) -> Requirement:
    """What stock of one company and options on it require: `shares` at `spot`, above zero long, and `legs`.

    Structures are found by themselves: collar, conversion, covered call, protective put, their mirrors of short stock,
    spreads by the largest loss they can have, straddles, and short options alone; of all ways to put them together the
    one that requires least counts (of more than four legs the best at each step). Collars and conversions are of
    options that expire on one day. Of short stock only what it requires beyond its proceeds is in it.
    when: "initial" or "maintenance"; rules: fractions of the rule, default FINRA 4210 and Regulation T.
    Raises ParameterError for legs that are none.
    """
    for leg in legs:
        if not isinstance(leg, MarginLeg):
            raise ParameterError("no leg", where="legs", bound='MarginLeg("put", 90.0, -10, 3.2), ...')
    days = {leg.expiry for leg in legs if leg.expiry is not None}
    day = days.pop() if len(days) == 1 else None
    held = [leg if leg.expiry is not None else replace(leg, expiry=day) for leg in legs if leg.contracts != 0.0]
    mine = [leg.leg for leg in held]
    return requirement_of(spot, shares, mine, rules or OptionMarginRules(), initial=when == "initial")


def requirement_of(
    spot: float, shares: float, mine: Sequence[Leg], rules: OptionMarginRules, *, initial: bool
) -> Requirement:
    """The same of legs in shares that have been checked, for who asks many times."""
    proceeds = -sum(leg.shares * leg.mark for leg in mine if leg.shares < 0.0)
    paid = sum(leg.shares * leg.mark for leg in mine if leg.shares > 0.0)
    found = least_required(spot, shares, mine, rules, initial=initial)
    named = (*found.parts, (PAID, paid)) if paid else found.parts
    return Requirement(sum(usd for _, usd in named), proceeds, found.capped, named)
