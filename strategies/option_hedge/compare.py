"""A hedge with options beside the same method in shares, in figures."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.option_ledger.explain import GREEKS, TRADING
from hedgebook.engine.risk.var.historical import tail_of

from ..book.result import BookRun
from .run import OF_PREMIUM, LedgerWindow

LEVEL = 0.95
# Causes of P&L in the order in which they are shown, by the column of `OptionRun.explain` and what is apart of it.
CAUSES = (
    *GREEKS, "rest", "stock", *(f"{OF_PREMIUM}{cost}" for cost in TRADING), *TRADING, "borrow", "dividends", "interest",
)  # fmt: skip


def compared(run: BookRun) -> pd.DataFrame:
    """What a reader compares, a row a figure: of the book alone, with options and with shares in their place.

    pnl in USD, pnl_frac of the base, volatility a year, worst session, drawdown, VaR and ES of one session at 95 % by
    past returns, beta, effectiveness; losses of VaR and ES are positive; NaN where undefined.
    """
    shares = run.in_shares
    assert shares is not None
    rows = {
        "pnl": [run.pnl["alone"], run.pnl["together"], shares.pnl["together"]],
        "volatility": [run.effect.volatility_book, run.effect.volatility_hedged, shares.effect.volatility_hedged],
        "worst_session": [*run.worst_sessions, shares.worst_sessions[1]],
        "drawdown": [*_deepest(run), _deepest(shares)[1]],
        "var_95": [_tail(run, 0)[0], _tail(run, 1)[0], _tail(shares, 1)[0]],
        "es_95": [_tail(run, 0)[1], _tail(run, 1)[1], _tail(shares, 1)[1]],
        "beta": [run.effect.beta_book, run.effect.beta_hedged, shares.effect.beta_hedged],
        "effectiveness": [math.nan, run.effect.effectiveness, shares.effect.effectiveness],
        "hedge_pnl": [math.nan, *(one.pnl["together"] - one.pnl["alone"] for one in (run, shares))],
    }
    table = pd.DataFrame(rows, index=["alone", "options", "shares"]).T
    table.loc["pnl_frac"] = table.loc["pnl"] / run.base_usd
    return table


def causes(run: BookRun) -> pd.DataFrame:
    """P&L of the hedge in USD by cause, with options and with shares in their place; costs are negative.

    The causes add up to `total`, what the hedge adds to the change of NAV. Delta to rest are of options between their
    marks, stock of shares; what begins with premium_ is paid for trades in options.
    """
    found = {name: _summed(one) for name, one in (("options", run), ("shares", run.in_shares)) if one is not None}
    return pd.DataFrame(found).reindex([*CAUSES, "total"])


def premium_usd(run: BookRun) -> float:
    """What all contracts that were bought cost, at mid, USD."""
    return math.fsum(window.premium_usd for window in run.windows if isinstance(window, LedgerWindow))


def _summed(run: BookRun) -> pd.Series[float]:
    parts = [window.explained for window in run.windows if isinstance(window, LedgerWindow)]
    return pd.concat(parts, axis=1).sum(axis=1) + 0.0


def _deepest(run: BookRun) -> tuple[float, float]:
    return min(w.drawdowns[0] for w in run.windows), min(w.drawdowns[1] for w in run.windows)


def _tail(run: BookRun, column: int) -> tuple[float, float]:
    returns: NDArray[np.float64] = np.concatenate([w.measured[:, column] for w in run.windows])
    if not len(returns) or not np.isfinite(returns).all():
        return math.nan, math.nan
    return tail_of(returns, 1.0 - LEVEL)
