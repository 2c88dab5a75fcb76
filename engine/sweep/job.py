"""A sweep as work in chunks: what another thread, or another machine, needs to run any part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.brief import brief
from hedgebook.universes.fingerprint import of_code, of_market, of_model, of_program, of_universe, of_value
from hedgebook.universes.market import Market

from ..arrays import Floats, Ints
from ..backtest import run as backtest
from ..kernels.book.records import Orders
from ..kernels.sets.tally import MEASURES
from .batch.batch import Batch, joined
from .batch.run import BatchResult, run_batch
from .batch.stage import Reach, SweepSetting
from .batch.stale_sets import STALE_POSITIONS
from .running.kept import KeptChunk, KeptSets
from .space import ParameterSets
from .space.column import ChunkSets
from .store.chunk import ChunkResult, column_names
from .windows import widen

CHUNK_SETS = 4096
# Interest taken off again leaves less than this of a return.
ROUNDING = 1e-12
# Single sets that are run again side by side.
TOGETHER = 64


class Sweepable(Protocol):
    """A strategy that plans many parameter sets at once."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def batch(self, market: Market, sets: ChunkSets) -> Batch:
        """The sets as a batch over the market."""
        ...

    def describe(self) -> dict[str, Any]:
        """Everything that decides its schedules, JSON-ready."""
        ...


