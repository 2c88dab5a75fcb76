"""Simulated P&L, drawdowns and margin calls of positions that are held as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.counted import counted

from ..arrays import Floats
from ..kernels.series.bootstrap import stationary_indices
from ..kernels.series.paths import PATH, bootstrap_paths, factor_moves, factor_paths
from ..risk.bootstrap import chosen_block_length, in_threads
from ..risk.series import check_confidence, check_whole
from ..risk.var.historical import tail_of
from .gaps import short_nights
from .held.margin import HeldMargin
from .held.paths import revalued_paths
from .history import LEAST_ROWS, History
from .positions import MarginTerms, Positions
from .precision import quantile_error, share_with_error, shortfall_error
from .responses import Responses

Drift = Literal["zero", "history"]
LARGEST_DF, SMALLEST_DF = 50.0, 2.5
MOST_PATHS, MOST_SESSIONS = 10_000_000, 2520


@dataclass(frozen=True)
class PathPlan:
    """How much to simulate. paths; sessions ahead; seed: the same one gives the same paths whatever the threads."""

    paths: int = 10_000
    sessions: int = 60
    seed: int = 0
    threads: int = 2

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("paths", self.paths, 100, MOST_PATHS),
            ("sessions", self.sessions, 1, MOST_SESSIONS),
            ("seed", self.seed, 0, 2**62),
            ("threads", self.threads, 1, 256),
        ):
            check_whole(name, value, least)
            if value > most:
                raise ParameterError("is too large", where=name, value=value, bound=f"{least} to {most}")


@brief
@dataclass(frozen=True, eq=False)
class Simulation:
    """What every path left.

    values: (P, 5) in the order of kernels.paths.PATH, USD and fractions; rows: sessions that paths are drawn from (0
    for a model); description: how they were drawn; enforced: whether margin calls were looked for.
    """

    method: str
    values: Floats
    nav_usd: float
    sessions: int
    seed: int
    rows: int
    enforced: bool
    description: str

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a path, columns PATH."""
        return pd.DataFrame(self.values, columns=list(PATH))

    def figures(self, confidence: float = 0.95) -> dict[str, float]:
        """The distribution in numbers, fractions of NAV.

        mean, median, loss_chance; var, es of the P&L at the end; drawdown_median, drawdown_tail (as deep or deeper
        in 1 - confidence of the paths), both positive; call_chance and call_session_median (NaN without a call, or
        where margin is off); ruin_chance: NAV at or below zero at a close; gap_var: quantile of the worst night of
        the shorts (NaN where nights are unknown).
        """
        return {name: value for name, (value, _) in self._measured(confidence).items()}

    def errors(self, confidence: float = 0.95) -> dict[str, float]:
        """The Monte Carlo standard error of each of `figures`: what another seed would change.

        See engine.stress.precision; NaN where the figure is.
        """
        return {name: error for name, (_, error) in self._measured(confidence).items()}

    def _measured(self, confidence: float) -> dict[str, tuple[float, float]]:
        """Each figure with its standard error."""
        tail = 1.0 - check_confidence(confidence)
        pnl, falls = self.values[:, 0] / self.nav_usd, -self.values[:, 1]
        calls = self.values[:, 2] > 0
        gaps = self.values[:, 3] / self.nav_usd
        nothing = (math.nan, math.nan)
        var, es = tail_of(pnl, tail)
        return {
            "mean": (float(pnl.mean()), float(pnl.std(ddof=1)) / math.sqrt(len(pnl))),
            "median": (float(np.median(pnl)), quantile_error(pnl, 0.5)),
            "loss_chance": share_with_error(pnl < 0),
            "var": (var, quantile_error(pnl, tail)),
            "es": (es, shortfall_error(pnl, tail)),
            "drawdown_median": (float(np.median(falls)), quantile_error(falls, 0.5)),
            "drawdown_tail": (float(np.quantile(falls, confidence)), quantile_error(falls, confidence)),
            "call_chance": share_with_error(calls) if self.enforced else nothing,
            "call_session_median": (
                (float(np.median(self.values[calls, 2])), quantile_error(self.values[calls, 2], 0.5))
                if calls.any()
                else nothing
            ),
            "ruin_chance": share_with_error(self.values[:, 4] <= 0),
            "gap_var": (
                (float(np.quantile(gaps, confidence)), quantile_error(gaps, confidence))
                if np.isfinite(gaps).all()
                else nothing
            ),
        }


