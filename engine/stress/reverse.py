"""Reverse stress: the smallest move of the factors that costs too much, and the one that brings a margin call."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief

from ..arrays import Floats
from .nearest import nearest_of
from .positions import MarginTerms, Positions
from .responses import Responses

Excess = Callable[[Floats], Floats]
Crossing = Callable[[Excess, Floats], "Floats | None"]
FARTHEST = 40.0  # standard deviations; beyond it nothing of use is said
SCAN_STEPS, BISECTIONS, ROUNDS, RANDOM_STARTS = 400, 50, 40, 32
SMALLEST_STEP = 1e-6


@brief
@dataclass(frozen=True, eq=False)
class ReverseStress:
    """The nearest factor move that does it.

    question: "loss" or "margin call"; moves: (K,) by factor, fractions over `horizon_sessions`; distance: Mahalanobis,
    in standard deviations of the factors over that horizon; deviations: the loss in standard deviations of the
    positions' whole return over that horizon, factors and what is a ticker's own together; loss_frac: of NAV, under
    the move; tickers: move of each position; sample_hits of sample_stretches: in how many stretches of that horizon of
    the history these positions would have lost as much or been called (0 of 0 where no history was given). moves is
    None where no factor move does it; note says why. at_least: no factor move nearer than this does it, in the
    deviations of `distance`: proved; NaN where nothing is.
    """

    question: str
    horizon_sessions: int
    moves: pd.Series[float] | None
    distance: float
    deviations: float
    loss_frac: float
    tickers: pd.Series[float] | None
    note: str
    sample_hits: int = 0
    sample_stretches: int = 0
    at_least: float = math.nan


def reverse_loss(
    positions: Positions, responses: Responses, loss_frac: float, horizon_sessions: int = 1,
    returns: Floats | None = None,
) -> ReverseStress:  # fmt: skip
    """The factor move of least Mahalanobis distance that loses `loss_frac` of NAV, in closed form.

    With exposures e = B'w and factor covariance S over the horizon (that of a session times it) the loss is -e'f.
    min f' S^-1 f subject to e'f = -x has f = -x S e / (e'S e), at the distance x / sqrt(e'S e). Exact as long as no
    price falls below zero. returns: (T, N) past sessions, to count how often they lost as much. Raises
    ParameterError for a loss not above 0.
    """
    if not 0.0 < loss_frac < math.inf:
        raise ParameterError("a loss is above zero", where="loss_frac", value=loss_frac, bound="above 0, as in 0.1")
    exposure = responses.betas.T @ positions.weights
    covariance = responses.covariance * horizon_sessions
    pull = covariance @ exposure
    variance = float(exposure @ pull)
    past = stretches(returns, horizon_sessions)
    seen = (int((past @ positions.weights <= -loss_frac).sum()) if len(past) else 0, len(past))
    if not variance > 1e-30:
        return not_found("loss", horizon_sessions, "the positions have no exposure to the factors", seen)
    moves = -loss_frac * pull / variance
    distance = loss_frac / math.sqrt(variance)
    return found_at("loss", horizon_sessions, positions, responses, moves, distance, seen, at_least=distance)


def reverse_margin_call(
    positions: Positions, responses: Responses, margin: MarginTerms, horizon_sessions: int = 1,
    returns: Floats | None = None,
) -> ReverseStress:  # fmt: skip
    """The nearest factor move after which NAV is below the maintenance requirement, found numerically.

    The requirement is piecewise linear in prices, so the set of calls has edges: rays from zero in the directions
    of the gradient, of each factor and some random ones are followed to their first crossing, and each crossing is
    moved along the boundary by linearising there, until it comes no nearer. What may lie nearer still is searched box
    by box (`nearest_of`), and `at_least` says how near is proved. Prices stop at zero. returns: as in
    reverse_loss; a stretch of them counts where its moves would have brought a call.
    """
    if not margin.enforced:
        return not_found("margin call", horizon_sessions, "the account has no margin rules")
    root = root_of(responses.covariance * horizon_sessions)
    values = positions.values_usd

    def left(moves: Floats) -> Floats:
        """(S,) NAV less requirement after moves of the positions (S, N)."""
        moves = np.maximum(moves, -1.0)
        prices = positions.prices * (1.0 + moves)
        return np.asarray(positions.nav_usd + moves @ values - margin.requirement_usd(prices))

    def excess(z: Floats) -> Floats:
        """(S,) the same at each row of standardised factor moves (S, K)."""
        return left(z @ root.T @ responses.betas.T)

    size = len(responses.names)
    past = stretches(returns, horizon_sessions)
    seen = (int((left(past) < 0.0).sum()) if len(past) else 0, len(past))
    if excess(np.zeros((1, size)))[0] < 0.0:
        zero = np.zeros(size)
        return found_at("margin call", horizon_sessions, positions, responses, zero, 0.0, seen, "it is called already")
    rng = np.random.default_rng(0)
    downhill = -gradient(excess, np.zeros(size))
    starts = np.vstack([downhill, np.eye(size), -np.eye(size), rng.standard_normal((RANDOM_STARTS, size))])
    best: Floats | None = None
    for start in starts:
        found = descend(excess, start)
        if found is not None and (best is None or np.linalg.norm(found) < np.linalg.norm(best) - 1e-12):
            best = found
    each = responses.betas @ root

    def by_ticker(moves: Floats) -> Floats:
        moves = np.maximum(moves, -1.0)
        return np.asarray(moves * values - margin.requirements_usd(positions.prices * (1.0 + moves)))

    proved = nearest_of(by_ticker, positions.nav_usd, each, best, FARTHEST, lambda ray: descend(excess, ray))
    if proved.point is None:
        note = f"no factor move within {proved.at_least:.3g} standard deviations brings one"
        return not_found("margin call", horizon_sessions, note, seen, proved.at_least)
    distance = float(np.linalg.norm(proved.point))
    moves = root @ proved.point
    return found_at(
        "margin call", horizon_sessions, positions, responses, moves, distance, seen, at_least=proved.at_least
    )


def stretches(returns: Floats | None, horizon_sessions: int) -> Floats:
    """(S, N): compounded returns of each overlapping stretch of the horizon; empty without a history as long."""
    if returns is None or len(returns) < horizon_sessions:
        return np.empty((0, 0 if returns is None else returns.shape[1]))
    if horizon_sessions == 1:
        return returns
    windows = np.lib.stride_tricks.sliding_window_view(1.0 + returns, horizon_sessions, axis=0)
    return np.asarray(windows.prod(axis=2) - 1.0)


def descend(
    excess: Excess, direction: Floats, crossing: Crossing | None = None, step: float = SMALLEST_STEP
) -> Floats | None:
    """From a direction to a nearby point of the boundary that is no farther than its neighbours, None = no crossing.

    crossing: how the boundary is found on a ray, None = `crossing_of`; step: of the differences that give slopes.
    """
    look = crossing or crossing_of
    at = look(excess, direction)
    if at is None:
        return None
    for _ in range(ROUNDS):
        slope = gradient(excess, at, step)
        following = look(excess, -slope)
        if following is None or np.linalg.norm(following) >= np.linalg.norm(at) - 1e-10:
            # A full step may jump over an edge: try to go part of the way.
            mixed = [look(excess, at / np.linalg.norm(at) - part * _unit(slope)) for part in (0.5, 0.1, 0.02)]
            nearer = [m for m in mixed if m is not None and np.linalg.norm(m) < np.linalg.norm(at) - 1e-10]
            if not nearer:
                return at
            following = min(nearer, key=lambda m: float(np.linalg.norm(m)))
        at = following
    return at


def crossing_of(excess: Excess, direction: Floats) -> Floats | None:
    """The first point on the ray from zero at which the excess is below zero, None within FARTHEST."""
    length = float(np.linalg.norm(direction))
    if not length > 0.0:
        return None
    ray = direction / length
    steps = np.linspace(0.0, FARTHEST, SCAN_STEPS + 1)
    below = np.flatnonzero(excess(steps[:, None] * ray) < 0.0)
    if not len(below):
        return None
    high = float(steps[below[0]])
    low = float(steps[max(below[0] - 1, 0)])
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if excess((middle * ray)[None])[0] < 0.0:
            high = middle
        else:
            low = middle
    return np.asarray(high * ray)


def gradient(excess: Excess, at: Floats, step: float = SMALLEST_STEP) -> Floats:
    """Central differences; exact where the excess is linear, between two slopes on an edge."""
    eye = np.eye(len(at)) * step
    return np.asarray((excess(at + eye) - excess(at - eye)) / (2.0 * step))


def _unit(vector: Floats) -> Floats:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0.0 else vector


def root_of(covariance: Floats) -> Floats:
    """Square root through eigenvalues, which a singular covariance has too."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def found_at(
    question: str, horizon: int, positions: Positions, responses: Responses, moves: Floats, distance: float,
    seen: tuple[int, int], note: str = "", revalued_frac: float | None = None, at_least: float = math.nan,
) -> ReverseStress:  # fmt: skip
    """The answer at factor moves; revalued_frac: the loss where it is not that of the positions' weights."""
    answers = responses.betas @ moves
    if (answers < -1.0).any():
        note = "a price would fall below zero: the move is an extrapolation"
        # In closed form nothing stops at zero, so that nothing is proved.
        at_least = at_least if revalued_frac is not None or question != "loss" else math.nan
    weights = positions.weights
    loss = revalued_frac
    if loss is None:
        loss = -float(weights @ (answers if question == "loss" else np.maximum(answers, -1.0)))
    exposure = responses.betas.T @ weights
    own = float((weights**2 * responses.residual_sd**2).sum())
    variance = (float(exposure @ responses.covariance @ exposure) + own) * horizon
    return ReverseStress(
        question, horizon, pd.Series(moves, index=list(responses.names)), distance,
        loss / math.sqrt(variance) if variance > 0.0 else math.nan, loss,
        pd.Series(answers, index=list(positions.tickers)), note, *seen, at_least,
    )  # fmt: skip


def not_found(
    question: str, horizon: int, note: str, seen: tuple[int, int] = (0, 0), at_least: float = math.nan
) -> ReverseStress:
    """No answer, and why."""
    return ReverseStress(question, horizon, None, math.nan, math.nan, math.nan, None, note, *seen, at_least)
