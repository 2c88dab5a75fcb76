"""What a trade's entry weights risk, and what its P&L came from: by factor, with betas known before the news."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.exposure.attribution import FactorPnl, attribute_pnl, attribute_with
from hedgebook.engine.exposure.covariance import FactorModelRisk, factor_model_risk
from hedgebook.engine.exposure.factor_file import FactorModel
from hedgebook.engine.exposure.factor_sets import FactorSet
from hedgebook.engine.exposure.freshness import stale_reason
from hedgebook.engine.exposure.known import SESSIONS_PER_COEFFICIENT, WINDOW_SESSIONS, beside_factors, known_factors
from hedgebook.engine.exposure.risk import RiskByFactor, RiskByTicker, risk_by_factor, risk_by_ticker
from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import SESSIONS_PER_YEAR
from hedgebook.universes.counted import counted
from hedgebook.universes.exchanges.common import CommonDays, common_days
from hedgebook.universes.market import Market

from ..trade.plan import TradePlan
from .exposure import estimation_days, trade_factors, window_before


@brief
@dataclass(frozen=True, eq=False)
class EntryModel:
    """A factor model of a trade's tickers over the 250 sessions up to the last close before the news.

    factors: on all sessions of the market; model: rows are `tickers`, each estimated on its own sessions, NaN for
    one with fewer than 3 per coefficient or without a close in the last 5 sessions, which `without_beta` names;
    sessions: by ticker; notes: factors that were left out, and tickers without a beta, with the reason. days: over
    several exchanges, which days the returns span, None for one.
    """

    factors: FactorSet
    tickers: tuple[str, ...]
    model: FactorModelRisk
    sessions: dict[str, int]
    notes: tuple[str, ...] = ()
    days: CommonDays | None = None

    @property
    def without_beta(self) -> tuple[str, ...]:
        """Tickers with too short a history, or with one that ended before the news."""
        missing = np.isnan(self.model.specific)
        return tuple(ticker for ticker, gone in zip(self.tickers, missing, strict=True) if gone)


@brief
@dataclass(frozen=True, eq=False)
class EntryRisk:
    """Annual volatility of the entry weights, as fractions of NAV, and its parts, which add up to it.

    tickers: rows by ticker, and buckets: by bucket, with weight, contribution, share; factors: rows by factor and
    "specific" with exposure, contribution, share; factor_share: of the variance.
    """

    volatility: float
    factor_share: float
    tickers: pd.DataFrame
    buckets: pd.DataFrame
    factors: pd.DataFrame


def entry_model(market: Market, plan: TradePlan) -> EntryModel | None:
    """Fit the factor model of a plan's tickers. None where there are no factors; uses no price after the news."""
    known = trade_factors(market, plan)
    factors, window = known.factors, known.window
    if factors is None:
        return None
    tickers = tuple(plan.weights())
    days, shared = estimation_days(market, plan, factors)
    at = window if days is market else window_before(days, plan)
    close = days.close[at.start - 1 : at.stop, [days.column(ticker) for ticker in tickers]]
    returns, moves = close[1:] / close[:-1] - 1.0, shared.returns[at]
    whole = np.isfinite(moves).all(axis=1)
    count = len(factors.names)
    betas, specific = np.full((len(tickers), count), np.nan), np.full(len(tickers), np.nan)
    sessions = {ticker: int((np.isfinite(returns[:, i]) & whole).sum()) for i, ticker in enumerate(tickers)}
    notes = list(known.notes)
    for i, ticker in enumerate(tickers):
        stale = stale_reason(market, ticker, window.stop - 1)
        if stale is not None:
            notes.append(f"no beta of {ticker}: {stale}")
        elif sessions[ticker] < SESSIONS_PER_COEFFICIENT * (count + 1):
            notes.append(
                f"no beta of {ticker}: it shares {counted(sessions[ticker], 'return')} with the factors before the news"
            )
        else:
            try:
                own = factor_model_risk(returns[:, [i]], moves, factors.names)
            except ParameterError as problem:
                # The factors move on their own over the whole window, but not where this ticker has prices.
                notes.append(f"no beta of {ticker}: {problem.what} on the sessions that it shares with them")
                continue
            betas[i], specific[i] = own.betas[0], own.specific[0]
    spread = np.atleast_2d(np.cov(moves[whole], rowvar=False))
    model = FactorModelRisk(factors.names, betas, spread, specific)
    found = common_days(
        market, beside_factors(market, tickers), days.sessions[at.start - 1 : at.stop - 1], days.sessions[at]
    )
    return EntryModel(factors, tickers, model, sessions, tuple(notes), found)


