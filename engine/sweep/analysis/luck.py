"""How much of the best set of a sweep is luck: every measure there is, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedgebook.errors import InputError, ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.counted import counted

from ...arrays import Floats
from ..overfitting.interval import SharpeInterval, sharpe_interval
from ..overfitting.sharpe import (
    DeflatedSharpe,
    SharpeConvention,
    SharpeEstimate,
    deflated_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
)
from ..overfitting.superiority import Superiority, superiority
from ..overfitting.ties import distinct_columns
from ..overfitting.trials import effective_rank, trial_clusters
from .chunks import ReturnsOf
from .json_ready import json_ready
from .luck_parts import WORKSPACE, Against, Chosen, LuckSettings, evidence_from, expected_max, probabilities
from .luck_verdict import choice_of, finding_of, verdict_text
from .overfit import SweepCscv
from .rank_slope import rank_slope
from .sharpe_tally import SharpeTally, haircuts

T = TypeVar("T")
MOST_CANDIDATES = 100
FEW_SESSIONS = 60
ALIKE = "All sets have the same Sharpe ratio, so that nothing was chosen."
ALONE = "Only one set has a Sharpe ratio, so that nothing was chosen."


@brief
@dataclass(frozen=True, eq=False)
class Luck:
    """The chosen set and what luck can do.

    On the set's own sessions: sharpe (annual), sessions, probabilistic (by convention, against 0), deflated (by
    number of trials and convention), minimum_track_record (sessions, by convention), haircut (by adjustment; ratios
    annual), interval (bootstrap, annual). On the union calendar of all sets, 0 where a set is not on: trials,
    overfitting and superiority. ran: sets that count as trials, those that were run and traded, ruined ones among
    them; with_ratio: those of them that have a Sharpe ratio, whose spread is sharpe_variance (per session);
    deflated_variance: the spread that deflated figures use, of ratios in excess of `null`, the same where that is cash.
    trials: "all sets" (ran), "workspace" (those of the whole workspace, where they are asked for), and "clusters" and
    "effective rank" of a sample of `sampled` sets; expected_max: annual, by
    number of trials, what luck gives to the best. candidates, copies: tested for superiority, and left out because
    their returns are those of another. reasons: by name, why a figure is None. finding: whether the family beats luck,
    choice: whether choosing its best set adds anything, verdict: both in words, by luck_verdict.RULE; null: what
    deflated figures and superiority are in excess of; rank_slope: how much a set's rank outside of a sample of sessions
    rises with its rank inside.
    """

    chosen: Chosen
    sets: int
    ran: int
    with_ratio: int
    sampled: int
    sessions: int | None
    sharpe: float | None
    probabilistic: dict[str, float | None]
    trials: dict[str, float | None]
    sharpe_variance: float | None
    deflated_variance: float | None
    expected_max: dict[str, float | None]
    deflated: dict[str, dict[str, float | None]]
    minimum_track_record: dict[str, float | None]
    haircut: dict[str, dict[str, float]] | None
    interval: SharpeInterval | None
    overfitting: SweepCscv | None
    superiority: Superiority | None
    candidates: int
    copies: int
    finding: str
    choice: str
    null: str
    rank_slope: float | None
    verdict: str
    notes: tuple[str, ...]
    reasons: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON: None for what does not exist, with its reason in `reasons`."""
        plain = {
            "best": self.chosen.index,
            "metric": self.chosen.metric,
            "value": self.chosen.value,
            "verdict": self.verdict,
            "finding": self.finding,
            "choice": self.choice,
            "null": self.null,
            "rank_slope": self.rank_slope,
        }
        names = ("sets", "ran", "with_ratio", "sampled", "sessions", "sharpe", "probabilistic", "trials")
        more = ("sharpe_variance", "deflated_variance", "expected_max", "deflated", "minimum_track_record", "haircut")
        plain |= {name: getattr(self, name) for name in (*names, *more)}
        for name in ("interval", "overfitting", "superiority"):
            part = getattr(self, name)
            plain[name] = None if part is None else part.to_dict()
        plain |= {"candidates": self.candidates, "copies": self.copies, "notes": self.notes, "reasons": self.reasons}
        found: dict[str, Any] = json_ready(plain)
        return found


