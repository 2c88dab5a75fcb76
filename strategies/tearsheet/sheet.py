"""A tear sheet: everything that is told of one series of returns, beside a benchmark where there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.risk.drawdowns import drawdown_table
from hedgebook.engine.risk.rolling import rolling_risk, rolling_risk_bands
from hedgebook.engine.risk.var.student import StudentFit, fit_student
from hedgebook.engine.tearsheet.calendar import by_calendar, period_returns
from hedgebook.engine.tearsheet.counting import floats
from hedgebook.engine.tearsheet.measures import Value
from hedgebook.errors import ParameterError

from ..risk.benchmark import on_dates
from .held import held_over_time
from .track import Track

# Returns in a moving window by how often they come, half a year of days; half as many where there are few.
WINDOWS = {"daily": 126, "calendar-daily": 180, "weekly": 52, "fortnightly": 26, "monthly": 24, "quarterly": 12}
OTHER_WINDOW, LEAST_WINDOW = 63, 8
BAND_DATES, BAND_DRAWS, BAND_CONFIDENCE = 80, 400, 0.90
LEAST_FOR_FIT = 20


@dataclass(frozen=True, eq=False)
class SheetTables:
    """A track and everything that is told of it.

    track: the returns; benchmark: (n,) at their dates, NaN where it has none, None without one; measures: by key of
    engine.tearsheet.definitions.MEASURES; benchmark_measures: the benchmark's, of the dates that both have; periods,
    benchmark_periods: by period its return and, where there is none, the reason; months, years: compounded by calendar;
    drawdowns: every one, deepest first; window: returns in a moving window, 0 without one; rolling, bands: over it, the
    bands at 80 dates at most; student: fitted to the returns, None where it cannot be; held: what a run held by
    session, None for a series; notes: what a reader must know.
    """

    track: Track
    benchmark: pd.Series[float] | None
    measures: dict[str, Value]
    benchmark_measures: dict[str, Value]
    periods: dict[str, tuple[float, str]]
    benchmark_periods: dict[str, tuple[float, str]]
    months: pd.Series[float]
    years: pd.Series[float]
    drawdowns: pd.DataFrame
    window: int
    rolling: pd.DataFrame
    bands: pd.DataFrame
    student: StudentFit | None
    held: pd.DataFrame | None
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the returns are called."""
        return self.track.name

    @property
    def returns(self) -> pd.Series[float]:
        """Simple returns by date, fractions without NaN."""
        return self.track.returns

    @property
    def common(self) -> pd.DatetimeIndex:
        """The dates that the benchmark has as well, all without one."""
        index = pd.DatetimeIndex(self.returns.index)
        return index if self.benchmark is None else index[self.benchmark.notna().to_numpy()]


def sheet_of(track: Track, benchmark: pd.Series[float] | None = None) -> SheetTables:
    """The tear sheet of a track; benchmark: simple returns by date, put on the dates of the track."""
    returns, notes = track.returns, list(track.notes)
    used = None
    if benchmark is not None:
        against = on_dates(benchmark, pd.DatetimeIndex(returns.index), track.frequency)
        notes += against.notes
        used = against.returns if against.usable else None
    theirs, their_periods = {}, {}
    if used is not None:
        other = _benchmark_track(used, track)
        theirs = other.measures()
        their_periods = period_returns(other.returns, track.frequency)
    if track.riskless_annual and not track.frequency.regular:
        notes.append("dates have no regular step, so no riskless rate is taken off their returns")
    if not track.frequency.regular and track.frequency.basis.rstrip(".") not in notes:
        notes.append(track.frequency.basis.rstrip("."))
    window = _window(track)
    rolling, bands = _rolled(track, used, window, notes)
    return SheetTables(
        track=track,
        benchmark=used,
        measures=track.measures(used),
        benchmark_measures=theirs,
        periods=_periods(track),
        benchmark_periods=their_periods,
        months=by_calendar(returns, "M"),
        years=by_calendar(returns, "Y"),
        drawdowns=drawdown_table(floats(track.levels), pd.DatetimeIndex(track.levels.index)),
        window=window,
        rolling=rolling,
        bands=bands,
        student=_student(returns),
        held=None if track.run is None or not track.run.traded else held_over_time(track.run),
        notes=tuple(dict.fromkeys(notes)),
    )


def _benchmark_track(used: pd.Series[float], track: Track) -> Track:
    kept = used.dropna()
    levels = pd.Series(np.concatenate([[1.0], np.cumprod(1.0 + kept.to_numpy())]))
    return Track(str(used.name), kept, levels, track.frequency, "", riskless_annual=track.riskless_annual)


def _periods(track: Track) -> dict[str, tuple[float, str]]:
    found = period_returns(track.returns, track.frequency)
    if track.no_track:
        return {name: (float("nan"), track.no_track) for name in found}
    return found


def _window(track: Track) -> int:
    """Returns in a moving window; 0 where there are too few for one."""
    whole = WINDOWS.get(track.frequency.name, OTHER_WINDOW)
    count = int((track.returns > -1.0).sum())
    if count >= 2 * whole:
        return whole
    half = min(whole // 2, OTHER_WINDOW)
    return half if count >= half >= LEAST_WINDOW else 0


def _rolled(
    track: Track, benchmark: pd.Series[float] | None, window: int, notes: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Moving figures with their bands, those against the benchmark on the dates that both have."""
    if track.no_track:
        return pd.DataFrame(), pd.DataFrame()
    if not window:
        notes.append(f"{track.frequency.count(len(track.returns))}: too few for moving figures")
        return pd.DataFrame(), pd.DataFrame()
    kept = track.returns[track.returns > -1.0]
    rolling, bands = _moving(kept, None, window, track.frequency.per_year)
    if track.riskless:
        less, less_bands = _moving(kept - track.riskless, None, window, track.frequency.per_year)
        rolling["sharpe"], bands["sharpe"] = less["sharpe"], less_bands["sharpe"]
    if benchmark is None:
        return rolling, bands
    both = kept[benchmark.reindex(kept.index).notna()]
    if len(both) < window:
        notes.append(f"fewer than {window} dates in common with {benchmark.name}: no moving beta")
        return rolling, bands
    own, own_bands = _moving(both, benchmark.reindex(both.index), window, track.frequency.per_year)
    names = ["beta", "correlation"]
    edges = own_bands[names].reindex(bands.index.union(own_bands.index))
    return rolling.join(own[names]), bands.reindex(edges.index).join(edges)


def _moving(
    returns: pd.Series[float], other: pd.Series[float] | None, window: int, year: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    made = rolling_risk(returns, other, window_sessions=window, sessions_per_year=year)
    drawn = rolling_risk_bands(
        returns, other, window_sessions=window, sessions_per_year=year, draws=BAND_DRAWS, confidence=BAND_CONFIDENCE,
        most_dates=BAND_DATES,
    )  # fmt: skip
    return made, drawn


def _student(returns: pd.Series[float]) -> StudentFit | None:
    if len(returns) < LEAST_FOR_FIT:
        return None
    try:
        return fit_student(np.asarray(returns, dtype=np.float64))
    except ParameterError:
        return None
