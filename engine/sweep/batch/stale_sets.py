"""Which sets of a batch end with positions that count at an old price: a metric of theirs is no realised one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Ints
from ...backtest.neutral import new_state
from ...backtest.stale import stale_at_end
from ...kernels.book.loop import simulate
from ...kernels.book.records import DAY, LINE, Conditions, Orders, Record
from ...kernels.sets.one_by_one import BatchSets, Stage
from .batch import Batch
from .stage import SweepSetting

# The name of the column of a sweep's table: how many positions of a set stand at an old price at its end.
STALE_POSITIONS = "stale_positions"
FIRST_LOG = 1024


def stale_counts(setting: SweepSetting, batch: Batch, stage: Stage, sets: BatchSets, at: Ints) -> Floats:
    """(S,) how many positions of a set are stale at its end, as its single run counts them; NaN = it did not run.

    stage, sets: the batch as the kernel takes it; at: the tickers that are staged. Only sets that order a ticker
    without a price in their last session are looked at again.
    """
    out = np.where(batch.runs, 0.0, np.nan)
    for s in candidates(setting.silent_sessions, batch).tolist():
        out[s] = float(_stale(stage, sets, s, setting.silent_sessions[batch.last[s]][at]))
    return out


def candidates(silent: Ints, batch: Batch) -> Ints:
    """The sets that order any ticker without a price in their last session. silent: (T, N) sessions without one."""
    of = np.repeat(np.arange(len(batch)), np.diff(batch.offsets))
    quiet = (silent[np.unique(batch.last[of])] > 0).any(axis=0)
    columns = np.flatnonzero(quiet)[(np.nan_to_num(batch.bank[:, quiet]) != 0.0).any(axis=0)]
    hit = np.zeros(len(of), dtype=np.bool_)
    # Ticker by ticker: those that are ordered and do not print are few, or none.
    for i in columns.tolist():
        ordered = np.nan_to_num(batch.bank[:, i]) != 0.0
        hit |= ordered[batch.orders["row"]] & (silent[batch.last[of], i] > 0)
    return np.unique(of[hit])


def _stale(stage: Stage, sets: BatchSets, s: int, silent: Ints) -> int:
    """How many positions one set ends with that are stale. silent: of the staged tickers at its last session."""
    one, size = sets.sets[s], FIRST_LOG
    orders = Orders(sets.orders[one["orders_from"] : one["orders_to"]], sets.bank)
    conditions = Conditions(
        sets.terms[one["terms"] : one["terms"] + 1],
        sets.tickers[one["legs"]],
        stage.cells,
        sets.calendars[one["calendar"]],
        sets.vol,
        int(one["last"]),
    )
    first, stop = int(one["first"]), int(one["last"]) + 1
    while True:
        state, record = new_state(len(silent), float(one["capital"])), _log_alone(size)
        logged = simulate(stage.prices, orders, conditions, state, record, first, stop)
        if logged <= size:
            break
        size = logged
    return len(stale_at_end(state.book["shares"], silent, record.lines[:logged]))


def _log_alone(size: int) -> Record:
    """A record that keeps nothing but what became of orders."""
    flat: NDArray[np.float64] = np.zeros((0, 0))
    return Record(np.zeros(0, dtype=DAY), flat, flat.copy(), np.zeros((0, 0, 0)), np.zeros(size, dtype=LINE))
