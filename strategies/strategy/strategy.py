"""What every strategy is: a frozen value with parameters, and one method that makes a plan of a market."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rules import RULE_PARAMETERS
from hedgebook.engine.sweep.space.values import numbers_of
from hedgebook.errors import InputError, ParameterError, StrategyError, did_you_mean, shortened, together
from hedgebook.universes.model import Value
from hedgebook.universes.names import listed
from hedgebook.universes.refusal.problems import explained

if TYPE_CHECKING:
    from hedgebook.universes.market import Market

    from .plan import Plan


def _names(value: Any) -> Any:
    """Accept "a,b", "a", a sequence of names, or None for no name."""
    return listed(value) if value is None or isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Capital = Annotated[float, Field(gt=0, lt=1e15)]
# What a strategy is for, in words: told wherever it is shown, but no parameters.
IDEA = ("thesis", "seed", "expected_sign", "refuted_by")


class Strategy(Value):
    """A frozen value with typed parameters and a method `plan`, to write a strategy of one's own.

    Fields of a subclass are its parameters: they are checked, shown in reports, and can be set and swept by name.
    name, title: what it is called (default: the class's name and the first line of its docstring); capital: USD (None:
    the account's); rules: what ends a position early or changes its size, whose parameters are given as the
    strategy's own, as in stop_loss=0.08. In words, and no parameters: thesis: why it should earn anything; seed: where
    the thought comes from; expected_sign: which way each side should move; refuted_by: what would show it to be wrong.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    # What messages call it, and which of its fields hold strategies, which a file may give by name.
    _noun: ClassVar[str] = ""
    _holds_strategies: ClassVar[tuple[str, ...]] = ()

    name: str = Field(default="", min_length=1)
    title: str = ""
    capital: Capital | None = None
    rules: Rules = Field(default_factory=Rules)
    thesis: str = ""
    seed: str = ""
    expected_sign: str = ""
    refuted_by: str = ""

    def plan(self, market: Market) -> Plan:
        """What it wants to do on a market: a Plan, a Schedule, or a DataFrame of weights.

        A method that has a second parameter `events` is given the event library too. Every row of the schedule says
        when it was decided; an estimate for it may use no later price. Raises StrategyError where it is not written.
        """
        del market
        raise StrategyError("this strategy has no method plan", where=type(self).__name__, remedy="Write one.")

    @model_validator(mode="before")
    @classmethod
    def _called(cls, values: Any) -> Any:
        """Name and title by the class where none is given."""
        if not isinstance(values, dict) or cls is Strategy:
            return values
        named = values if "name" in values or not cls._names_itself() else {"name": cls.__name__, **values}
        if "title" in values or cls.model_fields["title"].default:
            return named
        lines = (cls.__doc__ or "").strip().splitlines()
        return {**named, "title": lines[0].strip().rstrip(".") if lines and cls._names_itself() else ""}

    @classmethod
    def _names_itself(cls) -> bool:
        """Whether a value of this class may go without a name."""
        field = cls.model_fields["name"]
        return not field.is_required() and not field.default

    @model_validator(mode="before")
    @classmethod
    def _gather_rules(cls, values: Any) -> Any:
        """Take `stop_loss=0.1` beside `hold=20`: the rules' parameters are not told apart from the strategy's."""
        lent = cls._of_rules()
        if not isinstance(values, dict) or not any(name in values for name in lent):
            return values
        given = values.get("rules", {})
        if not isinstance(given, Rules | dict):
            raise ValueError("rules is a table of the rules' parameters")
        rules = given.model_dump() if isinstance(given, Rules) else dict(given)
        own = {name: value for name, value in values.items() if name not in lent}
        rules |= {name: value for name, value in values.items() if name in lent}
        return {**own, "rules": rules}

    @field_validator("*", mode="before")
    @classmethod
    def _text_of_a_list(cls, value: Any, info: Any) -> Any:
        """Accept what a command line gives: "a,b" for names, "0.7/0.3" for numbers, and "none" for nothing."""
        if not isinstance(value, str) or info.field_name in ("name", "title", *cls._of_the_idea()):
            return value
        annotation = cls.model_fields[info.field_name].annotation
        if str(annotation).startswith(("tuple[str", "list[str")):
            return listed(value)
        if "tuple[" in str(annotation) and (numbers := numbers_of(value)) is not None:
            return numbers
        return None if value.strip().lower() == "none" and _may_be_none(annotation) else value

    @classmethod
    def _of_rules(cls) -> tuple[str, ...]:
        """The rules' parameters that are not parameters of the strategy itself."""
        return tuple(name for name in RULE_PARAMETERS if name not in cls.model_fields)

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """Every name that can be given, those of the rules among them."""
        left_out = ("rules", *cls._of_the_idea())
        return (*(name for name in cls.model_fields if name not in left_out), *cls._of_rules())

    @classmethod
    def _of_the_idea(cls) -> tuple[str, ...]:
        """Fields that say in words what it is for; a class may give such a name to a parameter of its own."""
        return tuple(name for name in IDEA if cls.model_fields[name].annotation is str)

    @classmethod
    def refused(cls, problem: ValidationError) -> InputError:
        """The InputError for a `problem` that pydantic has with a strategy: unknown parameters first."""
        found = sorted(problem.errors(include_url=False), key=_order)
        return together([one for part in found for one in cls._explained(part)])

    @classmethod
    def _explained(cls, problem: ErrorDetails) -> list[InputError]:
        """A problem of a strategy, whose rules have their parameters beside its own."""
        place = tuple(part for part in problem["loc"] if part != "rules" or len(problem["loc"]) == 1)
        if problem["type"] == "extra_forbidden" and len(place) == 1:
            name = str(place[0])
            remedy = did_you_mean(name, cls.parameter_names())
            return [ParameterError(f"{cls.called()} has no parameter {shortened(name, 60)!r}", remedy=remedy)]
        found = explained(cls, problem, ParameterError)
        if not place:
            return [ParameterError(one.what) for one in found]
        for one in found:
            one.where = one.where.removeprefix("rules.") if one.where else None
        return [ParameterError(o.what, where=o.where, value=o.value, bound=o.bound, remedy=o.remedy) for o in found]

    @classmethod
    def fields_of_strategies(cls) -> tuple[str, ...]:
        """Names of the parameters that are strategies themselves."""
        return cls._holds_strategies

    @classmethod
    def called(cls) -> str:
        """What messages call a strategy of this class."""
        return cls._noun or cls.__name__

    def replaced(self, /, **changes: Any) -> Self:
        """The same strategy with other parameters, `changes` by name.

        Raises ParameterError, with the closest name for a wrong one.
        """
        return type(self).model_validate({**{name: getattr(self, name) for name in type(self).model_fields}, **changes})

    def parameters(self) -> dict[str, Any]:
        """Every parameter by name, JSON-ready, those of the rules among them; tables of numbers are left out."""
        left_out = ("rules", *self._of_the_idea())
        values = {name: _plain(getattr(self, name)) for name in type(self).model_fields if name not in left_out}
        asked = self.rules.model_dump(mode="json")
        rules = {name: asked[name] for name in self._of_rules()}
        return {name: value for name, value in (values | rules).items() if value is not _LEFT_OUT}

    def own_parameters(self) -> dict[str, Any]:
        """Its parameters without name, title, capital and those of the rules."""
        common = ("name", "title", "capital", *self._of_rules())
        return {name: value for name, value in self.parameters().items() if name not in common}

    @property
    def idea(self) -> dict[str, str | None]:
        """What it is for, in words: thesis, seed, expected_sign and refuted_by, None where nothing is said."""
        own = self._of_the_idea()
        return {name: (getattr(self, name) or None) if name in own else None for name in IDEA}

    @property
    def unused(self) -> tuple[str, ...]:
        """Parameters that were given although nothing uses them under the others."""
        return ()


_LEFT_OUT = object()


def _order(problem: ErrorDetails) -> tuple[bool, bool]:
    """Unknown parameters first, those of the rules last."""
    return problem["type"] != "extra_forbidden", problem["loc"][:1] == ("rules",)


def _may_be_none(annotation: Any) -> bool:
    return type(None) in getattr(annotation, "__args__", ())


def _plain(value: Any) -> Any:
    """A parameter JSON-ready; a value that is no parameter for a reader is left out."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Strategy):
        return value.parameters()
    if isinstance(value, Value):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, Iterable) and not hasattr(value, "dtype") and not hasattr(value, "columns"):
        return [_plain(part) for part in value]
    return _LEFT_OUT