def luck_of(
    chosen: Chosen,
    tally: SharpeTally,
    returns_of: ReturnsOf,
    candidates: ArrayLike,
    overfitting: SweepCscv | str | None = None,
    *,
    excess_of: ReturnsOf | None = None,
    settings: LuckSettings | None = None,
    against: Against | None = None,
    plateau: float | None = None,
) -> Luck:
    """Every measure of luck of the chosen set; what cannot be computed is None, with a reason.

    tally: of the Sharpe ratios of all sets; returns_of: indices to (T, n) session returns on the union calendar, 0
    where a set is not on; excess_of: the same less what cash earns, for tests against holding cash (None: returns_of);
    candidates: the best sets by the metric, best first, of which the first 100 are tested
    (copies left out); overfitting: of cscv_of_sweep, or why there is none; against: what deflated figures and
    superiority are in excess of (None: cash); plateau: what the neighbours keep of the best set's lead. A set's own
    Sharpe ratio, its error and the spread of all ratios are taken over the sessions on which each set is on:
    sessions before and after would only water it down. What compares sets session by session needs one calendar,
    and takes that of all sets.
    """
    shared = (settings or LuckSettings(), against or Against(), plateau)
    work = _Work(chosen, tally, returns_of, excess_of or returns_of, *shared)
    return work.luck(candidates, overfitting)