def simulate_bootstrap(
    positions: Positions,
    history: History,
    margin: MarginTerms,
    plan: PathPlan | None = None,
    *,
    block_length: float | None = None,
    drift: Drift = "zero",
    book: HeldMargin | None = None,
) -> Simulation:
    """Resample whole sessions of history in blocks, so that all tickers keep their common days.

    Stationary bootstrap (Politis and Romano 1994); block_length: average sessions, None takes the optimal one of the
    positions' return with weights held constant. drift="zero" takes each ticker's mean return out of its column, so
    that a year of rises is not carried forward; "history" leaves it in. Shares are held as they are; margin is
    checked at closes, a call is counted and nothing is sold. Memory does not grow with sessions times tickers. book: of
    shares and options, revalued on the same paths as engine.stress.held_paths says, None = shares alone. Raises
    ParameterError for a history of fewer than 60 rows.
    """
    if drift not in ("zero", "history"):
        raise ParameterError("unknown drift", where="drift", value=drift, bound="'zero' or 'history'")
    _same_tickers(positions, history.tickers)
    if len(history.returns) < LEAST_ROWS:
        raise ParameterError(
            "too few returns to resample", where="history", value=len(history.returns), bound=f"at least {LEAST_ROWS}"
        )
    chosen = plan or PathPlan()
    length = chosen_block_length(history.returns @ positions.weights, block_length)
    returns = history.returns - history.returns.mean(axis=0) if drift == "zero" else history.returns
    returns = np.ascontiguousarray(returns)
    held = short_nights(positions, history.nights)
    settings = np.array([positions.cash_usd, positions.nav_usd, float(margin.enforced), 1.0 / length])
    description = (
        f"blocks of {length:.1f} returns on average from {len(returns)} of them, {history.sessions[0]} to "
        f"{history.sessions[-1]}, {'mean returns taken out' if drift == 'zero' else 'mean returns left in'}"
    )
    if book is not None:

        def draw(start: int, moves: Floats) -> None:
            rows = np.empty(moves.shape[:2], dtype=np.int64)
            stationary_indices(len(returns), 1.0 / length, chosen.seed, start, rows)
            moves[:] = returns[rows]

        values = revalued_paths(book, draw, chosen.paths, chosen.sessions, chosen.threads)
        return _revalued("bootstrap", values, book, chosen, len(returns), description)
    out = np.empty((chosen.paths, len(PATH)))

    def fill(start: int, stop: int) -> None:
        sizes = np.array([chosen.sessions, chosen.seed, start], dtype=np.int64)
        bootstrap_paths(
            returns, history.nights, positions.prices, margin.book.copy(), margin.terms, margin.tickers, settings,
            sizes, out[start:stop],
        )  # fmt: skip

    in_threads(fill, chosen.paths, chosen.threads)
    if not len(held):
        out[:, 3] = math.nan
    return Simulation(
        "bootstrap", out, positions.nav_usd, chosen.sessions, chosen.seed, len(returns), margin.enforced, description
    )


@dataclass(frozen=True, eq=False)
class Jumps:
    """Event days. moves: (E, N) abnormal returns of the positions; chance: of an event in a session."""

    moves: Floats
    chance: float

    @property
    def drift(self) -> Floats:
        """(N,) mean return a session that the events bring: chance times their mean move."""
        return np.asarray(self.chance * self.moves.mean(axis=0))


