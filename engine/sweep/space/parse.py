"""The values of a parameter as a person types them: 1:60, 0.02:0.10:0.02, dollar,beta, neocloud,neocloud+miner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from enum import Enum
from itertools import islice, pairwise
from typing import Any

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.meant_number import NUMBER, is_percentage, meant_number, number_hint

from .axis import Axis, check_name
from .values import MOST_LEVELS, check_levels

BOUND = "a value, a:b, a:b:step, or several of them between commas"
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
QUOTES = "'\""
_WORDS = {"none": None, "true": True, "false": False}
# A range ends at its bound when the steps come this close to it, as a part of a step.
_HIT = Decimal("1e-9")
_DIGITS = 60
_LONGEST_NUMBER = 40
# Groups of digits in a number with thousands separators: 1,000 and 250,050; a list of numbers has no 000 or 050.
_FIRST_GROUP, _GROUP_OF_ZERO = re.compile(r"[+-]?\d{1,3}", re.ASCII), re.compile(r"0\d{2}(\.\d+)?", re.ASCII)
_MOST_GROUPS = 4


def parse_axis(text: str) -> Axis:
    """The axis that `name=values` stands for.

    values: `a:b` with whole numbers counts by 1 and includes b; `a:b:step` includes b when it is hit up to rounding,
    and its values are the decimals that a person would write; `a:b` with a fraction and no step is a continuous axis,
    which can be sampled and not gridded. `a,b,c` is a list, whose items may be ranges. `+` joins names to one basket.
    none, true and false are themselves, in any case; what is in quotes is a name, although it looks like a number, a
    range or one of these words. Raises ParameterError.
    """
    name, equals, values = text.partition("=")
    if not equals or not name.strip() or not values.strip():
        raise ParameterError(
            "this is not a parameter and its values",
            value=text,
            bound="name=values, as in hold=1:60 or hedge=dollar,beta",
        )
    return axis_from_text(name.strip(), values)


def parse_axes(texts: Iterable[str]) -> tuple[Axis, ...]:
    """One axis for each text. Raises ParameterError, also when two have the same name."""
    axes = tuple(parse_axis(text) for text in texts)
    check_names(axes)
    return axes


def check_names(axes: Iterable[Axis]) -> None:
    """Raise ParameterError when two axes have the same name."""
    seen: set[str] = set()
    for axis in axes:
        if axis.name in seen:
            raise ParameterError(
                "this parameter is given twice",
                value=axis.name,
                remedy="Give all of its values at once, between commas",
            )
        seen.add(axis.name)


def axis_from_text(name: str, text: str) -> Axis:
    """The axis of a name and the text of its values. Raises ParameterError."""
    check_name(name)
    items = _split(name, text, ",")
    _check_thousands(name, text, items)
    if len(items) == 1 and (bounds := _bounds(name, items[0])):
        return Axis.between(name, *bounds)
    values: list[Any] = []
    for item in items:
        values.extend(_item(name, item))
        check_levels(name, len(values))
    return Axis(name, tuple(values))


def _split(name: str, text: str, sign: str) -> list[str]:
    """Parts of a text between signs, of which those within quotes do not count. No part is empty."""
    parts, part, quote = [], "", ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in QUOTES:
            quote = letter
        elif letter == sign:
            parts.append(part.strip())
            part = ""
            continue
        part += letter
    parts.append(part.strip())
    if quote:
        raise ParameterError("a quote is not closed", where=name, value=text)
    if not all(parts):
        raise ParameterError("a value is empty", where=name, value=text, bound=BOUND)
    return parts


def _item(name: str, item: str) -> Iterable[Any]:
    """The values of one item of a list."""
    parts = _split(name, item, ":")
    if len(parts) == 1:
        return (_value(name, item),)
    _check_numbers(name, item, parts)
    if all(_WHOLE.fullmatch(part) for part in parts):
        return _whole_range(name, item, [int(part) for part in parts])
    if len(parts) == 2:
        raise ParameterError(
            "a range of fractions without a step is continuous, and cannot be one of several values",
            where=name,
            value=item,
            remedy="Give a step, as in 0.5:2.0:0.5",
        )
    return _decimal_range(name, item, [Decimal(part) for part in parts])


def _bounds(name: str, item: str) -> tuple[float, float] | None:
    """The bounds of a continuous axis, where an item is one."""
    parts = _split(name, item, ":")
    if len(parts) != 2:
        return None
    _check_numbers(name, item, parts)
    if all(_WHOLE.fullmatch(part) for part in parts):
        return None
    return float(parts[0]), float(parts[1])


def _check_numbers(name: str, item: str, parts: list[str]) -> None:
    if len(parts) > 3:
        raise ParameterError("this is not a range", where=name, value=item, bound="a:b or a:b:step")
    for part in parts:
        if not NUMBER.fullmatch(part) or len(part) > _LONGEST_NUMBER:
            raise ParameterError(
                f"{part!r} is not a number",
                where=name,
                value=item,
                bound="a:b or a:b:step with numbers",
                remedy=_meant_range(name, parts) or "A name with a colon in it must be in quotes",
            )


def _meant_range(name: str, parts: list[str]) -> str | None:
    """A range of numbers with percent signs or units, in plain ones."""
    plain = [part if NUMBER.fullmatch(part) else meant_number(part, name) for part in parts]
    return None if None in plain else f"Did you mean {name}={':'.join(map(str, plain))}?"


def _check_thousands(name: str, text: str, items: list[str]) -> None:
    """Refuse 1,000,000: it would be the values 1, 0 and 0."""
    for before, item in pairwise(items):
        if _GROUP_OF_ZERO.fullmatch(item) and _FIRST_GROUP.fullmatch(before):
            one_number = len(items) <= _MOST_GROUPS
            hint = number_hint(text, name) if one_number else None
            raise ParameterError(
                "commas stand between values, not between thousands",
                where=name,
                value=text,
                remedy=hint or f"Write numbers without separators, as in {name}=1000000,2000000",
            )


def _check_step(name: str, item: str, distance: Decimal | int, step: Decimal | int) -> None:
    if step == 0:
        raise ParameterError("the step is 0", where=name, value=item)
    if distance and (distance > 0) != (step > 0):
        raise ParameterError(
            "the range runs away from its end", where=name, value=item, remedy=f"Turn the sign of the step ({-step})"
        )


def _whole_range(name: str, item: str, parts: list[int]) -> range:
    first, last = parts[:2]
    step = parts[2] if len(parts) == 3 else 1
    if len(parts) == 2 and last < first:
        raise ParameterError(
            "the range ends below its start", where=name, value=item, remedy=f"Write {last}:{first}, or {item}:-1"
        )
    _check_step(name, item, last - first, step)
    count = (last - first) // step + 1
    check_levels(name, count)
    return range(first, first + count * step, step)


def _decimal_range(name: str, item: str, parts: list[Decimal]) -> list[float]:
    first, last, step = parts
    _check_step(name, item, last - first, step)
    with localcontext() as context:
        context.prec = _DIGITS
        steps = (last - first) / step
        if steps > MOST_LEVELS:
            check_levels(name, int(min(steps, Decimal(10**30))) + 1)
        nearest = steps.to_integral_value()
        hit = abs(steps - nearest) <= _HIT
        count = int(nearest if hit else steps // 1)
        values = [float(first + place * step) for place in range(count + 1)]
        if hit:
            values[-1] = float(last)
    return values


def _value(name: str, text: str) -> Any:
    """One typed value."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text) and len(text) <= _LONGEST_NUMBER:
        return int(text)
    if NUMBER.fullmatch(text) and len(text) <= _LONGEST_NUMBER:
        return float(text)
    if is_percentage(text):
        raise ParameterError(
            "this is not a number", where=name, value=text, remedy=f"{number_hint(text, name)} A name must be in quotes"
        )
    names = tuple(part[1:-1] if part[0] in QUOTES and part[-1] == part[0] else part for part in _split(name, text, "+"))
    if any(sign in part for part in names for sign in QUOTES):
        raise ParameterError("a quote stands inside a name", where=name, value=text)
    return names[0] if len(names) == 1 else names


