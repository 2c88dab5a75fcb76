"""The risk of a run, a book or a series, every part with the number of observations that it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.account import Account
from hedgebook.engine.risk.drawdowns import (
    compounded,
    conditional_drawdown,
    drawdown_table,
    pain_index,
    time_underwater,
    ulcer_index,
    underwater,
)
from hedgebook.engine.risk.metrics import measure_levels, ruin_levels
from hedgebook.engine.risk.rolling import rolling_risk, rolling_risk_bands
from hedgebook.engine.risk.var.positions import position_risk
from hedgebook.engine.risk.var.value_at_risk import LEAST_RETURNS
from hedgebook.engine.stress.applies import apply_to, notes_of
from hedgebook.engine.stress.evaluate import StressResult, StressSetting, run_scenario
from hedgebook.engine.stress.gaps import gap_risk
from hedgebook.engine.stress.held.margin import held_margin
from hedgebook.engine.stress.held.reverse import reverse_call_revalued, reverse_loss_revalued
from hedgebook.engine.stress.positions import margin_terms
from hedgebook.engine.stress.replay import Replay, replay
from hedgebook.engine.stress.reverse import ReverseStress, reverse_loss, reverse_margin_call
from hedgebook.engine.stress.scenario import Scenario, are_shipped, load_scenarios
from hedgebook.engine.stress.simulate import Simulation
from hedgebook.universes.brief import brief
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event

from .benchmark import on_dates
from .factor_exposure import FactorExposure
from .lines import line_risk
from .simulations import simulations_of
from .subject import Subject
from .tails import REFIT_SESSIONS, RiskTerms, Tell, refit_sessions_of, var_of, verdicts_of

# With 1,000 draws an edge of a 90 % band has a standard error of about 2 % of the band's width.
ROLLING_SESSIONS, BAND_DRAWS, BAND_DATES = 63, 1000, 250


def _silent(_: str) -> None:
    """Nobody is told."""


@brief
@dataclass(frozen=True, eq=False)
class RiskReport:
    """Every part of a risk report; figures are fractions of NAV, losses positive where they are called losses.

    subject: what is measured; options: what was asked; benchmark: its name; drawdowns_of: whose they are.
    var: by method and confidence with tail_sessions (observations beyond the quantile) and note; verdicts: by
    confidence, of the strictest one first, empty where the history is too short; verdict_window: sessions behind each
    forecast; refit_sessions: forecasts between two fits; measures: of the history; own_figures: of a run's own
    NAV, empty for a book and a series; drawdowns: of what really happened, of the history where nothing has; rolling,
    bands: over 63 sessions, the bands at 250 dates at most, beta and correlation over 63 dates that both
    have, of which there are benchmark_dates; by_position: historical VaR and ES split by ticker, empty for a series;
    scenarios, replays, reverse, simulations, gaps (by confidence), library (the scenarios): see their modules; notes:
    what a reader must know; against: the benchmark's returns at the dates of the history, None without one; factors:
    exposure to those of a file, None where none was given.
    """

    subject: Subject
    options: RiskTerms
    benchmark: str | None
    var: pd.DataFrame
    verdicts: dict[float, pd.DataFrame]
    verdict_window: int
    measures: dict[str, float]
    drawdowns: pd.DataFrame
    drawdowns_of: str
    rolling: pd.DataFrame
    bands: pd.DataFrame
    by_position: pd.DataFrame
    scenarios: tuple[StressResult, ...]
    replays: tuple[Replay, ...]
    reverse: tuple[ReverseStress, ...]
    simulations: tuple[Simulation, ...]
    gaps: dict[float, dict[str, float]]
    library: tuple[Scenario, ...] = ()
    notes: tuple[str, ...] = ()
    benchmark_dates: int = 0
    own_figures: dict[str, float] = field(default_factory=dict)
    refit_sessions: int = REFIT_SESSIONS
    against: pd.Series[float] | None = None
    factors: FactorExposure | None = None


def risk_of(
    subject: Subject,
    options: RiskTerms | None = None,
    *,
    account: Account | None = None,
    scenarios: str | Path = "scenarios",
    events: tuple[Event, ...] = (),
    benchmark: pd.Series[float] | None = None,
    tell: Tell = _silent,
) -> RiskReport:
    """The whole risk report. benchmark: returns by session, for rolling beta and correlation; tell: is told what is
    being done. Raises an InputError."""
    asked = options or RiskTerms()
    library = load_scenarios(scenarios)
    setting = _setting(subject, account or Account())
    notes, frequency = list(subject.notes), subject.frequency
    verdicts, window = verdicts_of(subject.history, asked, notes, tell)
    tell("Replaying scenarios and events")
    asked_of: tuple[Scenario, ...] = ()
    if subject.market is None:
        notes.append("a series of returns has no positions: no stress, no margin calls, no gaps")
    else:
        applied = [apply_to(setting, s, lenient=are_shipped(library)) for s in library.scenarios]
        asked_of = tuple(one.scenario for one in applied if one.scenario is not None)
        notes += notes_of(applied, subject.market.universe.name)
    results = [run_scenario(setting, scenario) for scenario in asked_of]
    replays = tuple(replay(setting, event) for event in events) if subject.market is not None else ()
    levels = subject.levels
    if levels is None:
        kept = subject.by_session
        values = compounded(np.asarray(kept, dtype=np.float64))
        start = pd.DatetimeIndex([kept.index[0] - pd.Timedelta(days=1)])
        levels = pd.Series(values, index=start.append(pd.DatetimeIndex(kept.index)))
    elif subject.opens is not None:
        levels = pd.Series(ruin_levels(np.asarray(levels, dtype=np.float64), subject.opens), index=levels.index)
    tell("Rolling figures and their bands")
    dates = pd.DatetimeIndex(subject.history.index)
    against = None if benchmark is None else on_dates(benchmark, dates, frequency, subject.rows.starts)
    notes += against.notes if against is not None else ()
    used = against.returns if against is not None and against.usable else None
    rolling, bands = _rolling(subject, used, asked.seed, notes)
    tell("Value at risk")
    var = var_of(subject.history, asked)
    by_position = _by_position(subject, asked, notes)
    tell("Simulating")
    return RiskReport(
        subject=subject,
        options=asked,
        benchmark=None if used is None else str(used.name),
        against=used,
        benchmark_dates=0 if used is None or against is None else against.common,
        refit_sessions=refit_sessions_of(len(subject.history), window),
        var=var,
        verdicts=verdicts,
        verdict_window=window,
        measures=_figures(subject, asked),
        own_figures=_own_figures(subject),
        drawdowns=drawdown_table(np.asarray(levels, dtype=np.float64), pd.DatetimeIndex(levels.index)),
        drawdowns_of=_drawdowns_of(subject),
        rolling=rolling,
        bands=bands,
        by_position=by_position,
        scenarios=tuple(results),
        replays=replays,
        reverse=_reverse(setting, asked, subject.rows.returns),
        simulations=simulations_of(setting, subject, asked, replays, notes),
        gaps={c: gap_risk(subject.positions, subject.rows, c, setting.book) for c in asked.confidences}
        if subject.market
        else {},
        library=asked_of,
        notes=tuple(notes),
    )


def _setting(subject: Subject, account: Account) -> StressSetting:
    margin, market = margin_terms(subject.positions, account, subject.market), subject.market
    book = None
    if subject.options is not None and market is not None:
        book = held_margin(subject.options, subject.positions.nav_usd, account, market)
    return StressSetting(subject.positions, margin, subject.responses, market, book)


def _figures(subject: Subject, asked: RiskTerms) -> dict[str, float]:
    values = np.asarray(subject.history, dtype=np.float64)
    kept = np.asarray(subject.by_session, dtype=np.float64)
    under = time_underwater(kept)
    deviation = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    if len(values) > 1 and values.min() == values.max():
        deviation = 0.0
    return {
        "sessions": float(len(values)),
        "returns_per_year": subject.frequency.per_year,
        "volatility": deviation,
        "volatility_annual": deviation * math.sqrt(subject.frequency.per_year),
        "worst_session": float(kept.min()),
        "max_drawdown": float(underwater(compounded(kept)).min()),
        "cdar": conditional_drawdown(kept, asked.confidences[0]),
        "ulcer_index": ulcer_index(kept),
        "pain_index": pain_index(kept),
        "longest_underwater_sessions": float(under.longest_sessions),
    }


def _own_figures(subject: Subject) -> dict[str, float]:
    """What a run's own NAV did, of which a book and a series have none; NaN as in Metrics after a ruin and untraded."""
    if subject.kind != "run" or subject.levels is None:
        return {}
    levels = np.asarray(subject.levels, dtype=np.float64)
    found = measure_levels(levels, traded=subject.traded, opens=subject.opens)
    return {
        "sessions": float(found.sessions),
        "total_return": found.total_return,
        "max_drawdown": found.max_drawdown,
        "worst_session": found.worst_session,
    }


