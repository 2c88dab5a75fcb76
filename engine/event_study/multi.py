"""Several events together: the mean over events, with those that share sessions counted as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import as_day

from ..arrays import Floats
from .panel import PORTFOLIO
from .result import EventStudy, records
from .settings import WHERE, EventWindow, parse_windows


@brief
@dataclass(frozen=True, eq=False)
class MultiEventStudy:
    """The mean cumulative abnormal return of a group over events.

    caar: mean over every event's tickers; standard_error: robust to any dependence inside a cluster, which is a
    run of events whose windows share a session; naive_error: as if all were independent; df: clusters - 1.
    mean_of_clusters weighs every cluster equally, with t and p-value of its own.
    events: by event: first_fill, cluster, tickers, caar. skipped: events without the group, and why.
    """

    group: str
    window: EventWindow
    observations: int
    clusters: int
    caar: float
    standard_error: float
    naive_error: float
    t: float
    p_value: float
    df: int
    mean_of_clusters: float
    mean_of_clusters_t: float
    mean_of_clusters_p: float
    events: pd.DataFrame
    skipped: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        numbers = {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in vars(self).items()
            if isinstance(value, int | float)
        }
        return {
            "group": self.group,
            "window": self.window.label,
            **numbers,
            "events": records(self.events),
            "skipped": dict(self.skipped),
        }


def multi_event_study(studies: Sequence[EventStudy], *, group: str = PORTFOLIO, window: Any = None) -> MultiEventStudy:
    """Pool a group's CAR in one window over several event studies.

    window: None for the first that the first study was asked for; every study must have it. Error with clusters
    c of CARs e_i about their mean: sqrt(G / (G - 1) sum_c (sum of e_i in c)^2) / n, Student's t with G - 1
    degrees of freedom (Petersen 2009; Kolari and Pynnonen 2010 on why dates must not be counted by ticker). With
    one cluster there is no error, and the numbers are NaN.

    Raises ParameterError for no studies, a window that a study lacks, or a group that no study has.
    """
    if not studies:
        raise ParameterError("there is no event study to pool", where="multi_event_study")
    chosen = parse_windows(window, 10_000)[0] if window is not None else studies[0].requested[0]
    kept: list[tuple[EventStudy, Floats]] = []
    skipped: dict[str, str] = {}
    for study in studies:
        cars = _cars(study, group, chosen)
        if len(cars):
            kept.append((study, cars))
        else:
            skipped[study.event.id] = f"no ticker of {group} has a return throughout window {chosen.label}"
    if not kept:
        raise ParameterError(
            f"no event has the group {group!r}",
            where=f"{WHERE}: group",
            bound=", ".join(studies[0].groups["group"].unique()),
        )
    kept.sort(key=lambda pair: (pair[0].first_fill, pair[0].event.id))
    clusters = find_clusters([study for study, _ in kept], chosen)
    return _pool(group, chosen, kept, clusters, skipped)


def find_clusters(studies: Sequence[EventStudy], window: EventWindow) -> NDArray[np.int64]:
    """Cluster of each study, in the order of first fills: a new one starts after the last session of all before."""
    out = np.zeros(len(studies), dtype=np.int64)
    end: np.datetime64 | None = None
    for j, study in enumerate(studies):
        first, last = _days(study, window)
        out[j] = (out[j - 1] if j else 0) + (end is not None and first > end)
        end = last if end is None else max(end, last)
    return out


def _days(study: EventStudy, window: EventWindow) -> tuple[np.datetime64, np.datetime64]:
    path = study.path.drop_duplicates("offset").set_index("offset")["session"]
    return as_day(path[window.first]), as_day(path[window.last])


def _cars(study: EventStudy, group: str, window: EventWindow) -> Floats:
    if window not in study.requested:
        raise ParameterError(
            f"the study of event {study.event.id} has no window {window.label}",
            where=f"{WHERE}: window",
            bound=", ".join(w.label for w in study.requested),
            remedy="Study every event with the same windows.",
        )
    rows = study.windows[study.windows["window"] == window.label]
    if group != PORTFOLIO:
        rows = rows[rows["bucket"] == group]
    return rows["car"].to_numpy(dtype=np.float64)


def _pool(
    group: str,
    window: EventWindow,
    kept: Sequence[tuple[EventStudy, Floats]],
    clusters: NDArray[np.int64],
    skipped: dict[str, str],
) -> MultiEventStudy:
    cars = np.concatenate([values for _, values in kept])
    labels = np.repeat(clusters, [len(values) for _, values in kept])
    count, mean = int(clusters[-1]) + 1, float(cars.mean())
    error, means = np.nan, np.full(1, mean)
    if count > 1:
        sums = np.bincount(labels, weights=cars - mean)
        error = float(np.sqrt(count / (count - 1) * np.square(sums).sum()) / len(cars))
        means = np.bincount(labels, weights=cars) / np.bincount(labels)
    naive = float(cars.std(ddof=1) / np.sqrt(len(cars))) if len(cars) > 1 else np.nan
    spread = float(means.std(ddof=1) / np.sqrt(count)) if count > 1 else np.nan
    events = pd.DataFrame(
        {
            "first_fill": [str(study.first_fill) for study, _ in kept],
            "cluster": clusters,
            "tickers": [len(values) for _, values in kept],
            "caar": [float(values.mean()) for _, values in kept],
        },
        index=pd.Index([study.event.id for study, _ in kept], name="event"),
    )
    t, t_means = mean / error, float(means.mean()) / spread
    return MultiEventStudy(
        group=group,
        window=window,
        observations=len(cars),
        clusters=count,
        caar=mean,
        standard_error=error,
        naive_error=naive,
        t=t,
        p_value=_student_p(t, count - 1),
        df=count - 1,
        mean_of_clusters=float(means.mean()),
        mean_of_clusters_t=t_means,
        mean_of_clusters_p=_student_p(t_means, count - 1),
        events=events,
        skipped=skipped,
    )


def _student_p(t: float, df: int) -> float:
    from scipy.special import stdtr

    return float(2.0 * stdtr(df, -abs(t))) if df > 0 else np.nan
