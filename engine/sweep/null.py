"""What the sets of a sweep have to beat: cash, or the benchmark at the net weight that the best of them holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgebook.universes.market import Market

from ..arrays import Floats, Ints
from .job import SweepJob

# Of NAV: a mean net weight up to this counts as neutral, whose null is cash.
NEUTRAL_FRAC = 0.2
# Of the sessions: a benchmark that prints on fewer cannot stand for them.
PRINTED_FRAC = 0.9


@dataclass(frozen=True, eq=False)
class FamilyNull:
    """words: what it is; net: mean net weight of the best set, a fraction of NAV; moves: (T,) what the null earns over
    cash a session of the market, at that weight."""

    job: SweepJob
    words: str
    net: float
    moves: Floats

    def of(self, indices: Ints, rows: Ints) -> Floats:
        """(n, k) what the null earns over cash on the sessions `rows` on which each set is on, 0 elsewhere."""
        out = np.zeros((len(self.moves), len(indices)))
        for column, index in enumerate(np.asarray(indices).tolist()):
            first, last = self.job.span_of(int(index))
            out[first + 1 : last + 1, column] = self.moves[first + 1 : last + 1]
        return out[rows]


def family_null(job: SweepJob, best: int) -> FamilyNull | None:
    """The null of a sweep by the mean net weight of its best set; None = cash."""
    net = net_weight(job, best)
    if not abs(net) > NEUTRAL_FRAC:
        return None
    market, (first, last) = job.setting.market, job.span_of(best)
    words, columns = stand_in(market, slice(first + 1, last + 1))
    moves = mean_move(market.close_returns(market.tickers), columns)
    return FamilyNull(job, f"{words} at a net weight of {net:.0%}", net, net * (moves - job.setting.riskless))


def stand_in(market: Market, over: slice) -> tuple[str, Ints]:
    """What stands for the market over some sessions, in words and as columns whose mean is taken: the universe's
    benchmark, or where it does not print on nine in ten of them every ticker of the universe."""
    name = market.universe.benchmark
    if name in market.columns:
        column = market.column(name)
        known = market.close_returns((name,))[over]
        if len(known) and np.isfinite(known).mean() >= PRINTED_FRAC:
            return name, np.array([column], dtype=np.int64)
    members = np.flatnonzero([bool(bucket) for bucket in market.buckets])
    every = members if len(members) else np.arange(len(market.tickers))
    return "the mean ticker of the universe", every.astype(np.int64)


def mean_move(moves: Floats, columns: Ints) -> Floats:
    """(n,) mean of the (n, N) returns that are known in some columns, 0 where none is."""
    table = moves[:, columns]
    count = np.isfinite(table).sum(axis=1)
    return np.asarray(np.nansum(table, axis=1) / np.maximum(count, 1))


def net_weight(job: SweepJob, index: int) -> float:
    """The mean net weight of a set's targets over its sessions, a fraction of NAV; 0 of one without orders."""
    batch = job.batch_of(index)
    first, last = int(batch.first[0]), int(batch.last[0])
    orders = batch.orders[batch.offsets[0] : batch.offsets[1]]
    held = np.zeros(batch.bank.shape[1])
    total, at = 0.0, first
    for order in orders:
        session = min(max(int(order["session"]), first), last)
        total += float(held.sum()) * (session - at)
        row = batch.bank[order["row"]] * order["scale"]
        # NaN leaves a ticker alone.
        held, at = np.where(np.isnan(row), held, row), session
    total += float(held.sum()) * (last - at)
    return total / max(last - first, 1)
