"""Running a batch: from its parts to measures, block moments and returns."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...arrays import Floats, Ints
from ...backtest.timeline import is_plain
from ...kernels.sets.one_by_one import BatchSets, Results, Stage, run_sets
from ...kernels.sets.tally import MEASURES
from ...kernels.sets.tiles.run import run_tiles
from .batch import Batch
from .stage import SweepSetting, problems_of, stage_batch
from .stale_sets import stale_counts

# Sessions of all sets of a batch together from which on tiles are worth the minute that it takes to compile them once:
# one by one, two threads take a few seconds for as many.
MANY = 10_000_000


@dataclass(frozen=True, eq=False)
class BatchResult:
    """What a batch of S sets gave.

    measures: (S, 18) in the order of kernels.tally.MEASURES, NaN for a set that could not run; problems: (S,) why it
    could not, None where it ran; totals, squares: (S, B) sums of session returns and of their squares by block;
    returns: (S, T) over the market's sessions, 0 where a set is not on, or no rows where they were not kept; stale:
    (S,) how many positions a set ends with that count at an old price, NaN where it could not run.
    """

    measures: Floats
    problems: tuple[str | None, ...]
    totals: Floats
    squares: Floats
    returns: Floats
    stale: Floats


def run_batch(
    setting: SweepSetting, batch: Batch, blocks: Ints, *, threads: int = 1, keep_returns: bool = False
) -> BatchResult:
    """Run every set of a batch; the result does not depend on the number of threads.

    blocks: (T,) the block of each session of the market, -1 = none; there are as many as the highest says.
    """
    count, sessions = len(batch), len(setting.market.sessions)
    size = int(blocks.max(initial=-1)) + 1
    out = BatchResult(
        measures=np.full((count, len(MEASURES)), np.nan),
        problems=problems_of(batch),
        totals=np.zeros((count, size)),
        squares=np.zeros((count, size)),
        returns=np.zeros((count if keep_returns else 0, sessions)),
        stale=np.full(count, np.nan),
    )
    staged = stage_batch(setting, batch, blocks)
    if staged is None:
        return out
    stage, sets, span = staged
    kept = np.zeros((len(out.returns), span.stop - span.start))
    in_threads(stage, sets, Results(out.measures, out.totals, out.squares, kept), _cuts(count, threads))
    out.stale[:] = stale_counts(setting, batch, stage, sets)
    if keep_returns:
        out.returns[:, span] = kept
    return out


def in_threads(stage: Stage, sets: BatchSets, results: Results, cuts: Sequence[int]) -> None:
    """Run the sets between each cut and the next in a thread of their own."""
    large = len(sets.sets) * len(stage.blocks) >= MANY
    run = run_tiles if large and is_plain(stage.prices) else run_sets
    if len(cuts) == 2:
        run(stage, sets, results, cuts[0], cuts[1])
        return
    with ThreadPoolExecutor(len(cuts) - 1) as pool:
        for done in [pool.submit(run, stage, sets, results, a, b) for a, b in pairwise(cuts)]:
            done.result()


def _cuts(count: int, threads: int) -> list[int]:
    parts = max(1, min(threads, count))
    return [count * i // parts for i in range(parts + 1)]
