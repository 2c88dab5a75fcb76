"""Running an event trade: plan, simulation and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest, PnlBy
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.exposure.attribution import FactorPnl
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.risk.drawdowns import drawdown_table
from hedgebook.engine.risk.metrics import Metrics, measure_levels
from hedgebook.universes.checks import TEXT, takes
from hedgebook.universes.event import Event
from hedgebook.universes.market import Market

from .exposure import TradeExposure, trade_exposure
from .plan import TradePlan, plan_trade
from .risk import EntryModel, EntryRisk, entry_model, entry_risk, trade_factor_pnl
from .short_sales import ShortSaleBar, short_sale_bars
from .trade import EventTrade


@dataclass(frozen=True, eq=False)
class TradeRun:
    """A trade that has been run: the market it saw, its plan and its backtest."""

    market: Market
    plan: TradePlan
    backtest: Backtest

    @property
    def trade(self) -> EventTrade:
        """The trade with the parameters that were run."""
        return self.plan.trade

    @property
    def event(self) -> Event:
        """The event it was entered on."""
        return self.plan.event

    @property
    def nav(self) -> pd.DataFrame:
        """NAV at both marks, cash, interest, borrow and return by session, USD."""
        return self.backtest.nav

    @property
    def returns(self) -> pd.Series[float]:
        """Simple returns close to close, the first from the initial capital."""
        return self.backtest.returns

    @property
    def fills(self) -> pd.DataFrame:
        """Filled orders with reference price, fill price and costs in USD."""
        return self.backtest.fills

    @property
    def positions(self) -> pd.DataFrame:
        """Held positions at each close."""
        return self.backtest.positions

    @cached_property
    def metrics(self) -> Metrics:
        """Performance and risk figures of the returns; definitions stand in engine.risk.metrics.Metrics."""
        opens = self.backtest.nav["nav_open"].to_numpy()
        return measure_levels(np.asarray(self.levels, dtype=np.float64), traded=self.backtest.traded, opens=opens)

    @takes(by=TEXT)
    def pnl(self, by: PnlBy | Literal["leg"] = "ticker") -> pd.DataFrame:
        """P&L in USD by ticker, bucket, leg, cause or session, with the causes as columns.

        Net of each ticker's own costs; interest belongs to cash. Raises ParameterError for another `by`.
        """
        if by != "leg":
            return self.backtest.pnl(by)
        table = self.backtest.pnl("ticker")
        leg_of = {ticker: leg.name for leg in self.plan.legs for ticker in leg.tickers}
        return table.groupby([leg_of[str(ticker)] for ticker in table.index], sort=False).sum().rename_axis("leg")

    def drawdowns(self) -> pd.DataFrame:
        """Every drawdown of the closing NAV from the initial capital on, deepest first; a ruin at an open counts."""
        return drawdown_table(self.backtest.levels, pd.DatetimeIndex(self.levels.index))

    @cached_property
    def levels(self) -> pd.Series[float]:
        """NAV at closes, USD, with the initial capital before it at the session before the first."""
        levels = np.concatenate([[self.backtest.capital], self.backtest.nav["nav_close"].to_numpy()])
        opening = pd.DatetimeIndex([self.backtest.opening.astype("datetime64[ns]")])
        return pd.Series(levels, index=opening.append(self.backtest.sessions), name="nav")

    @cached_property
    def exposures(self) -> TradeExposure:
        """Factor exposure before the news and during the trade, with Newey-West errors."""
        return trade_exposure(self.market, self.plan, self.backtest)

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
        """Betas and variances of the tickers as known before the news; None without factors."""
        return entry_model(self.market, self.plan)

    @cached_property
    def factor_pnl(self) -> FactorPnl | None:
        """P&L split into factors, specific, costs and interest with the betas of `entry_model`."""
        return None if self.entry_model is None else trade_factor_pnl(self.backtest, self.entry_model)

    @cached_property
    def entry_risk(self) -> EntryRisk | None:
        """Volatility of the entry weights by ticker, bucket and factor; None where a ticker has no beta."""
        return None if self.entry_model is None else entry_risk(self.market, self.plan, self.entry_model)

    @cached_property
    def short_sale_bars(self) -> tuple[ShortSaleBar, ...]:
        """Shorts whose sale at the entry fell under rule 201, enforced or not."""
        return short_sale_bars(self.market, self.plan)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything a reader must know before trusting the figures."""
        factors = () if self.factor_pnl is None else self.factor_pnl.notes
        betas = () if self.entry_model is None else self.entry_model.notes
        track = () if self.backtest.no_track is None else (self.backtest.no_track,)
        told = (*self.plan.warnings, *track, *self.backtest.warnings, *self.exposures.notes, *betas, *factors)
        return (*self.market.warnings, *dict.fromkeys(told))


def run_trade(
    trade: EventTrade, event: Event, market: Market, costs: Costs, account: Account | None = None
) -> TradeRun:
    """Plan a trade on a market and simulate it from its entry to its exit, with the trade's own capital."""
    plan = plan_trade(trade, event, market)
    backtest = run_schedule(
        market,
        plan.schedule,
        costs,
        (account or Account()).with_capital(trade.capital),
        rules=trade.rules,
        legs={ticker: leg.name for leg in plan.legs for ticker in leg.tickers},
        until=plan.exit_session,
    )
    return TradeRun(market=market, plan=plan, backtest=backtest)
