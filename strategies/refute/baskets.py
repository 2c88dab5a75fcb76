"""Random legs that are like a trade's own in beta, volatility and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.frictions.liquidity import average_daily_value
from hedgebook.universes.market import Market

FEATURE_SESSIONS = 60
LEAST_SESSIONS = 20
# So many draws are tried for each basket that is wanted, as small universes have few.
TRIES = 20
LEAST_BASKETS = 20
# So that no ticker is out of reach, however unlike.
LEAST_CHANCE = 1e-12


def matched_baskets(
    market: Market, own: Sequence[str], among: Sequence[str], known: int, *, wanted: int, seed: int
) -> list[Mapping[str, str]]:
    """Up to `wanted` distinct baskets: what stands in for each ticker of `own`, of those in `among`, no ticker twice
    and none for itself.

    A ticker is drawn with probability proportional to exp(-d^2 / 2), d the distance in beta to the benchmark, in
    volatility and in the logarithm of the USD traded a day, each over its deviation among all of them, as known at the
    close of row `known`. Tickers with fewer than 20 returns in the 60 sessions before are not among them. No basket
    where one of `own` has fewer.
    """
    table = _features(market, [*own, *among], known)
    whole = np.asarray(np.isfinite(table).all(axis=1))
    if not whole[: len(own)].all():
        return []
    open_to = np.flatnonzero(whole[len(own) :])
    if len(open_to) < len(own):
        return []
    scale = table[whole].std(axis=0)
    apart = (table[: len(own), None, :] - table[len(own) :][open_to][None]) / np.where(scale > 0.0, scale, 1.0)
    chance = np.exp(-np.square(apart).sum(axis=2) / 2.0) + LEAST_CHANCE
    chance[np.array(own)[:, None] == np.array(among)[open_to][None, :]] = 0.0
    rng = np.random.default_rng(seed)
    found: dict[tuple[int, ...], None] = {}
    for _ in range(TRIES * wanted):
        if len(found) == wanted:
            break
        drawn = _draw(chance, rng)
        if drawn is not None:
            found.setdefault(drawn, None)
    return [{ticker: among[open_to[j]] for ticker, j in zip(own, basket, strict=True)} for basket in found]


def comparable(market: Market, tickers: Sequence[str], known: int) -> list[str]:
    """The tickers with enough history at the close of row `known` to be compared."""
    whole = np.asarray(np.isfinite(_features(market, tickers, known)).all(axis=1))
    return [ticker for ticker, ok in zip(tickers, whole, strict=True) if ok]


def _draw(weights: Floats, rng: np.random.Generator) -> tuple[int, ...] | None:
    """One column for each row, none twice; rows are served in random order, so that none has the first choice. None
    where nothing is left for one."""
    chosen = np.zeros(len(weights), dtype=np.int64)
    free = np.ones(weights.shape[1], dtype=np.bool_)
    for row in rng.permutation(len(weights)).tolist():
        chance = np.where(free, weights[row], 0.0)
        if not chance.sum() > 0.0:
            return None
        chosen[row] = int(rng.choice(len(chance), p=chance / chance.sum()))
        free[chosen[row]] = False
    return tuple(chosen.tolist())


def _features(market: Market, tickers: Sequence[str], known: int) -> Floats:
    """(n, 3): beta to the benchmark (to the mean ticker without one), volatility, logarithm of USD traded a day; the
    last is 0 for all where no volume is known."""
    first = max(1, known + 1 - FEATURE_SESSIONS)
    columns = np.array([market.column(ticker) for ticker in tickers], dtype=np.int64)
    returns = market.close_returns(market.tickers)[first : known + 1]
    benchmark = market.universe.benchmark
    with np.errstate(all="ignore"):
        pull = returns[:, market.column(benchmark)] if benchmark in market.columns else np.nanmean(returns, axis=1)
    traded = average_daily_value(market, known, known + 1, FEATURE_SESSIONS, columns)[0]
    out = np.full((len(tickers), 3), np.nan)
    for k, column in enumerate(columns.tolist()):
        rows = np.isfinite(returns[:, column]) & np.isfinite(pull)
        if rows.sum() < LEAST_SESSIONS:
            continue
        y, x = returns[rows, column], pull[rows]
        spread = float(np.square(x - x.mean()).sum())
        out[k, 0] = float((x - x.mean()) @ y) / spread if spread > 0.0 else 0.0
        out[k, 1] = y.std(ddof=1)
        out[k, 2] = np.log(traded[k])
    if not np.isfinite(out[:, 2]).any():
        out[:, 2] = np.where(np.isfinite(out[:, 1]), 0.0, np.nan)
    return out


def candidates(market: Market, apart_from: Sequence[str]) -> tuple[str, ...]:
    """Tickers of the universe that are not `apart_from`."""
    taken = set(apart_from)
    return tuple(
        ticker for ticker, bucket in zip(market.tickers, market.buckets, strict=True) if bucket and ticker not in taken
    )


def swapped(legs: Sequence[Sequence[str]], basket: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """The legs with every ticker's stand-in."""
    return tuple(tuple(basket[ticker] for ticker in leg) for leg in legs)
