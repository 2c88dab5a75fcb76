"""Which tickers a strategy may hold, and from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from hedgebook.engine.arrays import Flags, Floats, Ints
from hedgebook.engine.exposure.factor_sets import SPREADS
from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.market import Market
from hedgebook.universes.universe import Universe

# What a universe calls the bucket of funds that stand for factors.
FUNDS = "benchmark"
LONG_AGO, FAR = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")


@dataclass(frozen=True, eq=False)
class Members:
    """N tickers in the order of their names, so that nothing hangs on the order of a file.

    columns: (N,) columns of the market; buckets: the buckets that any of them is in; bucket: (N,) which of these;
    from_day, until_day: (N,) the days from which on they are listed and no longer traded; notes: what was left out.
    """

    tickers: tuple[str, ...]
    columns: Ints
    buckets: tuple[str, ...]
    bucket: Ints
    from_day: np.ndarray
    until_day: np.ndarray
    notes: tuple[str, ...] = ()

    def tradable(self, market: Market, rows: Ints) -> Flags:
        """(R, N): listed, not delisted and with a close, at the close of each of R rows of the market."""
        days = market.sessions[rows]
        out = np.isfinite(self.closes(market, rows))
        # Most tickers are listed throughout: the days of those that are not say the rest.
        first, last = (days.min(), days.max()) if len(days) else (FAR, LONG_AGO)
        for i in np.flatnonzero((self.from_day > first) | (self.until_day <= last)).tolist():
            out[:, i] &= (days >= self.from_day[i]) & (days < self.until_day[i])
        return out

    def closes(self, market: Market, rows: Ints | None = None) -> Floats:
        """(T, N): closes in USD, NaN where there is none; of some rows of the market, None = all."""
        found = market.close if rows is None else market.close[rows]
        width = len(self.columns)
        # Where these are all tickers in the market's own order nothing has to be copied.
        same = width == found.shape[1] and bool((self.columns == np.arange(width)).all())
        return found if same else np.asarray(found[:, self.columns])


def stocks(universe: Universe) -> tuple[str, ...]:
    """Every ticker but the benchmark and the funds that stand for factors."""
    proxies = {ticker for pair in SPREADS.values() for ticker in pair}
    return tuple(
        ticker
        for ticker, (bucket, _) in universe.by_ticker.items()
        if bucket != FUNDS and ticker != universe.benchmark and ticker not in proxies
    )


def priced_names(market: Market, names: Sequence[str], where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tickers with prices that buckets and tickers (`names`) ever bring, without a name the universe's stocks, and
    those without. Raises UniverseError for an unknown name, PriceDataError for a ticker named itself without prices."""
    found = market.resolve(names, date.max) if names else stocks(market.universe)
    unpriced = tuple(ticker for ticker in found if ticker not in market.columns)
    for ticker in unpriced:
        if ticker in names:
            what, remedy = market.why_unpriced(ticker)
            raise PriceDataError(what, where=where, remedy=remedy)
    return tuple(ticker for ticker in found if ticker in market.columns), unpriced


def members_of(market: Market, names: Sequence[str], where: str) -> Members:
    """Every ticker that buckets and tickers (`names`) ever bring; without a name, the universe's stocks.

    A member of a bucket without prices is left out and noted. Raises UniverseError for an unknown name, PriceDataError
    for a ticker named itself that has no prices, ParameterError where nobody is left.
    """
    universe = market.universe
    priced, unpriced = priced_names(market, names, where)
    tickers = tuple(sorted(set(priced)))
    if not tickers:
        raise ParameterError(
            "none of these tickers has prices",
            where=where,
            value=", ".join(names) or f"the stocks of universe {universe.name}",
            remedy=f"Name buckets or tickers: {', '.join(universe.bucket_names)}.",
        )
    of = [universe.bucket_of(ticker) or "" for ticker in tickers]
    buckets = tuple(sorted(set(of)))
    facts = [universe.by_ticker[ticker][1] for ticker in tickers]
    first = [LONG_AGO if one.earlier else np.datetime64(one.first_session or LONG_AGO) for one in facts]
    last = [FAR if one.delisted is None else np.datetime64(one.delisted) for one in facts]
    return Members(
        tickers=tickers,
        columns=np.array([market.columns[ticker] for ticker in tickers], dtype=np.int64),
        buckets=buckets,
        bucket=np.array([buckets.index(bucket) for bucket in of], dtype=np.int64),
        from_day=np.array(first, dtype="datetime64[D]"),
        until_day=np.array(last, dtype="datetime64[D]"),
        notes=(f"no prices, so never held: {', '.join(unpriced)}",) if unpriced else (),
    )
