"""Runs of many kinds, whose workbooks are judged."""

from __future__ import annotations

import numpy as np
import pandas as pd

import hedgebook as hb
from hedgebook.front.run import Run
from hedgebook.strategies.kinds.combined import Combined
from hedgebook.strategies.strategy.given import strategy_of
from tests import markets

# Names that a spreadsheet would calculate, compare, take for a pattern or a number, or not tell apart.
ODD = ("=CMD()", "+A1", "-7", "@SUM", "A*", "a*", ">5", "005", "5", "TRUE")


def flagship() -> Run:
    """The event trade of the catalogue on the shipped prices."""
    return hb.backtest(hb.trade("long-meta-short-neocloud"), hb.sample_market())


def basket() -> Run:
    """Months of a basket that is rebalanced by the month, among prices with holes and a ticker that stops."""
    market = markets.random_market(4, sessions=110, tickers=6, missing_frac=0.03)
    kind = hb.RebalancedBasket(name="months", long=("left",), short=("right",), every="month")
    return hb.backtest(kind, market)


def idle() -> Run:
    """An event trade with less than the price of a share."""
    return hb.backtest(hb.trade("long-meta-short-neocloud", capital=100.0), hb.sample_market(), account="strict")


def ruined() -> Run:
    """Four times the capital short of a ticker that doubles, then held on to."""
    close = np.array([10.0, 10.0, 10.5, 10.2, 14.0, 11.0, 12.0, 11.5])[:, None]
    fields = {"open": close, "high": close, "low": close, "close": close, "volume": np.full(close.shape, 1e7)}
    market = markets.market_of(fields, ("UP",), universe=markets.numbered_universe(("UP",)))
    days = pd.DatetimeIndex(market.sessions[:1].astype("datetime64[ns]"))
    return hb.backtest(hb.weights(pd.DataFrame([[-4.0]], days, ["UP"])), market, account="none")


def odd() -> Run:
    """Tickers with names that no formula may be fooled by."""
    draw = np.random.default_rng(11)
    close = 50.0 * np.exp(np.cumsum(draw.normal(0.0, 0.02, (40, len(ODD))), axis=0))
    fields = {"open": close * 1.001, "high": close * 1.01, "low": close * 0.99, "close": close}
    fields["volume"] = np.full(close.shape, 1e6)
    market = markets.market_of(fields, ODD, universe=markets.numbered_universe(ODD))
    days = pd.DatetimeIndex(market.sessions[:-1:7].astype("datetime64[ns]"))
    frame = pd.DataFrame(draw.uniform(-0.15, 0.15, (len(days), len(ODD))), days, list(ODD))
    return hb.backtest(hb.weights(frame, name="=HYPERLINK(1)", title="=1+1"), market)


def combined() -> Run:
    """Two strategies in one."""
    market = markets.random_market(6, sessions=40, missing_frac=0.02)
    parts = [strategy_of(markets.random_schedule(k, market, size=0.2), {"name": n}) for k, n in enumerate("ab")]
    return hb.backtest(Combined(parts=parts), market)


RUNS = {"flagship": flagship, "basket": basket, "idle": idle, "ruined": ruined, "odd": odd, "combined": combined}