def rolling_factor_pnl(backtest: Backtest, market: Market) -> FactorPnl | None:
    """Split any run's P&L by factor, with the betas of each ticker over the 250 sessions before each session.

    market: the whole market that it ran on. Which factors there are, and what each is net of, is as known at the close
    before the run's first session. None where there were none by then, and where nothing was traded.
    """
    before = market.session_index(backtest.market.sessions[0]) - 1
    factors = known_factors(market, before).factors if before > 0 and backtest.traded else None
    if factors is None:
        return None
    least = SESSIONS_PER_COEFFICIENT * (len(factors.names) + 1)
    return attribute_pnl(market, backtest, factors, WINDOW_SESSIONS, min_sessions=least)


def model_factor_pnl(backtest: Backtest, market: Market, model: FactorModel) -> FactorPnl | None:
    """Split any run's P&L by a vendor's factors, None where nothing was traded.

    With the vendor's loadings known at the close before each session, else with betas over the 250 sessions before it.
    """
    if not backtest.traded:
        return None
    factors = model.factors.on(market.sessions)
    least = SESSIONS_PER_COEFFICIENT * (len(factors.names) + 1)
    return attribute_pnl(market, backtest, factors, WINDOW_SESSIONS, min_sessions=least, loadings=model.loadings)


def factor_pnl_totals(found: FactorPnl | None) -> pd.DataFrame:
    """P&L of a whole run in USD by factor, specific, cause of costs and interest: they add up to the change of NAV.

    Raises ParameterError where there is no split.
    """
    if found is None:
        raise ParameterError(
            "P&L cannot be split by factor: before the first session no factor proxy had enough history, or nothing "
            "was traded",
            where="by",
            value="factor",
            remedy="Load prices of SPY, SMH, IBIT or MTUM from a year or so before the first order, or begin later.",
        )
    totals = found.by_session.drop(columns="total").sum()
    return totals.to_frame("total").rename_axis(index="factor")


def trade_factor_pnl(backtest: Backtest, found: EntryModel) -> FactorPnl:
    """Split a trade's P&L by factor, the betas of its entry held throughout."""
    market = backtest.market
    betas = np.full((len(market.sessions), len(market.tickers), len(found.factors.names)), np.nan)
    betas[:, [market.column(ticker) for ticker in found.tickers]] = found.model.betas
    return attribute_with(backtest, found.factors.on(market.sessions), betas)


def entry_risk(market: Market, plan: TradePlan, found: EntryModel) -> EntryRisk | None:
    """Split the volatility of a plan's entry weights; None where a ticker has no beta."""
    if found.without_beta:
        return None
    weights = np.array([plan.weights()[ticker] for ticker in found.tickers])
    by_ticker: RiskByTicker = risk_by_ticker(weights, found.model.covariance, found.tickers)
    by_factor: RiskByFactor = risk_by_factor(weights, found.model, found.tickers)
    year = math.sqrt(SESSIONS_PER_YEAR / (1.0 if found.days is None else found.days.mean_sessions))
    tickers = by_ticker.table[["weight", "contribution", "share"]]
    buckets = by_ticker.by([market.bucket_of(ticker) or "other" for ticker in found.tickers])
    variance = by_factor.factor_variance + by_factor.specific_variance
    return EntryRisk(
        volatility=by_ticker.volatility * year,
        factor_share=by_factor.factor_variance / variance if variance > 0 else math.nan,
        tickers=_annual(tickers, year),
        buckets=_annual(buckets.rename_axis("bucket"), year),
        factors=_annual(by_factor.table, year),
    )


def _annual(table: pd.DataFrame, year: float) -> pd.DataFrame:
    return table.assign(contribution=table["contribution"] * year)
