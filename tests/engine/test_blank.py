"""Large arrays in one piece of memory."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import numpy as np
import pytest

from hedgebook.engine import blank
from hedgebook.engine.arrays import Floats

SHAPES = (300, 40), (0, 40, 7), (300, 40, 7), (5,)


def looked_at(made: Sequence[Floats]) -> None:
    """Hold arrays against their shapes, and write each without a change of the others."""
    assert [array.shape for array in made] == list(SHAPES)
    for k, array in enumerate(made):
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert not array.any()
        array += k + 1
    for k, array in enumerate(made):
        assert (array == k + 1).all()
    assert (pickle.loads(pickle.dumps(made[2])) == 3).all()


@pytest.mark.parametrize("large_bytes", [1, 10**12])
def test_untouched_arrays_are_zero_and_apart(monkeypatch: pytest.MonkeyPatch, large_bytes: int) -> None:
    monkeypatch.setattr(blank, "LARGE_BYTES", large_bytes)
    looked_at(blank.untouched(*SHAPES))


@pytest.mark.parametrize(("large_bytes", "reused_bytes"), [(1, 1), (1, 10**12), (10**12, 10**13)])
def test_zeros_are_zero_whatever_lay_there(
    monkeypatch: pytest.MonkeyPatch, large_bytes: int, reused_bytes: int
) -> None:
    monkeypatch.setattr(blank, "LARGE_BYTES", large_bytes)
    monkeypatch.setattr(blank, "REUSED_BYTES", reused_bytes)
    for _ in range(3):
        *made, rest = blank.zeros(*SHAPES, unset=77)
        assert rest.shape == (77,)
        rest[:] = -1.0
        looked_at(made)
        del made, rest
