"""Which line of a book with options carries the risk: VaR and ES of its revalued P&L, split."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.risk.var.positions import position_risk
from hedgebook.engine.stress.held.options import HeldOptions


def line_risk(held: HeldOptions, returns: Floats, nav_usd: float, confidence: float) -> pd.DataFrame:
    """Historical VaR and ES of one session by line, with the columns and the row "book" of `position_risk`.

    returns: (T, U) of the book's tickers. Each line's P&L is its own, every option revalued: component ES is its mean
    over the sessions in the book's tail, component VaR with the Harrell-Davis weights of all sessions, so that both add
    up; incremental is the book's figure less that of the book without the line. weight: what the line is worth over
    NAV; marginal: component over weight, NaN for a line that is worth nothing. Fractions of NAV, losses positive.
    """
    table = pd.DataFrame(held.line_changes(returns) / nav_usd, columns=list(held.names))
    found = position_risk(table, dict.fromkeys(held.names, 1.0), "historical", confidence=confidence)
    weights = held.units * held.lines.quantity / nav_usd
    found.loc[list(held.names), "weight"] = weights
    found.loc["book", "weight"] = weights.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        for kind in ("var", "es"):
            each = np.where(weights != 0.0, found[f"component_{kind}"].to_numpy()[:-1] / weights, np.nan)
            found.loc[list(held.names), f"marginal_{kind}"] = each
    return found
