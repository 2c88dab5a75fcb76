"""A market as a vendor has it: prices as quoted, in the currencies of their exchanges, on the days of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.engine.arrays import Flags, Floats, Ints
from hedgebook.errors import ParameterError
from hedgebook.universes.actions.actions import DELIVERS, Actions
from hedgebook.universes.actions.attach import in_own_currency
from hedgebook.universes.actions.so_far import as_quoted
from hedgebook.universes.calendar import EXCHANGE
from hedgebook.universes.exchanges.usd import in_own_currencies
from hedgebook.universes.exchanges.venues import Venues
from hedgebook.universes.market import FIELDS, Market, Provenance

from .abroad import Abroad

REMEDY = "Give prices of the universe that it was opened with: --universe, universe=."


@dataclass(frozen=True, eq=False)
class Source:
    """market: as quoted and in own currencies; rows: those of days on which one of the exchanges trades and of which
    each of them has closed; actions: of the tickers, in their own currency, None where prices are adjusted."""

    market: Market
    tickers: tuple[str, ...]
    rows: Ints
    actions: Actions | None

    @classmethod
    def of(cls, market: Market, tickers: Sequence[str], place: Abroad) -> Source:
        """What a market says of some tickers on the exchanges of `place`; tickers may be absent.

        Raises ParameterError where a ticker is on another exchange or in another currency, or a rate is not there.
        """
        _check(market, tickers, place)
        rows = np.arange(len(market.sessions))
        if market.venues is not None:
            there = [market.venues.names.index(name) for name in place.venues if name in market.venues.names]
            rows = np.flatnonzero(market.venues.trades[:, there].any(axis=1) & _complete(market, market.venues, there))
        actions = None
        if market.quotes is not None:
            own = market.quotes.actions
            own = own.only(np.flatnonzero(np.isin(own.tickers, list(tickers)))) if len(own) else own
            actions = own if market.rates is None else in_own_currency(market, own)
        return cls(in_own_currencies(as_quoted(market)), tuple(tickers), rows, actions)

    def values(self, rows: Ints) -> Floats:
        """(5, R, N): the fields of some rows, NaN for a ticker that is absent."""
        out = np.full((len(FIELDS), len(rows), len(self.tickers)), np.nan)
        for i, ticker in enumerate(self.tickers):
            if ticker in self.market.columns:
                column = self.market.columns[ticker]
                out[:, :, i] = np.stack([getattr(self.market, name)[rows, column] for name in FIELDS])
        return out


def check_kind(name: str, opened: Provenance, now: Provenance) -> None:
    """Raise ParameterError where a journal was opened on real prices and is now given simulated ones, or the reverse.

    name: of the journal. A file that was moved, renamed or renewed is the same kind of source.
    """
    if opened.simulated == now.simulated:
        return
    remedy = "Give the prices that it was opened with: --prices FILE, market=."
    if opened.simulated:
        remedy = "Mark it on the sample market, --prices sample:, or open another journal on these prices."
    what = f"it was opened on {_called(opened)}, and the prices now given are those of {_called(now)}"
    raise ParameterError(what, where=f"journal {name}", remedy=remedy)


def _called(source: Provenance) -> str:
    return f"the simulated market {source.source!r}" if source.simulated else source.source


def with_heirs(market: Market, tickers: Sequence[str]) -> tuple[str, ...]:
    """Tickers and what its actions make of them, each once, in the order of the market's columns."""
    found = set(tickers)
    actions = None if market.quotes is None else market.quotes.actions
    for k in range(0 if actions is None else len(actions)):
        assert actions is not None
        if actions.tickers[k] in found and actions.kinds[k] in DELIVERS:
            found.add(actions.into[k])
    return tuple(sorted(found, key=market.column))


def _complete(market: Market, venues: Venues, exchanges: Sequence[int]) -> Flags:
    """(T,): whether the prices have the closes of a day: an exchange that has no close at all on its last days has not
    closed on them yet."""
    out = np.ones(len(market.sessions), dtype=np.bool_)
    money = list(market.currency_columns.values())
    for venue in exchanges:
        columns = np.setdiff1d(np.flatnonzero(venues.of == venue), money)
        if len(columns):
            closed = np.flatnonzero(np.isfinite(market.close[:, columns]).any(axis=1))
            last = int(closed[-1]) if len(closed) else -1
            out[last + 1 :] &= ~venues.trades[last + 1 :, venue]
    # Days come in order: none is told before the one that it follows.
    return np.asarray(np.logical_and.accumulate(out), dtype=np.bool_)


def _check(market: Market, tickers: Sequence[str], place: Abroad) -> None:
    where = market.provenance.source
    exchanges = place.exchanges or (EXCHANGE,) * len(tickers)
    currencies = place.currencies or ("USD",) * len(tickers)
    for ticker, exchange, currency in zip(tickers, exchanges, currencies, strict=True):
        if ticker not in market.columns:
            continue
        column = market.columns[ticker]
        now = EXCHANGE if market.venues is None else market.venues.names[market.venues.of[column]]
        paid = "USD" if market.rates is None else market.rates.names[column]
        if (now, paid) != (exchange, currency):
            what = f"{ticker} trades at {now} in {paid} here, and at {exchange} in {currency} in the journal"
            raise ParameterError(what, where=where, remedy=REMEDY)
    lost = [name for name in place.rates if market.rates is None or name not in market.rates.series]
    if lost:
        raise ParameterError(f"these prices have no exchange rate of {lost[0]}", where=where, remedy=REMEDY)
