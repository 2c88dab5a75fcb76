"""The embedded sample market: a simulated history that carries the reported moves of the event days."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from .arrays import Floats
from .calendar import trading_calendar
from .checks import whole
from .market import FIELDS, Field, Market, Provenance, build_market
from .universe import load_universe

DATA = Path(__file__).parent / "data"
FIRST, LAST = np.datetime64("2024-01-02"), np.datetime64("2026-09-30")
ANCHOR = np.datetime64("2026-06-30")  # the session whose closes are known: the last before the news
EVENT_DAYS = (np.datetime64("2026-07-01"), np.datetime64("2026-07-02"))
COMMON_FACTORS = ("market", "semis", "bitcoin", "momentum")
RESIDUAL_DF = 5.0
OVERNIGHT_FRAC = 0.4  # share of a session's variance that falls between the last close and the open
VOLUME_LOG_SD = 0.35
DEFAULT_SEED = 20260701
NOTE = "simulated history, reported event-day moves on 2026-07-01 and 2026-07-02"


@dataclass(frozen=True, eq=False)
class SampleFacts:
    """Measured statistics of N tickers and K factors.

    loadings: (N, K), on factors with daily deviation factor_sd (K,) and Student-t degrees of freedom
    factor_df (K,); residual_sd, anchor_close_usd, gap, adv_usd: (N,); event_returns: (2, N) for the two event
    days. gap and adv_usd are NaN where none was reported.
    """

    tickers: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: Floats
    factor_sd: Floats
    factor_df: Floats
    residual_sd: Floats
    anchor_close_usd: Floats
    gap: Floats
    event_returns: Floats
    adv_usd: Floats


@dataclass(frozen=True, eq=False)
class Draws:
    """Random draws of T sessions: K factors followed by N tickers; each column has a stream of its own.

    shock: (T, K + N) daily returns; bridge: (T, K + N) normal with the deviation of a day; high, low: (T, N)
    uniform on (0, 1]; volume: (T, N) standard normal.
    """

    shock: Floats
    bridge: Floats
    high: Floats
    low: Floats
    volume: Floats


def read_facts(folder: Path = DATA) -> SampleFacts:
    """The shipped statistics behind the sample market."""
    rows = _table(folder / "sample_market.csv")
    factors = _table(folder / "sample_market_factors.csv")
    names = tuple(row["factor"] for row in factors)
    loadings = np.zeros((len(rows), len(names)))
    for i, row in enumerate(rows):
        for factor in COMMON_FACTORS:
            loadings[i, names.index(factor)] = float(row[f"beta_{factor}"])
        if float(row["beta_bucket"]):
            loadings[i, names.index(f"bucket_{row['bucket']}")] = float(row["beta_bucket"])
    return SampleFacts(
        tickers=tuple(row["ticker"] for row in rows),
        factors=names,
        loadings=loadings,
        factor_sd=_column(factors, "sd_daily"),
        factor_df=_column(factors, "student_t_df"),
        residual_sd=_column(rows, "residual_sd_daily"),
        anchor_close_usd=_column(rows, "close_2026_06_30"),
        gap=_column(rows, "gap_2026_07_01"),
        event_returns=np.stack([_column(rows, "return_2026_07_01"), _column(rows, "return_2026_07_02")]),
        adv_usd=_column(rows, "adv_usd_millions") * 1e6,
    )


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _column(rows: Sequence[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def sample_market(seed: int = DEFAULT_SEED) -> Market:
    """The embedded market of the shipped universe, XNYS sessions 2024-01-02 to 2026-09-30, from a seed.

    Simple returns are loadings times Student-t factors plus a Student-t residual, without drift; on the two
    event days they are the reported ones, and closes run backward and forward from the known closes of
    2026-06-30. The open of 2026-07-01 has the reported gap and is NaN where none was reported. Other opens,
    highs and lows come from a Brownian bridge in logs, volumes (shares) from a lognormal around the average
    dollar volume. NaN before a ticker's first session.

    Raises ParameterError for a seed that is no whole number from 0, and for one whose draws include a loss of
    everything, which simple returns with fat tails do not exclude.
    """
    if not whole(0).takes(seed):
        raise ParameterError(
            "a seed is a whole number", where="sample_market: seed", value=_shown(seed), bound="0, 1, 2, ..."
        )
    return simulated_market(seed)


def _shown(seed: object) -> object:
    return seed if isinstance(seed, int | float | str) else type(seed).__name__


@lru_cache(maxsize=4)
def simulated_market(seed: int) -> Market:
    """The market of a seed that has been checked, made once."""
    calendar = trading_calendar(2024, 2026)
    sessions = calendar.sessions[(calendar.sessions >= FIRST) & (calendar.sessions <= LAST)]
    facts = read_facts()
    fields = simulate(facts, sessions, seed)
    universe = load_universe("ai_infrastructure")
    order = [facts.tickers.index(ticker) for ticker in universe.tickers]
    ordered: dict[Field, Floats] = {field: fields[field][:, order] for field in FIELDS}
    provenance = Provenance("sample", "", str(sessions[0]), str(sessions[-1]), simulated=True, note=NOTE)
    market = build_market(calendar, sessions, universe.tickers, ordered, universe, provenance)
    made = replace(market, provenance=replace(provenance, sha256=_digest(market)))
    from .fingerprint.asked import remember_asked

    remember_asked(made, seed=seed)
    return made


def simulate(facts: SampleFacts, sessions: NDArray[np.datetime64], seed: int) -> dict[Field, Floats]:
    """Open, high, low, close and volume, each (T, N) in the order of the facts, listings not yet applied."""
    draws = _draw(facts, len(sessions), seed)
    anchor = int(np.searchsorted(sessions, ANCHOR))
    events = np.searchsorted(sessions, EVENT_DAYS)
    returns = _combine(facts.loadings, draws.shock)
    returns[events] = facts.event_returns
    if returns.min() <= -1.0:
        raise ParameterError(
            f"the draws of this seed include a return of {returns.min():.4f}, which leaves no price",
            where="sample_market: seed",
            value=seed,
            remedy="Choose another seed.",
        )
    close = _paths(facts.anchor_close_usd, returns, anchor)
    opens = _opens(facts, close, returns, draws)
    reported = np.isfinite(facts.gap)
    opens[events[0], reported] = (facts.anchor_close_usd * (1.0 + facts.gap))[reported]
    variance = _combine(np.square(facts.loadings), np.square(_source_sd(facts))[None, :])[0]
    intraday_variance = (1.0 - OVERNIGHT_FRAC) * variance
    high = _extreme(opens, close, draws.high, intraday_variance, sign=1.0)
    low = _extreme(opens, close, draws.low, intraday_variance, sign=-1.0)
    opens[events[0], ~reported] = np.nan
    scale = np.exp(VOLUME_LOG_SD * draws.volume - 0.5 * VOLUME_LOG_SD**2)
    volume = np.rint(facts.adv_usd / close * scale)
    return {"open": opens, "high": high, "low": low, "close": close, "volume": volume}


def _draw(facts: SampleFacts, length: int, seed: int) -> Draws:
    """Draws of every source; a stream is keyed by name, so that another ticker changes none of the others."""
    names = [f"factor {name}" for name in facts.factors] + [f"ticker {name}" for name in facts.tickers]
    dfs = np.concatenate([facts.factor_df, np.full(len(facts.tickers), RESIDUAL_DF)])
    sds = _source_sd(facts)
    out = np.empty((5, length, len(names)))
    for i, (name, df, sd) in enumerate(zip(names, dfs, sds, strict=True)):
        stream = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(name.encode())))
        out[0, :, i] = stream.standard_t(df, length) * sd * np.sqrt((df - 2.0) / df)
        out[1, :, i] = stream.standard_normal(length) * sd
        out[2:4, :, i] = 1.0 - stream.random((2, length))
        out[4, :, i] = stream.standard_normal(length)
    own = slice(len(facts.factors), None)
    return Draws(out[0], out[1], high=out[2, :, own], low=out[3, :, own], volume=out[4, :, own])


def _source_sd(facts: SampleFacts) -> Floats:
    return np.concatenate([facts.factor_sd, facts.residual_sd])


def _combine(loadings: Floats, sources: Floats) -> Floats:
    """(T, N) sums of loadings times factors plus the tickers' own parts, from (T, K + N) sources.

    Factor by factor and not as a matrix product, whose last digits depend on how many tickers there are.
    """
    count = loadings.shape[1]
    total = sources[:, count:].copy()
    for k in range(count):
        total += sources[:, k : k + 1] * loadings[:, k]
    return total


def _opens(facts: SampleFacts, close: Floats, returns: Floats, draws: Draws) -> Floats:
    """(T, N) opens on a Brownian bridge in logs from the close before to the close of the session."""
    previous = np.vstack([close[:1] / (1.0 + returns[:1]), close[:-1]])
    # The bridge's noise has the factors' structure too, so that overnight betas resemble daily ones.
    noise = _combine(facts.loadings, draws.bridge) * np.sqrt(OVERNIGHT_FRAC * (1.0 - OVERNIGHT_FRAC))
    opens: Floats = previous * np.exp(OVERNIGHT_FRAC * np.log1p(returns) + noise)
    return opens


def _paths(anchor_close: Floats, returns: Floats, anchor: int) -> Floats:
    """(T, N) closes that pass through `anchor_close` at row `anchor` and have the given returns."""
    growth = 1.0 + returns
    close = np.empty_like(returns)
    close[anchor] = anchor_close
    close[anchor + 1 :] = anchor_close * np.cumprod(growth[anchor + 1 :], axis=0)
    close[:anchor] = (anchor_close / np.cumprod(growth[anchor:0:-1], axis=0))[::-1]
    return close


def _extreme(opens: Floats, close: Floats, uniform: Floats, variance: Floats, *, sign: float) -> Floats:
    """(T, N) highs (sign 1) or lows (sign -1) of a Brownian bridge in logs from open to close.

    The maximum m of a bridge from a to b with variance v has P(m > x) = exp(-2 (x - a)(x - b) / v), inverted
    here at `uniform`; the minimum is its mirror image (Glasserman, Monte Carlo Methods in Financial
    Engineering, section 6.4).
    """
    a, b = np.log(opens), np.log(close)
    extreme = np.exp(0.5 * (a + b + sign * np.sqrt(np.square(b - a) - 2.0 * variance * np.log(uniform))))
    # Going to logs and back may lose the last digit.
    outer = np.maximum if sign > 0 else np.minimum
    beyond: Floats = outer(extreme, outer(opens, close))
    return beyond


def _digest(market: Market) -> str:
    digest = hashlib.sha256()
    for field in FIELDS:
        digest.update(np.ascontiguousarray(getattr(market, field), dtype="<f8").tobytes())
    return digest.hexdigest()
