"""What is searched: a book, the instruments that may hedge it, their costs and limits, and what a hedge must keep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.brief import brief

from ..arrays import Floats
from ..kernels.finder.room import MOST_NAMES, MOST_RULES, STIFFNESS
from ..kernels.finder.walk import Books

__all__ = ["MOST_NAMES", "MOST_RULES", "HedgeInstrument", "HedgeProblem", "Terms"]

# What is added to each instrument's variance, as a fraction of it, so that two that move as one have one answer.
RIDGE = 1e-10


@dataclass(frozen=True, eq=False)
class HedgeInstrument:
    """One thing that may hedge: its returns and what it costs, whatever it is.

    returns: (T,) of each session, P&L in USD for each USD held; low_frac, high_frac: most that may be sold (zero or
    negative) and bought, as fractions of the book's gross value; short_cost_frac, long_cost_frac: USD for each USD
    sold or bought that entering, holding over the horizon and leaving are expected to cost; net: what each USD bought
    adds to the value that must net to zero, -1 of a put, whose positions are USD of delta without sign.
    """

    name: str
    returns: Floats
    low_frac: float
    high_frac: float
    short_cost_frac: float
    long_cost_frac: float
    net: float = 1.0


@dataclass(frozen=True)
class Terms:
    """What a search weighs against each other.

    horizon_sessions: H, how long the hedge is held; risk_price: p, USD that one USD less of deviation over the horizon
    is worth; budget_frac: most gross value of the hedge, as a fraction of the book's.
    """

    horizon_sessions: int
    risk_price: float
    budget_frac: float


@brief
@dataclass(frozen=True, eq=False)
class HedgeProblem:
    """A book y of T sessions and N instruments X, both as fractions of the book's gross value.

    book: (T,); factors: (T, F) that the hedged book may not be exposed to; net_frac: the book's net value as a fraction
    of its gross value where the hedge must make it zero, else None. What a hedge w is judged by, lower is better:

        Q(w) = Var(y + Xw) / Var(y) + 2 cost(w) / (p sqrt(H) SD(y))

    with cost(w) = sum of short_cost_i max(-w_i, 0) + long_cost_i max(w_i, 0). It is 1 without a hedge, and 1 - Q is the
    net effectiveness. Times p sqrt(H) SD(y) / 2 it is USD: near the book itself, a variance over the horizon that is
    lower by 2 SD d is a deviation lower by d, which is worth p d.
    """

    instruments: tuple[HedgeInstrument, ...]
    book: Floats
    factors: Floats
    net_frac: float | None
    terms: Terms

    @property
    def names(self) -> tuple[str, ...]:
        """Of the instruments."""
        return tuple(one.name for one in self.instruments)

    @property
    def returns(self) -> Floats:
        """(T, N)."""
        return np.column_stack([one.returns for one in self.instruments])

    @property
    def rules(self) -> int:
        """m, how many equations a hedge must keep."""
        return int(self.factors.shape[1]) + (self.net_frac is not None)

    def only(self, names: Sequence[str]) -> HedgeProblem:
        """The same with some of the instruments, in the order asked for."""
        at = {one.name: one for one in self.instruments}
        return HedgeProblem(tuple(at[n] for n in names), self.book, self.factors, self.net_frac, self.terms)

    def free(self) -> HedgeProblem:
        """The same without equations."""
        return HedgeProblem(self.instruments, self.book, self.factors[:, :0], None, self.terms)

    def costs(self, weights: Floats) -> float:
        """USD for each USD of the book's gross value that a hedge (N,) costs over the horizon."""
        return math.fsum(
            -w * one.short_cost_frac if w < 0 else w * one.long_cost_frac
            for w, one in zip(weights, self.instruments, strict=True)
        )

    def cost_weight(self, series: Floats | None = None) -> float:
        """2 / (p sqrt(H) SD(y)): what a cost of 1 adds to Q; 0 where risk has no price above all costs."""
        deviation = float(np.std(self.book if series is None else series, ddof=1))
        price = self.terms.risk_price * math.sqrt(self.terms.horizon_sessions) * deviation
        return 0.0 if math.isinf(price) else 2.0 / price

    def betas(self, values: Floats, rows: NDArray[np.bool_]) -> Floats:
        """(K, F) slopes of K series `values` (T, K) on all factors together, over some sessions."""
        if not self.factors.shape[1]:
            return np.empty((values.shape[1], 0))
        factors = self.factors[rows] - self.factors[rows].mean(axis=0)
        seen = values[rows] - values[rows].mean(axis=0)
        return np.asarray(np.linalg.lstsq(factors, seen, rcond=None)[0].T)

    def books(self, series: Floats | None = None, rows: NDArray[np.bool_] | None = None) -> Books:
        """What kernels search: the book itself, or R others (R, T), seen over some sessions, None = all."""
        seen = np.ones(len(self.book), dtype=np.bool_) if rows is None else rows
        many = self.book[None, :] if series is None else series
        x, y = self.returns, many.T
        deviations = x[seen] - x[seen].mean(axis=0)
        others = y[seen] - y[seen].mean(axis=0)
        # Every book is measured by its own variance; that of the first one is that of all, as the curve is shared.
        size = float(others[:, 0] @ others[:, 0])
        curve = 2.0 * deviations.T @ deviations / size
        curve[np.diag_indices_from(curve)] *= 1.0 + RIDGE
        weight = self.cost_weight(many[0, seen])
        loadings, targets = self._equations(x, y, seen)
        largest = np.abs(loadings).max(axis=1, initial=0.0, keepdims=True)
        scale = np.where(largest > 0.0, largest, 1.0)

        def each(name: str) -> Floats:
            return np.array([getattr(one, name) for one in self.instruments], dtype=np.float64)

        return Books(
            np.ascontiguousarray(curve),
            np.ascontiguousarray(2.0 * others.T @ deviations / size),
            np.ascontiguousarray(loadings / scale),
            np.ascontiguousarray(targets / scale.T),
            each("low_frac"),
            each("high_frac"),
            weight * each("long_cost_frac"),
            weight * each("short_cost_frac"),
            np.array([self.terms.budget_frac]),
            np.array([STIFFNESS * float(curve.diagonal().max())]),
        )

    def _equations(self, x: Floats, y: Floats, rows: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Loadings (m, N) of the instruments and what they must add up to (R, m)."""
        loadings, targets = self.betas(x, rows).T, -self.betas(y, rows)
        if self.net_frac is not None:
            loadings = np.vstack([loadings, [[one.net for one in self.instruments]]])
            targets = np.hstack([targets, np.full((y.shape[1], 1), -self.net_frac)])
        return loadings, targets
