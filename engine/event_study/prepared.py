"""What an event study is run with: everything that is fixed before a kernel runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.market import Market

from ..arrays import Flags, Floats
from ..kernels.events.study import PanelBatch
from .panel import Explained, Names, PanelRows, build_batch
from .run import StudyOutcome, run_study
from .sampling import Sampling
from .settings import EventWindow, ReturnKind, StudyOptions


@dataclass(frozen=True, eq=False)
class Prepared:
    """Everything that is fixed before a kernel runs. rows: as in `sampled`."""

    market: Market
    sampled: Sampling
    explained: Explained
    names: Names
    groups: tuple[str, ...]
    masks: NDArray[np.bool_]
    options: StudyOptions
    minimum: int

    @property
    def rows(self) -> PanelRows:
        return self.sampled.rows

    def run(
        self,
        kind: ReturnKind,
        windows: Sequence[tuple[int, int]],
        draws: int,
        without: Flags | None = None,
        abnormal: Floats | None = None,
    ) -> tuple[PanelBatch, StudyOutcome]:
        """The kernel on returns of a kind, over windows of panel rows; without: (N,) tickers that have no part in them,
        though they have returns; abnormal: (S, N) what is added to the returns of the span."""
        daily = kind is ReturnKind.CLOSE_TO_CLOSE
        tickers, rows = self.names.tickers, self._rows(daily)
        batch = build_batch(self.market, tickers, self.explained, rows, kind, self.sampled.market)
        if abnormal is not None:
            batch.returns[0, batch.estimation :] += abnormal
        if without is not None:
            for _, last in windows:
                batch.returns[0, last, without] = np.nan
        fec = int(self.options.prediction_error)
        # Streams are named by the offset, so that no other window changes what is drawn for this one.
        start = batch.estimation + self.rows.event - (self.rows.span.start if daily else self.rows.event)
        at = np.array([(first, last, fec, first - start) for first, last in windows], dtype=np.int64)
        return batch, run_study(batch, self.minimum, at.reshape(-1, 4), self.masks, draws, self.options.seed)

    def unseen(self, window: EventWindow) -> Flags:
        """(N,): tickers whose exchange is closed on the session before a window or its last; empty for one exchange."""
        return self.sampled.unseen(self.rows.event + window.first, self.rows.event + window.last)

    def settled(self, batch: PanelBatch, found: StudyOutcome) -> Floats | None:
        """(S, N) by how much an abnormal return changes where what was due while an exchange rested counts at its next
        session; None for one exchange."""
        if self.sampled.shut is None:
            return None
        abnormal = found.fits.ar[0, batch.estimation :]
        return self.sampled.settled(batch.returns[0, batch.estimation :], abnormal) - abnormal

    def _rows(self, daily: bool) -> PanelRows:
        if daily:
            return self.rows
        return PanelRows(self.rows.event, self.rows.estimation, range(self.rows.event, self.rows.event + 1))
