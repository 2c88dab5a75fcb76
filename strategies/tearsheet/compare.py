"""Several series of returns side by side, and which differences are larger than their error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.risk.frequency import Frequency
from hedgebook.engine.tearsheet.definitions import MEASURES
from hedgebook.engine.tearsheet.excess import metrics_in_excess, riskless_return
from hedgebook.engine.tearsheet.resampled import (
    DRAWS,
    LEAST,
    RESAMPLED,
    SEED,
    block_length_of,
    deviation,
    resampled_in_excess,
)
from hedgebook.universes.counted import counted

from ..risk.benchmark import on_dates
from .track import Track

SHOWN = (
    "total_return", "cagr", "volatility_annual", "sharpe", "sortino", "max_drawdown", "calmar", "omega", "hit_rate",
    "var_historical", "es_historical", "skew", "best_session", "worst_session",
)  # fmt: skip
AGAINST = ("alpha_annual", "beta", "correlation", "information_ratio")
# What differences to the reference are told of.
TESTED = ("cagr", "volatility_annual", "sharpe", "max_drawdown")
# Draws times dates times series: more would take longer than a reader waits.
MOST_VALUES, FEWEST_DRAWS = 60_000_000, 200
LEAST_COMMON = 2
Z_95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Best:
    """The best of a measure: its name and the next one's, by how much it leads, and the standard error of that.

    stands: whether the lead is more than 1.96 of those.
    """

    name: str
    next: str
    lead: float
    stderr: float

    @property
    def stands(self) -> bool:
        """Whether the lead is larger than its error."""
        return bool(abs(self.lead) > Z_95 * self.stderr and self.stderr == self.stderr)


@dataclass(frozen=True, eq=False)
class ComparisonTables:
    """Several tracks side by side.

    tracks: in the order given; benchmark: returns on the common dates, None without one; frequency: of the common
    dates; dates: those that all have which kept a track record; measures: on the common dates, one row a track; own:
    the same on the dates of each; best: by measure, of those that were resampled; differences: to the reference, rows
    (name, measure), columns difference, stderr, low, high (95 %), p_value; reference: its name; correlation: of each
    pair on the dates that both have; parameters: those that differ, one row a track; draws, block_length, seed: of the
    paired bootstrap; notes: what a reader must know; riskless_annual: the yearly rate that measures in excess are less.
    """

    tracks: tuple[Track, ...]
    benchmark: pd.Series[float] | None
    frequency: Frequency
    dates: pd.DatetimeIndex
    measures: pd.DataFrame
    own: pd.DataFrame
    best: dict[str, Best]
    differences: pd.DataFrame
    reference: str
    correlation: pd.DataFrame
    parameters: pd.DataFrame
    draws: int
    block_length: float
    seed: int
    notes: tuple[str, ...]
    riskless_annual: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """What the tracks are called, each once."""
        return tuple(track.name for track in self.tracks)


def compare_tracks(
    tracks: Sequence[Track],
    parameters: Sequence[Mapping[str, Any]],
    benchmark: pd.Series[float] | None = None,
    riskless_annual: float = 0.0,
) -> ComparisonTables:
    """Tracks beside each other; parameters: of each, empty for a series; benchmark: simple returns by date;
    riskless_annual: the yearly rate, a fraction, that measures in excess are less."""
    named = distinct([replace(track, riskless_annual=riskless_annual) for track in tracks])
    notes = [*_simulated(named), *(f"{track.name}: {note}" for track in named for note in track.notes)]
    frame, frequency = _frame(named, notes)
    kept = [track.name for track in named if not track.lost and not track.no_track]
    notes += [f"{track.name}: {track.no_track}" for track in named if track.no_track]
    common = frame[kept].dropna() if kept else frame.iloc[:0]
    beside = None
    if benchmark is not None:
        name = str(benchmark.name or "benchmark")
        benchmark = benchmark.rename(f"{name} (benchmark)" if name in frame.columns else name)
        beside = _beside(benchmark, pd.DatetimeIndex(common.index), frequency, notes) if len(common) else None
        if beside is not None:
            common = common[beside.notna().to_numpy()]
            beside = beside.reindex(common.index)
    if len(common) < LEAST_COMMON:
        notes.append(f"{counted(len(common), 'date')} in common: no figures side by side, each has its own")
        common, beside = common.iloc[:0], None
    elif len(common) < LEAST:
        notes.append(
            f"{counted(len(common), 'date')} in common, fewer than {LEAST}: no error of a difference can be drawn from "
            "them"
        )
    elif len(common) < max(len(track.returns) for track in named):
        notes.append(f"side by side on the {len(common)} dates from {_span(common)} that all have")
    riskless = riskless_return(riskless_annual, frequency)
    measures = _measures(common, beside, frequency, named, riskless)
    found = _Paired({}, math.nan, 0)
    reference = named[0].name if beside is None else str(beside.name)
    if len(common) >= LEAST:
        found = _paired(common, beside, frequency, riskless)
    return ComparisonTables(
        tracks=named,
        benchmark=beside,
        frequency=frequency,
        dates=pd.DatetimeIndex(common.index),
        measures=measures,
        own=_own(named),
        best=_best(measures, found, list(common.columns)),
        differences=_differences(common, beside, reference, frequency, found, riskless),
        reference=reference,
        correlation=frame.corr(min_periods=LEAST),
        parameters=differing(named, parameters),
        draws=found.draws,
        block_length=found.block_length,
        seed=SEED,
        riskless_annual=riskless_annual,
        notes=tuple(dict.fromkeys(notes)),
    )


def _simulated(tracks: Sequence[Track]) -> list[str]:
    """Which of them simulated prices are behind, where that is not all of them."""
    names = [track.name for track in tracks if track.simulated]
    if not names or len(names) == len(tracks):
        return []
    others = [track.name for track in tracks if not track.simulated]
    return [
        f"on a simulated market: {', '.join(names)}; not on it: {', '.join(others)}. Their figures say nothing of each "
        "other"
    ]


def distinct(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """The same with names that stand once: a second one of a name gets a number."""
    taken: set[str] = set()
    found = []
    for track in tracks:
        name, k = track.name, 1
        while name in taken:
            k += 1
            name = f"{track.name} ({k})"
        taken.add(name)
        found.append(replace(track, name=name))
    return tuple(found)


def _span(frame: pd.DataFrame) -> str:
    return f"{frame.index[0]:%Y-%m-%d} to {frame.index[-1]:%Y-%m-%d}"


def _frame(tracks: Sequence[Track], notes: list[str]) -> tuple[pd.DataFrame, Frequency]:
    """All returns by date, NaN where a track has none; those that come more often compounded to the rarest's dates."""
    regular = [track for track in tracks if track.frequency.regular]
    rarest = min(regular, key=lambda track: track.frequency.per_year) if regular else tracks[0]
    frequency = rarest.frequency if regular else tracks[0].frequency
    if len({track.frequency.name for track in tracks}) == 1:
        return pd.concat([t.returns.rename(t.name) for t in tracks], axis=1, sort=True), frequency
    dates = pd.DatetimeIndex(rarest.returns.index)
    columns = {}
    for track in tracks:
        if track is rarest or track.frequency.name == frequency.name:
            columns[track.name] = track.returns.reindex(dates)
            continue
        placed = on_dates(track.returns.rename(track.name), dates, frequency)
        notes += [note for note in placed.notes if "compounded" in note]
        columns[track.name] = placed.returns
    return pd.DataFrame(columns, index=dates), frequency


