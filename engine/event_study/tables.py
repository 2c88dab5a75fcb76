"""From the kernel's arrays to the tables of an event study."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..arrays import Floats
from ..kernels.events.study import PanelBatch
from ..kernels.events.tests import Stat
from .definitions import TESTS, p_values
from .panel import Excluded, Explained, Names, PanelRows
from .run import StudyOutcome
from .settings import EventWindow

STRESS_FRAC = 0.05


def ticker_table(names: Names, explained: Explained, found: StudyOutcome) -> pd.DataFrame:
    """Model and estimation window of each ticker that could be fitted."""
    fits = found.fits
    frame = pd.DataFrame(
        {"bucket": list(names.buckets), "alpha": fits.coefficients[0, :, 0]},
        index=pd.Index(names.tickers, name="ticker"),
    )
    for k, proxy in enumerate(explained.proxies):
        frame[f"beta_{proxy}"] = fits.coefficients[0, :, 1 + k]
    frame["residual_sd"] = fits.sd[0]
    frame["sessions"] = fits.used[0]
    frame["df"] = fits.used[0] - explained.parameters
    fitted = pd.Series(np.isfinite(fits.sd[0]), index=frame.index)
    return frame.loc[fitted]


def window_table(
    names: Names, explained: Explained, windows: Sequence[EventWindow], outcomes: Sequence[tuple[StudyOutcome, int]]
) -> pd.DataFrame:
    """CAR, BHAR and their test by window and ticker; outcomes: for each window, where it is found."""
    from scipy.special import stdtr

    parts = []
    for window, (found, w) in zip(windows, outcomes, strict=True):
        car, bhar, variance = found.columns[0, w]
        error = found.fits.sd[0] * np.sqrt(variance)
        df = (found.fits.used[0] - explained.parameters).astype(float)
        there = np.isfinite(car)
        t = car[there] / error[there]
        parts.append(
            pd.DataFrame(
                {
                    "window": window.label,
                    "ticker": np.asarray(names.tickers, dtype=object)[there],
                    "bucket": np.asarray(names.buckets, dtype=object)[there],
                    "car": car[there],
                    "bhar": bhar[there],
                    "standard_error": error[there],
                    "t": t,
                    "p_value": 2.0 * stdtr(df[there], -np.abs(t)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def group_table(
    groups: Sequence[str], windows: Sequence[EventWindow], statistics: Floats, stress: Floats
) -> pd.DataFrame:
    """Group means by window; statistics: (W, G, Stat); stress: (W, G)."""
    flat = statistics.reshape(-1, statistics.shape[-1])
    return pd.DataFrame(
        {
            "window": np.repeat([w.label for w in windows], len(groups)),
            "group": np.tile(groups, len(windows)),
            "tickers": flat[:, Stat.COUNT].astype(np.int64),
            "caar": flat[:, Stat.CAAR],
            "bhaar": flat[:, Stat.BHAAR],
            "standard_error": flat[:, Stat.PORTFOLIO_SD] * np.sqrt(flat[:, Stat.PORTFOLIO_VARIANCE]),
            "residual_correlation": flat[:, Stat.CORRELATION],
            "mean_rank": flat[:, Stat.MEAN_RANK],
            "stress_frac": stress.ravel(),
        }
    )


def test_table(
    groups: Sequence[str], windows: Sequence[EventWindow], statistics: Floats, parameters: int
) -> pd.DataFrame:
    """Every test by window and group; statistics: (W, G, Stat)."""
    values, p, df, draws = p_values(statistics, parameters)
    repeats = len(windows) * len(groups)
    return pd.DataFrame(
        {
            "window": np.repeat([w.label for w in windows], len(groups) * len(TESTS)),
            "group": np.tile(np.repeat(groups, len(TESTS)), len(windows)),
            "test": np.tile([test.name for test in TESTS], repeats),
            "statistic": values.ravel(),
            "p_value": p.ravel(),
            "df": df.ravel(),
            "draws": draws.ravel(),
            "headline": np.tile([test.headline for test in TESTS], repeats),
            "reference": np.tile([test.reference.value for test in TESTS], repeats),
        }
    )


def stress_fractions(
    batch: PanelBatch, found: StudyOutcome, masks: NDArray[np.bool_], rows: tuple[int, int], w: int
) -> Floats:
    """(G,): see EventStudy.groups; NaN for longer windows and where no benchmark explains returns."""
    out = np.full(len(masks), np.nan)
    if rows[0] != rows[1]:
        return out
    moves = batch.factors[0, :, 0] if batch.factors.shape[2] else batch.known[0]
    past = np.abs(moves[: batch.estimation])
    finite = np.sort(past[np.isfinite(past)])
    if not len(finite) or finite[-1] == 0.0:
        return out
    bar = finite[-max(1, int(np.ceil(STRESS_FRAC * len(finite))))]
    stressed = np.flatnonzero(np.isfinite(past) & (past >= bar))
    for g, mask in enumerate(masks):
        ar = found.fits.ar[0][:, mask & np.isfinite(found.columns[0, w, 0])]
        then = row_means(ar[stressed])
        then = then[np.isfinite(then)]
        if len(then):
            out[g] = float((np.abs(then) >= abs(ar[rows[0]].mean())).mean())
    return out


def row_means(values: Floats) -> Floats:
    """Mean of the finite values of each row, NaN for a row without any."""
    there = np.isfinite(values)
    counts = there.sum(axis=1)
    sums = np.where(there, values, 0.0).sum(axis=1)
    out: Floats = np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)
    return out


def path_table(
    groups: Sequence[str], rows: PanelRows, sessions: NDArray[np.datetime64], statistics: Floats
) -> pd.DataFrame:
    """Cumulative means from the first session of the span; statistics: (span, G, Stat) of windows that grow."""
    offsets = np.arange(rows.span.start, rows.span.stop) - rows.event
    by_group = np.moveaxis(statistics, 1, 0)
    caar = by_group[..., Stat.CAAR]
    error = by_group[..., Stat.PORTFOLIO_SD] * np.sqrt(by_group[..., Stat.PORTFOLIO_VARIANCE])
    days = sessions[rows.span.start : rows.span.stop].astype("datetime64[s]")
    return pd.DataFrame(
        {
            "group": np.repeat(groups, len(offsets)),
            "offset": np.tile(offsets, len(groups)),
            "session": np.tile(days, len(groups)),
            "aar": np.diff(caar, axis=1, prepend=0.0).ravel(),
            "caar": caar.ravel(),
            "standard_error": error.ravel(),
        }
    )


def excluded_table(excluded: Sequence[Excluded]) -> pd.DataFrame:
    """Who was left out of what, and why."""
    return pd.DataFrame([(e.ticker, e.window, e.reason) for e in excluded], columns=["ticker", "window", "reason"])
