"""Reverse stress of a book with options: the nearest factor move by revalued P&L, and the one that brings a call."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hedgebook.errors import ParameterError

from ...arrays import Floats
from ..nearest import nearest_of
from ..positions import Positions
from ..responses import Responses
from ..reverse import FARTHEST, Excess, ReverseStress, descend, found_at, gradient, not_found, root_of, stretches
from .margin import HeldMargin

# Prices of options are exact to some 1e-9 of the spot, so that slopes are taken over a thousandth of a deviation.
STEP = 1e-3
# Deviations between two points that are looked at on a ray, points looked at together, and how often each stretch
# between two of them is cut into CUTS.
SCAN, CHUNK, CUTS, ROUNDS = 0.25, 20, 16, 4


def reverse_loss_revalued(
    book: HeldMargin, positions: Positions, responses: Responses, loss_frac: float, horizon_sessions: int = 1,
    returns: Floats | None = None,
) -> ReverseStress:  # fmt: skip
    """The nearest factor move after which the book, every option revalued, has lost `loss_frac` of NAV.

    Rays from zero along the slope and along each factor, both ways, are followed in steps of a quarter of a deviation
    to where the loss is first reached; the nearest crossing is moved along the boundary until it comes no nearer. What
    may lie nearer still is then searched box by box (`nearest_of`), and `at_least` says how near is proved.
    Volatilities stand still, no time passes. positions: the shares of the same delta, for `deviations`; other
    arguments as of reverse_loss. Raises ParameterError for a loss not above 0.
    """
    if not 0.0 < loss_frac < math.inf:
        raise ParameterError("a loss is above zero", where="loss_frac", value=loss_frac, bound="above 0")
    past = stretches(returns, horizon_sessions)
    parts = _Parts(book, loss_frac * book.nav_usd, called=False)
    seen = (int((parts.left(past) <= 0.0).sum()) if len(past) else 0, len(past))
    return _nearest("loss", parts, positions, responses, (horizon_sessions, seen))


def reverse_call_revalued(
    book: HeldMargin, positions: Positions, responses: Responses, horizon_sessions: int = 1,
    returns: Floats | None = None,
) -> ReverseStress:  # fmt: skip
    """The nearest factor move after which NAV is below what FINRA rule 4210 requires of shares and options together.

    Looked for as in reverse_loss_revalued.
    """
    if not book.enforced:
        return not_found("margin call", horizon_sessions, "the account has no margin rules")
    past = stretches(returns, horizon_sessions)
    seen = (int((book.left(past) < 0.0).sum()) if len(past) else 0, len(past))
    parts = _Parts(book, book.nav_usd, called=True)
    return _nearest("margin call", parts, positions, responses, (horizon_sessions, seen))


@dataclass(frozen=True, eq=False)
class _Parts:
    """What is left of `base_usd` after moves, ticker by ticker; called: whether what is required is taken off."""

    book: HeldMargin
    base_usd: float
    called: bool

    def by_ticker(self, moves: Floats) -> Floats:
        """(S, U) after moves (S, U), cut at a loss of everything."""
        held, moves = self.book.held, np.maximum(moves, -1.0)
        units = held.unit_values(moves)
        gains = held.by_ticker((units - held.units) * held.lines.quantity)
        return gains - self.book.requirements_usd(moves, units) if self.called else gains

    def left(self, moves: Floats) -> Floats:
        """(S,) all together."""
        return np.asarray(self.base_usd + self.by_ticker(moves).sum(axis=1))


def _nearest(
    question: str, parts: _Parts, positions: Positions, responses: Responses, asked: tuple[int, tuple[int, int]]
) -> ReverseStress:
    """The nearest point at which what is left is not above zero."""
    horizon, seen = asked
    book = parts.book
    root, size = root_of(responses.covariance * horizon), len(responses.names)
    each = responses.betas @ root

    def at(z: Floats) -> Floats:
        return parts.left(z @ each.T)

    def answer(z: Floats, note: str = "", at_least: float = 0.0) -> ReverseStress:
        moves = root @ z
        change = book.held.changes(np.maximum(responses.betas @ moves, -1.0)[None, :])
        lost = -float(change[0]) / book.nav_usd
        return found_at(
            question, horizon, positions, responses, moves, float(np.linalg.norm(z)), seen, note, revalued_frac=lost,
            at_least=at_least,
        )  # fmt: skip

    zero = np.zeros(size)
    if at(zero[None, :])[0] < 0.0:
        return answer(zero, "it is called already")
    slope = gradient(at, zero, STEP)
    rays = [*np.vstack([-slope, slope, np.eye(size), -np.eye(size)])]
    first: Floats | None = None
    farthest = FARTHEST
    for ray in rays:
        # What lies farther than the nearest so far need not be found.
        hit = _crossing(at, ray, farthest)
        if hit is not None and np.linalg.norm(hit) < farthest:
            first, farthest = hit, float(np.linalg.norm(hit))
    if first is not None:
        moved = descend(at, first, _crossing, STEP)
        first = first if moved is None else moved
        farthest = float(np.linalg.norm(first))

    def better(direction: Floats) -> Floats | None:
        hit = _crossing(at, direction)
        return None if hit is None else descend(at, hit, _crossing, STEP)

    proved = nearest_of(parts.by_ticker, parts.base_usd, each, first, farthest, better)
    if proved.point is None:
        what = "loses as much" if question == "loss" else "brings one"
        note = f"no factor move within {proved.at_least:.3g} deviations {what}"
        return not_found(question, horizon, note, seen, proved.at_least)
    return answer(proved.point, at_least=proved.at_least)


def _crossing(excess: Excess, direction: Floats, farthest: float = FARTHEST) -> Floats | None:
    """The first point on the ray from zero at which the excess is below zero, None where none was found on the way to
    `farthest`."""
    length = float(np.linalg.norm(direction))
    if not length > 0.0:
        return None
    ray, start = direction / length, 0.0
    while start < farthest:
        sizes = start + SCAN * np.arange(1, CHUNK + 1)
        below = np.flatnonzero(excess(sizes[:, None] * ray) < 0.0)
        if len(below):
            high = float(sizes[below[0]])
            return np.asarray(_between(excess, ray, high - SCAN, high) * ray)
        start = float(sizes[-1])
    return None


def _between(excess: Excess, ray: Floats, low: float, high: float) -> float:
    """The first of many points between two at which the excess is below zero."""
    for _ in range(ROUNDS):
        sizes = np.linspace(low, high, CUTS + 1)[1:]
        below = np.flatnonzero(excess(sizes[:-1, None] * ray) < 0.0)
        place = int(below[0]) if len(below) else CUTS - 1
        low, high = (float(sizes[place - 1]) if place else low), float(sizes[place])
    return high
