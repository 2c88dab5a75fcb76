"""What a name or a constant of a condition stands for: numbers, texts or truths of many sets, or one of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .axis import Axis
from .values import BOOL, NONE, TEXT, kind_of


@dataclass(frozen=True, eq=False)
class Number:
    """data: (n,) or () float64; NaN stands for None."""

    data: Any
    said: ClassVar[str] = "a number"
    only_none: ClassVar[bool] = False


@dataclass(frozen=True, eq=False)
class Flag:
    """data: (n,) or () bool, False where it is None; missing: the same shape, where it is None."""

    data: Any
    missing: Any = np.False_
    said: ClassVar[str] = "true or false"
    only_none: ClassVar[bool] = False


@dataclass(frozen=True, eq=False)
class Nothing:
    """None, whatever the set."""

    said: ClassVar[str] = "none"
    only_none: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class Text:
    """Names and baskets: levels as sets of names, None among them; codes: (n,) or () into levels."""

    levels: tuple[frozenset[str] | None, ...]
    codes: Any
    said: ClassVar[str] = "a name"
    only_none: ClassVar[bool] = False

    def same_as(self, other: Text) -> NDArray[np.bool_]:
        """Where both are the same basket, or both None."""
        return self._by_level(other, lambda mine, theirs: mine == theirs)

    def part_of(self, other: Text) -> NDArray[np.bool_]:
        """Where every name of this one is in the other; None is part of nothing, and has no part."""
        return self._by_level(other, lambda mine, theirs: mine is not None and theirs is not None and mine <= theirs)

    def _by_level(self, other: Text, test: Any) -> NDArray[np.bool_]:
        table = np.array([[test(mine, theirs) for theirs in other.levels] for mine in self.levels], dtype=np.bool_)
        found: NDArray[np.bool_] = table.reshape(len(self.levels), len(other.levels))[self.codes, other.codes]
        return found


Operand = Number | Flag | Nothing | Text


def absent(operand: Operand) -> Any:
    """Where an operand is None."""
    if isinstance(operand, Number):
        return np.isnan(operand.data)
    if isinstance(operand, Flag):
        return operand.missing
    if isinstance(operand, Text):
        return np.array([level is None for level in operand.levels], dtype=np.bool_)[operand.codes]
    return np.True_


def both_absent(left: Operand, right: Operand) -> Any:
    """Where both are None."""
    return np.logical_and(absent(left), absent(right))


def operand_of_value(value: Any) -> Operand:
    """The operand of one plain value."""
    kind = kind_of(value)
    if kind == NONE:
        return Nothing()
    if kind == BOOL:
        return Flag(np.bool_(value))
    if kind == TEXT:
        return Text((_names(value),), np.int64(0))
    return Number(np.float64(value))


def operand_of_axis(axis: Axis, codes: NDArray[np.int64]) -> Operand:
    """The operand of a discrete axis at (n,) levels."""
    if axis.kind == NONE:
        return Nothing()
    if axis.kind == TEXT:
        return Text(tuple(None if value is None else _names(value) for value in axis.levels), codes)
    if axis.kind == BOOL:
        return Flag(np.array([value is True for value in axis.levels], dtype=np.bool_)[codes], axis.missing[codes])
    return Number(axis.numbers[codes])


def _names(value: Any) -> frozenset[str]:
    return frozenset((value,) if isinstance(value, str) else value)
