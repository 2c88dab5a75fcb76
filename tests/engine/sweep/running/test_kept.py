"""What is kept of sets that ran: in a file, and not in memory."""

from __future__ import annotations

import gc
import pickle
import weakref

import numpy as np
import pytest

from hedgebook.engine.sweep.running import kept
from hedgebook.engine.sweep.running.kept import KeptChunk, KeptSets


def chunk(start: int, sessions: int = 30) -> KeptChunk:
    """Four sets from session 3 on, the last of which could not run."""
    returns = np.random.default_rng(start).normal(size=(4, sessions))
    first, last = np.full(4, 3), np.full(4, 3 + sessions - 1)
    return KeptChunk(start, first, last, np.array([True, True, True, False]), 3, returns, {"e": (3, 5 + start)})


def test_returns_come_back_and_take_no_memory() -> None:
    sets = KeptSets(40, 4)
    chunks = {start: chunk(start) for start in (8, 0)}
    wanted = {start: one.returns.copy() for start, one in chunks.items()}
    held = [weakref.ref(one.returns) for one in chunks.values()]
    for one in chunks.values():
        sets.keep(one)
    del one
    chunks.clear()
    gc.collect()
    assert [ref() for ref in held] == [None, None]
    for start, returns in wanted.items():
        for k in range(4):
            found = sets.returns(start + k)
            assert found is not None
            np.testing.assert_array_equal(found[3:33], returns[k])
            assert not found[:3].any()
            assert not found[33:].any()
    assert sets.returns(5) is None
    assert sets.span(9) == (3, 32)
    assert sets.span(5) is None
    on, windows = sets.calendar()
    assert np.flatnonzero(on).tolist() == list(range(3, 33))
    assert windows == {"e": (3, 13)}


def test_what_has_no_room_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 4 * 30 * 8)
    sets = KeptSets(40, 4)
    sets.keep(chunk(0))
    sets.keep(chunk(4))
    assert sets.returns(1) is not None
    assert sets.returns(5) is None
    assert sets.moments(1, np.zeros(40, dtype=np.int64), np.zeros(40)) is None
    assert sets.span(5) == (3, 32)


def test_it_stays_in_its_process() -> None:
    with pytest.raises(TypeError, match="stays in its own process"):
        pickle.dumps(KeptSets(40, 4))
