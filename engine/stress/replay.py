"""Replays: the abnormal returns of a past event, applied to the positions of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import InputError
from hedgebook.universes.event import Event, event_calendar
from hedgebook.universes.market import Market

from ..event_study.settings import StudyOptions
from ..event_study.study import event_study
from .evaluate import UNMOVED, Setting, StressResult, finish
from .scenario import Scenario, ShortTrouble

Floats = NDArray[np.float64]
FEW_DRAWS = 99  # the tests of the study are not used here
REPLAY_SESSIONS = 5


@dataclass(frozen=True, eq=False)
class Replay:
    """One event's replay. first_fill: session 0; later: whether that lies after the positions' session; result: None
    where the event cannot be replayed; reason: why not, or that the prices end before the path does."""

    event: Event
    first_fill: np.datetime64 | None
    later: bool
    result: StressResult | None
    reason: str = ""


def abnormal_paths(
    market: Market, event: Event, tickers: Sequence[str], buckets: Sequence[str | None], sessions: int
) -> tuple[Floats, list[str], np.datetime64]:
    """(S, N) compounded abnormal returns from the close before the event, where each came from, and session 0.

    Market model on the universe's benchmark, estimated as event_study does. A ticker without an abnormal return in
    the window takes the mean path of its bucket's members that have one; without any it does not move. Raises an
    InputError where the event cannot be studied.
    """
    study = event_study(market, event, window=(0, sessions - 1), options=StudyOptions(draws=FEW_DRAWS))
    abnormal = study.abnormal
    rows = abnormal.loc[0 : sessions - 1]
    paths = {
        str(name): np.cumprod(1.0 + rows[name].to_numpy(dtype=np.float64)) - 1.0
        for name in rows.columns
        if np.isfinite(rows[name].to_numpy(dtype=np.float64)).all()
    }
    out, how = np.zeros((sessions, len(tickers))), []
    for i, (ticker, bucket) in enumerate(zip(tickers, buckets, strict=True)):
        if ticker in paths:
            out[:, i] = paths[ticker]
            how.append("its own path")
        elif ticker == study.benchmark:
            how.append("it is what abnormal returns are measured against")
        else:
            mates = [name for name in paths if bucket is not None and market.bucket_of(name) == bucket]
            if mates:
                out[:, i] = np.mean([paths[name] for name in mates], axis=0)
                listed = ", ".join(mates)
                how.append(f"mean path of {bucket} ({listed})")
            else:
                how.append(UNMOVED)
    return out, how, study.first_fill


def replay(setting: Setting, event: Event, sessions: int = REPLAY_SESSIONS) -> Replay:
    """An event's abnormal path on the positions; never raises for an event that the prices do not carry."""
    market, positions = setting.market, setting.positions
    if market is None:
        return Replay(event, None, False, None, "a return series has no positions")
    fill = event.first_fill(event_calendar(event)).session
    left = len(market.sessions) - int(np.searchsorted(market.sessions, fill))
    short = f"the prices end after {left} of {sessions} sessions" if 0 < left < sessions else ""
    sessions = left if short else sessions
    try:
        moves, how, first = abnormal_paths(market, event, positions.tickers, positions.buckets, sessions)
    except InputError as problem:
        return Replay(event, None, False, None, problem.what)
    # A scenario needs something that happens; this one carries name and length only, its moves are given here.
    shell = Scenario.model_construct(
        name=event.id, title=event.headline, sessions=sessions, moves=(), shorts=tuple[ShortTrouble, ...]()
    )
    notes = {t: text for t, text in zip(positions.tickers, how, strict=True) if text != "its own path"}
    result = finish(setting, shell, moves, how, notes)
    return Replay(event, first, bool(first > positions.session), result, short)
