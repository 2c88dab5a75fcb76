"""Abnormal returns of some tickers around an event, without the tests: what a replay needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.errors import PriceDataError
from hedgebook.universes.brief import brief
from hedgebook.universes.event import Event
from hedgebook.universes.exchanges.home import adjusted_at_home
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..exposure.freshness import is_fresh
from ..kernels.events.fit import NO_VARIATION
from .panel import PanelRows, find_explained, find_rows
from .sampling import due_at_opens, sampling_of
from .settings import EventWindow, StudyModel

ESTIMATION_SESSIONS, GAP_SESSIONS = 250, 10
LEAST_SESSIONS = math.ceil(ESTIMATION_SESSIONS / 2)


@brief
@dataclass(frozen=True, eq=False)
class Abnormal:
    """returns: (S, N) abnormal returns from session 0 on, a column all NaN without a fit; first_fill: session 0."""

    first_fill: np.datetime64
    benchmark: str
    returns: Floats


def abnormal_returns(market: Market, event: Event, tickers: Sequence[str], sessions: int) -> Abnormal:
    """Abnormal returns of tickers in the `sessions` from the first fill on, by the market model.

    As in event_study with its defaults: the universe's benchmark, 250 sessions that end 10 before the event, 125 of
    them at least, close to close. Over several exchanges it is estimated as there, and a ticker does not move while its
    exchange rests: what was due then is due at its next session. Only these tickers are looked at. Raises as
    event_study does, but for a ticker that cannot be fitted: its column is NaN.
    """
    whole, market = market, adjusted_at_home(market)
    rows = find_rows(market, event, (EventWindow(0, sessions - 1),), ESTIMATION_SESSIONS, GAP_SESSIONS)
    explained = find_explained(market, StudyModel.MARKET, None, (), rows)
    benchmark = str(explained.benchmark)
    names = (benchmark, *tickers)
    sampled = sampling_of(whole, market, names[1:], names[:1], rows)
    moves = _moves(market, names, rows.span)
    known = moves[:, 0]
    if not np.isfinite(known).all():
        missing = market.sessions[rows.span.start + int(np.argmin(np.isfinite(known)))]
        raise PriceDataError(
            f"{benchmark}: a return of {missing} is missing, so nothing can be explained on that session",
            where=market.provenance.source,
        )
    past = _moves(sampled.market, names, sampled.rows.estimation)
    # Copies, so that sums run in one order whatever a slice lies in.
    at = np.arange(len(past))
    alpha, beta = _lines(past[at, 1:], past[at, 0])
    if sampled.shut is None:
        out = moves[:, 1:] - alpha - known[:, None] * beta
    else:
        out = moves[:, 1:] - due_at_opens(alpha + known[:, None] * beta, sampled.shut[rows.span.start : rows.span.stop])
    out[:, [not _in_study(market, ticker, rows) for ticker in tickers]] = np.nan
    return Abnormal(market.sessions[rows.event], benchmark, out)


def _moves(market: Market, names: Sequence[str], rows: range) -> Floats:
    """(M, K) returns close to close of some rows. Rows before columns: a slice of rows costs nothing."""
    close = market.close[rows.start - 1 : rows.stop, [market.column(t) for t in names]]
    return np.asarray(close[1:] / close[:-1] - 1.0)


def _in_study(market: Market, ticker: str, rows: PanelRows) -> bool:
    found = market.universe.by_ticker.get(ticker)
    listed = found is None or found[1].listed_on(market.sessions[rows.event].item())
    return listed and is_fresh(market, ticker, rows.estimation[-1])


def _lines(y: Floats, x: Floats) -> tuple[Floats, Floats]:
    """(N,) intercepts and slopes of (M, N) on (M,), each over the rows that both have; NaN where there are too few of
    them, or no variation of its own."""
    there = np.isfinite(y) & np.isfinite(x)[:, None]
    n = there.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(there, y, 0.0)
        shared = np.where(there, x[:, None], 0.0)
        mean_y, mean_x = own.sum(axis=0) / n, shared.sum(axis=0) / n
        away_y, away_x = np.where(there, own - mean_y, 0.0), np.where(there, shared - mean_x, 0.0)
        beta = (away_x * away_y).sum(axis=0) / (away_x**2).sum(axis=0)
        left = np.sqrt(((away_y - beta * away_x) ** 2).sum(axis=0) / (n - 2))
    beta[~((n >= LEAST_SESSIONS) & (left > NO_VARIATION))] = np.nan
    return mean_y - beta * mean_x, beta
