"""What was worked out once for a market, for the sets of a sweep that share it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from hedgebook.universes.market import Market

MOST_BYTES = 256_000_000


class Sized(Protocol):
    """A value that knows what it takes."""

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        ...


S = TypeVar("S", bound=Sized)


class Memory:
    """Values by market and key: beyond a size those not asked for longest are forgotten, and all with their market."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.held_bytes: WeakKeyDictionary[Market, int] = WeakKeyDictionary()
        self.values: WeakKeyDictionary[Market, OrderedDict[Hashable, Any]] = WeakKeyDictionary()

    def recall(self, market: Market, key: Hashable, make: Callable[[], S]) -> S:
        """The value of a key, made where it is not there."""
        values = self.values.setdefault(market, OrderedDict())
        if key in values:
            values.move_to_end(key)
            known: S = values[key]
            return known
        found = values[key] = make()
        held = self.held_bytes.get(market, 0) + found.nbytes
        while held > self.most_bytes and len(values) > 1:
            held -= values.popitem(last=False)[1].nbytes
        self.held_bytes[market] = held
        return found
