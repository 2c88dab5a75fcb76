"""A sweep as work in chunks: what another thread, or another machine, needs to run any part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from hedgebook.universes.fingerprint import of_code, of_market, of_model, of_program, of_universe, of_value
from hedgebook.universes.market import Market

from ..arrays import Floats, Ints
from ..backtest import run as backtest
from ..kernels.book.records import Orders
from ..kernels.sets.tally import MEASURES
from .batch.batch import Batch
from .batch.run import run_batch
from .batch.stage import Reach, SweepSetting
from .batch.stale_sets import STALE_POSITIONS
from .space import ParameterSets
from .space.column import ChunkSets
from .store.chunk import ChunkResult

CHUNK_SETS = 4096
# Interest taken off again leaves less than this of a return.
ROUNDING = 1e-12


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


@dataclass(frozen=True, eq=False)
class SweepJob:
    """A strategy, the parameter sets to run and what they run under.

    blocks: (T,) the block of each session of the market that moments of returns are kept for, -1 = none;
    validation: what the blocks were laid out for, JSON-ready; tiled: as in run_batch.
    """

    setting: SweepSetting
    strategy: Sweepable
    sets: ParameterSets
    blocks: Ints
    chunk_sets: int = CHUNK_SETS
    validation: Mapping[str, Any] = field(default_factory=dict)
    tiled: Reach | None = None

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
        return {axis.name: axis.dtype for axis in self.sets.space.axes}

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
        """The parameters of chunk k by name, typed."""
        return {name: column.array() for name, column in self.chunk(k).columns.items()}

    def run(self, k: int, threads: int = 1) -> ChunkResult:
        """Plan and run chunk k."""
        sets = self.chunk(k)
        found = run_batch(self.setting, self._plan(sets), self.blocks, threads=threads, tiled=self.tiled)
        metrics = np.column_stack([found.measures, found.stale])
        return ChunkResult(sets.start, metrics, found.problems, self.counts, found.totals, found.squares)

    def returns_of(self, indices: Sequence[int], *, excess: bool = False) -> Floats:
        """(T, n) session returns of single sets over the market's sessions, 0 where a set is not on.

        excess: less what cash earns; what is left of a set that holds cash is exactly 0.
        """
        out = np.zeros((len(self.setting.market.sessions), len(indices)))
        for column, i in zip(out.T, indices, strict=True):
            batch = self._plan(self.sets.chunk(i, i + 1))
            column[:] = run_batch(self.setting, batch, self.blocks, keep_returns=True).returns[0]
            if excess:
                span = slice(int(batch.first[0]) + 1, int(batch.last[0]) + 1)
                column[span] -= self.setting.riskless[span]
                column[np.abs(column) < ROUNDING] = 0.0
        return out

    def notes_of(self, index: int) -> tuple[str, ...]:
        """What a single run of one set says of halts, write-offs and orders against volume."""
        batch, setting = self._plan(self.sets.chunk(index, index + 1)), self.setting
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
