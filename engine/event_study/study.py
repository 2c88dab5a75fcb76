"""Running an event study on a market."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import EventError, ParameterError, PriceDataError
from hedgebook.universes.counted import counted
from hedgebook.universes.event import Event
from hedgebook.universes.exchanges.home import adjusted_at_home
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..kernels.events.study import PanelBatch
from .panel import Excluded, PanelRows, find_explained, find_names, find_rows, missing_regressor, returns_of
from .prepared import Prepared
from .result import EventStudy
from .run import StudyOutcome
from .sampling import sampling_of
from .settings import WHERE, EventWindow, ReturnKind, StudyModel, StudyOptions, check_whole, parse_model, parse_windows
from .split import Part, split_table
from .tables import excluded_table, group_table, path_table, stress_fractions, test_table, ticker_table, window_table

# Patell's test has no variance with fewer degrees of freedom.
FEWEST_DF = 3


def event_study(
    market: Market,
    event: Event,
    *,
    model: StudyModel | str = StudyModel.MARKET,
    estimation_sessions: int = 250,
    gap_sessions: int = 10,
    window: Any = (0, 0),
    benchmark: str | None = None,
    names: Sequence[str] | str | None = None,
    options: StudyOptions | None = None,
) -> EventStudy:
    """What was abnormal about the sessions around an event, by ticker, bucket and portfolio, and how surely.

    Session 0 is that of the first fill. The model is estimated on the `estimation_sessions` sessions that end
    `gap_sessions` before it, on each ticker's own returns among them. window: a pair of sessions as (0, 5), which
    is close to close from the close before session 0; "open-to-close" or "gap" of session 0; or a list of these.
    benchmark: None for the universe's; names: buckets and tickers, None for every bucket without the benchmark.

    A ticker with fewer than options.min_sessions returns to estimate from, or without one inside a window, is
    left out of all or of that window and listed in `excluded`; no return is ever filled in. Groups weigh their
    tickers equally. The gap and the rest of session 0 are explained by the regressors' own gap and rest, with
    coefficients estimated on earlier gaps and rests.

    AR = return - expected; CAR = sum of AR; BHAR = product of 1 + return less product of 1 + expected. Variance
    of a CAR over s^2: L + L^2 / M + d'S^-1 d (see engine.kernels.events.fit.window_variance). Degrees of freedom:
    M - 1 for mean- and market-adjusted, M - 2 for market, M - 1 - K for multi-factor. MacKinlay (1997), Journal
    of Economic Literature 35; Campbell, Lo and MacKinlay (1997), chapter 4.

    Over several exchanges the sessions are those of the first, at last known prices, but the model is estimated on the
    last `estimation_sessions` days on which the exchanges of all tickers and regressors trade, from one to the next. A
    ticker whose exchange is closed on the session before a window or on its last is left out of that window.

    Raises EventError where the prices do not cover the event, ParameterError for a parameter out of bounds,
    PriceDataError for a regressor without a return in a window, UniverseError for an unknown name.
    """
    check_whole(estimation_sessions, "estimation_sessions", 20, 2520)
    check_whole(gap_sessions, "gap_sessions", 0, 252)
    chosen, given = parse_model(model), options or StudyOptions()
    windows = parse_windows(window, gap_sessions)
    whole, market = market, adjusted_at_home(market)
    rows = find_rows(market, event, windows, estimation_sessions, gap_sessions)
    explained = find_explained(market, chosen, benchmark, given.factors, rows)
    found = find_names(market, names, explained, rows)
    minimum = _minimum(given, estimation_sessions, explained.parameters)
    groups, masks = found.groups()
    regressors = (*explained.proxies, *((explained.benchmark,) if explained.benchmark else ()))
    sampled = sampling_of(whole, market, found.tickers, regressors, rows)
    setting = Prepared(market, sampled, explained, found, groups, masks, given, minimum)
    return _assemble(event, setting, windows)


def _minimum(options: StudyOptions, estimation: int, parameters: int) -> int:
    if options.min_sessions is not None and options.min_sessions > estimation:
        raise ParameterError(
            "min_sessions is more than the estimation window has",
            where=f"{WHERE}: min_sessions",
            value=options.min_sessions,
            bound=f"up to estimation_sessions = {estimation}",
        )
    wanted = options.min_sessions or math.ceil(estimation / 2)
    return max(wanted, parameters + FEWEST_DF)


def _assemble(event: Event, setting: Prepared, windows: tuple[EventWindow, ...]) -> EventStudy:
    market, rows, explained = setting.market, setting.rows, setting.explained
    daily = [w for w in windows if w.kind is ReturnKind.CLOSE_TO_CLOSE]
    at = [rows.window(w) for w in daily]
    batch, found = setting.run(ReturnKind.CLOSE_TO_CLOSE, at, setting.options.draws)
    _check_regressors(batch, setting, rows, "close")
    excluded = [*setting.names.excluded, *_unfitted(setting, found)]
    if not np.isfinite(found.fits.sd[0]).any():
        raise _nobody(event, excluded, market)
    parts, reason = _parts(setting, windows)
    where: dict[EventWindow, tuple[PanelBatch, StudyOutcome, int, tuple[int, int]]] = {
        w: (batch, found, j, at[j]) for j, w in enumerate(daily)
    }
    for j, w in enumerate(daily):
        if (unseen := setting.unseen(w)).any():
            where[w] = (*setting.run(w.kind, [at[j]], setting.options.draws, unseen), 0, at[j])
    where.update({w: (*parts[w.kind], 0, (batch.estimation,) * 2) for w in windows if w.kind in parts})
    ordered = [where[w] for w in windows]
    statistics = np.stack([outcome.statistics[0, j] for _, outcome, j, _ in ordered])
    stress = np.vstack([stress_fractions(b, o, setting.masks, pair, j) for b, o, j, pair in ordered])
    for w, (_, outcome, j, pair) in zip(windows, ordered, strict=True):
        excluded += _incomplete(setting, w, outcome, j, pair)
    there = [np.isfinite(outcome.columns[0, j, 0]) for _, outcome, j, _ in ordered]
    growing = [(batch.estimation, batch.estimation + k) for k in range(len(rows.span))]
    later = setting.settled(batch, found)
    cumulative = setting.run(ReturnKind.CLOSE_TO_CLOSE, growing, 0, None, later)[1].statistics[0]
    return EventStudy(
        event=event,
        model=explained.model,
        options=setting.options,
        benchmark=explained.benchmark,
        factors=explained.factors,
        requested=windows,
        first_fill=market.sessions[rows.event],
        estimation_first=setting.sampled.market.sessions[rows.estimation[0]],
        estimation_last=setting.sampled.market.sessions[rows.estimation[-1]],
        estimation_sessions=batch.estimation,
        source=market.provenance.source,
        simulated=market.provenance.simulated,
        tickers=ticker_table(setting.names, explained, found),
        abnormal=_abnormal(setting, found, later),
        windows=window_table(setting.names, explained, windows, [(o, j) for _, o, j, _ in ordered]),
        groups=group_table(setting.groups, windows, statistics, stress),
        tests=test_table(setting.groups, windows, statistics, explained.parameters),
        path=path_table(setting.groups, rows, market.sessions, cumulative),
        split=_split(setting, found, parts),
        excluded=excluded_table(excluded),
        warnings=(*((reason,) if reason else ()), *_told(setting, windows, there)),
        why_no_split=reason,
        days=setting.sampled.days,
    )


def _told(setting: Prepared, windows: Sequence[EventWindow], there: Sequence[NDArray[np.bool_]]) -> list[str]:
    """Factors that have no part, and windows of session 0 that cannot be added up; there: (N,) by window."""
    told = [f"no factor {name}: {why}" for name, why in setting.explained.left_out]
    first = [(w, kept) for w, kept in zip(windows, there, strict=True) if (w.first, w.last) == (0, 0)]
    if any((kept != first[0][1]).any() for _, kept in first):
        counts = ", ".join(f"{w.label} {int(kept.sum())}" for w, kept in first)
        told.append(
            f"the parts of session 0 have different tickers ({counts}), so their means do not add up; the split of "
            "session 0 states move, gap and rest over the tickers that have them all"
        )
    return told


def _parts(
    setting: Prepared, windows: Sequence[EventWindow]
) -> tuple[dict[ReturnKind, tuple[PanelBatch, StudyOutcome]], str | None]:
    """Gap and rest of session 0, or why there are none; an error where a window asked for them."""
    asked = any(w.kind is not ReturnKind.CLOSE_TO_CLOSE for w in windows)
    source = setting.market.provenance.source
    if not setting.market.has_opens:
        reason = "these prices have closes only, so session 0 cannot be split at its open"
        if asked:
            raise ParameterError(reason, where=source, remedy="Add an open column to the price file.")
        return {}, reason
    parts = {}
    for kind in (ReturnKind.GAP, ReturnKind.OPEN_TO_CLOSE):
        first = len(setting.rows.estimation)
        draws = setting.options.draws if any(w.kind is kind for w in windows) else 0
        unseen = setting.unseen(EventWindow(0, 0))
        parts[kind] = setting.run(kind, [(first, first)], draws, unseen if unseen.any() else None)
    only = PanelRows(setting.rows.event, setting.rows.estimation, range(setting.rows.event, setting.rows.event + 1))
    try:
        for batch, _ in parts.values():
            _check_regressors(batch, setting, only, "open")
    except PriceDataError as problem:
        if asked:
            raise
        return {}, f"session 0 cannot be split at its open: {problem}"
    return parts, None


def _check_regressors(batch: PanelBatch, setting: Prepared, rows: PanelRows, mark: str) -> None:
    missing = missing_regressor(batch, rows, setting.market.sessions)
    if missing is not None:
        regressors = ", ".join(setting.explained.proxies or (str(setting.explained.benchmark),))
        raise PriceDataError(
            f"{regressors}: a return of {missing} is missing, so nothing can be explained on that session",
            where=setting.market.provenance.source,
            bound=f"a close before it and a {mark} on it",
            remedy="Choose another benchmark, model or window.",
        )


def _unfitted(setting: Prepared, found: StudyOutcome) -> list[Excluded]:
    out = []
    for i, ticker in enumerate(setting.names.tickers):
        used = int(found.fits.used[0, i])
        if used < setting.minimum:
            reason = f"{counted(used, 'return')} in the estimation window, fewer than {setting.minimum}"
            out.append(Excluded(ticker, "all", reason))
        elif not np.isfinite(found.fits.sd[0, i]):
            reason = "its returns, or the regressors, have no variation of their own in the estimation window"
            out.append(Excluded(ticker, "all", reason))
    return out


def _incomplete(
    setting: Prepared, window: EventWindow, found: StudyOutcome, w: int, pair: tuple[int, int]
) -> list[Excluded]:
    """Tickers that were fitted but lack a return inside a window, or were not fitted on its kind of return."""
    out = []
    offset = setting.rows.span.start if window.kind is ReturnKind.CLOSE_TO_CLOSE else setting.rows.event
    lacking = np.isfinite(found.fits.sd[0]) & ~np.isfinite(found.columns[0, w, 0])
    unseen = setting.unseen(window)
    for i in np.flatnonzero(lacking):
        if len(unseen) and unseen[i]:
            reason = f"{setting.sampled.venue[i]} was closed at the start or the end of the window"
            out.append(Excluded(setting.names.tickers[i], window.label, reason))
            continue
        bad = pair[0] + int(np.argmin(np.isfinite(found.fits.ar[0, pair[0] : pair[1] + 1, i])))
        day = setting.market.sessions[offset + bad - len(setting.rows.estimation)]
        out.append(Excluded(setting.names.tickers[i], window.label, f"it has no return on {day}"))
    if window.kind is not ReturnKind.CLOSE_TO_CLOSE:
        unfitted = _unfitted(setting, found)
        out += [Excluded(e.ticker, window.label, e.reason) for e in unfitted]
    return out


def _nobody(event: Event, excluded: Sequence[Excluded], market: Market) -> EventError:
    first = excluded[0] if excluded else None
    return EventError(
        f"no ticker can be studied around event {event.id}",
        where=market.provenance.source,
        value=f"{first.ticker}: {first.reason}" if first else None,
        remedy="Use prices that begin earlier, a shorter estimation window or a smaller min_sessions.",
    )


def _abnormal(setting: Prepared, found: StudyOutcome, later: Floats | None) -> pd.DataFrame:
    rows = setting.rows
    offsets = pd.Index(np.arange(rows.span.start, rows.span.stop) - rows.event, name="offset")
    values = found.fits.ar[0, len(rows.estimation) :]
    return pd.DataFrame(values if later is None else values + later, index=offsets, columns=list(setting.names.tickers))


def _split(
    setting: Prepared, found: StudyOutcome, parts: dict[ReturnKind, tuple[PanelBatch, StudyOutcome]]
) -> pd.DataFrame:
    rows, tickers = setting.rows, setting.names.tickers
    at = len(rows.estimation) + rows.event - rows.span.start
    whole = returns_of(setting.market, tickers, [rows.event], ReturnKind.CLOSE_TO_CLOSE)[0]
    if (unseen := setting.unseen(EventWindow(0, 0))).any():
        whole = np.where(unseen, np.nan, whole)
    pieces = None
    if parts:
        gap, rest = (
            Part(parts[kind][1], returns_of(setting.market, tickers, [rows.event], kind)[0])
            for kind in (ReturnKind.GAP, ReturnKind.OPEN_TO_CLOSE)
        )
        pieces = (gap, rest)
    return split_table(tickers, setting.groups, setting.masks, (whole, found.fits.ar[0, at]), pieces)
