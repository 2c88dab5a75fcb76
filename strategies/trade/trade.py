"""Event trades: what a user asks for."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from hedgebook.engine.hedging.request import BOUNDED, Method
from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rules import RULE_PARAMETERS
from hedgebook.errors import InputError, ParameterError, did_you_mean, shortened, together
from hedgebook.universes.checks import TEXT, takes
from hedgebook.universes.model import Value, explained
from hedgebook.universes.names import listed


def _names(value: Any) -> Any:
    """Accept "a,b", "a", a sequence of names, or None for no name."""
    return listed(value) if value is None or isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]

# Which methods a parameter of the hedge is for; a run under another method warns that it had no part.
HEDGE_PARAMETERS: dict[str, tuple[Method, ...]] = {
    "half_life_sessions": tuple(m for m in Method if m not in (Method.DOLLAR, Method.KALMAN)),
    "ridge_penalty": (Method.RIDGE,),
    "neutral_to": (Method.FACTOR_NEUTRAL,),
    "short_cap_frac": BOUNDED,
}

# What _consistent looks at: whether a trade holds together depends on nothing else.
CHECKED_TOGETHER = ("long", "short", "hedge", "neutral_to", "delay", "hindsight")


class EventTrade(Value):
    """A long leg against a short leg, entered on an event and held for a number of sessions.

    name, title: what it is called; event: identifier of the event; long, short: buckets or tickers, equal weight
    inside the long leg; gross: long plus short as a fraction of NAV at entry; hedge: how the short leg is sized, and
    weighted inside where the method says so (engine.hedging.request.Method); lookback: sessions that estimates use,
    ending before the news; half_life_sessions: age at which one of them counts half (None: all the same);
    ridge_penalty: of ridge (None: 0.1 of the mean variance); neutral_to: factors of factor_neutral (none given:
    market); short_cap_frac: USD short of each ticker per long USD at most, and none bought; benchmark: what betas are
    measured against (None: the universe's); delay: sessions between the first tradable fill and the entry; hold:
    sessions between entry and exit, which is at a close; capital: USD; hindsight: enter at the close before the news,
    which nobody could; rules: what ends the trade early or changes its size. The parameters of the rules are given as
    the trade's own.
    """

    name: str = Field(min_length=1)
    title: str = ""
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
    capital: Annotated[float, Field(gt=0, lt=1e15)] = 1_000_000.0
    hindsight: bool = False
    rules: Rules = Field(default_factory=Rules)

    @model_validator(mode="before")
    @classmethod
    def _gather_rules(cls, values: Any) -> Any:
        """Take `stop_loss=0.1` beside `hold=20`: the rules' parameters are not told apart from the trade's."""
        if not isinstance(values, dict) or not any(name in values for name in RULE_PARAMETERS):
            return values
        given = values.get("rules", {})
        if not isinstance(given, Rules | dict):
            raise ValueError("rules is a table of the rules' parameters")
        rules = given.model_dump() if isinstance(given, Rules) else dict(given)
        own = {name: value for name, value in values.items() if name not in RULE_PARAMETERS}
        rules |= {name: value for name, value in values.items() if name in RULE_PARAMETERS}
        return {**own, "rules": rules}

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
    def refused(cls, problem: ValidationError) -> InputError:
        """The InputError for a `problem` that pydantic has with a trade: unknown parameters first."""
        found = sorted(problem.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
        return together([one for part in found for one in _explain(part)])

    def replaced(self, /, **changes: Any) -> EventTrade:
        """The same trade with other parameters, `changes` by name.

        Raises ParameterError, with the closest name for a wrong one.
        """
        return build_trade({**self.model_dump(), **changes})

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

    def parameters(self) -> dict[str, Any]:
        """Every parameter by name, JSON-ready, those of the rules among them."""
        values = self.model_dump(mode="json")
        rules: dict[str, Any] = values.pop("rules")
        return values | rules


PARAMETERS = (*(name for name in EventTrade.model_fields if name != "rules"), *RULE_PARAMETERS)


def build_trade(values: dict[str, Any]) -> EventTrade:
    """A trade from parameters by name. Raises ParameterError that names everything wrong."""
    return EventTrade.model_validate(values)


def _explain(problem: ErrorDetails) -> list[InputError]:
    """A problem of a trade, whose rules have their parameters beside its own."""
    place = tuple(part for part in problem["loc"] if part != "rules" or len(problem["loc"]) == 1)
    name = str(place[0]) if place else ""
    if problem["type"] == "extra_forbidden":
        remedy = did_you_mean(name, PARAMETERS)
        return [ParameterError(f"a trade has no parameter {shortened(name, 60)!r}", remedy=remedy)]
    if problem["type"] == "enum" and name == "hedge":
        choices = [method.value for method in Method]
        named = isinstance(problem["input"], str)
        given = shortened(problem["input"], 60) if named else type(problem["input"]).__name__
        return [ParameterError(f"there is no hedge {given!r}", where=name, remedy=did_you_mean(given, choices))]
    found = explained(EventTrade, problem, ParameterError)
    if not place:
        return [ParameterError(one.what) for one in found]
    for one in found:
        one.where = one.where.removeprefix("rules.") if one.where else None
    return [ParameterError(o.what, where=o.where, value=o.value, bound=o.bound, remedy=o.remedy) for o in found]
