"""One parameter of a sweep and the values that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from keyword import iskeyword
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from .values import DTYPES, FLOAT, INT, distinct_values, json_value, kind_of, kind_of_all, text_of


@dataclass(frozen=True)
class Axis:
    """A parameter by name, with either distinct values (a discrete axis) or bounds (a continuous one).

    values: typed, in the order given; all of one kind, None besides (see `values`); None on a continuous axis.
    low, high: the bounds of a continuous axis, low < high, both included; None on a discrete one.
    Raises ParameterError for a name that is no identifier, and for values or bounds that cannot be used.
    """

    name: str
    values: tuple[Any, ...] | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.values is not None:
            if self.low is not None or self.high is not None:
                raise ParameterError("an axis has values or bounds, not both", where=self.name)
            values, _ = distinct_values(self.name, self.values)
            object.__setattr__(self, "values", values)
            return
        if self.low is None or self.high is None:
            raise ParameterError("there are no values", where=self.name, bound="values, or a low and a high bound")
        low, high = _bound(self.low), _bound(self.high)
        if not (isfinite(low) and isfinite(high) and isfinite(high - low) and low < high):
            raise ParameterError(
                "the bounds are not in order", where=self.name, value=f"{low!r}:{high!r}", bound="finite, low < high"
            )
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    @classmethod
    def between(cls, name: str, low: float, high: float) -> Axis:
        """A continuous axis."""
        return cls(name, None, low, high)

    @property
    def continuous(self) -> bool:
        """Whether any number between the bounds may be drawn, so that no grid can be made."""
        return self.values is None

    @property
    def levels(self) -> tuple[Any, ...]:
        """The values of a discrete axis; of a continuous one, none."""
        return self.values or ()

    def __len__(self) -> int:
        return len(self.levels)

    @cached_property
    def kind(self) -> str:
        """int, float, bool, text or none (when None is the only value)."""
        return FLOAT if self.values is None else kind_of_all(self.name, self.values)

    @property
    def numeric(self) -> bool:
        """Whether the values have an order: numbers do, None among them has no place in it."""
        return self.kind in (INT, FLOAT)

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """(levels,) which level is None."""
        return np.array([value is None for value in self.levels], dtype=np.bool_)

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """(levels,) the values of a numeric axis as float64; NaN where a value is None."""
        return np.array([np.nan if value is None else value for value in self.levels], dtype=np.float64)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Levels of a numeric axis from the lowest number to the highest, None left out."""
        # Whole numbers beyond 2^53 are sorted as Python has them: as float64 they could be equal.
        present = [level for level, value in enumerate(self.levels) if value is not None]
        return np.array(sorted(present, key=lambda level: self.levels[level]), dtype=np.int64)

    @cached_property
    def rank(self) -> NDArray[np.int64]:
        """(levels,) the place of each level in `order`; -1 where a value is None."""
        found = np.full(len(self.levels), -1, dtype=np.int64)
        found[self.order] = np.arange(len(self.order))
        return found

    @property
    def dtype(self) -> str:
        """The pandas type of the axis's column: one for the whole sweep, whatever a chunk holds."""
        return DTYPES[self.kind, bool(self.missing.any())]

    def next_to(self, level: int) -> tuple[int, ...]:
        """Levels one step away: the next lower and higher number, or every other level of an axis without an order.

        None among numbers is next to each of them, and each of them to None.
        """
        if not self.numeric:
            return tuple(other for other in range(len(self.levels)) if other != level)
        if self.missing[level]:
            return tuple(sorted(int(other) for other in self.order))
        place = int(self.rank[level])
        beside = [self.order[near] for near in (place - 1, place + 1) if 0 <= near < len(self.order)]
        return tuple(sorted(int(other) for other in (*beside, *np.flatnonzero(self.missing))))

    def describe(self) -> dict[str, Any]:
        """The axis as JSON-ready values, from which `from_description` makes it again."""
        if self.values is None:
            return {"name": self.name, "kind": self.kind, "low": self.low, "high": self.high}
        return {"name": self.name, "kind": self.kind, "values": [json_value(value) for value in self.values]}

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> Axis:
        """The axis that `describe` gave. Raises ParameterError when it is not one."""
        if not isinstance(description, Mapping) or "name" not in description:
            raise ParameterError("this is not the description of an axis", where="axes", value=description)
        name = str(description["name"])
        if "values" not in description:
            return cls.between(name, description.get("low", np.nan), description.get("high", np.nan))
        values: tuple[Any, ...] = tuple(description["values"])
        if description.get("kind") == FLOAT:
            # Some writers of JSON drop the fraction of 1.0.
            values = tuple(float(value) if kind_of(value) == INT else value for value in values)
        return cls(name, values)

    def __str__(self) -> str:
        if self.values is None:
            return f"{self.name}={self.low!r}:{self.high!r}"
        shown = [text_of(value) for value in self.values[:8]]
        if len(self.values) > 8:
            shown[3:] = ["...", text_of(self.values[-1])]
        return f"{self.name}={','.join(shown)}"


def _bound(value: float) -> float:
    """A bound as float64; one beyond its range is infinite."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def check_name(name: str) -> str:
    """The name of a parameter. Raises ParameterError when no parameter can have it."""
    if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
        raise ParameterError("this is not the name of a parameter", value=repr(name), bound="a name as in hold=1:60")
    return name
