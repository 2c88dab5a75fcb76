"""Running a batch: from its parts to measures, block moments and returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Ints
from ...backtest.timeline import is_plain
from ...kernels.sets.one_by_one import BatchSets, Results, Stage, run_sets
from ...kernels.sets.tally import MEASURES
from ...kernels.sets.tiles.grouping import knows
from ...kernels.sets.tiles.run import run_tiles
from .batch import Batch
from .stage import Reach, SweepSetting, followed, problems_of, stage_batch, staged_tickers
from .stale_sets import stale_counts


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

    def measure(self, name: str) -> Floats:
        """(S,) one measure by its name."""
        return np.asarray(self.measures[:, MEASURES.index(name)])


def run_batch(
    setting: SweepSetting,
    batch: Batch,
    blocks: Ints,
    *,
    threads: int = 1,
    keep_returns: bool = False,
    tiled: Reach | None = None,
) -> BatchResult:
    """Run every set of a batch; the result does not depend on the number of threads.

    blocks: (T,) the block of each session of the market, -1 = none; there are as many as the highest says. tiled:
    what the whole sweep reaches if its sets run side by side, None = one by one; last digits differ between the two.
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
    staged = stage_batch(setting, batch, blocks, tiled)
    if staged is None:
        return out
    stage, sets, span = staged
    kept = np.zeros((len(out.returns), span.stop - span.start))
    results, cuts = Results(out.measures, out.totals, out.squares, kept), _cuts(count, threads)
    beside = batch.runs & (tiled is not None) & side_by_side(stage, sets)
    for kernel, chosen in ((run_tiles, beside), (run_sets, batch.runs & ~beside)):
        if chosen.any():
            _in_threads(kernel, stage, _only(sets, chosen), results, cuts)
    batch = followed(setting, batch)
    out.stale[:] = stale_counts(setting, batch, stage, sets, staged_tickers(setting, batch, tiled))
    if keep_returns:
        out.returns[:, span] = kept
    return out


def _in_threads(run: Callable[..., None], stage: Stage, sets: BatchSets, results: Results, cuts: Sequence[int]) -> None:
    """Run the sets between each cut and the next in a thread of their own."""
    if len(cuts) == 2:
        run(stage, sets, results, cuts[0], cuts[1])
        return
    with ThreadPoolExecutor(len(cuts) - 1) as pool:
        for done in [pool.submit(run, stage, sets, results, a, b) for a, b in pairwise(cuts)]:
            done.result()


def side_by_side(stage: Stage, sets: BatchSets) -> NDArray[np.bool_]:
    """(S,): whether tiles know all that a set meets: its terms, opens and closes alone, and nothing that flows."""
    if not is_plain(stage.prices):
        return np.zeros(len(sets.sets), dtype=np.bool_)
    if (sets.orders["whole"] > 0).any():  # parts of trades, which tiles do not know
        return np.zeros(len(sets.sets), dtype=np.bool_)
    return np.asarray(knows(sets.terms)[sets.sets["terms"]])


def _only(sets: BatchSets, chosen: NDArray[np.bool_]) -> BatchSets:
    """The same without orders of the other sets, which kernels then leave as they are."""
    rows = sets.sets.copy()
    rows["orders_to"] = np.where(chosen, rows["orders_to"], rows["orders_from"])
    return sets._replace(sets=rows)


def _cuts(count: int, threads: int) -> list[int]:
    parts = max(1, min(threads, count))
    return [count * i // parts for i in range(parts + 1)]
