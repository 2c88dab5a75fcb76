"""Simulated paths of the same shares: figures are taken while a path is walked, and no path is kept."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Floats, Ints
from ..book.margin import maintenance
from ..book.records import Structs
from ..jit import inlined, kernel
from .bootstrap import STEP, stream, unit

# What a path leaves. pnl_usd: at its end; drawdown_frac: deepest close against the highest before it, the start
# included, negative; call_session: first close below the maintenance requirement, 1 = the first, 0 = none; gap_usd:
# the largest loss of the shorts over one night, 0 = none; lowest_usd: the lowest NAV at a close, start included.
PATH = ("pnl_usd", "drawdown_frac", "call_session", "gap_usd", "lowest_usd")
# Where the settings of both kernels stand.
CASH, START_NAV, ENFORCED = 0, 1, 2
NEW_BLOCK = 3
FACTOR_DF, RESIDUAL_DF, JUMP_CHANCE = 3, 4, 5


@inlined
def begin(book: Structs, prices: Floats, nav: float, path: Floats) -> None:
    """Put every position back to its first price. path (6,): the figures of PATH, then the highest NAV."""
    for i in range(book.size):
        book[i].price = prices[i]
    path[:] = 0.0
    path[4] = path[5] = nav


@inlined
def walk(
    book: Structs, moves: Floats, nights: Floats, settings: Floats, terms: Structs, tickers: Structs, t: int,
    path: Floats,
) -> None:  # fmt: skip
    """One session: moves (N,) close to close, at worst a loss of everything; nights (N,), NaN = unknown."""
    nav, gap = settings[CASH], 0.0
    for i in range(book.size):
        shares, before = book[i].shares, book[i].price
        if shares < 0.0 and nights[i] == nights[i]:
            gap -= shares * before * nights[i]
        price = max(before * (1.0 + moves[i]), 0.0)
        book[i].price = price
        nav += shares * price
    path[0] = nav - settings[START_NAV]
    path[5] = max(path[5], nav)
    path[1] = min(path[1], nav / path[5] - 1.0)
    path[3] = max(path[3], gap)
    path[4] = min(path[4], nav)
    if settings[ENFORCED] > 0.0 and path[2] == 0.0 and nav < maintenance(book, terms, tickers):
        path[2] = t + 1.0


@kernel
def bootstrap_paths(
    returns: Floats, nights: Floats, prices: Floats, book: Structs, terms: Structs, tickers: Structs,
    settings: Floats, sizes: Ints, out: Floats,
) -> None:  # fmt: skip
    """Fill out (P, 5) with PATH for paths start .. start + P - 1 of a stationary block bootstrap of whole rows.

    returns, nights: (T, N), one row a session, so that every ticker gets the same session; prices: (N,) at the
    start; book: (N,), used as scratch. settings: cash, NAV, 1 where margin is enforced, probability of a new block;
    sizes: sessions, seed, start. Rows are those of bootstrap.stationary_indices for T sessions in each path.
    """
    rows, path = returns.shape[0], np.zeros(6)
    for p in range(out.shape[0]):
        begin(book, prices, settings[START_NAV], path)
        state = stream(sizes[1], sizes[2] + p)
        at = 0
        for t in range(sizes[0]):
            state += STEP
            if t == 0 or unit(state) < settings[NEW_BLOCK]:
                state += STEP
                at = int(unit(state) * rows)
            else:
                at = at + 1 if at + 1 < rows else 0
            walk(book, returns[at], nights[at], settings, terms[0], tickers, t, path)
        out[p, :] = path[:5]


@inlined
def student(state: np.uint64, freedom: float) -> tuple[float, np.uint64]:
    """A Student-t number, a normal one for infinite freedom, by Bailey's polar method (1994, Mathematics of
    Computation 62); and the moved counter."""
    while True:
        state += STEP
        u = 2.0 * unit(state) - 1.0
        state += STEP
        v = 2.0 * unit(state) - 1.0
        w = u * u + v * v
        if 0.0 < w <= 1.0:
            break
    if math.isinf(freedom):
        return u * math.sqrt(-2.0 * math.log(w) / w), state
    return u * math.sqrt(freedom * (w ** (-2.0 / freedom) - 1.0) / w), state


@inlined
def chi_square(state: np.uint64, freedom: float) -> tuple[float, np.uint64]:
    """A chi-squared number of at least two degrees of freedom (Marsaglia and Tsang 2000), and the moved counter."""
    d = freedom / 2.0 - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x, state = student(state, math.inf)
        v = (1.0 + c * x) ** 3
        if v > 0.0:
            state += STEP
            if math.log(max(unit(state), 1e-300)) < 0.5 * x * x + d - d * v + d * math.log(v):
                return 2.0 * d * v, state


@inlined
def draw_session(
    model: tuple[Floats, Floats, Floats, Floats, Floats], settings: Floats, state: np.uint64, normal: Floats,
    factors: Floats, moves: Floats,
) -> np.uint64:  # fmt: skip
    """One session of the factor model into moves (N,), and the moved counter; normal, factors: (K,) scratch."""
    betas, root, deviations, jumps, drift = model
    count, size = betas.shape
    nu, nu_own = settings[FACTOR_DF], settings[RESIDUAL_DF]
    own_scale = 1.0 if math.isinf(nu_own) else math.sqrt((nu_own - 2.0) / nu_own)
    for k in range(size):
        normal[k], state = student(state, math.inf)
    scale = 1.0
    if not math.isinf(nu):
        mixed, state = chi_square(state, nu)
        scale = math.sqrt((nu - 2.0) / mixed)
    for k in range(size):
        total = 0.0
        for j in range(k + 1):
            total += root[k, j] * normal[j]
        factors[k] = total * scale
    state += STEP
    event = -1
    if unit(state) < settings[JUMP_CHANCE]:
        state += STEP
        event = int(unit(state) * jumps.shape[0])
    for i in range(count):
        noise, state = student(state, nu_own)
        move = deviations[i] * own_scale * noise - drift[i]
        for k in range(size):
            move += betas[i, k] * factors[k]
        moves[i] = move + jumps[event, i] if event >= 0 else move
    return state


@kernel
def factor_paths(
    model: tuple[Floats, Floats, Floats, Floats, Floats], prices: Floats, book: Structs, terms: Structs,
    tickers: Structs, settings: Floats, sizes: Ints, out: Floats,
) -> None:  # fmt: skip
    """Fill out (P, 5) with PATH for paths start .. start + P - 1; gap_usd is NaN, since sessions have no night.

    model: betas (N, K), root (K, K) with root root' = factor covariance, residual deviations (N,), jumps (E, N) of
    which one, each as likely, comes on a session with an event, drift (N,), which is taken off every session.
    Factors are multivariate t (one chi-square for all of them), residuals independent t, both with the variances
    given. settings: cash, NAV, 1 where margin is enforced, degrees of freedom of factors and residuals (above 2,
    inf = normal), chance of an event a session.
    """
    count, size = model[0].shape
    path, moves, nights = np.zeros(6), np.empty(count), np.full(count, math.nan)
    z, factors = np.empty(size), np.empty(size)
    for p in range(out.shape[0]):
        begin(book, prices, settings[START_NAV], path)
        state = stream(sizes[1], sizes[2] + p)
        for t in range(sizes[0]):
            state = draw_session(model, settings, state, z, factors, moves)
            walk(book, moves, nights, settings, terms[0], tickers, t, path)
        out[p, :] = path[:5]
        out[p, 3] = math.nan


@kernel
def factor_moves(
    model: tuple[Floats, Floats, Floats, Floats, Floats], settings: Floats, sizes: Ints, out: Floats
) -> None:
    """Fill out (P, T, N) with the moves of the same paths, session by session; arguments as of `factor_paths`."""
    size = model[0].shape[1]
    z, factors = np.empty(size), np.empty(size)
    for p in range(out.shape[0]):
        state = stream(sizes[1], sizes[2] + p)
        for t in range(out.shape[1]):
            state = draw_session(model, settings, state, z, factors, out[p, t])
