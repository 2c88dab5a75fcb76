"""Sets of factors on a market's sessions: exchange-traded proxies, Fama-French from a file, custom series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import as_day
from hedgebook.universes.checks import DAY, DAYS, FACTOR_SET, LIST_OF_NAMES, MARKET, SERIES_BY_NAME, maybe, takes
from hedgebook.universes.market import Market

from ..arrays import Floats
from .factors import available_factors, compounded_between, definition_of, fit_factor_model, proxy_returns

# Each factor is the return of the first ticker less that of the second.
SPREADS: dict[str, tuple[str, str | None]] = {
    "market": ("SPY", None),
    "size": ("IWM", "SPY"),
    "value": ("VTV", "VUG"),
    "momentum": ("MTUM", "SPY"),
    "semis": ("SMH", None),
    "bitcoin": ("IBIT", None),
    "rates": ("TLT", None),
}
NET_OF_MARKET = ("semis",)


@brief
@dataclass(frozen=True, eq=False)
class FactorSet:
    """Returns of K factors over T sessions, with what each one is.

    returns: (T, K) close to close, fractions, NaN = none; overnight, intraday: (T, K) close to open and open to close,
    None where unknown; known_at: the last session that an orthogonalisation rests on, None where no slope was
    estimated, so that a factor of any session was known at its close; risk_free: (T,) or None. names: of the factors;
    definitions: what each one is, in words.
    """

    names: tuple[str, ...]
    definitions: tuple[str, ...]
    sessions: NDArray[np.datetime64]
    returns: Floats
    overnight: Floats | None = None
    intraday: Floats | None = None
    known_at: np.datetime64 | None = None
    risk_free: Floats | None = None

    def pick(self, names: tuple[str, ...]) -> FactorSet:
        """Some of the factors, in the order asked for. Raises ParameterError with the closest name.

        names: of those that are kept.
        """
        at = [self.column(name) for name in names]
        return replace(
            self,
            names=tuple(names),
            definitions=tuple(self.definitions[k] for k in at),
            returns=self.returns[:, at],
            overnight=None if self.overnight is None else self.overnight[:, at],
            intraday=None if self.intraday is None else self.intraday[:, at],
        )

    def column(self, name: str) -> int:
        """Column of a factor. Raises ParameterError with the closest name."""
        if name not in self.names:
            raise ParameterError(
                f"no factor is called {name!r}", where="factors", remedy=did_you_mean(name, self.names)
            )
        return self.names.index(name)

    def frame(self) -> pd.DataFrame:
        """(T, K) returns by session."""
        index = pd.DatetimeIndex(self.sessions.astype("datetime64[ns]"), name="session")
        return pd.DataFrame(self.returns, index=index, columns=list(self.names))

    def on(self, sessions: NDArray[np.datetime64]) -> FactorSet:
        """The same factors on other sessions, NaN where there is none; nothing is filled."""
        days = np.asarray(sessions, dtype="datetime64[D]")
        own = np.asarray(self.sessions, dtype="datetime64[D]")
        at = np.minimum(np.searchsorted(own, days), len(own) - 1)
        found = own[at] == days

        def moved(values: Floats | None) -> Floats | None:
            if values is None:
                return None
            kept = found if values.ndim == 1 else found[:, None]
            return np.asarray(np.where(kept, values[at], np.nan))

        return replace(
            self,
            sessions=days,
            returns=np.where(found[:, None], self.returns[at], np.nan),
            overnight=moved(self.overnight),
            intraday=moved(self.intraday),
            risk_free=moved(self.risk_free),
        )

    def between(self, starts: NDArray[np.datetime64], ends: NDArray[np.datetime64]) -> FactorSet:
        """The same factors from the close of each of `starts` to that of the same one of `ends`, both (R,); NaN where a
        day or a return between them is missing. overnight, intraday and risk_free are left out."""
        returns = compounded_between(self.sessions, self.returns, starts, ends)
        days = np.asarray(ends, dtype="datetime64[D]")
        return replace(self, sessions=days, returns=returns, overnight=None, intraday=None, risk_free=None)

    def over(self, sessions: NDArray[np.datetime64]) -> FactorSet:
        """The same factors on some of their sessions, each return compounded since the one before; NaN where a session
        has none of its own. overnight and intraday, which are parts of a day, are left out, and so is risk_free."""
        days = np.asarray(sessions, dtype="datetime64[D]")
        own = np.asarray(self.sessions, dtype="datetime64[D]")
        at = np.searchsorted(own, days)
        grown = np.cumprod(1.0 + np.nan_to_num(self.returns), axis=0)[at]
        before = np.vstack([np.ones((1, len(self.names))), grown[:-1]])
        returns = np.where(np.isnan(self.returns[at]), np.nan, grown / before - 1.0)
        return replace(self, sessions=days, returns=returns, overnight=None, intraday=None, risk_free=None)


@takes(market=MARKET, names=maybe(LIST_OF_NAMES), until=maybe(DAY))
def etf_factors(market: Market, names: tuple[str, ...] | None = None, *, until: str | None = None) -> FactorSet:
    """Exchange-traded proxies: market SPY, size IWM-SPY, value VTV-VUG, momentum MTUM-SPY, semis SMH net of
    market, bitcoin IBIT, rates TLT; those that the market has prices for, or `names`.

    "net of market" is one slope over the sessions up to `until` (None: all of them), kept for every session;
    `known_at` says which. Raises ParameterError for an unknown factor or one without prices.
    """
    if names is not None:
        market = market.covering(t for name in names for t in SPREADS.get(name, ()) if t)
    has = tuple(name for name, pair in SPREADS.items() if all(t is None or t in market.columns for t in pair))
    chosen = has if names is None else tuple(names)
    for name in chosen:
        if name not in SPREADS:
            raise ParameterError(f"no factor is called {name!r}", where="factors", remedy=did_you_mean(name, SPREADS))
        if name not in has:
            tickers = " and ".join(t for t in SPREADS[name] if t)
            raise ParameterError(f"factor {name} needs prices of {tickers}", where=market.provenance.source)
    parts = [_spread(market, name) for name in chosen]
    values = np.stack([np.column_stack(part) for part in zip(*parts, strict=True)]) if parts else np.empty((3, 0, 0))
    known_at, definitions = None, []
    for k, name in enumerate(chosen):
        first, second = SPREADS[name]
        text = first if second is None else f"{first} less {second}"
        if name in NET_OF_MARKET:
            last = len(market.sessions) if until is None else market.session_index(until) + 1
            spy = np.stack(_spread(market, "market"))
            slope = _slope(values[0, :last, k], spy[0, :last], name)
            values[:, :, k] -= slope * spy
            known_at = market.sessions[last - 1]
            text = f"{first} net of SPY (slope {slope:.3f} over the sessions up to {known_at})"
        definitions.append(text)
    return FactorSet(chosen, tuple(definitions), market.sessions, values[0], values[1], values[2], known_at)


@takes(market=MARKET, until=maybe(DAY))
def default_factors(market: Market, *, until: str | None = None) -> FactorSet:
    """The set of a run's report: market, semis, bitcoin, momentum, each net of those before it.

    Slopes are estimated over the sessions up to `until` (None: all). Raises ParameterError where
    the proxies have no prices or too little common history.
    """
    names = available_factors(market)
    proxies = proxy_returns(market, names) if names else np.empty((len(market.sessions), 0))
    last = len(market.sessions) if until is None else market.session_index(until) + 1
    complete = np.flatnonzero(np.isfinite(proxies[:last]).all(axis=1))
    if not names or len(complete) < 3 * (len(names) + 1):
        raise ParameterError(
            "the factor proxies have too little history", where=market.provenance.source, value=len(complete)
        )
    model = fit_factor_model(names, proxies[complete])
    known_at = market.sessions[complete[-1]]
    definitions = tuple(
        f"{definition_of(name, names[:k])} (slopes over the sessions up to {known_at})" for k, name in enumerate(names)
    )
    return FactorSet(names, definitions, market.sessions, model.factors(proxies), known_at=known_at)


@takes(factors=FACTOR_SET, until=maybe(DAY))
def orthogonalised(factors: FactorSet, *, until: str | None = None) -> FactorSet:
    """The same factors, each less its slopes times those before it, estimated over the sessions up to `until`.

    Raises ParameterError where fewer than 3 complete sessions per factor are there.
    """
    days = np.asarray(factors.sessions, dtype="datetime64[D]")
    last = len(days) if until is None else int(np.searchsorted(days, as_day(until), side="right"))
    complete = np.flatnonzero(np.isfinite(factors.returns[:last]).all(axis=1))
    if len(complete) < 3 * (len(factors.names) + 1):
        raise ParameterError("the factors have too little common history", where="until", value=len(complete))
    model = fit_factor_model(factors.names, factors.returns[complete])
    known_at = days[complete[-1]]
    definitions = [factors.definitions[0]]
    for k in range(1, len(factors.names)):
        definitions.append(
            f"{factors.definitions[k]}, net of {', '.join(factors.names[:k])} "
            f"(slopes over the sessions up to {known_at})"
        )
    return FactorSet(
        factors.names, tuple(definitions), factors.sessions, model.factors(factors.returns), known_at=known_at,
        risk_free=factors.risk_free,
    )  # fmt: skip


@takes(series=SERIES_BY_NAME, sessions=DAYS)
def custom_factors(series: Mapping[str, pd.Series[Any]], sessions: NDArray[np.datetime64]) -> FactorSet:
    """Your own factors: daily returns as fractions by name, each indexed by date, put on `sessions`.

    Dates that are missing become NaN, nothing is filled. series: daily returns by name. Raises ParameterError for an
    index without dates, a date twice, or values that are infinite.
    """
    columns = []
    days = np.asarray(sessions, dtype="datetime64[D]")
    for name, values in series.items():
        index = values.index
        if not isinstance(index, pd.DatetimeIndex):
            raise ParameterError(f"factor {name} has no dates for an index", where="series", bound="a DatetimeIndex")
        if index.has_duplicates:
            raise ParameterError(
                f"factor {name} has a date twice", where="series", value=str(index[index.duplicated()][0].date())
            )
        data = values.to_numpy(dtype=np.float64)
        if np.isinf(data).any():
            raise ParameterError(f"factor {name} has an infinite value", where="series")
        by_day = pd.Series(data, index=index.tz_localize(None).normalize().to_numpy().astype("datetime64[D]"))
        columns.append(by_day.reindex(days).to_numpy())
    returns = np.column_stack(columns) if columns else np.empty((len(days), 0))
    return FactorSet(tuple(series), tuple(f"custom series {name}" for name in series), days, returns)


def _spread(market: Market, name: str) -> tuple[Floats, Floats, Floats]:
    """(T,) close-to-close, overnight and intraday return of a factor's pair."""
    parts = []
    for ticker in SPREADS[name]:
        if ticker is not None:
            opens, closes = (values[:, market.column(ticker)] for values in (market.open, market.close))
            before = np.concatenate([[np.nan], closes[:-1]])
            parts.append((closes / before - 1.0, opens / before - 1.0, closes / opens - 1.0))
    if len(parts) == 1:
        return parts[0]
    (whole, night, day), (other, other_night, other_day) = parts
    return whole - other, night - other_night, day - other_day


def _slope(y: Floats, x: Floats, name: str) -> float:
    both = np.isfinite(y) & np.isfinite(x)
    if both.sum() < 20:
        raise ParameterError(
            f"factor {name} shares too few sessions with the market",
            where="until",
            value=int(both.sum()),
            bound="20 or more",
        )
    deviation = x[both] - x[both].mean()
    return float(deviation @ y[both] / (deviation @ deviation))