def _beside(
    benchmark: pd.Series[float], dates: pd.DatetimeIndex, frequency: Frequency, notes: list[str]
) -> pd.Series[float] | None:
    placed = on_dates(benchmark, dates, frequency)
    notes += placed.notes
    return placed.returns if placed.usable else None


def _with_one_more(common: pd.DataFrame, name: str, returns: pd.Series[float]) -> pd.DataFrame:
    """The tracks and one more, whatever it is called."""
    together = common.copy()
    together[name] = returns
    return together


def _measures(
    common: pd.DataFrame,
    beside: pd.Series[float] | None,
    frequency: Frequency,
    tracks: Sequence[Track],
    riskless: float,
) -> pd.DataFrame:
    """(S, measures) on the common dates, the benchmark last; NaN for a track that is not among them."""
    names = [track.name for track in tracks]
    keys = [*SHOWN, *(AGAINST if beside is not None else ())]
    if not len(common):
        return pd.DataFrame(np.nan, index=names, columns=keys)
    together = common if beside is None else _with_one_more(common, str(beside.name), beside)
    order = names if beside is None else [*names, str(beside.name)]
    found = metrics_in_excess(together, beside, frequency.per_year, riskless)
    return found.reindex(index=order, columns=keys)


def _own(tracks: Sequence[Track]) -> pd.DataFrame:
    """The same of each track on its own dates, with how many there are."""
    rows = []
    for track in tracks:
        row = metrics_in_excess(track.returns, None, track.frequency.per_year, track.riskless).iloc[0]
        row = row.reindex(["sessions", *SHOWN])
        if track.no_track:
            row[[name for name in SHOWN if name not in ("total_return", "max_drawdown")]] = np.nan
        rows.append(row.rename(track.name))
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class _Paired:
    """Draws of each measure by series, and how they were made."""

    draws_of: dict[str, Floats]
    block_length: float
    draws: int


