"""What a risk report asks, and what it says of the tail: VaR, ES, and which of their models the tests reject."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from hedgebook.engine.risk.series import check_confidence, check_whole
from hedgebook.engine.risk.var.methods import METHODS, Method, method_of
from hedgebook.engine.risk.var.value_at_risk import risk_table
from hedgebook.engine.risk.verdicts.backtests import LEAST_SESSIONS
from hedgebook.engine.risk.verdicts.forecasts import NO_ES, forecasts_at
from hedgebook.engine.risk.verdicts.verdict import verdict_table
from hedgebook.engine.stress.simulate import PathPlan
from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted

TAIL_OF_INTEREST = 5.0
EXTRAPOLATION = "an extrapolation"
LONGEST_WINDOW, SHORTEST_WINDOW, LEAST_FOR_VERDICT = 250, 100, 150
REFIT_SESSIONS, MOST_REFITS, TEST_DRAWS = 21, 300, 1000
USUAL_PATHS = 10_000

Tell = Callable[[str], None]


@dataclass(frozen=True)
class RiskTerms:
    """What is asked. confidences, horizon_sessions: of VaR and ES; loss_frac: of NAV, for reverse stress; paths,
    sessions, seed: of the simulations, paths None = as many as `paths_for` gives. Raises ParameterError for a value out
    of range."""

    confidences: tuple[float, ...] = (0.95, 0.99)
    horizon_sessions: int = 1
    loss_frac: float = 0.10
    paths: int | None = None
    sessions: int = 60
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.confidences:
            raise ParameterError("one confidence at least is needed", where="confidence")
        for confidence in self.confidences:
            check_confidence(confidence)
        if len(set(self.confidences)) != len(self.confidences):
            raise ParameterError("a confidence stands twice", where="confidence", value=self.confidences)
        check_whole("horizon_sessions", self.horizon_sessions, 1)
        if self.horizon_sessions > 252:
            raise ParameterError(
                "is too long", where="horizon_sessions", value=self.horizon_sessions, bound="1 to 252 sessions"
            )
        if not 0.0 < self.loss_frac < math.inf:
            raise ParameterError("a loss is above zero", where="loss_frac", value=self.loss_frac, bound="above 0")
        PathPlan(USUAL_PATHS if self.paths is None else self.paths, self.sessions, self.seed)


def var_of(history: pd.Series[float], asked: RiskTerms) -> pd.DataFrame:
    """VaR and ES with the observations beyond each quantile; a quantile that the sample does not reach is refused."""
    table = risk_table(history, confidences=asked.confidences, horizon_sessions=asked.horizon_sessions)
    stretches = len(history) / asked.horizon_sessions
    table["tail_sessions"] = stretches * (1.0 - table["confidence"])
    for at, row in table.iterrows():
        method, beyond, confidence = str(row["method"]), float(row["tail_sessions"]), float(row["confidence"])
        if row["note"]:
            continue
        if method_of(method).reads_sample and beyond < 1.0 - 1e-9:
            table.loc[at, ["var_frac", "es_frac"]] = math.nan
            need = math.ceil(asked.horizon_sessions / (1.0 - confidence) - 1e-9)
            table.loc[at, "note"] = (
                f"{counted(len(history), 'return has', 'returns have')} no such quantile: {need} are needed"
            )
        elif beyond < TAIL_OF_INTEREST:
            table.loc[at, "note"] = f"{beyond:.1f} observations in the tail: {EXTRAPOLATION}"
    for _, rows in table.groupby("method", sort=False):
        _no_smaller_further_out(table, rows)
    return table


def _no_smaller_further_out(table: pd.DataFrame, rows: pd.DataFrame) -> None:
    """Leave out a VaR below that of the same method at a lower confidence: no distribution has such quantiles."""
    most = -math.inf
    for at, row in rows.sort_values("confidence").iterrows():
        value = float(row["var_frac"])
        if value < most - 1e-12:
            table.loc[at, ["var_frac", "es_frac"]] = math.nan
            table.loc[at, "note"] = "it would be below the VaR at a lower confidence: no quantile of such returns"
        elif value == value:
            most = max(most, value)


def verdicts_of(
    history: pd.Series[float], asked: RiskTerms, notes: list[str], tell: Tell
) -> tuple[dict[float, pd.DataFrame], int]:
    """The tests of every model by confidence, and the returns behind each forecast; empty and 0 for a short history.

    notes: what is left out is added there.
    """
    n = len(history)
    if n < LEAST_FOR_VERDICT:
        few = counted(n, "return is", "returns are")
        notes.append(f"{few} too few to backtest a risk model; {LEAST_FOR_VERDICT} are the least")
        return {}, 0
    window = LONGEST_WINDOW if n >= 3 * LONGEST_WINDOW else max(SHORTEST_WINDOW, n // 2)
    made: dict[Method, dict[float, pd.DataFrame]] = {}
    for k, method in enumerate(METHODS, 1):
        tell(f"Forecasting {n - window:,} losses by {method}, {k} of {len(METHODS)}")
        made[method] = forecasts_at(
            history, method, asked.confidences, window_sessions=window, refit_sessions=refit_sessions_of(n, window)
        )
    notes += _left_out(made)
    tested = {}
    for confidence in asked.confidences:
        tell(f"Testing the forecasts at {confidence:.4g}")
        models = {}
        for method, frames in made.items():
            frame = frames[confidence]
            if frame["var_frac"].notna().sum() >= LEAST_SESSIONS:
                models[str(method)] = frame
        tested[confidence] = verdict_table(
            models, confidence=confidence, draws=TEST_DRAWS, seed=asked.seed, check_signs=False
        )
    return tested, window


def refit_sessions_of(count: int, window: int) -> int:
    """Forecasts between two fits: 21, and more where a long history would be fitted more than 300 times."""
    return max(REFIT_SESSIONS, math.ceil((count - window) / MOST_REFITS)) if window else REFIT_SESSIONS


def _left_out(made: dict[Method, dict[float, pd.DataFrame]]) -> list[str]:
    """Where models have no forecast, or none that their ES can be tested with, and why."""
    told: dict[str, list[str]] = {}
    for method, frames in made.items():
        for confidence, frame in frames.items():
            counts = frame["note"].value_counts()
            for reason, times in counts[counts.index != ""].items():
                what = "left out of the tests of ES there" if reason == NO_ES else "left out there"
                text = f"{reason} on {times} of {_due(frame)} forecast returns, {what}"
                told.setdefault(text, []).append(f"{method} at {confidence:.4g}")
    return [f"{text}: {', '.join(models)}" for text, models in told.items()]


def _due(frame: pd.DataFrame) -> int:
    """Sessions for which a forecast is due."""
    return int((frame["var_frac"].notna() | (frame["note"] != "")).sum())
