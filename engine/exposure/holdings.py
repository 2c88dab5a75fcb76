"""Exposure of what is held, next to the exposure that returns show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import Mark
from hedgebook.universes.checks import BACKTEST, FACTOR_SET, LIST_OF_NAMES, LOADINGS, MARKET, SESSIONS, maybe, takes
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..backtest.result import Backtest
from .factor_file import Loadings
from .factor_sets import FactorSet
from .known import sampled_with
from .ols import Errors, ErrorTerms, rolling_ols


@brief
@dataclass(frozen=True, eq=False)
class ExposurePath:
    """Exposure through time, rows by session of the backtest, columns by factor.

    holdings: weights at the close times the tickers' betas known at that close, in units of NAV; returns: rolling
    betas of the backtest's own returns up to that close, with their standard errors; definitions: of the factors;
    without_beta: tickers that were held on some session without a beta; those sessions are NaN in `holdings`. stderrs:
    of `returns`.
    """

    holdings: pd.DataFrame
    returns: pd.DataFrame
    stderrs: pd.DataFrame
    definitions: tuple[str, ...]
    without_beta: tuple[str, ...]


@takes(market=MARKET, tickers=LIST_OF_NAMES, factors=FACTOR_SET, window=SESSIONS, min_sessions=maybe(SESSIONS))
def known_betas(
    market: Market, tickers: tuple[str, ...], factors: FactorSet, window: int, *, min_sessions: int | None = None
) -> Floats:
    """(T, N, K): betas of tickers on all factors together, row t from the `window` sessions up to the close of t.

    min_sessions: least history (None: a quarter of the window, at least 3 per coefficient); NaN before that. Over
    several exchanges the window counts days on which all of them trade, as in `known.sampled`, and a session has the
    betas of the last of them.
    Raises ParameterError where the factors are on other sessions than the market.
    """
    if not np.array_equal(factors.sessions, market.sessions):
        raise ParameterError(
            "the factors are on other sessions than the market",
            where="factors",
            remedy="Use factors.on(market.sessions).",
        )
    days, moves = sampled_with(market, tickers, factors)
    returns = days.close_returns(tickers)
    least = max(window // 4, 3 * (len(factors.names) + 1)) if min_sessions is None else min_sessions
    fit = rolling_ols(returns, moves.returns, factors.names, window, min_sessions=least)
    return np.ascontiguousarray(carried(fit.coefficients[:, :, 1:], days, market))


def carried(values: Floats, days: Market, market: Market) -> Floats:
    """(T, ...) values of some days of a market at each of its sessions: those of the last such day, NaN before."""
    if days is market:
        return values
    at = np.searchsorted(days.sessions, market.sessions, side="right") - 1
    out = values[np.maximum(at, 0)]
    out[at < 0] = np.nan
    return np.asarray(out, dtype=np.float64)


def returns_between(backtest: Backtest, days: Market) -> Floats:
    """(D,) returns of NAV from one of some days of a backtest's market to the next, the first since its start."""
    returns = np.array(backtest.returns, dtype=np.float64)
    if days is backtest.market:
        return returns
    levels = np.cumprod(1.0 + np.nan_to_num(returns))[np.searchsorted(backtest.market.sessions, days.sessions)]
    return np.asarray(levels / np.concatenate([[1.0], levels[:-1]]) - 1.0)


def exposure_of_holdings(weights: Floats, betas: Floats) -> Floats:
    """(T, K): weights (T, N) times betas, (N, K) or (T, N, K).

    A ticker without weight needs no beta; one with weight and a NaN beta makes that session's exposure NaN.
    Raises ParameterError where the shapes do not fit.
    """
    values = np.asarray(betas, dtype=np.float64)
    if values.ndim == 2:
        values = np.broadcast_to(values, (len(weights), *values.shape))
    if values.ndim != 3 or values.shape[:2] != weights.shape:
        raise ParameterError("weights and betas do not fit together", value=f"{weights.shape}, {np.shape(betas)}")
    parts = np.where(weights[:, :, None] == 0.0, 0.0, weights[:, :, None] * values)
    return np.asarray(parts.sum(axis=1))


@takes(market=MARKET, backtest=BACKTEST, factors=FACTOR_SET, window=SESSIONS, returns_window=maybe(SESSIONS),
       loadings=maybe(LOADINGS))  # fmt: skip
def exposure_path(
    market: Market,
    backtest: Backtest,
    factors: FactorSet,
    window: int,
    *,
    returns_window: int | None = None,
    loadings: Loadings | None = None,
) -> ExposurePath:
    """Exposure of holdings and of returns at each close of a backtest; `market` is the whole market it ran on.

    window: sessions that the tickers' betas rest on; returns_window: that the betas of the backtest's returns rest on
    (None: window), with Newey-West errors; NaN until the backtest has run for that long. factors: on the sessions of
    the market; loadings: a vendor's, in the place of the tickers' betas. Raises as known_betas does.
    """
    record = backtest.record
    held = np.flatnonzero(np.abs(record.shares).sum(axis=0) > 0)
    tickers = tuple(backtest.market.tickers[i] for i in held)
    first = market.session_index(backtest.market.sessions[0])
    rows = slice(first, first + len(backtest.market.sessions))
    stated = None if loadings is None else loadings.pick(factors.names).known(market.sessions, tickers)
    betas = (known_betas(market, tickers, factors, window) if stated is None else stated)[rows]
    value = record.shares[:, held] * record.price[:, held]
    weights = np.where(record.shares[:, held] == 0.0, 0.0, value / record.nav[:, Mark.CLOSE][:, None])
    unknown = (weights != 0.0) & ~np.isfinite(betas).all(axis=2)
    names = list(factors.names)
    length = returns_window or window
    days, moves = sampled_with(backtest.market, tickers, factors.on(market.sessions[rows]))
    own = rolling_ols(
        returns_between(backtest, days)[:, None], moves.returns, factors.names, length,
        errors=ErrorTerms(Errors.NEWEY_WEST),
    )  # fmt: skip
    slopes, errors = (carried(one[:, 0, 1:], days, backtest.market) for one in (own.coefficients, own.stderrs))
    return ExposurePath(
        holdings=pd.DataFrame(exposure_of_holdings(weights, betas), index=backtest.sessions, columns=names),
        returns=pd.DataFrame(slopes, index=backtest.sessions, columns=names),
        stderrs=pd.DataFrame(errors, index=backtest.sessions, columns=names),
        definitions=factors.definitions,
        without_beta=tuple(t for t, bad in zip(tickers, unknown.any(axis=0), strict=True) if bad),
    )
