"""What is left of a position whose ticker stops printing, and when that is settled."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from hedgebook.universes.market import Market
from hedgebook.universes.model import Value
from hedgebook.universes.refusal.problems import flaw

from ..kernels.book.records import Gone

Recovery = Annotated[float, Field(ge=0, le=10)]


class Delisting(Value):
    """When tickers are delisted, and the fraction of its last price at which a position is written off, long or short.

    recovery_frac: of any ticker, 1 = the last price itself and the most, None = nobody knows: nothing is written off
    then, and a run shows what it would end with; recovery_by_ticker goes before it, and so does what the universe says
    of a ticker, both above 1 where a takeover pays more than the last price. delisted: days by ticker, which go before
    those of the universe.
    """

    recovery_frac: Annotated[float, Field(ge=0)] | None = None
    recovery_by_ticker: dict[str, Recovery] = Field(default_factory=dict)
    delisted: dict[str, date] = Field(default_factory=dict)
    reason: str = ""

    @model_validator(mode="after")
    def _no_premium_for_all(self) -> Delisting:
        if self.recovery_frac is not None and self.recovery_frac > 1.0:
            what = "out of range; accepted for any ticker: 0 to 1, a fraction of the last price"
            remedy = "Half of it is 0.5; a takeover that pays more is stated by its ticker, in recovery_by_ticker."
            raise flaw(what, at=("recovery_frac",), value=self.recovery_frac, remedy=remedy)
        return self

    def recovery(self, market: Market) -> NDArray[np.float64]:
        """(N,): the fraction of each ticker, NaN where nobody has stated one."""
        common = np.nan if self.recovery_frac is None else self.recovery_frac
        out = np.full(len(market.tickers), common)
        for i, ticker in enumerate(market.tickers):
            member = market.universe.by_ticker.get(ticker)
            stated = member[1].recovery_frac if member else None
            own = self.recovery_by_ticker.get(ticker, stated)
            out[i] = out[i] if own is None else own
        return out

    def days(self, market: Market) -> NDArray[np.datetime64]:
        """(N,): the day on which each ticker is delisted, NaT where none is stated."""
        out = np.full(len(market.tickers), np.datetime64("NaT"), dtype="datetime64[D]")
        for i, ticker in enumerate(market.tickers):
            member = market.universe.by_ticker.get(ticker)
            day = self.delisted.get(ticker, member[1].delisted if member else None)
            out[i] = np.datetime64("NaT") if day is None else np.datetime64(day, "D")
        return out

    def gone(self, market: Market, start: int, stop: int, stale_sessions: int) -> NDArray[np.int8]:
        """(stop - start, N) of Gone at each close of rows start .. stop - 1, see `gone`.

        (1, N) where nothing ever is.
        """
        recovery = self.recovery(market)
        if np.isnan(recovery).all():  # nothing is ever written off
            return np.full((1, len(recovery)), Gone.NO, dtype=np.int8)
        delisted = market.sessions[:stop, None] >= self.days(market)
        marks = np.stack([market.open[:stop], market.close[:stop]])
        quiet = None if market.venues is None else quiet_of(market.rows(0, stop))
        return gone(marks, delisted, recovery, stale_sessions, quiet)[start:]


def gone(
    marks: NDArray[np.float64],
    delisted: NDArray[np.bool_],
    recovery: NDArray[np.float64],
    stale_sessions: int,
    quiet: NDArray[np.int64] | None = None,
) -> NDArray[np.int8]:
    """(T, N) of Gone: which closes write a position off, by what is known at each of them.

    marks: (M, T, N) opens, closes, others, NaN = no price; delisted: (T, N) whether the day of the delisting has come;
    recovery: (N,) NaN = unknown, so that nothing is written off. A close without a price writes off a delisted ticker,
    and at the end of a simulation one without any price for `stale_sessions` sessions in a row. quiet: (T, N) how many
    these are, None = by the marks.
    """
    quiet = quiet_sessions(marks) if quiet is None else quiet
    out = np.where(quiet >= stale_sessions, np.int8(Gone.QUIET), np.int8(Gone.NO))
    out[delisted & ~np.isfinite(marks[1])] = Gone.DELISTED
    out[:, np.isnan(recovery)] = Gone.NO
    return out


def quiet_of(market: Market) -> NDArray[np.int64]:
    """(T, N): sessions of its own exchange in a row at which a ticker has had no price, up to each session.

    A holiday of its exchange is no session without a price.
    """
    if market.venues is None:
        return quiet_sessions((market.open, market.close))
    out = np.zeros(market.close.shape, dtype=np.int64)
    for k in range(len(market.venues.names)):
        columns, days = np.flatnonzero(market.venues.of == k), np.flatnonzero(market.venues.trades[:, k])
        if len(columns) and len(days):
            there = np.ix_(days, columns)
            quiet = quiet_sessions((market.open[there], market.close[there]))
            before = np.searchsorted(days, np.arange(len(out)), side="right") - 1
            out[:, columns] = np.where(before[:, None] >= 0, quiet[np.maximum(before, 0)], 0)
    return out


def quiet_sessions(marks: NDArray[np.float64] | tuple[NDArray[np.float64], ...]) -> NDArray[np.int64]:
    """(T, N): sessions in a row without a price at any mark, up to each session; marks: (M, T, N)."""
    printed = np.isfinite(marks[0])
    for mark in marks[1:]:
        printed = printed | np.isfinite(mark)
    if printed.all():
        return np.zeros(printed.shape, dtype=np.int64)
    rows = np.arange(printed.shape[0])[:, None]
    latest = np.maximum.accumulate(np.where(printed, rows, -1), axis=0)
    return np.asarray(rows - latest, dtype=np.int64)
