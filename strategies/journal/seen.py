"""What a vendor's prices say beside those that were kept: later sessions, and what was changed since."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.errors import ParameterError
from hedgebook.universes.market import FIELDS, Market

from .abroad import Abroad
from .kept import KeptPrices
from .kept_actions import in_session
from .revisions import SAME_FRAC, Revision, revised_actions, revised_rates
from .source import Source

# A history that was adjusted for a dividend is a factor of the one before; vendors keep six digits of it.
SAME_FACTOR_FRAC, LEAST_CHANGE_FRAC, LEAST_SESSIONS, MOST_FRAC = 5e-6, 1e-5, 3, 0.9
# Volumes after a split are whole shares again.
VOLUME_FRAC = 1e-4


@dataclass(frozen=True)
class Rescaled:
    """A ticker whose prices of some sessions are a factor of those that are kept, as after a dividend."""

    ticker: str
    factor: float
    first: str
    last: str


@dataclass(frozen=True, eq=False)
class Seen:
    """What a vendor's market says beside the prices that are kept.

    new: later sessions, on the scale of the kept ones; revisions, rescaled: what differs of the kept sessions, of rates
    up to their last close and of their actions; absent: tickers that it has no prices of; late: sessions that were not
    there when later ones were kept; scale: what the vendor's prices of new sessions are divided by, by ticker, where
    that is not 1.
    """

    new: KeptPrices
    revisions: tuple[Revision, ...]
    rescaled: tuple[Rescaled, ...]
    absent: tuple[str, ...]
    late: tuple[str, ...]
    scale: dict[str, float]


def seen_beside(kept: KeptPrices, market: Market, until: np.datetime64 | None = None) -> Seen:
    """Compare kept prices with a market, cell by cell, and take its later sessions up to `until`.

    Raises ParameterError where the market has none of the tickers or none of the kept sessions, where its prices are of
    another kind, and where a later action delivers a ticker that no prices are kept of.
    """
    _check_kind(kept, market)
    source = Source.of(market, kept.tickers, kept.place)
    sessions = market.sessions[source.rows]
    there = [ticker for ticker in kept.tickers if ticker in market.columns]
    common, mine, theirs = np.intersect1d(kept.sessions, sessions, return_indices=True)
    if not there or not len(common):
        what = "these prices have none of its " + ("sessions" if there else "tickers")
        bound = f"sessions from {kept.sessions[0]} to {kept.sessions[-1]}" if there else ", ".join(kept.tickers)
        raise ParameterError(what, where=market.provenance.source, bound=bound, remedy="Give the source it began with.")
    after = sessions > kept.sessions[-1]
    if until is not None:
        after &= sessions <= until
    every = source.values(source.rows)
    values = every[:, after]
    revisions: list[Revision] = []
    rescaled: list[Rescaled] = []
    scale: dict[str, float] = {}
    for i, ticker in enumerate(kept.tickers):
        if ticker not in market.columns:
            continue
        told = _compared(ticker, common, kept.values[:, mine, i], every[:, theirs, i])
        revisions += told.revisions
        rescaled += told.rescaled
        if told.scale != 1.0:
            scale[ticker] = told.scale
            values[:4, :, i] /= told.scale
            values[4, :, i] /= told.volume_scale
    abroad = kept.abroad
    if abroad is not None:
        assert market.rates is not None or not abroad.rates
        now = {name: market.rates.series[name] for name in abroad.rates} if market.rates is not None else {}
        revisions += revised_rates(abroad.rates, now, kept.close_at[-1])
        abroad = replace(abroad, rates=now).after(kept.close_at[-1])
    if kept.actions is not None and source.actions is not None:
        revisions += revised_actions(kept.actions, source.actions, common)
    between = (sessions > kept.sessions[0]) & (sessions < kept.sessions[-1])
    late = tuple(str(day) for day in sessions[between] if day not in set(kept.sessions))
    absent = tuple(ticker for ticker in kept.tickers if ticker not in market.columns)
    new = _new(kept, sessions[after], values, abroad, source)
    return Seen(new, tuple(revisions), tuple(rescaled), absent, late, scale)


def _new(
    kept: KeptPrices, days: NDArray[np.datetime64], values: Floats, abroad: Abroad | None, source: Source
) -> KeptPrices:
    """The later sessions. Raises ParameterError for an action that delivers what is not kept."""
    actions = None if kept.actions is None or source.actions is None else in_session(source.actions, days)
    for k, into in enumerate(() if actions is None else actions.into):
        if actions is not None and into and into not in kept.tickers:
            raise ParameterError(
                f"{actions.tickers[k]} brings {into} on {actions.dates[k]}, of which this journal keeps no prices",
                where=source.market.provenance.source,
                remedy=f"Mark it up to the session before with --as-of, close it, and open one that holds {into} too.",
            )
    return KeptPrices(days, kept.tickers, values, abroad, actions)


def _check_kind(kept: KeptPrices, market: Market) -> None:
    """Raise ParameterError for adjusted prices of a journal of raw ones, and the other way round."""
    raw = kept.actions is not None
    if raw != (market.quotes is not None):
        what = "this journal keeps raw prices with actions" if raw else "this journal keeps adjusted prices"
        remedy = "Give the actions beside them: --actions." if raw else "Give them without actions."
        raise ParameterError(what, where=market.provenance.source, remedy=remedy)


@dataclass(frozen=True)
class _Compared:
    revisions: list[Revision]
    rescaled: list[Rescaled]
    scale: float
    volume_scale: float = 1.0


def _compared(ticker: str, days: NDArray[np.datetime64], kept: Floats, now: Floats) -> _Compared:
    """(5, T) kept and now of one ticker: what differs."""
    differs = _differ(kept, now, SAME_FRAC)
    factor = _factor(kept[3], now[3])
    rescaled, scale, volume_scale = [], 1.0, 1.0
    if factor is not None:
        moved = ~_differ(kept[:4] * factor, now[:4], SAME_FACTOR_FRAC) & np.isfinite(now[:4])
        whole = np.flatnonzero((moved | ~differs[:4]).all(axis=0) & (moved & differs[:4]).any(axis=0))
        if len(whole):
            differs[:4, whole] = False
            rescaled.append(Rescaled(ticker, factor, str(days[whole[0]]), str(days[whole[-1]])))
            # Later sessions are on the scale of the last one that both have.
            last = np.flatnonzero(np.isfinite(kept[3]) & np.isfinite(now[3]))[-1]
            scale = factor if last in whole else 1.0
            if _is_split(kept[4, whole], now[4, whole], factor):
                differs[4, whole] &= _differ(kept[4, whole] / factor, now[4, whole], VOLUME_FRAC)
                volume_scale = 1.0 / scale
    cells = [
        Revision(ticker, str(days[t]), FIELDS[f], _cell(kept[f, t]), _cell(now[f, t]))
        for t, f in zip(*np.nonzero(differs.T), strict=True)
    ]
    return _Compared(cells, rescaled, scale, volume_scale)


def _is_split(kept: Floats, now: Floats, factor: float) -> bool:
    """Whether volumes (T,) are divided by the factor of the prices, as after a split and not after a dividend."""
    both = np.isfinite(kept) & np.isfinite(now) & (kept > 0.0)
    return bool(both.any()) and bool(np.mean(~_differ(kept[both] / factor, now[both], VOLUME_FRAC)) >= MOST_FRAC)


def _factor(kept: Floats, now: Floats) -> float | None:
    """The factor by which most of the closes that differ have moved, None where there is no such thing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = now / kept
    moved = ratio[np.isfinite(ratio) & (np.abs(ratio - 1.0) > LEAST_CHANGE_FRAC)]
    if len(moved) < LEAST_SESSIONS:
        return None
    middle = float(np.median(moved))
    return middle if np.mean(np.abs(moved / middle - 1.0) <= SAME_FACTOR_FRAC) >= MOST_FRAC else None


def _differ(kept: Floats, now: Floats, frac: float) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        far = np.abs(kept - now) > frac * np.maximum(np.abs(kept), np.abs(now))
    return np.asarray(far | (np.isnan(kept) != np.isnan(now)), dtype=np.bool_)


def _cell(value: float) -> float | None:
    return None if value != value else float(value)
