"""What a sweep keeps for a market, and when it forgets it."""

from __future__ import annotations

import gc
from functools import partial

import numpy as np

from hedgebook.strategies.ranks.memory import Memory
from tests import markets


def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    memory, market = Memory(most_bytes=250), markets.dirty_market()
    made: list[str] = []

    def make(key: str) -> np.ndarray:
        made.append(key)
        return np.zeros(100, dtype=np.int8)

    for key in ("a", "b", "a", "c", "a", "b"):
        memory.recall(market, key, partial(make, key))
    assert made == ["a", "b", "c", "b"]
    assert memory.held_bytes[market] == 200


def test_it_goes_with_its_market() -> None:
    memory, market = Memory(), markets.dirty_market()
    memory.recall(market, "a", lambda: np.zeros(3))
    assert len(memory.values) == 1
    del market
    gc.collect()
    assert len(memory.values) == 0
