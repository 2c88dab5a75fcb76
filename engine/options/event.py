"""What options say of an event: the move that a straddle expects, and the variance of one day between expiries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import check_fields, number, one_of, takes

DAYS_A_YEAR = 365.0
Day = Literal["add", "replace"]
POSITIVE = number(1e-12, 1e12)


@dataclass(frozen=True)
class StraddleMove:
    """expected_frac: the expected absolute move, a fraction of the forward; deviation_frac: one standard deviation of
    it, 1.25 times as large for small moves; vol_annual: the flat volatility that both are of.
    """

    expected_frac: float
    deviation_frac: float
    vol_annual: float


@takes(straddle=POSITIVE, forward=POSITIVE, discount=number(1e-6, 10.0), years=number(1e-9, 100.0))
def straddle_move(straddle: float, forward: float, discount: float, years: float) -> StraddleMove:
    """The move that a straddle struck at the forward implies: straddle / (discount * forward) = E|S / F - 1|.

    That is 2 (2 N(s / 2) - 1) of the deviation s = vol * sqrt(years): 0.798 of one standard deviation for a small one,
    so no standard deviation itself. straddle per share, call and put together.
    Raises ParameterError where the straddle costs twice the forward or more, which no volatility gives.
    """
    from scipy.special import erfinv

    expected = straddle / (discount * forward)
    if expected >= 2.0:
        bound = "less than twice the discounted forward"
        raise ParameterError("a straddle that no volatility gives", where="straddle", value=straddle, bound=bound)
    deviation = 2.0 * math.sqrt(2.0) * float(erfinv(expected / 2.0))
    return StraddleMove(expected, deviation, deviation / math.sqrt(years))


@dataclass(frozen=True)
class EventVariance:
    """base_vol_annual: the volatility of all other days; variance: of the event's day; deviation_frac: its root;
    expected_frac: the expected absolute move of that day, 0.798 of it for a small one; both NaN below a variance of 0.
    """

    base_vol_annual: float
    variance: float
    deviation_frac: float
    expected_frac: float


@dataclass(frozen=True)
class Expiry:
    """vol_annual: an at-the-money volatility; days: calendar days to its expiry."""

    vol_annual: float
    days: float

    def __post_init__(self) -> None:
        check_fields(self, {"vol_annual": number(1e-9, 100.0), "days": number(1e-6, 36_500.0)})

    @property
    def variance(self) -> float:
        """Variance to expiry, by calendar days."""
        return self.vol_annual**2 * self.days / DAYS_A_YEAR


def split_variance(near: Expiry, far: Expiry, *, event_before_near: bool = True, day: Day = "add") -> EventVariance:
    """The same split as `event_variance`, whatever its sign: with a variance below zero the quotes expect no event, and
    deviation_frac and expected_frac are NaN.

    near, far, event_before_near, day: as there. Raises ParameterError where the far expiry is not later, and where
    total variance falls from one expiry to the next.
    """
    if not near.days < far.days:
        raise ParameterError(
            "the far expiry is not later", where="far", value=far.days, bound=f"after {near.days:g} days"
        )
    between_years = (far.days - near.days) / DAYS_A_YEAR
    rise = far.variance - near.variance
    base = rise / between_years if event_before_near else near.vol_annual**2
    if base < 0.0:
        remedy = "Total variance falls from one expiry to the next: check the quotes."
        raise ParameterError("no base volatility", where="near, far", value=base, bound="0 or more", remedy=remedy)
    held_years = near.days / DAYS_A_YEAR if event_before_near else between_years
    # With less than a day to the expiry the event stands for all of it.
    spared = base * min(1.0 / DAYS_A_YEAR, held_years) if day == "replace" else 0.0
    normal = base * held_years - spared
    event = (near.variance if event_before_near else rise) - normal
    deviation = math.sqrt(event) if event >= 0.0 else math.nan
    return EventVariance(math.sqrt(base), event, deviation, 2.0 * math.erf(deviation / (2.0 * math.sqrt(2.0))))


@takes(day=one_of(*get_args(Day)))
def event_variance(near: Expiry, far: Expiry, *, event_before_near: bool = True, day: Day = "add") -> EventVariance:
    """Split the variance of two expiries into that of an event and that of all other days.

    The event lies before both expiries (the base is then the variance between them) or, with event_before_near=False,
    between them (the base is then the near one's). day: the event's variance comes on top of a normal day ("add") or
    in its place ("replace").
    Raises ParameterError where the far expiry is not later, and where the quotes give a variance below zero.
    """
    found = split_variance(near, far, event_before_near=event_before_near, day=day)
    if found.variance < 0.0:
        remedy = "The expiry with the event in it has no more variance than other days give."
        raise ParameterError(
            "no event in these quotes", where="near, far", value=found.variance, bound="0 or more", remedy=remedy
        )
    return found