def _drawdowns_of(subject: Subject) -> str:
    count = subject.of_sessions.count
    if subject.kind == "run":
        return f"the run's own NAV, {count(0 if subject.own is None else len(subject.own))}"
    if subject.kind == "returns":
        return f"the series, {count(len(subject.history))}"
    return f"today's weights held constant, {count(len(subject.by_session))}"


def _rolling(
    subject: Subject, benchmark: pd.Series[float] | None, seed: int, notes: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures of the last 63 returns, and those against a benchmark on the last 63 dates that both have."""
    history, year = subject.history, subject.frequency.per_year
    if subject.kind == "returns":
        # A loss of everything is the last return that there is, and no window holds it.
        history = history[history > -1.0]
    if len(history) < ROLLING_SESSIONS:
        notes.append(
            f"{counted(len(history), 'return is', 'returns are')} fewer than the {ROLLING_SESSIONS} of a rolling window"
        )
        return pd.DataFrame(), pd.DataFrame()
    made, drawn = _rolled(history, None, year, seed)
    if benchmark is None:
        return made, drawn
    both = history[benchmark.notna()]
    if len(both) < ROLLING_SESSIONS:
        notes.append(
            f"{counted(len(both), 'date')} in common with {benchmark.name}, fewer than the {ROLLING_SESSIONS} of a "
            "rolling window: no beta and correlation"
        )
        return made, drawn
    found, bands = _rolled(both, benchmark[both.index], year, seed)
    names = ["beta", "correlation"]
    return made.join(found[names]), drawn.join(bands[names], how="outer")


def _rolled(
    history: pd.Series[float], other: pd.Series[float] | None, year: float, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = rolling_risk(history, other, window_sessions=ROLLING_SESSIONS, sessions_per_year=year)
    bands = rolling_risk_bands(
        history, other, window_sessions=ROLLING_SESSIONS, sessions_per_year=year, draws=BAND_DRAWS,
        most_dates=BAND_DATES, seed=seed,
    )  # fmt: skip
    return found, bands


def _by_position(subject: Subject, asked: RiskTerms, notes: list[str]) -> pd.DataFrame:
    """Parts of the historical VaR and ES of one session; empty, with a note, where the history has no such quantile."""
    if subject.kind == "returns":
        return pd.DataFrame()
    count, confidence = len(subject.history), asked.confidences[0]
    need = max(LEAST_RETURNS, math.ceil(1.0 / (1.0 - confidence) - 1e-9))
    if count < need:
        level = f"{100.0 * confidence:.10g}%"
        have = counted(count, "return has", "returns have")
        notes.append(f"{have} no quantile of {level} to split by position: {need} are needed")
        return pd.DataFrame()
    if subject.options is not None:
        return line_risk(subject.options, subject.rows.returns, subject.positions.nav_usd, confidence)
    frame = pd.DataFrame(subject.rows.returns, columns=list(subject.positions.tickers))
    weights = dict(zip(subject.positions.tickers, subject.positions.weights.tolist(), strict=True))
    return position_risk(frame, weights, "historical", confidence=confidence)


def _reverse(setting: StressSetting, asked: RiskTerms, past: NDArray[np.float64]) -> tuple[ReverseStress, ...]:
    positions, responses, margin = setting.positions, setting.responses, setting.margin
    if responses is None:
        return ()
    horizon, book = asked.horizon_sessions, setting.book
    if book is not None:
        return (
            reverse_loss_revalued(book, positions, responses, asked.loss_frac, horizon, past),
            reverse_call_revalued(book, positions, responses, horizon, past),
        )
    loss = reverse_loss(positions, responses, asked.loss_frac, horizon, past)
    return (loss, reverse_margin_call(positions, responses, margin, horizon, past)) if setting.market else (loss,)
