"""A strategy as a function of the market and its parameters, which is what sweeps call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hedgebook.engine.rules import Rules
from hedgebook.errors import InputError
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.market import Market

from ..strategy.given import planned
from ..strategy.plan import Plan
from ..strategy.signature import Signature, as_level
from ..strategy.strategy import Strategy

COMMON = ("name", "title", "capital", "rules")


@dataclass(frozen=True)
class StrategyFunction:
    """The plan of a strategy with other values of its own parameters; events: the library for one that asks for it."""

    strategy: Strategy
    events: EventLibrary | None = None

    def __call__(self, market: Market, **values: Any) -> Plan:
        """The plan with these values. Raises what the strategy raises."""
        return planned(self._with(values), market, self.events)

    @property
    def plan_many(self) -> Any:
        """Plans many sets at once where the strategy has such a method, None where it has not."""
        many = getattr(self.strategy, "plan_many", None)
        if many is None:
            return None

        def plans(market: Market, givens: Sequence[Mapping[str, Any]]) -> Any:
            # Parameters that do not go together are a problem of their own set alone.
            asked = [self._with_or_why(given) for given in givens]
            fine = [one for one in asked if isinstance(one, Strategy)]
            found = many(market, fine) if fine else []
            if len(fine) == len(asked) or len(found) != len(fine):
                return found
            each = iter(found)
            return [next(each) if isinstance(one, Strategy) else one for one in asked]

        return plans

    @property
    def name(self) -> str:
        """What the strategy is called."""
        return self.strategy.name

    @property
    def source(self) -> type[Strategy]:
        """Where its code stands."""
        return type(self.strategy)

    @property
    def values(self) -> dict[str, Any]:
        """Everything that it was made of, tables among it."""
        return {name: getattr(self.strategy, name) for name in type(self.strategy).model_fields}

    @property
    def capital(self) -> float | None:
        """Its capital, USD, None where it has none of its own."""
        return self.strategy.capital

    @property
    def rules(self) -> Rules:
        """Its rules, where a sweep does not vary them."""
        return self.strategy.rules

    @cached_property
    def signature(self) -> Signature:
        """Its own parameters that can vary, with the values that it has."""
        return StrategySignature.of_strategy(self, self.strategy)

    def _with_or_why(self, values: Mapping[str, Any]) -> Strategy | InputError:
        try:
            return self._with(values)
        except InputError as problem:
            return problem

    def _with(self, values: Mapping[str, Any]) -> Strategy:
        changed = {name: value for name, value in values.items() if getattr(self.strategy, name, None) != value}
        return self.strategy.replaced(**changed) if changed else self.strategy


@dataclass(frozen=True, eq=False)
class StrategySignature(Signature):
    """The parameters of a strategy, whose levels the strategy itself checks."""

    strategy: Strategy | None = None

    @classmethod
    def of_strategy(cls, function: StrategyFunction, strategy: Strategy) -> StrategySignature:
        """Read the fields of a strategy's class that hold what a parameter can."""
        shown = strategy.own_parameters()
        names = tuple(name for name in type(strategy).model_fields if name not in COMMON and name in shown)
        defaults = {name: shown[name] for name in names}
        return cls(function, names, defaults, open=False, strategy=strategy)

    def level(self, name: str, value: Any) -> Any:
        """A value as the strategy has it. Raises ParameterError for one that it does not allow."""
        if self.strategy is None:
            return super().level(name, value)
        found = getattr(self.strategy.replaced(**{name: value}), name)
        # A strategy that was named is looked up again for each set: a column holds its name.
        return value if isinstance(found, Strategy) and isinstance(value, str) else as_level(name, found)
