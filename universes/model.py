"""What every value with checked fields is made of: it refuses what does not fit in words of its own, all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, ClassVar, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from hedgebook.errors import InputError, ParameterError

from .brief import told
from .refusal.foreign import guarded
from .refusal.problems import WORDS, flaw, refusal

# What values have from what they are made by, which is nothing to their users.
MACHINERY = (
    "__class_vars__",
    "__private_attributes__",
    "__signature__",
    "__weakref__",
    "made",
    "more_problems",
    "refused",
)


if TYPE_CHECKING:
    from pydantic import BaseModel as _Base
else:

    class _Checked(type(BaseModel)):
        """Turns what pydantic says when a value is made into an InputError; inside other values it is left alone."""

        def __call__(cls, *args: Any, **values: Any) -> Any:
            return cls.made(super().__call__, args, values)

        def __dir__(cls) -> list[str]:
            """What help() and completion show: the fields and methods of the value, not the machinery beneath."""
            machinery = {*BaseModel.__dict__, *MACHINERY}
            return [name for name in super().__dir__() if name not in machinery and "pydantic" not in name]

        @property
        def __signature__(cls) -> Signature:
            """The fields by name with their defaults; what each may be stands in the words of the class."""
            kinds = getattr(cls, "__pydantic_fields__", {})
            return Signature(
                [
                    Parameter(
                        name,
                        Parameter.KEYWORD_ONLY,
                        default=Parameter.empty if kind.is_required() else kind.get_default(call_default_factory=True),
                    )
                    for name, kind in kinds.items()
                ]
            )

        @__signature__.setter
        def __signature__(cls, _: object) -> None:
            """Pydantic's own, with every limit and validator written out, is not kept."""

    class _Base(BaseModel, metaclass=_Checked):
        """What makes values by that metaclass."""


class Value(_Base):
    """A frozen value that refuses unknown names. _error: what is raised where it cannot be made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    _error: ClassVar[type[InputError]] = ParameterError

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: Any) -> Any:
        """True would pass for 1, and a number for seconds since 1970."""
        kinds = _kinds(cls, info.field_name)
        inside = list(value.values()) if isinstance(value, dict) else [value]
        if kinds == "number" and any(isinstance(one, bool) for one in inside):
            raise flaw("this is not a number", at=(), value=value, remedy=WORDS["float"][1])
        if kinds == "date" and (isinstance(value, int | float) or value != value):
            raise flaw("this is not a date", at=(), value=value, remedy=WORDS["date"][1])
        return value

    def __repr__(self) -> str:
        """What was set of it, in one short line."""
        texts = {
            name: (told(getattr(self, name)), told(kind.default)) for name, kind in type(self).model_fields.items()
        }
        parts = [f"{name}={text}" for name, (text, default) in texts.items() if text != default]
        return f"{type(self).__name__}({', '.join(parts)})"

    @classmethod
    def more_problems(cls, raw: Mapping[str, Any]) -> list[PydanticCustomError]:
        """Problems between the entries of a file, as read (`raw`), that hold whatever else is wrong in it."""
        del raw
        return []

    @classmethod
    def model_validate(cls, obj: Any, **how: Any) -> Self:
        """A value from a mapping by name, `obj`, and settings of pydantic, `how`. Raises the value's InputError."""
        found: Self = cls.made(super().model_validate, (obj,), how)
        return found

    @classmethod
    def made(cls, make: Callable[..., Any], args: tuple[Any, ...], values: Mapping[str, Any]) -> Any:
        """What `make` gives of arguments. Raises the value's InputError, also where an argument's own methods fail."""
        named = {**values, **(args[0] if args and isinstance(args[0], dict) else {})}

        def told() -> Any:
            try:
                return make(*args, **values)
            except ValidationError as problem:
                raise cls.refused(problem) from None

        return guarded(told, named, cls._error)

    @classmethod
    def refused(cls, problem: ValidationError) -> InputError:
        """The InputError for a `problem` that pydantic has with a value."""
        return refusal(cls, problem, cls._error)


_KINDS: dict[tuple[type, str], str] = {}


def _kinds(model: type[BaseModel], name: str) -> str:
    """Whether a field takes numbers alone, or dates alone, or something else."""
    key = model, name
    if key not in _KINDS:
        leaves = set(_leaves(model.model_fields[name].annotation)) - {type(None), str}
        numbers = bool(leaves & {int, float}) and not leaves - {int, float, dict}
        dates = bool(leaves) and all(getattr(leaf, "__name__", "") in ("date", "datetime") for leaf in leaves)
        _KINDS[key] = "number" if numbers else "date" if dates else ""
    return _KINDS[key]


def _leaves(annotation: Any) -> Iterator[Any]:
    """Every plain type in an annotation."""
    inner = getattr(annotation, "__value__", annotation)
    arguments = [part for part in get_args(inner) if isinstance(part, type) or get_args(part)]
    if not arguments:
        yield inner
    for part in arguments:
        yield from _leaves(part)
