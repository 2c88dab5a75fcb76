"""Where the P&L of a trade should be by each of its sessions, and how large a session's P&L is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgebook.engine.risk.bootstrap import resampled_sessions
from hedgebook.universes.market import Market

LEVELS = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
HISTORY_SESSIONS, LEAST_SESSIONS = 250, 40
DRAWS, BLOCK_SESSIONS, SEED = 2000, 5.0, 20260701


@dataclass(frozen=True)
class Fan:
    """A forecast of P&L since entry.

    daily_scale_usd: deviation of a session's P&L; levels: (Q,) probabilities, ascending; pnl_usd: (S, Q) quantiles of
    the P&L since entry after each of S sessions; says: what it was made of.
    """

    daily_scale_usd: float
    levels: tuple[float, ...]
    pnl_usd: tuple[tuple[float, ...], ...]
    says: str

    @property
    def life_sessions(self) -> int:
        """How many sessions it reaches."""
        return len(self.pnl_usd)

    def percentile(self, session: int, pnl_usd: float) -> float | None:
        """Where a P&L lies after `session` sessions, 1 for the first: 0 to 1 by linear interpolation between levels.

        At or below the lowest level it is that level, above the highest that one; None beyond the forecast.
        """
        if not 1 <= session <= self.life_sessions:
            return None
        row = np.array(self.pnl_usd[session - 1])
        return float(np.interp(pnl_usd, row, self.levels))

    def to_json(self) -> dict[str, Any]:
        """The same as values of JSON."""
        return {
            "daily_scale_usd": self.daily_scale_usd,
            "levels": list(self.levels),
            "pnl_usd": [list(row) for row in self.pnl_usd],
            "says": self.says,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Fan:
        """What `to_json` gave."""
        rows = tuple(tuple(row) for row in told["pnl_usd"])
        return cls(told["daily_scale_usd"], tuple(told["levels"]), rows, told["says"])


def fan_of_weights(
    market: Market, row: int, weights: Mapping[str, float], capital_usd: float, sessions: int
) -> tuple[Fan | None, str]:
    """The forecast of `weights` held for some sessions, by the sessions up to row `row` of a market; or why none.

    What the weights would have earned in each of the 250 sessions before, less its mean, in blocks of five on average:
    a trade without an edge of its own, as volatile as its names were.
    """
    tickers = [ticker for ticker, weight in weights.items() if weight]
    history = market.rows(max(row + 1 - HISTORY_SESSIONS - 1, 0), row + 1).close_returns(tickers)[1:]
    earned = history @ np.array([weights[ticker] for ticker in tickers]) * capital_usd
    earned = earned[np.isfinite(earned)]
    if len(earned) < LEAST_SESSIONS:
        return None, (
            f"no forecast: {len(earned)} sessions before the entry have prices of all its tickers, {LEAST_SESSIONS} "
            "are needed"
        )
    scale = float(earned.std(ddof=1))
    if not scale > 0.0 or not math.isfinite(scale):
        return None, "no forecast: its tickers did not move before the entry"
    centred = earned - earned.mean()
    rows = resampled_sessions(len(centred), draws=DRAWS, block_length=BLOCK_SESSIONS, seed=SEED)
    paths = np.cumsum(centred[rows[:, np.arange(sessions) % rows.shape[1]]], axis=1)
    quantiles = np.quantile(paths, LEVELS, axis=0).T
    says = (
        f"{DRAWS:,} draws of what its weights at entry earned in the {len(earned)} sessions before, less their mean, "
        f"in blocks of {BLOCK_SESSIONS:g} sessions on average; no costs and no edge in it"
    )
    return Fan(scale, LEVELS, tuple(tuple(float(x) for x in one) for one in quantiles), says), ""
