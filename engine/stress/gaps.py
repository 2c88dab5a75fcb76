"""Losses of the short leg from one close to the next open."""

from __future__ import annotations

import math

import numpy as np

from ..arrays import Floats
from ..risk.series import check_confidence
from ..risk.var.historical import tail_of
from .held.margin import HeldMargin
from .history import History
from .positions import Positions


def short_nights(positions: Positions, nights: Floats) -> Floats:
    """(n,): return of the short leg from close to open on the nights that every short has, fractions of NAV.

    Positive is a gain. Empty without shorts.
    """
    short = positions.shares < 0
    if not short.any():
        return np.empty(0)
    whole = nights[:, short]
    whole = whole[np.isfinite(whole).all(axis=1)]
    return np.asarray(whole @ positions.weights[short])


def gap_risk(
    positions: Positions, history: History, confidence: float, book: HeldMargin | None = None
) -> dict[str, float]:
    """VaR and ES of the short leg over one night, from past nights at today's weights; positive losses of NAV.

    book: of shares and options, None = shares alone: its short leg is every ticker that it has a delta below zero of,
    shares and options together, revalued over each night.
    nights: how many; worst: the largest loss among them. NaN with fewer nights than 1 / (1 - confidence), since the
    quantile would then be the worst night whatever it was.
    """
    found = short_nights(positions, history.nights) if book is None else _revalued_nights(book, history.nights)
    tail = 1.0 - check_confidence(confidence)
    if not len(found) or len(found) * tail < 1.0 - 1e-9:
        return {"nights": len(found), "var": math.nan, "es": math.nan, "worst": math.nan}
    var, es = tail_of(found, tail)
    return {"nights": len(found), "var": var, "es": es, "worst": -float(found.min())}


def _revalued_nights(book: HeldMargin, nights: Floats) -> Floats:
    """(n,): the same of a book with options, of the tickers whose delta is below zero."""
    short = np.array(list(book.held.delta_shares().values())) < 0.0
    whole = nights[np.isfinite(nights[:, short]).all(axis=1)]
    if not short.any() or not len(whole):
        return np.empty(0)
    return np.asarray(book.held.ticker_changes(np.where(short, whole, 0.0))[:, short].sum(axis=1) / book.nav_usd)