def axis_of(name: str, values: Any) -> Axis:
    """The axis that a value given from Python stands for.

    values: a scalar (one value), a text (as on the command line: "1:60", "dollar,beta"), a range, a list, a tuple, a
    numpy array or pandas series of one dimension, any other iterable with an order, or an Axis. A tuple of two
    floats is two values; bounds to sample between are `Axis.between` or a text. A basket is a tuple or list of names
    within a list, or a text such as "miner+neocloud". Raises ParameterError.
    """
    check_name(name)
    if isinstance(values, Axis):
        if values.name != name:
            raise ParameterError("the axis has another name", where=name, value=values.name)
        return values
    if isinstance(values, Enum):
        values = values.value
    if isinstance(values, str):
        return axis_from_text(name, str(values))
    if isinstance(values, bytes | bytearray):
        raise ParameterError("bytes are not values of a parameter", where=name, value=values, remedy="Give a text")
    if isinstance(values, set | frozenset | Mapping):
        raise ParameterError(
            f"a {type(values).__name__} has no order that lasts", where=name, value=values, remedy="Give a list"
        )
    if isinstance(values, range):
        # len() of a range beyond 64 bits is an error of its own.
        check_levels(name, max(0, -((values.start - values.stop) // values.step)))
        return Axis(name, tuple(values))
    if isinstance(values, np.ndarray):
        if values.ndim > 1:
            raise ParameterError("the array is not flat", where=name, value=values.shape, bound="one dimension")
        check_levels(name, values.size)
        return Axis(name, tuple(values.tolist()) if values.ndim else (values.item(),))
    if isinstance(values, Iterable):
        listed = tuple(islice(iter(values), MOST_LEVELS + 1))
        return Axis(name, listed)
    return Axis(name, (values,))
