"""Running a strategy: plan, simulation and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np
import pandas as pd

from hedgebook.engine.backtest.result import Backtest, PnlBy
from hedgebook.engine.exposure.attribution import FactorPnl
from hedgebook.engine.exposure.factor_file import FactorModel
from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import TEXT, takes
from hedgebook.universes.event import Event
from hedgebook.universes.market import Market

from ..strategy.given import planned
from ..strategy.plan import Plan
from ..strategy.setting import RunSetting
from ..strategy.span import WHOLE, Span
from ..strategy.strategy import Strategy
from ..trade.plan import TradePlan, plan_trade
from ..trade.trade import EventTrade
from .by_part import pnl_by_part
from .checks import Check
from .exposure import TradeExposure, model_exposure, run_exposure
from .risk import (
    EntryModel,
    EntryRisk,
    entry_model,
    entry_risk,
    factor_pnl_totals,
    model_factor_pnl,
    rolling_factor_pnl,
    trade_factor_pnl,
)
from .short_sales import ShortSaleBar, short_sale_bars
from .tables import RunBy, RunTables


@brief
@dataclass(frozen=True, eq=False)
class StrategyRun(RunTables):
    """A strategy that has been run: the market it saw, its plan and its backtest.

    model: a vendor's factors, by which exposures and P&L are told; None = the factors of proxies in the market.
    checks: what else was asked of it, none where nothing was.
    """

    market: Market
    strategy: Strategy
    plan: Plan
    backtest: Backtest
    model: FactorModel | None = None
    checks: tuple[Check, ...] = ()

    @property
    def name(self) -> str:
        """What the strategy is called."""
        return self.strategy.name

    @property
    def trade_plan(self) -> TradePlan | None:
        """The plan of an event trade, None for every other strategy."""
        return self.plan if isinstance(self.plan, TradePlan) else None

    @property
    def nav(self) -> pd.DataFrame:
        """NAV at both marks, cash, interest, borrow and return by session, USD."""
        return self.backtest.nav

    @property
    def fills(self) -> pd.DataFrame:
        """Filled orders with reference price, fill price and costs in USD."""
        return self.backtest.fills

    @property
    def share_changes(self) -> pd.DataFrame:
        """What corporate actions did to positions before opens."""
        return self.backtest.share_changes

    @property
    def positions(self) -> pd.DataFrame:
        """Held positions at each close."""
        return self.backtest.positions

    @property
    def traded(self) -> bool:
        """Whether any order was filled."""
        return self.backtest.traded

    @cached_property
    def pnl_long(self) -> pd.DataFrame:
        """P&L by session, ticker, bucket, leg (None without legs) and cause in USD, without the rows that are zero."""
        frame, leg_of = self.backtest.pnl_long, self.plan.sides()
        legs = pd.Series([leg_of.get(str(ticker)) for ticker in frame["ticker"]], index=frame.index, dtype="str")
        return frame.assign(leg=legs)[["session", "ticker", "bucket", "leg", "cause", "pnl"]]

    @property
    def capital(self) -> float:
        """Initial capital in USD."""
        return self.backtest.capital

    @property
    def opening(self) -> np.datetime64:
        """The session before the first one, whose close starts the NAV at the initial capital."""
        return self.backtest.opening

    @property
    def rejected(self) -> pd.DataFrame:
        """The orders that were rejected or deferred, with the reason."""
        return self.backtest.rejected

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Sessions by tickers that were ever held: value at each close as a fraction of NAV, 0 where none is held."""
        record, market = self.backtest.record, self.backtest.market
        held = np.flatnonzero(record.shares.any(axis=0))
        values = record.shares[:, held] * record.price[:, held] / record.days["nav_close"][:, None]
        values[record.shares[:, held] == 0.0] = 0.0
        return pd.DataFrame(values, index=self.backtest.sessions, columns=[market.tickers[i] for i in held])

    @takes(by=TEXT)
    def pnl(self, by: RunBy = "ticker") -> pd.DataFrame:
        """P&L in USD by ticker, bucket, leg, strategy, cause or session, with the causes as columns; or by factor.

        Net of each ticker's own costs; interest belongs to cash. By strategy: of the parts of a combination, by the
        shares that each owns. By factor: factors, specific, costs and interest, as `factor_pnl` has them. Raises
        ParameterError for another `by`, and for parts, legs or factors that there are not.
        """
        if by == "factor":
            return factor_pnl_totals(self.factor_pnl)
        if by == "strategy":
            if not self.plan.parts:
                what = "this strategy is not made of several"
                raise ParameterError(what, where="by", value=by, bound=", ".join(get_args(PnlBy)))
            return pnl_by_part(self.backtest, self.plan.parts)
        if by not in get_args(PnlBy) and by != "leg":
            bound = ", ".join((*get_args(PnlBy), "leg", "strategy", "factor"))
            raise ParameterError("P&L is not split like this", where="by", value=by, bound=bound)
        if by != "leg":
            return self.backtest.pnl(by)
        table, leg_of = self.backtest.pnl("ticker"), self.plan.sides()
        if not leg_of:
            raise ParameterError("this strategy has no legs", where="by", value=by, bound=", ".join(get_args(PnlBy)))
        legs = [leg_of.get(str(ticker), "other") for ticker in table.index]
        return table.groupby(legs, sort=False).sum().rename_axis("leg")

    @cached_property
    def exposures(self) -> TradeExposure:
        """Factor exposure before the news (of an event trade) and during the run, with Newey-West errors."""
        if self.model is not None:
            return model_exposure(self.market, self.plan, self.backtest, self.model)
        return run_exposure(self.market, self.plan, self.backtest)

    def exposure(self) -> pd.DataFrame:
        """Betas, standard errors and t-statistics by factor, before the news and during the trade."""
        parts = {
            when: found.table
            for when, found in (("before", self.exposures.before), ("during", self.exposures.during))
            if found is not None
        }
        return pd.concat(parts, axis=1) if parts else pd.DataFrame()

    @cached_property
    def entry_model(self) -> EntryModel | None:
        """Betas and variances of an event trade's tickers as known before the news; None without news or factors."""
        return None if self.trade_plan is None else entry_model(self.market, self.trade_plan)

    @cached_property
    def factor_pnl(self) -> FactorPnl | None:
        """P&L split into factors, specific, costs and interest; None where there are no factors to split by.

        With betas known before the news, held constant (`entry_model`), of an event trade; of any other strategy with
        betas over the 250 sessions before each session. By a vendor's `model` likewise, or with its loadings known at
        the close before each session.
        """
        if self.model is not None:
            return model_factor_pnl(self.backtest, self.market, self.model)
        if self.trade_plan is None:
            return rolling_factor_pnl(self.backtest, self.market)
        return None if self.entry_model is None else trade_factor_pnl(self.backtest, self.entry_model)

    @cached_property
    def entry_risk(self) -> EntryRisk | None:
        """Volatility of the entry weights by ticker, bucket and factor; None where a ticker has no beta."""
        if self.entry_model is None or self.trade_plan is None:
            return None
        return entry_risk(self.market, self.trade_plan, self.entry_model)

    @cached_property
    def short_sale_bars(self) -> tuple[ShortSaleBar, ...]:
        """Shorts of an event trade whose sale at the entry fell under rule 201, enforced or not."""
        return () if self.trade_plan is None else short_sale_bars(self.market, self.trade_plan)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything a reader must know before trusting the figures."""
        # Of other strategies the table of P&L by factor says it: a run must not wait for betas that nobody asks for.
        factors = () if self.trade_plan is None or self.factor_pnl is None else self.factor_pnl.notes
        betas = () if self.entry_model is None else self.entry_model.notes
        track = () if self.backtest.no_track is None else (self.backtest.no_track,)
        told = (*self.plan.warnings, *track, *self.backtest.warnings, *self.exposures.notes, *betas, *factors)
        return (*self.market.warnings, *dict.fromkeys(told))


@brief
@dataclass(frozen=True, eq=False)
class TradeRun(StrategyRun):
    """An event trade that has been run."""

    plan: TradePlan

    @property
    def trade(self) -> EventTrade:
        """The trade with the parameters that were run."""
        return self.plan.trade

    @property
    def event(self) -> Event:
        """The event it was entered on."""
        return self.plan.event


def run_trade(trade: EventTrade, event: Event, setting: RunSetting) -> TradeRun:
    """Plan a trade on a market and simulate it from its entry to its exit, with the trade's own capital."""
    plan = plan_trade(trade, event, setting.market)
    return TradeRun(setting.market, trade, plan, simulate_plan(trade, plan, setting))


def run_strategy(strategy: Strategy, setting: RunSetting, *, span: Span = WHOLE) -> StrategyRun:
    """Plan a strategy on a market and simulate it over the sessions of `span`.

    Raises what its plan raises, and what `run_schedule` raises for a schedule that cannot be filled.
    """
    plan = span.cut(planned(strategy, setting.market, setting.events), setting.market)
    return StrategyRun(setting.market, strategy, plan, simulate_plan(strategy, plan, setting))


def simulate_plan(strategy: Strategy, plan: Plan, setting: RunSetting) -> Backtest:
    """The backtest of a plan, with the strategy's rules and, where it has one, its capital."""
    funded = setting.funded(strategy.capital)
    return funded.run(plan.schedule, rules=strategy.rules, legs=plan.sides(), until=plan.until)