@brief
@dataclass(frozen=True, eq=False)
class SweepJob:
    """A strategy, the parameter sets to run and what they run under.

    blocks: (T,) the block of each session of the market that moments of returns are kept for, -1 = none;
    validation: what the blocks were laid out for, JSON-ready; tiled: as in run_batch. kept: what is kept of sets that
    ran, so that nothing is planned again, None = nothing; best_by: where something is kept, how sets are compared to
    keep the plan of the best.
    """

    setting: SweepSetting
    strategy: Sweepable
    sets: ParameterSets
    blocks: Ints
    chunk_sets: int = CHUNK_SETS
    validation: Mapping[str, Any] = field(default_factory=dict)
    tiled: Reach | None = None
    kept: KeptSets | None = field(default=None, repr=False)
    best_by: Callable[[Floats], Floats] | None = field(default=None, repr=False)

    @property
    def count(self) -> int:
        """How many sets there are."""
        return self.sets.count

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The measures of a set, in the order of ChunkResult.metrics, and how many of its positions end stale."""
        return (*MEASURES, STALE_POSITIONS)

    @property
    def counts(self) -> Floats:
        """(B,) how many sessions each block has."""
        return np.bincount(self.blocks[self.blocks >= 0]).astype(np.float64)

    @property
    def column_types(self) -> dict[str, str]:
        """The type of each parameter's column, whatever a chunk holds."""
        return {self.column_of[axis.name]: axis.dtype for axis in self.sets.space.axes}

    @property
    def column_of(self) -> dict[str, str]:
        """The column of each parameter in the table, where one that is called like a measure has another name."""
        return column_names(self.sets.space.names, self.metric_names)

    def manifest(self) -> dict[str, Any]:
        """Everything that decides the numbers, JSON-ready: a fingerprint, see hedgebook.universes.fingerprint."""
        return {
            **setting_fingerprint(self.setting),
            "strategy": strategy_fingerprint(self.strategy),
            "sets": self.sets.describe(),
            "validation": dict(self.validation),
            "blocks": of_value(self.blocks),
            "measures": list(self.metric_names),
            "program": of_program(),
        }

    def chunk(self, k: int) -> ChunkSets:
        """The sets of chunk k."""
        start = k * self.chunk_sets
        return self.sets.chunk(start, min(start + self.chunk_sets, self.count))

    def columns(self, k: int) -> dict[str, Any]:
        """The parameters of chunk k by column, typed."""
        named = self.column_of
        return {named[name]: column.array() for name, column in self.chunk(k).columns.items()}

    def run(self, k: int, threads: int = 1) -> ChunkResult:
        """Plan and run chunk k."""
        result, kept = self.compute(k, threads, keep=self.kept is not None)
        if self.kept is not None and kept is not None:
            self.kept.keep(kept)
        return result

    def compute(self, k: int, threads: int = 1, *, keep: bool = False) -> tuple[ChunkResult, KeptChunk | None]:
        """Plan and run chunk k: its result, and with `keep` what is kept of it besides."""
        sets = self.chunk(k)
        parts: list[tuple[BatchResult, Ints, Ints, NDArray[np.bool_]]] = []
        best: tuple[float, int, Batch] | None = None
        for batch in self._batches(sets):
            found = run_batch(self.setting, batch, self.blocks, threads=threads, keep_returns=keep, tiled=self.tiled)
            if keep:
                best = self._better(best, sum(len(part[0].problems) for part in parts), batch, found)
            parts.append((found, batch.first, batch.last, batch.runs))
        results = [part[0] for part in parts]
        metrics = np.concatenate([np.column_stack([one.measures, one.stale]) for one in results])
        problems = tuple(problem for one in results for problem in one.problems)
        totals, squares = (np.concatenate([getattr(one, name) for one in results]) for name in ("totals", "squares"))
        result = ChunkResult(sets.start, metrics, problems, self.counts, totals, squares)
        if not keep:
            return result, None
        first, last = (np.concatenate([part[at] for part in parts]) for at in (1, 2))
        runs = np.concatenate([part[3] for part in parts])
        span = slice(int(first[runs].min()), int(last[runs].max()) + 1) if runs.any() else slice(0, 0)
        returns = np.concatenate([one.returns[:, span] for one in results])
        windows: dict[Any, tuple[int, int]] = {}
        widen(windows, sets, first, last, runs)
        return result, KeptChunk(sets.start, first, last, runs, span.start, returns, windows, best)

    def _better(
        self, best: tuple[float, int, Batch] | None, start: int, batch: Batch, found: BatchResult
    ) -> tuple[float, int, Batch] | None:
        """The best of a batch, whose first set is the chunk's number `start`, where it is better than what is known."""
        if self.best_by is None:
            return best
        values = self.best_by(found.measures)
        if not np.isfinite(values).any():
            return best
        at = int(np.nanargmax(values))
        return best if best is not None and best[0] >= values[at] else (float(values[at]), start + at, batch.one(at))

    def returns_of(self, indices: Sequence[int], *, excess: bool = False) -> Floats:
        """(T, n) session returns of single sets over the market's sessions, 0 where a set is not on.

        excess: less what cash earns; what is left of a set that holds cash is exactly 0.
        """
        out = np.zeros((len(self.setting.market.sessions), len(indices)))
        missing = []
        for column, i in enumerate(indices):
            known = None if self.kept is None else self.kept.returns(i)
            if known is None:
                missing.append((column, i))
            else:
                out[:, column] = self._excess(known, *self.span_of(i)) if excess else known
        for start in range(0, len(missing), TOGETHER):
            few = missing[start : start + TOGETHER]
            batch = joined([self._plan(self.sets.chunk(i, i + 1)) for _, i in few])
            # As in the sweep itself where its plans are dear: what it has kept there must be the same to the digit.
            how: dict[str, Any] = {"tiled": self.tiled} if getattr(self.strategy, "plans_once", False) else {}
            found = run_batch(self.setting, batch, self.blocks, keep_returns=True, **how).returns
            for k, (column, _) in enumerate(few):
                span = int(batch.first[k]), int(batch.last[k])
                out[:, column] = self._excess(found[k], *span) if excess else found[k]
        return out

    def _excess(self, returns: Floats, first: int, last: int) -> Floats:
        """(T,) returns of a set that is on from one session to another, less what cash earns."""
        out, span = returns.copy(), slice(first + 1, last + 1)
        out[span] -= self.setting.riskless[span]
        out[np.abs(out) < ROUNDING] = 0.0
        return out

    def span_of(self, index: int) -> tuple[int, int]:
        """First and last session of a set that can run, rows of the market."""
        known = None if self.kept is None else self.kept.span(index)
        if known is None:
            batch = self._plan(self.sets.chunk(index, index + 1))
            known = int(batch.first[0]), int(batch.last[0])
        return known

    def batch_of(self, index: int) -> Batch:
        """The plan of one set, a batch of its own."""
        known = None if self.kept is None else self.kept.batch(index)
        return known or self._plan(self.sets.chunk(index, index + 1))

    def notes_of(self, index: int) -> tuple[str, ...]:
        """What a single run of one set says of halts, write-offs and orders against volume."""
        batch, setting = self.batch_of(index), self.setting
        if not batch.runs[0]:
            return ()
        first, last = int(batch.first[0]), int(batch.last[0])
        rows = batch.orders.copy()
        rows["session"] -= first
        own = backtest.SimulationTerms(
            setting.costs,
            setting.account.with_capital(float(batch.capital[0])),
            batch.rules[int(batch.rules_of[0])],
            dict(batch.legs[int(batch.legs_of[0])]),
        )
        return backtest.fill_notes(setting.market, (first, last + 1), Orders(rows, batch.bank), own)

    def _batches(self, sets: ChunkSets) -> Iterator[Batch]:
        """The sets as the strategy cuts them: one batch, or several of which none takes much memory."""
        market, several = self.setting.market, getattr(self.strategy, "batches", None)
        if several is None:
            yield self._plan(sets)
            return
        for batch in several(market, sets):
            yield batch.check(len(market.sessions), len(market.tickers))

    def _plan(self, sets: ChunkSets) -> Batch:
        market = self.setting.market
        return self.strategy.batch(market, sets).check(len(market.sessions), len(market.tickers))


def setting_fingerprint(setting: SweepSetting) -> dict[str, Any]:
    """What all sets of a sweep share, by its content."""
    return {
        "prices": of_market(setting.market),
        "universe": of_universe(setting.market.universe),
        "costs": of_model(setting.costs),
        "account": of_model(setting.account),
        "benchmark": setting.benchmark,
    }


def strategy_fingerprint(strategy: Sweepable) -> dict[str, Any]:
    """What decides a strategy's schedules: what its method `fingerprint` says, else what it is and its code."""
    own = getattr(strategy, "fingerprint", None)
    return dict(own()) if callable(own) else {**strategy.describe(), "code": of_code(strategy)}
