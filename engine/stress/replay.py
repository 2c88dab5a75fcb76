"""Replays: the abnormal returns of a past event, applied to the positions of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.errors import EventError, InputError
from hedgebook.universes.brief import brief
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event, event_calendar
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..event_study.abnormal import abnormal_returns
from .evaluate import UNMOVED, StressResult, StressSetting, finish
from .scenario import Scenario

REPLAY_SESSIONS = 5
OWN_PATH, MEAN_PATH = "its own path", "mean path"
NAMED_MATES = 8


@brief
@dataclass(frozen=True, eq=False)
class Replay:
    """One event's replay. first_fill: session 0; later: whether that lies after the positions' session, so that
    nobody could have known it there; result: None where the event cannot be replayed; reason: why not, or why the
    path is shorter than asked for."""

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
    InputError where the event cannot be studied, or no path at all is known.
    """
    found = abnormal_returns(market, event, tickers, sessions)
    own = _paths(tickers, found.returns)
    short = {i: bucket for i, bucket in enumerate(buckets) if tickers[i] not in own and tickers[i] != found.benchmark}
    names = sorted({bucket for bucket in short.values() if bucket is not None})
    means = {name: _bucket_path(market, event, name, own, sessions) for name in names}
    out, how = np.zeros((sessions, len(tickers))), []
    for i, (ticker, bucket) in enumerate(zip(tickers, buckets, strict=True)):
        mean = means.get(str(bucket)) if i in short and bucket is not None else None
        if ticker in own:
            out[:, i] = own[ticker]
            how.append(OWN_PATH)
        elif ticker == found.benchmark:
            how.append("it is what abnormal returns are measured against")
        elif mean is not None:
            out[:, i], text = mean
            how.append(text)
        else:
            how.append(UNMOVED)
    if short and all(text == UNMOVED for i, text in enumerate(how) if tickers[i] != found.benchmark):
        raise EventError("no position, and no other member of its bucket, has enough returns around it")
    return out, how, found.first_fill


def _paths(tickers: Sequence[str], abnormal: Floats) -> dict[str, Floats]:
    whole = np.asarray(np.isfinite(abnormal).all(axis=0))
    paths: Floats = np.asarray(np.cumprod(1.0 + abnormal, axis=0) - 1.0, dtype=np.float64)
    return {ticker: paths[:, i] for i, ticker in enumerate(tickers) if whole[i]}


def _bucket_path(
    market: Market, event: Event, bucket: str, own: Mapping[str, Floats], sessions: int
) -> tuple[Floats, str] | None:
    """The mean path of a bucket's members that have one, and its description."""
    mates = [m.ticker for m in market.universe.bucket(bucket).members if m.ticker in market.columns]
    others = [mate for mate in mates if mate not in own and mate != market.universe.benchmark]
    paths = {**own, **_paths(others, abnormal_returns(market, event, others, sessions).returns)}
    kept = [mate for mate in mates if mate in paths]
    if not kept:
        return None
    more = f" and {len(kept) - NAMED_MATES} more" if len(kept) > NAMED_MATES else ""
    return (
        np.asarray(np.mean([paths[mate] for mate in kept], axis=0)),
        f"{MEAN_PATH} of {bucket} ({', '.join(kept[:NAMED_MATES])}{more})",
    )


def replay(setting: StressSetting, event: Event, sessions: int = REPLAY_SESSIONS) -> Replay:
    """An event's abnormal path on the positions; never raises for an event that the prices do not carry.

    An event from before the positions' close is replayed up to that close and no further: what came after it was not
    known. One from after it is marked `later`.
    """
    market, positions = setting.market, setting.positions
    if market is None:
        return Replay(event, None, False, None, "a return series has no positions")
    fill = event.first_fill(event_calendar(event)).session
    later = bool(fill > positions.session)
    known = market if later else market.until(positions.session)
    left = len(known.sessions) - int(np.searchsorted(known.sessions, fill))
    short = ""
    if 0 < left < sessions:
        end = "the prices end" if later else f"it stops at {positions.session}, the positions' close,"
        short, sessions = f"{end} after {left} of {counted(sessions, 'session')}", left
    try:
        moves, how, first = abnormal_paths(known, event, positions.tickers, positions.buckets, sessions)
    except InputError as problem:
        return Replay(event, None, later, None, problem.what)
    # A scenario needs something that happens; this one carries name and length only, its moves are given here.
    shell = Scenario.model_construct(
        name=event.id, title=event.headline, sessions=sessions, moves=(), shorts=(), volatility=()
    )
    notes = {t: text for t, text in zip(positions.tickers, how, strict=True) if text != OWN_PATH}
    return Replay(event, first, later, finish(setting, shell, moves, how, notes), short)
