"""Trying to refute whatever can be run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hedgebook.engine.refute.search import search_evidence, search_scores
from hedgebook.engine.refute.trials import among_trials
from hedgebook.engine.refute.verdict import Verdict, Veto
from hedgebook.engine.sweep.result import SweepResult
from hedgebook.errors import InputError
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event

from ..audit.audit import audit_strategy
from ..strategy.given import GivenSchedule
from ..strategy.setting import RunSetting
from ..strategy.strategy import Strategy
from ..strategy.weights import Signals, TargetWeights
from ..trade.trade import EventTrade
from .ask import RefuteOptions
from .events import refute_events
from .result import LOOK_AHEAD, SEARCH, TRIALS, Refutation
from .steady import refute_steady

MOST_SETS = 5_000
# Moments of decision that are looked at for look-ahead: each takes a dozen plans.
AUDITED = 4
TABLE = (
    "A table of weights cannot be looked at for look-ahead, which no test of returns sees: "
    "audit the function behind it."
)


def refute_strategy(
    strategy: Strategy, setting: RunSetting, options: RefuteOptions, events: Sequence[Event] = ()
) -> Refutation:
    """The verdict on a strategy: an event trade on `events`, its own where none are given, any other over all of its
    sessions. Raises an InputError where it cannot be tried."""
    if isinstance(strategy, EventTrade):
        return refute_events(strategy, events or (setting.library.get(strategy.event),), setting, options)
    found = refute_steady(strategy, setting, options)
    return _audited(found, strategy, setting) if found.verdict is Verdict.SURVIVES else found


def _audited(found: Refutation, strategy: Strategy, setting: RunSetting) -> Refutation:
    """What passes every test is looked at for decisions that knew later prices: no test of returns can see that."""
    if isinstance(strategy, GivenSchedule | TargetWeights | Signals):
        return replace(found, notes=(*found.notes, TABLE))
    try:
        audit = audit_strategy(strategy, setting.market, decisions=AUDITED, events=setting.library)
    except InputError as problem:
        return replace(found, notes=(*found.notes, f"It could not be looked at for look-ahead: {problem}"))
    veto = Veto(LOOK_AHEAD, float("nan"), audit.leak is None)
    notes = () if audit.leak is None else (f"It looks ahead: {audit.leak.told()}.",)
    return replace(found, vetoes=(*found.vetoes, veto), notes=(*found.notes, *notes))


def with_trials(found: Refutation, besides: int) -> Refutation:
    """The verdict with the test that knows how many strategies were tried besides: its weakest test, as that of the
    best of all of them."""
    trials = besides + 1
    known = [test for test in found.tests if np.isfinite(test.p_value)]
    weakest = max(known or found.tests, key=lambda test: test.p_value)
    asks = f"Is it better than luck makes the best of {counted(trials, 'trial')}, by its weakest test, {weakest.name}?"
    told = (
        f"{counted(trials, 'trial is', 'trials are')} counted, this strategy and {besides:,} tried besides, as if each "
        "were independent of the others, which makes the p-value a little too large."
        if besides
        else "One trial is counted: nothing else was tried."
    )
    return replace(
        found, tests=(*found.tests, among_trials(TRIALS, asks, weakest, trials)), notes=(*found.notes, told),
        trials=trials,
    )  # fmt: skip


def with_search(found: Refutation, sweep: SweepResult, options: RefuteOptions) -> Refutation:
    """The verdict on the best set of a sweep, with the test that knows how many sets were tried.

    Of more than 5,000 sets that ran the best 5,000 by the sweep's metric are resampled.
    """
    known = np.flatnonzero(np.isfinite(sweep.values))
    best_first = known[np.argsort(-sweep.values[known], kind="stable")]
    chosen = best_first[:MOST_SETS]
    rows = sweep.calendar.rows
    returns = sweep.job.returns_of(chosen.tolist(), excess=True)[rows]
    scores = search_scores(returns, options.draws, options.seed)
    event, asks = found.unit == "event", "Is it better than luck makes the best of all sets that were tried?"
    test = search_evidence(SEARCH, asks, scores, options.worth if event else None, event=event)
    told = [f"Parameters are the best of {counted(sweep.ran, 'set')} by {sweep.metric}."]
    if len(known) > MOST_SETS:
        told.append(f"The search is judged by its best {MOST_SETS:,} sets, which makes its p-value a little too small.")
    return replace(found, tests=(*found.tests, test), notes=(*found.notes, *told))
