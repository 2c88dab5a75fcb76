"""The pieces of machine code behind tiles, called as tiles call them, against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.kernels.jit import kernel
from hedgebook.engine.kernels.sets.tiles.lanes import LANES, copy_rows, lane_rows
from hedgebook.engine.kernels.sets.tiles.trade import gather
from hedgebook.engine.kernels.sets.tiles.value import value_sessions


@kernel
def doubled(given: Floats, out: Floats) -> None:
    rows, filled = lane_rows(given), lane_rows(out)
    for i in range(rows.shape[0]):
        for s in range(rows.shape[1]):
            filled[i, s] = 2.0 * rows[i, s]


@kernel
def copied(out: Floats, source: Floats) -> None:
    copy_rows(out, source)


@kernel
def gathered(bank: Floats, rows: Ints, scales: Floats, out: Floats) -> None:
    gather(bank, rows, scales, out)


@kernel
def valued(levels: Floats, shares: Floats, out: Floats) -> None:
    value_sessions(levels, shares, out)


@pytest.mark.parametrize("tickers", [1, 5, 7, 8, 9, 16, 30, 31])
def test_weights_are_rows_of_the_bank_times_their_scales(tickers: int) -> None:
    draw = np.random.default_rng(tickers)
    bank, rows, scales = draw.normal(size=(50, tickers)), draw.integers(0, 50, LANES), draw.normal(size=LANES)
    bank[draw.random(bank.shape) < 0.1] = np.nan
    out = np.full((tickers, LANES), 7.0)
    gathered(bank, rows, scales, out)
    np.testing.assert_array_equal(out, (bank[rows] * scales[:, None]).T)


@pytest.mark.parametrize(("sessions", "tickers"), [(1, 1), (3, 4), (4, 5), (21, 30), (32, 33)])
def test_values_are_prices_times_shares(sessions: int, tickers: int) -> None:
    draw = np.random.default_rng(sessions)
    levels, shares = draw.normal(size=(sessions, tickers)), draw.normal(size=(tickers, LANES))
    out = np.full((sessions, LANES), 7.0)
    valued(levels, shares, out)
    np.testing.assert_allclose(out, levels @ shares, rtol=1e-13, atol=1e-13)


def test_rows_of_lanes_are_the_same_numbers() -> None:
    given = np.random.default_rng(1).normal(size=(9, LANES))
    out = np.zeros_like(given)
    doubled(given, out)
    np.testing.assert_array_equal(out, 2.0 * given)


def test_a_copy_is_whole_and_leaves_its_source_alone() -> None:
    source = np.random.default_rng(2).normal(size=(9, LANES))
    out, kept = np.zeros_like(source), source.copy()
    copied(out, source)
    np.testing.assert_array_equal(out, kept)
    np.testing.assert_array_equal(source, kept)