def simulate_factors(
    positions: Positions,
    responses: Responses,
    margin: MarginTerms,
    plan: PathPlan | None = None,
    *,
    jumps: Jumps | None = None,
    factor_df: float | None = None,
    residual_df: float | None = None,
    book: HeldMargin | None = None,
) -> Simulation:
    """Factors with a common Student-t tail, residuals of their own, and now and then the day of an event.

    Return = betas @ factors + residual (+ event) - what events bring a session on average, so that every ticker's mean
    is zero: a few past events say how days like them scatter, not what the next ones earn. Covariances as estimated;
    the description states the mean that was taken out. degrees of freedom: None fits
    them by maximum likelihood to the pooled standardised returns (2.5 to 50); inf is normal. jumps: None = no event.
    Margin, shares and book as in simulate_bootstrap; the night is not told apart from the session.
    """
    _same_tickers(positions, responses.tickers)
    chosen = plan or PathPlan()
    nu = fitted_df(responses.factor_returns) if factor_df is None else _checked_df("factor_df", factor_df)
    own = fitted_df(responses.residuals) if residual_df is None else _checked_df("residual_df", residual_df)
    found = jumps or Jumps(np.zeros((1, len(positions.tickers))), 0.0)
    moves, chance = found.moves, found.chance
    if not 0.0 <= chance <= 1.0 or moves.ndim != 2 or moves.shape[1] != len(positions.tickers) or not len(moves):
        raise ParameterError("events do not fit the positions", where="jumps", value=f"{moves.shape}, chance {chance}")
    root = np.linalg.cholesky(responses.covariance + 1e-18 * np.eye(len(responses.names)))
    model = (
        np.ascontiguousarray(responses.betas), np.ascontiguousarray(root),
        np.ascontiguousarray(responses.residual_sd), np.ascontiguousarray(moves, dtype=np.float64),
        np.ascontiguousarray(found.drift),
    )  # fmt: skip
    settings = np.array([positions.cash_usd, positions.nav_usd, float(margin.enforced), nu, own, chance])
    events = "no event days; means zero"
    if chance > 0:
        events = (
            f"{counted(len(moves), 'event day')}, one in {1 / chance:.0f} sessions, which move NAV by "
            f"{float(moves.mean(axis=0) @ positions.weights):+.2%} on average; that mean, "
            f"{chosen.sessions * float(found.drift @ positions.weights):+.2%} over the path, is taken out, so that all "
            "means are zero"
        )
    description = f"{', '.join(responses.names)} with {nu:.1f} degrees of freedom, residuals with {own:.1f}; {events}"
    if book is not None:

        def draw(start: int, drawn: Floats) -> None:
            factor_moves(model, settings, np.array([chosen.sessions, chosen.seed, start], dtype=np.int64), drawn)

        values = revalued_paths(book, draw, chosen.paths, chosen.sessions, chosen.threads)
        return _revalued("factors", values, book, chosen, 0, description)
    out = np.empty((chosen.paths, len(PATH)))

    def fill(start: int, stop: int) -> None:
        sizes = np.array([chosen.sessions, chosen.seed, start], dtype=np.int64)
        factor_paths(
            model, positions.prices, margin.book.copy(), margin.terms, margin.tickers, settings, sizes, out[start:stop]
        )

    in_threads(fill, chosen.paths, chosen.threads)
    return Simulation("factors", out, positions.nav_usd, chosen.sessions, chosen.seed, 0, margin.enforced, description)


def _revalued(method: str, values: Floats, book: HeldMargin, plan: PathPlan, rows: int, description: str) -> Simulation:
    """The simulation of a book with options."""
    return Simulation(
        method, values, book.nav_usd, plan.sessions, plan.seed, rows, False, f"{description}; every option revalued"
    )  # fmt: skip


def fitted_df(table: Floats) -> float:
    """Degrees of freedom of the pooled columns of (T, K), each brought to mean 0 and deviation 1 first, 2.5 to 50."""
    from scipy import optimize, stats

    table = table[:, np.isfinite(table).any(axis=0)]
    values = table - np.nanmean(table, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = values / np.nanstd(values, axis=0)
    values = values[np.isfinite(values)]
    if len(values) < 30:
        raise ParameterError("too few returns for a tail", value=len(values), bound="30 or more")

    def loss(nu: float) -> float:
        return -float(stats.t.logpdf(values, nu, scale=math.sqrt((nu - 2.0) / nu)).sum())

    found = optimize.minimize_scalar(loss, bounds=(SMALLEST_DF, LARGEST_DF), method="bounded")
    return float(found.x)


def _checked_df(name: str, value: float) -> float:
    if not value > 2.0:
        raise ParameterError("no variance exists", where=name, value=value, bound="above 2, inf = normal")
    return float(value)


def _same_tickers(positions: Positions, tickers: tuple[str, ...]) -> None:
    if positions.tickers != tickers:
        raise ParameterError(
            "positions and returns have other tickers", where="tickers", value=", ".join(tickers),
            bound=", ".join(positions.tickers),
        )  # fmt: skip
