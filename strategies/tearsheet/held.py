"""What a run held, session by session: gross, net, leverage, positions, turnover, and how concentrated it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..run.run import StrategyRun


def held_over_time(run: StrategyRun) -> pd.DataFrame:
    """By session: those of RunTables.holdings (gross is the leverage), and largest_frac and effective_positions.

    largest_frac: share of the largest position in gross; effective_positions: gross squared over the sum of squared
    weights, as many equal positions as would be as concentrated. NaN where nothing is held or NAV is lost.
    """
    sizes = np.abs(run.weights.reindex(run.holdings.index).to_numpy(dtype=np.float64))
    found = run.holdings.copy()
    if not sizes.shape[1]:
        return found.assign(largest_frac=np.nan, effective_positions=np.nan)
    gross, squares = sizes.sum(axis=1), (sizes**2).sum(axis=1)
    known = np.isfinite(found["gross"].to_numpy()) & (gross > 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found["largest_frac"] = np.where(known, sizes.max(axis=1) / gross, np.nan)
        found["effective_positions"] = np.where(known, gross**2 / squares, np.nan)
    return found


def time_in_market(run: StrategyRun) -> float:
    """Share of sessions with a position at the close or a fill."""
    held, filled = run.holdings["positions"] > 0, run.holdings["turnover"] > 0.0
    return float((held | filled).mean())
