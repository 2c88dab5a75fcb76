"""What holds in every session may stand once: the same result as with a row for each session, to the last bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hedgebook.engine.backtest.neutral import new_record, new_state
from hedgebook.engine.kernels.book.loop import simulate
from hedgebook.engine.kernels.book.records import Conditions, Reason, Record
from hedgebook.engine.kernels.sets.one_by_one import Results, Stage, run_sets
from hedgebook.engine.kernels.sets.tally import MEASURES
from hedgebook.engine.kernels.sets.tiles.run import run_tiles
from tests.engine.sweep.test_tiles import many_sets
from tests.oracle.cases import dirty_case
from tests.oracle.kernel_runner import kernel_inputs


def both(seed: int) -> tuple[Conditions, Conditions]:
    """The conditions of a case with the same cells in every session, once each and once in all."""
    conditions = kernel_inputs(dirty_case(seed))[2]
    first = conditions.cells[:1].copy()
    first["cap"], first["impact"] = 2e5, 3e-7
    first["borrow"] = np.linspace(0.0, 0.4, first.shape[1])
    first["barred_open"][0, 2] = Reason.NO_LOCATE
    first["recall"][0, 3] = 1
    return conditions._replace(cells=np.repeat(first, len(conditions.cells), axis=0)), conditions._replace(cells=first)


def run(seed: int, conditions: Conditions) -> Record:
    prices, orders, _ = kernel_inputs(dirty_case(seed))
    record = new_record(len(prices.days), conditions.cells.shape[1], log=20_000)
    logged = simulate(prices, orders, conditions, new_state(conditions.cells.shape[1], 1e6), record, 0, 60)
    return record._replace(lines=record.lines[:logged])


@pytest.mark.parametrize("seed", range(6))
def test_a_single_run_is_the_same(seed: int) -> None:
    each, once = (run(seed, conditions) for conditions in both(seed))
    for name in ("days", "shares", "price", "pnl", "lines"):
        # Byte by byte, because NaN is no number of itself.
        assert getattr(each, name).tobytes() == getattr(once, name).tobytes(), name
    assert {Reason.CAP, Reason.NO_LOCATE, Reason.RECALL} <= set(each.lines["reason"].tolist())


@pytest.mark.parametrize("kernel", [run_sets, run_tiles])
def test_sets_of_a_sweep_are_the_same(kernel: Callable[..., None]) -> None:
    stage, sets = many_sets(dirty_case(2), 5)
    found = []
    for conditions in both(2):
        out = room(stage, len(sets.sets))
        kernel(stage._replace(cells=conditions.cells), sets, out, 0, len(sets.sets))
        found.append(out)
    assert np.isfinite(found[0].rows[:, MEASURES.index("final_nav")]).all()
    for name in ("rows", "totals", "squares", "returns"):
        assert getattr(found[0], name).tobytes() == getattr(found[1], name).tobytes(), name


def room(stage: Stage, count: int) -> Results:
    blocks = int(stage.blocks.max()) + 1
    totals, squares = np.zeros((count, blocks)), np.zeros((count, blocks))
    return Results(np.full((count, len(MEASURES)), np.nan), totals, squares, np.zeros((count, len(stage.blocks))))
