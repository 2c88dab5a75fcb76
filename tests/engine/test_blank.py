"""Large arrays of zeros."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from hedgebook.engine import blank


@pytest.mark.parametrize("large_bytes", [1, 10**12])
def test_arrays_are_zero_apart_and_can_be_written(monkeypatch: pytest.MonkeyPatch, large_bytes: int) -> None:
    """In one piece of memory or each in its own."""
    monkeypatch.setattr(blank, "LARGE_BYTES", large_bytes)
    shapes = (300, 40), (0, 40, 7), (300, 40, 7), (5,)
    made = blank.zeros(*shapes)
    assert [array.shape for array in made] == list(shapes)
    for k, array in enumerate(made):
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert not array.any()
        array += k + 1
    for k, array in enumerate(made):
        assert (array == k + 1).all()
    kept = pickle.loads(pickle.dumps(made[2]))
    del made
    assert (kept == 3).all()