@dataclass(eq=False)
class _Work:
    """One figure after the other, and the reasons for those that there are not."""

    chosen: Chosen
    tally: SharpeTally
    returns_of: ReturnsOf
    excess_of: ReturnsOf
    settings: LuckSettings
    against: Against
    plateau: float | None
    reasons: dict[str, str] = field(default_factory=dict)
    copies: int = 0
    tested: int = 0

    def attempt(self, name: str, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except InputError as problem:
            self.reasons[name] = str(problem)
            return None

    def luck(self, candidates: ArrayLike, overfitting: SweepCscv | str | None) -> Luck:
        """All of it."""
        year = self.tally.sessions_per_year
        own = self.own_returns()
        estimate = self.attempt("sharpe", lambda: SharpeEstimate.of_returns(own, autocorrelation=None))
        trials, sampled = self.trials()
        if self.tally.variance is None:
            self.reasons["sharpe_variance"] = self.reasons["deflated_variance"] = ALONE
        beyond = estimate
        if self.against.null_of is not None:
            ahead = self.own_returns(beyond_null=True)
            beyond = self.attempt("sharpe", lambda: SharpeEstimate.of_returns(ahead, autocorrelation=None))
        spread = self.spread()
        deflated = self.deflated(beyond, trials, spread)
        cross = self.cross_validated(overfitting)
        tests = self.attempt("superiority", lambda: self.superior(candidates))
        slope = self.attempt("rank_slope", self.slope)
        evidence = replace(
            evidence_from(deflated, trials, cross, tests, self.chosen.index),
            slope=slope, plateau=self.plateau, null=self.against.words,
        )  # fmt: skip
        finding = finding_of(evidence)
        reason = self.reasons.get("deflated") or self.reasons.get("sharpe")
        return Luck(
            chosen=self.chosen,
            sets=self.tally.sets,
            ran=self.tally.ran,
            with_ratio=self.tally.finite,
            sampled=sampled,
            sessions=len(own),
            sharpe=None if estimate is None else estimate.sharpe * math.sqrt(year),
            probabilistic=self.by_convention("probabilistic", estimate, probabilistic_sharpe),
            trials=trials,
            sharpe_variance=self.tally.variance,
            deflated_variance=spread,
            expected_max=expected_max(deflated, trials, math.sqrt(year)),
            deflated=probabilities(deflated, trials),
            minimum_track_record=self.by_convention("minimum_track_record", estimate, self.track_record),
            haircut=self.haircut(estimate, math.sqrt(year)),
            interval=self.attempt("interval", lambda: self.interval(own, year)),
            overfitting=cross,
            superiority=tests,
            candidates=self.tested,
            copies=self.copies,
            finding=finding,
            choice=choice_of(evidence),
            null=self.against.words,
            rank_slope=slope,
            verdict=verdict_text(finding, evidence, ran=self.tally.ran, metric=self.chosen.metric, reason=reason),
            notes=self.notes(len(own), cross, tests),
            reasons=self.reasons,
        )

    def own_returns(self, *, beyond_null: bool = False) -> Floats:
        """(n,) returns of the chosen set on its own sessions; beyond_null: less what the null earns."""
        rows = np.array([self.chosen.index])
        table = np.asarray(self.returns_of(rows), dtype=np.float64)
        column = (self.against.less(table, rows) if beyond_null else table)[:, 0]
        if self.chosen.window is None:
            return column
        first, last = self.chosen.window
        if not 0 <= first <= last < len(column):
            raise ParameterError("is not on the calendar", where="window", value=f"{first} to {last}")
        return column[first : last + 1]

    def by_convention(
        self, name: str, estimate: SharpeEstimate | None, figure: Callable[..., float]
    ) -> dict[str, float | None]:
        """A figure of the estimate under both conventions."""
        found: dict[str, float | None] = {}
        for one in SharpeConvention:
            found[one.value] = None
            if estimate is None:
                self.reasons[name] = self.reasons["sharpe"]
            else:
                found[one.value] = self.attempt(f"{name} {one.value}", partial(figure, estimate, convention=one))
        return found

    def track_record(self, estimate: SharpeEstimate, *, convention: SharpeConvention) -> float:
        """Sessions, where the ratio is above 0 at all."""
        found = minimum_track_record(estimate, confidence=self.settings.confidence, convention=convention)
        if not math.isfinite(found):
            raise ParameterError("the Sharpe ratio is not above 0, so no track record is long enough", where="sharpe")
        return found

    def trials(self) -> tuple[dict[str, float | None], int]:
        """Numbers of trials by name, and how many sets the effective ones were taken from."""
        rows = self.tally.sampled
        found: dict[str, float | None] = {"all sets": float(self.tally.ran), "clusters": None, "effective rank": None}
        if self.settings.elsewhere is not None:
            found[WORKSPACE] = float(self.tally.ran + self.settings.elsewhere)
        if len(rows) < 2:
            self.reasons["clusters"] = self.reasons["effective rank"] = "Fewer than two sets have a Sharpe ratio."
            return found, len(rows)
        table = np.asarray(self.returns_of(rows), dtype=np.float64)
        found["clusters"] = self.attempt("clusters", lambda: float(trial_clusters(table).count))
        found["effective rank"] = self.attempt("effective rank", lambda: max(effective_rank(table), 1.0))
        return found, len(rows)

    def deflated(
        self, estimate: SharpeEstimate | None, trials: dict[str, float | None], spread: float | None
    ) -> dict[str, dict[str, DeflatedSharpe | None]]:
        """By number of trials and convention."""
        if estimate is None:
            self.reasons["deflated"] = self.reasons["sharpe"]
        elif spread is None or self.tally.alike:
            self.reasons["deflated"] = ALONE if self.tally.finite < 2 else ALIKE
        if estimate is None or spread is None or self.tally.alike:
            return {}
        found: dict[str, dict[str, DeflatedSharpe | None]] = {}
        for name, count in trials.items():
            if count is not None:
                found[name] = {}
                for one in SharpeConvention:
                    work = partial(deflated_sharpe, estimate, trials=count, sharpe_variance=spread, convention=one)
                    found[name][one.value] = self.attempt(f"deflated {name}, {one.value}", work)
        return found

    def spread(self) -> float | None:
        """The variance of all sets' Sharpe ratios; beyond a null that is not cash, of the sampled ones on the sessions
        on which they are on, as sets that follow one benchmark differ far less than what they earn beside it."""
        if self.against.null_of is None or self.tally.variance is None:
            return self.tally.variance
        rows = self.tally.sampled
        table = np.asarray(self.returns_of(rows), dtype=np.float64)
        beyond = self.against.less(table, rows)
        ratios = []
        for own, ahead in zip(table.T, beyond.T, strict=True):
            values = ahead[(own != 0.0) | (ahead != 0.0)]
            if len(values) > 1 and values.std(ddof=1) > 0.0:
                ratios.append(values.mean() / values.std(ddof=1))
        return float(np.var(ratios, ddof=1)) if len(ratios) > 1 else self.tally.variance

    def haircut(self, estimate: SharpeEstimate | None, scale: float) -> dict[str, dict[str, float]] | None:
        """By adjustment, ratios annual."""
        if estimate is None:
            self.reasons["haircut"] = self.reasons["sharpe"]
            return None
        found = haircuts(self.tally.p_values, estimate.sharpe, estimate.observations)
        for figures in found.values():
            figures["haircut_sharpe"] *= scale
        return found

    def interval(self, own: Floats, year: float) -> SharpeInterval:
        """Of the annual ratio."""
        settings = self.settings
        return sharpe_interval(
            own, confidence=settings.confidence, draws=settings.draws, seed=settings.seed, sessions_per_year=year
        )

    def slope(self) -> float:
        """Of the rank outside on the rank inside, of the sampled sets."""
        rows = self.tally.sampled
        if len(rows) < 2:
            raise ParameterError("fewer than two sets have a Sharpe ratio", where="rank_slope")
        return rank_slope(np.asarray(self.returns_of(rows), dtype=np.float64))

    def cross_validated(self, overfitting: SweepCscv | str | None) -> SweepCscv | None:
        """The cross-validation, unless it says nothing."""
        if isinstance(overfitting, SweepCscv) and not self.tally.alike:
            return overfitting
        if isinstance(overfitting, SweepCscv):
            self.reasons["overfitting"] = ALONE if self.tally.finite < 2 else ALIKE
        else:
            self.reasons["overfitting"] = overfitting or "Cross-validation was not asked for."
        return None

    def superior(self, candidates: ArrayLike) -> Superiority:
        """All tests of the candidates with returns of their own against no return at all."""
        rows = np.asarray(candidates, dtype=np.int64)[:MOST_CANDIDATES]
        if len(rows) == 0:
            raise ParameterError("there is no candidate", where="candidates")
        table = self.against.less(np.asarray(self.excess_of(rows), dtype=np.float64), rows)
        kept = distinct_columns(table)
        self.tested, self.copies = len(kept), len(rows) - len(kept)
        frame = pd.DataFrame(table[:, kept], columns=[int(row) for row in rows[kept]])
        return superiority(frame, draws=self.settings.draws, seed=self.settings.seed)

    def notes(self, sessions: int, cross: SweepCscv | None, tests: Superiority | None) -> tuple[str, ...]:
        """Sentences on what limits the figures."""
        notes = list(cross.notes) if cross is not None else []
        if self.chosen.metric != "sharpe":
            notes.append(f"The set was chosen by {self.chosen.metric}; its luck is measured on its Sharpe ratio.")
        if self.tally.finite < self.tally.ran:
            ran = counted(self.tally.ran, "set counts as a trial", "sets count as trials")
            notes.append(
                f"{ran}, {self.tally.finite:,} of them have a Sharpe ratio: the "
                "deflated Sharpe ratio takes the number of the first and the spread of the second."
            )
        if sessions < FEW_SESSIONS:
            notes.append(f"The set is on for {counted(sessions, 'session')}: annual figures of so few are rough.")
        if tests is not None and self.tally.ran > self.tested + self.copies:
            notes.append(
                f"Superiority is tested for the {self.tested} best distinct sets only; as they were chosen from "
                f"{self.tally.ran:,} already, its p-values are too small rather than too large."
            )
        if self.against.null_of is not None:
            notes.append(f"Deflated Sharpe ratios and superiority are in excess of {self.against.words}.")
        if self.copies:
            left = counted(self.copies, "candidate was left out because its", "candidates were left out because their")
            notes.append(f"{left} returns are those of another.")
        return tuple(notes)
