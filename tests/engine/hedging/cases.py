"""A market of six tickers that share a factor, with the dirt of real histories."""

from __future__ import annotations

import math

import numpy as np

from hedgebook.engine.exposure.factor_sets import FactorSet
from hedgebook.engine.hedging.legs import HedgeLegs
from hedgebook.universes.market import Market
from tests import markets

TICKERS = ("BASE", "ALFA", "BETA", "GAMA", "DELT", "EPSI")
LEGS = HedgeLegs(("ALFA", "BETA"), ("GAMA", "DELT", "EPSI"))
SECOND = np.timedelta64(1, "s")


def clean_market(sessions: int = 160, seed: int = 3) -> Market:
    """Closes driven by BASE, which is the benchmark, with betas of 1 to 2.5."""
    draw = np.random.default_rng(seed)
    base = draw.normal(0.0005, 0.01, sessions)
    moves = np.outer(base, [1.0, 1.2, 1.6, 1.0, 1.8, 2.5]) + draw.normal(0.0, 0.012, (sessions, 6)) * [0, 1, 1, 1, 1, 1]
    close = 50.0 * np.cumprod(1.0 + moves, axis=0)
    return markets.market_of({"close": close}, TICKERS, first="2025-03-03", universe=markets.numbered_universe(TICKERS))


def dirty_market(sessions: int = 160, seed: int = 3) -> Market:
    """The same with EPSI listed 45 sessions before the end, and scattered gaps in ALFA, GAMA and BASE."""
    market = clean_market(sessions, seed)
    close = market.close.copy()
    close[: sessions - 45, TICKERS.index("EPSI")] = np.nan
    close[[sessions - 30, sessions - 77], TICKERS.index("ALFA")] = np.nan
    close[sessions - 20, TICKERS.index("GAMA")] = np.nan
    close[sessions - 55, TICKERS.index("BASE")] = np.nan
    return markets.market_of({"close": close}, TICKERS, first="2025-03-03", universe=markets.numbered_universe(TICKERS))


def after(market: Market, row: int) -> np.datetime64:
    """A second after the close of a session."""
    moment: np.datetime64 = market.close_at[row] + SECOND
    return moment


def two_factors(market: Market, seed: int = 5) -> FactorSet:
    """BASE, and a series of nobody's making with a gap."""
    draw = np.random.default_rng(seed)
    close = market.close[:, market.column("BASE")]
    base = np.concatenate([[math.nan], close[1:] / close[:-1] - 1.0])
    other = draw.normal(0.0, 0.01, len(base))
    other[len(base) - 12] = math.nan
    return FactorSet(("base", "other"), ("BASE", "noise"), market.sessions, np.column_stack([base, other]))
