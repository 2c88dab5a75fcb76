"""Prices as they were first seen, and what a vendor has changed of them since."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import FIELDS, Market, Provenance, build_market
from hedgebook.universes.universe import Universe

# Cells of the same vendor that are this near to each other are the same: what another file format rounds away.
SAME_FRAC = 1e-9
# A history that was adjusted for a dividend is a factor of the one before; vendors keep six digits of it.
SAME_FACTOR_FRAC, LEAST_CHANGE_FRAC, LEAST_SESSIONS, MOST_FRAC = 5e-6, 1e-5, 3, 0.9
# Volumes after a split are whole shares again.
VOLUME_FRAC = 1e-4
PRICES = FIELDS[:4]
Bar = list[float | None]


@dataclass(frozen=True)
class Revision:
    """A cell that a vendor has changed since it was kept; None where there was, or is, no number."""

    ticker: str
    session: str
    field: str
    kept: float | None
    now: float | None


@dataclass(frozen=True)
class Rescaled:
    """A ticker whose prices of some sessions are a factor of those that are kept, as after a dividend."""

    ticker: str
    factor: float
    first: str
    last: str


@brief
@dataclass(frozen=True, eq=False)
class KeptPrices:
    """sessions: (T,); tickers: N; values: (5, T, N) opens, highs, lows, closes, volumes, NaN = none was there."""

    sessions: NDArray[np.datetime64]
    tickers: tuple[str, ...]
    values: Floats

    @classmethod
    def of(cls, market: Market, tickers: Sequence[str], start: int, stop: int) -> KeptPrices:
        """Rows start .. stop - 1 of some tickers of a market. Raises PriceDataError for one without prices."""
        at = [market.column(ticker) for ticker in tickers]
        values = np.stack([getattr(market, name)[start:stop][:, at] for name in FIELDS])
        return cls(market.sessions[start:stop], tuple(tickers), values)

    def to_bytes(self) -> bytes:
        """The same as bytes, always the same ones."""
        head = {"sessions": [str(day) for day in self.sessions], "tickers": list(self.tickers)}
        data = np.ascontiguousarray(self.values, dtype="<f8").tobytes()
        return zlib.compress(json.dumps(head).encode() + b"\n" + data, 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> KeptPrices:
        """What `to_bytes` gave. Raises ValueError for anything else."""
        try:
            head, _, cells = zlib.decompress(data).partition(b"\n")
            told = json.loads(head)
            days, tickers = np.array(told["sessions"], dtype="datetime64[D]"), tuple(told["tickers"])
            values = np.frombuffer(cells, dtype="<f8").reshape(5, len(days), len(tickers)).astype(np.float64)
        except (zlib.error, KeyError, TypeError, UnicodeDecodeError) as problem:
            raise ValueError(str(problem)) from problem
        return cls(days, tickers, values)

    def bars(self, row: int) -> dict[str, Bar]:
        """Open, high, low, close and volume of each ticker in a session, None = none was there."""
        return {
            ticker: [None if value != value else float(value) for value in self.values[:, row, i]]
            for i, ticker in enumerate(self.tickers)
        }

    def followed_by(self, session: str, bars: Mapping[str, Sequence[float | None]]) -> KeptPrices:
        """The same with a session more; tickers that `bars` do not have are without a price."""
        row = np.full((5, 1, len(self.tickers)), np.nan)
        for i, ticker in enumerate(self.tickers):
            row[:, 0, i] = [np.nan if cell is None else cell for cell in bars.get(ticker, [None] * 5)]
        days = np.append(self.sessions, np.datetime64(session, "D"))
        return replace(self, sessions=days, values=np.concatenate([self.values, row], axis=1))

    def market(self, universe: Universe, provenance: Provenance) -> Market:
        """A market of these prices alone."""
        years = [int(str(day)[:4]) for day in (self.sessions[0], self.sessions[-1])]
        fields: dict[Any, Floats] = dict(zip(FIELDS, self.values, strict=True))
        calendar = trading_calendar(years[0], years[1] + 1)
        return build_market(calendar, self.sessions, self.tickers, fields, universe, provenance)


@dataclass(frozen=True, eq=False)
class Seen:
    """What a vendor's market says beside the prices that are kept.

    new: later sessions, on the scale of the kept ones; revisions, rescaled: what differs of the kept sessions; absent:
    tickers that it has no prices of; late: sessions that were not there when later ones were kept; scale: what the
    vendor's prices of new sessions are divided by, by ticker, where that is not 1.
    """

    new: KeptPrices
    revisions: tuple[Revision, ...]
    rescaled: tuple[Rescaled, ...]
    absent: tuple[str, ...]
    late: tuple[str, ...]
    scale: dict[str, float]


def seen_beside(kept: KeptPrices, market: Market, until: np.datetime64 | None = None) -> Seen:
    """Compare kept prices with a market, cell by cell, and take its later sessions up to `until`.

    Raises ParameterError where the market has none of the tickers or none of the kept sessions.
    """
    there = [ticker for ticker in kept.tickers if ticker in market.columns]
    common, mine, theirs = np.intersect1d(kept.sessions, market.sessions, return_indices=True)
    if not there or not len(common):
        what = "these prices have none of its " + ("sessions" if there else "tickers")
        bound = f"sessions from {kept.sessions[0]} to {kept.sessions[-1]}" if there else ", ".join(kept.tickers)
        raise ParameterError(what, where=market.provenance.source, bound=bound, remedy="Give the source it began with.")
    after = market.sessions > kept.sessions[-1]
    if until is not None:
        after &= market.sessions <= until
    values = np.full((5, int(after.sum()), len(kept.tickers)), np.nan)
    revisions: list[Revision] = []
    rescaled: list[Rescaled] = []
    scale: dict[str, float] = {}
    for i, ticker in enumerate(kept.tickers):
        if ticker not in market.columns:
            continue
        column = market.columns[ticker]
        now = np.stack([getattr(market, name)[:, column] for name in FIELDS])
        told = _compared(ticker, common, kept.values[:, mine, i], now[:, theirs])
        revisions += told.revisions
        rescaled += told.rescaled
        values[:, :, i] = now[:, after]
        if told.scale != 1.0:
            scale[ticker] = told.scale
            values[:4, :, i] /= told.scale
            values[4, :, i] /= told.volume_scale
    between = (market.sessions > kept.sessions[0]) & (market.sessions < kept.sessions[-1])
    late = tuple(str(day) for day in market.sessions[between] if day not in set(kept.sessions))
    absent = tuple(ticker for ticker in kept.tickers if ticker not in market.columns)
    new = KeptPrices(market.sessions[after], kept.tickers, values)
    return Seen(new, tuple(revisions), tuple(rescaled), absent, late, scale)


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
