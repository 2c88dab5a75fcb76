"""Prices as they were first seen: in the currency of each exchange, with the rates and actions known by then."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.universes.actions.actions import Actions
from hedgebook.universes.actions.attach import paid_in_usd
from hedgebook.universes.actions.so_far import with_actions_so_far
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.exchanges.currencies import rates_of
from hedgebook.universes.exchanges.held import home_venues, with_currencies
from hedgebook.universes.exchanges.usd import brought_to_usd
from hedgebook.universes.exchanges.venues import Venues, joint_calendar
from hedgebook.universes.market import FIELDS, Market, Provenance, build_market
from hedgebook.universes.universe import Universe

from .abroad import HOME, Abroad
from .kept_actions import actions_of, in_session, joined, told_actions
from .source import Source

Bar = list[float | None]


@brief
@dataclass(frozen=True, eq=False)
class KeptPrices:
    """sessions: (T,); tickers: N; values: (5, T, N) opens, highs, lows, closes, volumes in the currency of each ticker,
    NaN = none was there; abroad: exchanges, currencies and rates, None where all is in New York and in USD; actions:
    what happened beside raw prices, None where prices are adjusted."""

    sessions: NDArray[np.datetime64]
    tickers: tuple[str, ...]
    values: Floats
    abroad: Abroad | None = None
    actions: Actions | None = None

    @classmethod
    def of(cls, market: Market, tickers: Sequence[str], start: int, stop: int) -> KeptPrices:
        """Rows start .. stop - 1 of some tickers of a market, of the days of their exchanges.

        Money in another currency among the tickers is kept as its rate. Raises PriceDataError for one without prices.
        """
        abroad = Abroad.of(market, tickers)
        own = tuple(ticker for ticker in tickers if ticker not in market.currency_columns)
        found = Source.of(market, own, HOME if abroad is None else abroad)
        rows = found.rows[(found.rows >= start) & (found.rows < stop)]
        made = cls(market.sessions[rows], own, found.values(rows), abroad)
        if abroad is not None:
            made = replace(made, abroad=abroad.until(made.close_at[-1], since=made.open_at[0]))
        return made if found.actions is None else replace(made, actions=in_session(found.actions, made.sessions))

    @property
    def place(self) -> Abroad:
        """Its exchanges and currencies."""
        return HOME if self.abroad is None else self.abroad

    @cached_property
    def _calendar(self) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
        """(T, K): opens and closes of each exchange."""
        years = [int(str(day)[:4]) for day in (self.sessions[0], self.sessions[-1])]
        calendar, venues = joint_calendar(years[0], years[1] + 1, self.place.venues)
        at = np.searchsorted(calendar.sessions, self.sessions)
        return venues.open_at[at], venues.close_at[at]

    @cached_property
    def open_at(self) -> NDArray[np.datetime64]:
        """(T,): the first open of each day."""
        opens = self._calendar[0]
        known = np.where(np.isnat(opens), np.iinfo(np.int64).max, opens.astype(np.int64))
        return np.asarray(known.min(axis=1)).astype("datetime64[ns]")

    @cached_property
    def close_at(self) -> NDArray[np.datetime64]:
        """(T,): the last close of each day."""
        # The least of all numbers stands for a day without a session.
        return np.asarray(self._calendar[1].astype(np.int64).max(axis=1)).astype("datetime64[ns]")

    def to_bytes(self) -> bytes:
        """The same as bytes, always the same ones."""
        head: dict[str, Any] = {"sessions": [str(day) for day in self.sessions], "tickers": list(self.tickers)}
        if self.abroad is not None:
            head["abroad"] = self.abroad.to_json()
        if self.actions is not None:
            head["actions"] = told_actions(self.actions, with_date=True)
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
            abroad = Abroad.from_json(told["abroad"]) if "abroad" in told else None
            actions = actions_of(told["actions"]) if "actions" in told else None
        except (zlib.error, KeyError, TypeError, UnicodeDecodeError) as problem:
            raise ValueError(str(problem)) from problem
        return cls(days, tickers, values, abroad, actions)

    def day(self, row: int) -> dict[str, Any]:
        """What is kept of a session, as values of JSON: open, high, low, close and volume of each ticker, None = none
        was there, and, where there are any, rates that came since the session before and actions."""
        bars: dict[str, Bar] = {
            ticker: [None if value != value else float(value) for value in self.values[:, row, i]]
            for i, ticker in enumerate(self.tickers)
        }
        told: dict[str, Any] = {"session": str(self.sessions[row]), "prices": bars}
        if self.abroad is not None:
            before = self.close_at[row - 1] if row else None
            rates = self.abroad.between(before, self.close_at[row])
            told |= {"rates": rates} if rates else {}
        if self.actions is not None:
            here = in_session(self.actions, self.sessions[row : row + 1])
            told |= {"actions": told_actions(here)} if len(here) else {}
        return told

    def followed_by(self, day: Mapping[str, Any]) -> KeptPrices:
        """The same with a session more, as `day` told it; tickers that it does not have are without a price."""
        row, bars = np.full((5, 1, len(self.tickers)), np.nan), day["prices"]
        for i, ticker in enumerate(self.tickers):
            row[:, 0, i] = [np.nan if cell is None else cell for cell in bars.get(ticker, [None] * 5)]
        session = np.datetime64(day["session"], "D")
        return replace(
            self,
            sessions=np.append(self.sessions, session),
            values=np.concatenate([self.values, row], axis=1),
            abroad=None if self.abroad is None else self.abroad.with_rates(day.get("rates", {})),
            actions=None if self.actions is None else joined(self.actions, day.get("actions", ()), session),
        )

    def market(self, universe: Universe, provenance: Provenance) -> Market:
        """A market of these prices alone, in USD; of raw ones with actions on the scale of the first session."""
        years = [int(str(day)[:4]) for day in (self.sessions[0], self.sessions[-1])]
        fields: dict[Any, Floats] = dict(zip(FIELDS, self.values, strict=True))
        if self.abroad is None:
            calendar = trading_calendar(years[0], years[1] + 1)
            made = build_market(calendar, self.sessions, self.tickers, fields, universe, provenance)
        else:
            calendar, _ = joint_calendar(years[0], years[1] + 1, self.abroad.venues)
            made = build_market(calendar, self.sessions, self.tickers, fields, universe, provenance)
            made = self._abroad(made, self.abroad)
        if self.actions is not None:
            paid = self.actions if made.rates is None else paid_in_usd(made, self.actions)
            made = with_actions_so_far(made, paid)
        return with_currencies(made)

    def _abroad(self, made: Market, abroad: Abroad) -> Market:
        """A market of prices in their own currencies, at the hours of their exchanges and in USD."""
        if not abroad.is_usual:
            of = np.array([abroad.venues.index(name) for name in abroad.exchanges], dtype=np.int64)
            made = replace(made, venues=Venues(abroad.venues, of, *self._calendar))
        if not abroad.rates:
            return made
        return brought_to_usd(made, rates_of(abroad.currencies, abroad.rates, home_venues(made)))
