"""Distinct combinations of columns against Python's own dictionaries, and plans made by several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from hedgebook.engine.sweep.space.column import ChunkSets, ParameterColumn
from hedgebook.strategies.sweeping import TradeSweep
from hedgebook.strategies.sweeping import combinations as module
from hedgebook.strategies.sweeping.combinations import CombinationTable

from .pools import CLEAN, EVENTS, TRADE, related_market
from .single import assert_equal_sets, drawn, sets_of

NAMES = ("a", "b", "c", "d")


@settings(deadline=None, max_examples=60)
@examples(seed=st.integers(0, 10**6), count=st.integers(1, 40), largest=st.sampled_from([1, 30, 2**62]))
def test_each_combination_once(seed: int, count: int, largest: int) -> None:
    draw = np.random.default_rng(seed)
    columns = {}
    for name in ("a", "c", "d"):
        levels = tuple(f"{name}{k}" for k in range(int(draw.integers(1, 60))))
        columns[name] = ParameterColumn(levels, draw.integers(0, min(4, len(levels)), count))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LARGEST_CODE", largest)
        table = CombinationTable.of(ChunkSets(0, columns), lambda _, value: value, {"b": "fixed"})
        found = table.combinations(NAMES)
    plain = [tuple("fixed" if n == "b" else columns[n].values()[s] for n in NAMES) for s in range(count)]
    assert [found.values[k] for k in found.of] == plain
    assert len(found.values) == len(set(plain))
    chosen = np.flatnonzero(draw.random(count) < 0.5)
    asked, sets = found.among(chosen)
    assert {found.values[k] for k in asked} == {plain[s] for s in chosen}
    assert [plain[s] for s in sets] == [found.values[k] for k in asked]
    numbers = found.renumbered(chosen)
    assert [found.values[asked[numbers[s]]] for s in chosen] == [plain[s] for s in chosen]
    assert not numbers[np.setdiff1d(np.arange(count), chosen)].any()


def test_no_parameter_that_varies() -> None:
    table = CombinationTable.of(
        ChunkSets(0, {"a": ParameterColumn((1, 2), np.array([0, 1, 0]))}), lambda _, value: value, {"b": 7}
    )
    assert table.combinations(("b",)).values == ((7,),)
    assert table.combinations(()).values == ((),)
    assert table.combinations(("b",)).of.tolist() == [0, 0, 0]
    assert table.numbers("a").tolist() == [1.0, 2.0, 1.0]
    assert table.numbers("b").tolist() == [7.0] * 3


def test_threads_may_share_a_sweep() -> None:
    market = related_market()
    chunks = [sets_of(TradeSweep(TRADE, EVENTS), CLEAN, drawn(CLEAN, 60, seed)) for seed in range(8)]
    shared = TradeSweep(TRADE, EVENTS)
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda sets: shared.batch(market, sets), chunks))
    for sets, batch in zip(chunks, batches, strict=True):
        other = TradeSweep(TRADE, EVENTS).batch(market, sets)
        for s in range(60):
            assert_equal_sets(batch, s, other, s)
