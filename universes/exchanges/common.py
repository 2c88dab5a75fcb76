"""The days on which several exchanges trade together, for figures that relate the returns of their tickers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Ints
from ..brief import brief

if TYPE_CHECKING:
    from ..market import Market

PRICED = ("open", "high", "low", "close", "volume")


def at_common(market: Market, tickers: Iterable[str], *, home: bool = False) -> Market:
    """The days on which every exchange of some tickers trades, as sessions of one exchange.

    A return from one of them to the next spans the same days for every ticker: no move over a holiday is lost, and no
    close that stands still while its exchange is closed counts as a return of zero beside one that moved, which would
    pull slopes and covariances towards zero. home: the first exchange trades on them as well, so that each is a session
    of a trade. A market of one exchange is given back as it is. Raises PriceDataError for a ticker without prices.
    """
    venues = market.venues
    if venues is None:
        return market
    days = np.flatnonzero(venues.trades[:, _asked(market, tickers, home)].all(axis=1))
    fields: dict[str, Any] = {name: np.ascontiguousarray(getattr(market, name)[days]) for name in PRICED}
    return replace(
        market,
        sessions=market.sessions[days],
        open_at=market.open_at[days],
        close_at=market.close_at[days],
        quotes=None,
        venues=None,
        rates=None,
        **fields,
    )


def _asked(market: Market, tickers: Iterable[str], home: bool) -> Ints:
    """(A,) numbers of the exchanges of some tickers, ascending."""
    assert market.venues is not None
    own = [int(market.venues.of[market.column(ticker)]) for ticker in tickers]
    return np.unique(np.array([*own, *([0] if home else [])], dtype=np.int64))


def nights_of(market: Market, tickers: Iterable[str], sessions: NDArray[np.datetime64]) -> Floats:
    """(S, N) returns from the close of the session before, of each ticker's own exchange, to the open of some sessions
    on which all of those trade; NaN where one of the two is missing."""
    venues = market.venues
    columns = [market.column(ticker) for ticker in tickers]
    rows = np.searchsorted(market.sessions, sessions)
    out = np.full((len(rows), len(columns)), np.nan)
    for n, i in enumerate(columns):
        own = np.arange(len(market.sessions)) if venues is None else np.flatnonzero(venues.trades[:, venues.of[i]])
        place = np.searchsorted(own, rows) - 1
        there = place >= 0
        out[there, n] = market.open[rows[there], i] / market.close[own[place[there]], i] - 1.0
    return out


@brief
@dataclass(frozen=True)
class CommonDays:
    """Which days the returns of an estimate over several exchanges span.

    exchanges: all of which trade on each day, the first counts the sessions of a trade; returns: how many there are,
    each from one such day to the next; first, last: the close that the first one begins at and the last one ends at;
    mean_sessions, most_sessions: sessions of the first exchange in one of them.
    """

    exchanges: tuple[str, ...]
    returns: int
    first: np.datetime64
    last: np.datetime64
    mean_sessions: float
    most_sessions: int

    @property
    def text(self) -> str:
        """How many returns, and what they span, in words."""
        return f"{self.returns:,} returns {self.span}"

    @property
    def span(self) -> str:
        """What the returns span, in words."""
        *most, last = self.exchanges
        names = f"{', '.join(most)} and {last} all trade" if most else f"{last} trades"
        return (
            f"between days on which {names}, each of {self.mean_sessions:.2f} sessions of "
            f"{self.exchanges[0]} in the mean and {self.most_sessions} at most"
        )


def common_days(
    market: Market, tickers: Iterable[str], starts: NDArray[np.datetime64], ends: NDArray[np.datetime64]
) -> CommonDays | None:
    """Which days some returns span, given the days that each begins and ends at, (R,); None without a return and where
    all of some tickers trade on the first exchange, whose sessions those are."""
    venues = market.venues
    if venues is None or not len(ends):
        return None
    names = tuple(venues.names[k] for k in _asked(market, tickers, True).tolist())
    if len(names) < 2:
        return None
    counted = market.sessions[venues.counted]
    spans = np.searchsorted(counted, ends, side="right") - np.searchsorted(counted, starts, side="right")
    return CommonDays(names, len(ends), starts[0], ends[-1], float(spans.mean()), int(spans.max()))
