"""Event trades: what a user asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, model_validator
from pydantic_core import ErrorDetails

from hedgebook.engine.hedging.request import HEDGE_PARAMETERS, Method
from hedgebook.errors import InputError, ParameterError, did_you_mean, shortened
from hedgebook.universes.checks import TEXT, takes
from hedgebook.universes.event import EventLibrary, load_events

from ..strategy.strategy import Capital, Names, Strategy

if TYPE_CHECKING:
    from hedgebook.universes.market import Market

    from .plan import TradePlan

# What _consistent looks at: whether a trade holds together depends on nothing else.
CHECKED_TOGETHER = ("long", "short", "hedge", "neutral_to", "delay", "hindsight")


class EventTrade(Strategy):
    """A long leg against a short leg, entered on an event and held for a number of sessions.

    name, title: what it is called; event: identifier of the event; long, short: buckets or tickers, equal weight
    inside the long leg; gross: long plus short as a fraction of NAV at entry; hedge: how the short leg is sized, and
    weighted inside where the method says so; lookback: sessions that estimates use,
    ending before the news; half_life_sessions: age at which one of them counts half (None: all the same);
    ridge_penalty: of ridge (None: 0.1 of the mean variance); neutral_to: factors of factor_neutral (none given:
    market); short_cap_frac: USD short of each ticker per long USD at most, and none bought; benchmark: what betas are
    measured against (None: the universe's); delay: sessions between the first tradable fill and the entry; hold:
    sessions between entry and exit, which is at a close; capital: USD; hindsight: enter at the close before the news,
    which nobody could; rules: what ends the trade early or changes its size. The parameters of the rules are given as
    the trade's own.
    """

    _noun: ClassVar[str] = "a trade"

    name: str = Field(min_length=1)
    event: str = Field(min_length=1)
    long: Names = ()
    short: Names = ()
    gross: Annotated[float, Field(gt=0, le=20)] = 1.0
    hedge: Method = Method.DOLLAR
    lookback: Annotated[int, Field(ge=20, le=2520)] = 120
    half_life_sessions: Annotated[float, Field(gt=0, le=2520)] | None = None
    ridge_penalty: Annotated[float, Field(gt=0, le=1000)] | None = None
    neutral_to: Names = ()
    short_cap_frac: Annotated[float, Field(gt=0, le=20)] | None = None
    benchmark: str | None = None
    delay: Annotated[int, Field(ge=0, le=252)] = 0
    hold: Annotated[int, Field(ge=0, le=2520)] = 20
    capital: Capital = 1_000_000.0
    hindsight: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> EventTrade:
        if not self.long and not self.short:
            raise ValueError("a trade needs a long or a short leg")
        if self.hindsight and self.delay:
            raise ValueError("hindsight enters at the close before the news, so a delay has no meaning; drop one")
        if self.hedge is not Method.DOLLAR and not (self.long and self.short):
            raise ValueError("one leg alone cannot be hedged against another; use hedge=dollar")
        if twice := [name for name in self.neutral_to if self.neutral_to.count(name) > 1]:
            raise ValueError(f"neutral_to names {twice[0]} twice")
        return self

    @classmethod
    def _explained(cls, problem: ErrorDetails) -> list[InputError]:
        if problem["type"] == "enum" and problem["loc"] == ("hedge",):
            choices = [method.value for method in Method]
            named = isinstance(problem["input"], str)
            given = shortened(problem["input"], 60) if named else type(problem["input"]).__name__
            return [ParameterError(f"there is no hedge {given!r}", where="hedge", remedy=did_you_mean(given, choices))]
        return super()._explained(problem)

    def plan(self, market: Market, events: EventLibrary | None = None) -> TradePlan:
        """The trade on a market; events: the library that its event is looked up in (None: the shipped one).

        Raises EventError for an event that is not in it or that the prices do not cover, and as `plan_trade` does.
        """
        from .plan import plan_trade

        return plan_trade(self, (load_events() if events is None else events).get(self.event), market)

    @property
    def unused(self) -> tuple[str, ...]:
        """Parameters of the hedge that were given although its method does not have them."""
        return tuple(n for n, methods in HEDGE_PARAMETERS.items() if getattr(self, n) and self.hedge not in methods)

    @takes(method=TEXT)
    def hedged(self, method: Method) -> EventTrade:
        """The same trade under another hedge `method`, without the parameters that this method does not have.

        Raises ParameterError for a method that does not exist, or that needs a parameter which the trade lacks.
        """
        given = self.replaced(hedge=method)
        return given.replaced(**{name: EventTrade.model_fields[name].default for name in given.unused})


PARAMETERS = EventTrade.parameter_names()


def build_trade(values: dict[str, Any]) -> EventTrade:
    """A trade from parameters by name. Raises ParameterError that names everything wrong."""
    return EventTrade.model_validate(values)
