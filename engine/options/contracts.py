"""What is priced: many calls and puts as arrays of one length, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import Kind, as_array, refused

from ..arrays import Flags, Floats

RIGHTS = {"c": True, "call": True, "p": False, "put": False}
RIGHT = Kind('"call" or "put", also as C and P, or a list of them', callable)
# Smallest and largest value of each term, and whether the smallest itself is allowed.
BOUNDS = {
    "spot": (0.0, 1e12, False),
    "strike": (0.0, 1e12, False),
    "years": (0.0, 100.0, False),
    "rate_annual": (-1.0, 10.0, True),
    "carry_annual": (-1.0, 10.0, True),
    "vol_annual": (0.0, 100.0, False),
}


@dataclass(frozen=True, eq=False)
class Contracts:
    """Calls and puts on one or many underlyings: numbers, or arrays and lists (n,) of one length.

    right: "call" or "put"; spot and strike per share; years to expiry, days / 365; rate_annual and carry_annual
    continuously compounded fractions, the carry a dividend yield plus a borrow fee; vol_annual a fraction, needed for
    prices and not for implied volatilities. NaN in a number gives NaN of that contract.
    Raises ParameterError for what is no number, out of bounds, or of another length.
    """

    right: Any
    spot: Any
    strike: Any
    years: Any
    rate_annual: Any = 0.0
    carry_annual: Any = 0.0
    vol_annual: Any = np.nan

    def __post_init__(self) -> None:
        given: dict[str, Any] = {"right": _calls(self.right)}
        for name in BOUNDS:
            given[name] = np.atleast_1d(as_array(getattr(self, name), np.float64, name))
        count = max(len(values) for values in given.values())
        for name, values in given.items():
            if values.ndim != 1 or len(values) not in (1, count):
                bound = f"one number, or {count} as the longest has"
                raise ParameterError("terms of different lengths", where=name, value=str(values.shape), bound=bound)
            if name in BOUNDS:
                _within(name, values)
            object.__setattr__(self, name, np.ascontiguousarray(np.broadcast_to(values, count)))

    def __len__(self) -> int:
        return len(self.spot)

    @property
    def calls(self) -> Flags:
        """(n,) whether each is a call."""
        flags: Flags = self.right
        return flags

    @property
    def signs(self) -> Floats:
        """(n,) 1.0 for a call and -1.0 for a put."""
        return np.where(self.right, 1.0, -1.0)

    def terms(self, *names: str) -> Floats:
        """(n, k): the numbers called `names` side by side."""
        return np.column_stack([getattr(self, name) for name in names])

    def but(self, **terms: Any) -> Contracts:
        """The same contracts under other terms."""
        return replace(self, **terms)

    def some(self, which: Any) -> Contracts:
        """Some of the contracts; which: a mask (n,) or row numbers."""
        return Contracts(self.right[which], *(getattr(self, name)[which] for name in BOUNDS))


def _calls(right: object) -> Flags:
    if isinstance(right, np.ndarray) and right.dtype == np.bool_:
        return np.atleast_1d(right)
    given: Any = right
    words: Sequence[Any] = [given] if isinstance(given, str) else list(given) if _is_list(given) else []
    found = [RIGHTS.get(word.lower()) if isinstance(word, str) else None for word in words]
    if not found or None in found:
        wrong = words[found.index(None)] if found else right
        raise refused("right", wrong, RIGHT)
    return np.array(found, dtype=np.bool_)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence | np.ndarray) or hasattr(value, "to_numpy")


def _within(name: str, values: Floats) -> None:
    least, most, reached = BOUNDS[name]
    low = values < least if reached else values <= least
    if (low | (values > most)).any():
        at = int(np.flatnonzero(low | (values > most))[0])
        least_words = f"from {least:g}" if reached else f"above {least:g}"
        where = name if len(values) == 1 else f"{name}, contract {at + 1}"
        raise ParameterError(
            "a term that no option has", where=where, value=float(values[at]), bound=f"{least_words} up to {most:g}"
        )