def _paired(common: pd.DataFrame, beside: pd.Series[float] | None, frequency: Frequency, riskless: float) -> _Paired:
    """The paired bootstrap of all series, the benchmark's last."""
    values = common.to_numpy(dtype=np.float64)
    other = None if beside is None else np.ascontiguousarray(beside, dtype=np.float64)
    if other is not None:
        values = np.column_stack([values, other])
    draws = int(np.clip(MOST_VALUES // values.size, FEWEST_DRAWS, DRAWS))
    length = block_length_of(values)
    drawn = resampled_in_excess(values, frequency.per_year, other, riskless, block_length=length, draws=draws)
    return _Paired(drawn, length, draws)


def _best(measures: pd.DataFrame, found: _Paired, names: list[str]) -> dict[str, Best]:
    """Of each measure that was resampled the best and the next, and the error of their difference."""
    best = {}
    for key in measures.columns:
        direction = MEASURES[key].better
        if key not in RESAMPLED or not direction or key not in found.draws_of:
            continue
        ranked = (direction * measures.loc[names, key]).dropna().sort_values(ascending=False, kind="stable")
        if len(ranked) < 2:
            continue
        first, second = str(ranked.index[0]), str(ranked.index[1])
        draws = found.draws_of[key]
        spread = deviation(draws[:, names.index(first)] - draws[:, names.index(second)])
        lead = direction * float(ranked.iloc[0] - ranked.iloc[1])
        best[key] = Best(first, second, lead, spread)
    return best


def _differences(
    common: pd.DataFrame,
    beside: pd.Series[float] | None,
    reference: str,
    frequency: Frequency,
    found: _Paired,
    riskless: float,
) -> pd.DataFrame:
    """Each track less the reference with the error of the paired draws."""
    rows: dict[tuple[str, str], list[float]] = {}
    columns = [*common.columns, *(() if beside is None else (reference,))]
    if len(common) and reference in columns and len(columns) > 1:
        together = common if beside is None else _with_one_more(common, reference, beside)
        table = metrics_in_excess(together, None, frequency.per_year, riskless)
        at = len(columns) - 1 if beside is not None else columns.index(reference)
        for k, name in enumerate(columns):
            for key in TESTED if k != at else ():
                if key not in found.draws_of:
                    continue
                gap = float(table[key].iloc[k] - table[key].iloc[at])
                spread = deviation(found.draws_of[key][:, k] - found.draws_of[key][:, at])
                p = 2.0 * NormalDist().cdf(-abs(gap) / spread) if spread > 0.0 and gap == gap else math.nan
                rows[str(name), key] = [gap, spread, gap - Z_95 * spread, gap + Z_95 * spread, p]
    index = (
        pd.MultiIndex.from_tuples(list(rows), names=["name", "measure"])
        if rows
        else pd.MultiIndex.from_arrays([[], []], names=["name", "measure"])
    )
    return pd.DataFrame(list(rows.values()), index=index, columns=["difference", "stderr", "low", "high", "p_value"])


def differing(tracks: Sequence[Track], parameters: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The parameters that are not the same in all tracks that have any, one row a track; None where it has none."""
    having = [given for given in parameters if given]
    names = list(dict.fromkeys(name for given in having for name in given))
    kept = [name for name in names if len({repr(given.get(name)) for given in having}) > 1]
    rows = [[given.get(name) if given else None for name in kept] for given in parameters]
    return pd.DataFrame(rows, index=[track.name for track in tracks], columns=kept, dtype=object)
