"""A sweep judged out of sample: for every split the set chosen in training, and what became of it in the test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief

from ...arrays import Flags, Floats, Ints
from ...equal import STILL
from ..analysis.chunks import ReturnsOf
from ..analysis.codes import AxisLike, CodesOf, codes_at
from ..analysis.json_ready import json_ready
from ..overfitting.cscv import CscvMetric
from ..overfitting.ties import moves
from .combinatorial import CombinatorialSplits
from .judge import Judged
from .split import Split


@brief
@dataclass(frozen=True, eq=False)
class OutOfSample:
    """The set chosen in each of C splits and its metric outside.

    scheme: "walk-forward", "cpcv" or "events"; metric: what sets are chosen and judged by, "sharpe" (annual) and
    "mean" (a session) for splits of sessions, any metric of a set for events; asked: the metric of the sweep;
    direction: 1 where higher is better, -1 where lower is; names: (C,) of splits; best: (C,) index in the sweep, the
    first of equals; in_sample, out_of_sample, median: (C,) metric of the chosen set in training and test, and the
    median of all sets in the test; rank, sets: (C,) its rank in the test, 1 the worst, the middle of equals, among so
    many; empty: (C,) nothing was traded in training or test, so that the rank is the middle one. choices: by
    parameter, how often each of its values was chosen. returns: (P, T) session returns of the chosen sets, NaN where
    nothing is tested: one row stitched from all tests of a walk-forward, one row a path of "cpcv", None for events;
    excess: the same less what cash earns, as in the Sharpe ratios of the splits. notes: sentences on what
    limits all this.
    """

    scheme: str
    metric: str
    asked: str
    direction: int
    names: tuple[str, ...]
    best: Ints
    in_sample: Floats
    out_of_sample: Floats
    median: Floats
    rank: Floats
    sets: Ints
    empty: Flags
    choices: dict[str, dict[str, int]]
    returns: Floats | None
    notes: tuple[str, ...]
    sessions_per_year: float = 252.0
    excess: Floats | None = None

    @property
    def table(self) -> pd.DataFrame:
        """One row a split: split, best, in_sample, out_of_sample, median, rank, relative_rank, sets, empty."""
        columns = {
            "split": self.names,
            "best": self.best,
            "in_sample": self.in_sample,
            "out_of_sample": self.out_of_sample,
            "median": self.median,
            "rank": self.rank,
            "relative_rank": self.rank / (self.sets + 1.0),
            "sets": self.sets,
            "empty": self.empty,
        }
        return pd.DataFrame(columns)

    @property
    def below_median(self) -> float:
        """Share of splits whose chosen set ranks at or below the middle of all sets in the test."""
        return float((self.rank <= (self.sets + 1.0) / 2.0).mean())

    @property
    def path_sharpes(self) -> Floats:
        """(P,) annual Sharpe ratio of each row of excess returns, over the sessions it tests; NaN where it has none."""
        rows = np.empty((0, 0)) if self.excess is None else self.excess
        return np.array([_sharpe(row[~np.isnan(row)]) * math.sqrt(self.sessions_per_year) for row in rows])

    @property
    def path_returns(self) -> Floats:
        """(P,) total return of each row of returns, a fraction."""
        rows = np.empty((0, 0)) if self.returns is None else self.returns
        return np.array([np.prod(1.0 + row[~np.isnan(row)]) - 1.0 for row in rows])

    def as_dict(self) -> dict[str, Any]:
        """Figures of all splits, ready for JSON; None for what does not exist."""
        known = np.isfinite(self.in_sample) & np.isfinite(self.out_of_sample)
        inside, outside = self.in_sample[known], self.out_of_sample[known]
        figures = {
            "scheme": self.scheme,
            "metric": self.metric,
            "asked": self.asked,
            "splits": len(self.best),
            "empty_splits": int(self.empty.sum()),
            "in_sample_mean": _mean(inside),
            "out_of_sample_mean": _mean(outside),
            "out_of_sample_median": float(np.median(outside)) if outside.size else math.nan,
            "median_set_mean": _mean(self.median[np.isfinite(self.median)]),
            "degradation": self.direction * (_mean(inside) - _mean(outside)),
            "below_median_share": self.below_median,
            "relative_rank_median": float(np.median(self.rank / (self.sets + 1.0))),
            "distinct_best": len(np.unique(self.best)),
            "choices": self.choices,
            "notes": self.notes,
        }
        if self.returns is not None:
            figures |= self._paths()
        found: dict[str, Any] = json_ready(figures)
        return found

    def _paths(self) -> dict[str, Any]:
        ratios, totals = self.path_sharpes, self.path_returns
        if self.scheme == "walk-forward":
            tested = 0 if self.returns is None else int((~np.isnan(self.returns[0])).sum())
            return {"stitched_sessions": tested, "stitched_sharpe": ratios[0], "stitched_return": totals[0]}
        known = ratios[np.isfinite(ratios)]
        low, middle, high = np.quantile(known, [0.05, 0.5, 0.95]) if known.size else (math.nan,) * 3
        return {
            "paths": len(ratios),
            "path_sharpe_low": low,
            "path_sharpe_median": middle,
            "path_sharpe_high": high,
            "path_loss_share": float((totals < -STILL).mean()),
        }


@dataclass(frozen=True)
class Context:
    """What every scheme is told about a sweep: its metric, axes and levels of single sets (None: no choices)."""

    asked: str = "sharpe"
    axes: Sequence[AxisLike] = ()
    codes: CodesOf | None = None
    sessions_per_year: float = 252.0

    def choices(self, best: Ints) -> dict[str, dict[str, int]]:
        """By discrete parameter, how many splits chose each of its values; values that none chose are left out."""
        if self.codes is None:
            return {}
        levels = codes_at(self.codes, best)
        found = {}
        for place, axis in enumerate(self.axes):
            if axis.values is not None:
                values, often = np.unique(levels[:, place], return_counts=True)
                found[axis.name] = {str(axis.values[v]): int(n) for v, n in zip(values, often, strict=True)}
        return found


def stitched(splits: Sequence[Split], best: Ints, sessions: int, returns_of: ReturnsOf) -> Floats:
    """(1, T) returns of the set chosen by each split over its test, NaN elsewhere."""
    out = np.full((1, sessions), np.nan)
    for split, column in zip(splits, _columns(best, sessions, returns_of), strict=True):
        out[0, split.test] = column[split.test]
    return out


def paths_of(splits: CombinatorialSplits, best: Ints, returns_of: ReturnsOf) -> Floats:
    """(P, T) the test paths, of the returns of the set that each split chose."""
    columns = _columns(best, sum(len(fold) for fold in splits.folds), returns_of)
    return splits.recombine([column[split.test] for split, column in zip(splits.splits, columns, strict=True)])


def of_judged(
    scheme: str, judged: Judged, context: Context, returns: tuple[Floats | None, Floats | None], notes: tuple[str, ...]
) -> OutOfSample:
    """The result of splits of sessions, its Sharpe ratios made annual; returns: of what was chosen, and in excess."""
    by_sharpe = judged.metric is CscvMetric.SHARPE
    scale = math.sqrt(context.sessions_per_year) if by_sharpe else 1.0
    count = len(judged.best)
    return OutOfSample(
        scheme=scheme,
        metric=judged.metric.value,
        asked=context.asked,
        direction=1,
        names=tuple(f"split {c + 1}" for c in range(count)),
        best=judged.best,
        in_sample=judged.in_sample * scale,
        out_of_sample=judged.out_of_sample * scale,
        median=judged.median * scale,
        rank=judged.rank,
        sets=np.full(count, judged.sets, dtype=np.int64),
        empty=judged.empty,
        choices=context.choices(judged.best),
        returns=returns[0],
        notes=notes,
        sessions_per_year=context.sessions_per_year,
        excess=returns[1],
    )


def _columns(best: Ints, sessions: int, returns_of: ReturnsOf) -> list[Floats]:
    """(T,) returns of the set of each split; a set is run again once however many splits chose it."""
    distinct, place = np.unique(best, return_inverse=True)
    table = np.asarray(returns_of(distinct), dtype=np.float64)
    if table.shape != (sessions, len(distinct)):
        raise ParameterError(
            "has other sessions or sets", where="returns_of", value=table.shape, bound=f"({sessions}, {len(distinct)})"
        )
    return [table[:, k] for k in place]


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else math.nan


def _sharpe(values: Floats) -> float:
    if values.size < 2 or not moves(values):
        return math.nan
    return float(values.mean() / values.std(ddof=1))
