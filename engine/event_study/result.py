"""The result of an event study: numbers only."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import TEXT, maybe, takes
from hedgebook.universes.event import Event
from hedgebook.universes.exchanges.common import CommonDays

from .definitions import TESTS
from .panel import PORTFOLIO
from .settings import EventWindow, StudyModel, StudyOptions

if TYPE_CHECKING:
    from ..options.chain_event import ExpectedAndRealised


@brief
@dataclass(frozen=True, eq=False)
class EventStudy:
    """What was abnormal around an event.

    options: further settings; requested: the windows asked for; source, simulated: where prices came from; warnings:
    what a reader must know. first_fill: session 0; benchmark: the ticker that returns are explained with (None: none
    or several); factors: regressors; estimation_first, estimation_last: the window that the model was estimated on, of
    estimation_sessions sessions; days: over several exchanges, what the returns to estimate from span, None for one.
    Returns are fractions.

    tickers: bucket, alpha and beta per regressor, residual_sd (a session), sessions, df, by ticker.
    abnormal: abnormal returns close to close, offset by ticker, NaN where a return or the fit is missing.
    windows: by window and ticker: bucket, car, bhar, standard_error, t, p_value (Student's t, df of the ticker).
    groups: by window and group (portfolio, then buckets; equal weights): tickers, caar, bhaar, standard_error (of
    the portfolio test), residual_correlation, mean_rank, stress_frac (share of the estimation window's sessions
    with the largest 5 % of benchmark moves on which the group's abnormal return was at least as large).
    tests: by window, group and test: statistic, p_value, df, draws, headline, reference.
    path: by group and offset: session, aar, caar and its standard_error from the first session of the span on.
    split: by name: what of session 0 lay between the previous close and the open, and what came after it.
    excluded: ticker, window ("all": all of them), reason. why_no_split: None where session 0 could be split.
    implied: what options expected of session 0 beside what came, None where no chain of quotes was given.
    """

    event: Event
    model: StudyModel
    options: StudyOptions
    benchmark: str | None
    factors: tuple[str, ...]
    requested: tuple[EventWindow, ...]
    first_fill: np.datetime64
    estimation_first: np.datetime64
    estimation_last: np.datetime64
    estimation_sessions: int
    source: str
    simulated: bool
    tickers: pd.DataFrame
    abnormal: pd.DataFrame
    windows: pd.DataFrame
    groups: pd.DataFrame
    tests: pd.DataFrame
    path: pd.DataFrame
    split: pd.DataFrame
    excluded: pd.DataFrame
    warnings: tuple[str, ...] = ()
    why_no_split: str | None = None
    implied: ExpectedAndRealised | None = None
    days: CommonDays | None = None

    @property
    def headline(self) -> pd.DataFrame:
        """The tests that keep their size when all tickers share the event's date."""
        return self.tests[self.tests["headline"]]

    @property
    def diagnostics(self) -> pd.DataFrame:
        """The tests that do not, and reject far too often here."""
        return self.tests[~self.tests["headline"]]

    @takes(group=TEXT, window=maybe(TEXT))
    def tests_of(self, group: str = PORTFOLIO, window: str | None = None) -> pd.DataFrame:
        """The tests of a group in a window (its label; None for the first), indexed by name of the test.

        Raises ParameterError, with the closest name, for a group or window that was not studied.
        """
        label = self.requested[0].label if window is None else window
        for name, given, known in (
            ("group", group, self.groups["group"].unique()),
            ("window", label, [w.label for w in self.requested]),
        ):
            if given not in known:
                raise ParameterError(f"there is no {name} {given!r} in this study", remedy=did_you_mean(given, known))
        rows = self.tests[(self.tests["group"] == group) & (self.tests["window"] == label)]
        return rows.drop(columns=["window", "group"]).set_index("test")

    @property
    def definitions(self) -> dict[str, str]:
        """What each test compares, with its source, by name."""
        return {test.name: test.definition for test in TESTS}

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values; None where a table has NaN."""
        return {
            "event": self.event.id,
            "headline": self.event.headline,
            "notes": self.event.notes,
            "model": self.model.value,
            "benchmark": self.benchmark,
            "factors": list(self.factors),
            "first_fill": str(self.first_fill),
            "estimation": {
                "first": str(self.estimation_first),
                "last": str(self.estimation_last),
                "sessions": self.estimation_sessions,
                **({} if self.days is None else {"days": self._days()}),
            },
            "prediction_error": self.options.prediction_error,
            "seed": self.options.seed,
            "source": self.source,
            "simulated": self.simulated,
            "windows_requested": [window.label for window in self.requested],
            "tickers": records(self.tickers),
            "windows": records(self.windows),
            "groups": records(self.groups),
            "tests": records(self.tests),
            "path": records(self.path),
            "split": records(self.split),
            "excluded": records(self.excluded),
            **({} if self.implied is None else {"implied": self.implied.to_dict()}),
            "definitions": self.definitions,
            "warnings": list(self.warnings),
        }

    def _days(self) -> dict[str, Any]:
        days = self.days
        assert days is not None
        return {**asdict(days), "first": str(days.first), "last": str(days.last), "exchanges": list(days.exchanges)}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table with named index levels as JSON-ready dictionaries."""
    flat = frame.reset_index() if frame.index.name else frame
    names = [str(column) for column in flat.columns]
    rows = zip(*(flat[column].tolist() for column in flat.columns), strict=True)
    return [{name: plain(value) for name, value in zip(names, row, strict=True)} for row in rows]


def plain(value: Any) -> Any:
    """A cell as JSON can hold it: NaN and infinities become None, days become text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return value
