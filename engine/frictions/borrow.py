"""What borrowed shares cost: constant rates, rates by date from a file, and spikes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import Market
from hedgebook.universes.model import Value

from .borrow_file import MAX_ANNUAL, FeesIn, read_fees
from .by_name import per_ticker, unnamed
from .tiers import NO_TIERS, Liquidity, has_volumes

# The fee of one crowded name may be a multiple of its value; that of a whole group is not, and would be a percentage.
GroupRate = Annotated[float, Field(ge=0, le=1)]
AnnualRate = Annotated[float, Field(ge=0, le=MAX_ANNUAL)]
LONGEST_SPIKE_YEARS = 11  # 2520 sessions take ten years and a little


class BorrowSpike(Value):
    """Buckets or tickers whose fee is a multiple of the usual one for some sessions from `first` on."""

    names: Annotated[tuple[str, ...], Field(min_length=1)]
    first: date
    sessions: Annotated[int, Field(ge=1, le=2520)]
    multiple: Annotated[float, Field(ge=1, le=1000)]

    def covers(self, sessions: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """(T,): the sessions among the first so many of the exchange that begin on or after `first`."""
        last_year = sessions[-1].item().year
        if self.first.year > last_year or self.first.year + LONGEST_SPIKE_YEARS < sessions[0].item().year:
            return np.zeros(len(sessions), dtype=np.bool_)
        # Counted by the exchange and not by the prices, which may begin in the middle of a spike or after it.
        exchange = trading_calendar(self.first.year, last_year).sessions
        begin = int(np.searchsorted(exchange, np.datetime64(self.first, "D")))
        passed: NDArray[np.bool_] = np.isin(sessions, exchange[begin : begin + self.sessions])
        return passed


class BorrowFrom(Value):
    """Buckets or tickers (`names`) that have another fee from a day on: rate_annual, a fraction; reason: why.

    may_be_absent: whether names that a universe lacks are passed over.
    """

    names: Annotated[tuple[str, ...], Field(min_length=1)]
    first: date
    rate_annual: AnnualRate
    may_be_absent: bool = False
    reason: str = ""

    def covers(self, sessions: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """(T,): the sessions from `first` on."""
        return np.asarray(sessions >= np.datetime64(self.first, "D"))


class Borrow(Value):
    """Annual fee on the closing market value of a short, charged per calendar day over 360.

    Of a ticker: the latest rate that `file` gives it by that session, else the one of `dated` that began last, else its
    own, its bucket's, that of its tier of liquidity as known before the month, or the default rate; then times the
    multiple of a spike. file: CSV with the
    columns date, ticker, rate_annual (a fraction), or one with a column a ticker, a list as Interactive Brokers
    publishes it, or a folder with one of them a day; file_in: the unit of its fees, "fraction" or "percent", where the
    file does not say it.
    """

    default_annual: GroupRate = 0.0
    by_bucket_annual: dict[str, GroupRate] = Field(default_factory=dict)
    by_ticker_annual: dict[str, AnnualRate] = Field(default_factory=dict)
    by_liquidity_annual: dict[str, GroupRate] = Field(default_factory=dict)
    file: Path | None = None
    file_in: FeesIn | None = None
    dated: tuple[BorrowFrom, ...] = ()
    spikes: tuple[BorrowSpike, ...] = ()
    reason: str = ""

    def tiered(self, market: Market) -> NDArray[np.bool_]:
        """(N,): whether a ticker has the rate of its tier of liquidity, where a file says nothing of it."""
        if not self.by_liquidity_annual:
            return np.zeros(len(market.tickers), dtype=np.bool_)
        return unnamed(market, self.by_bucket_annual, self.by_ticker_annual)

    def rates(self, market: Market, start: int, stop: int, liquidity: Liquidity = NO_TIERS) -> NDArray[np.float64]:
        """(stop - start, N): the annual rate charged over the night that follows each session.

        (1, N) where it is the same in all of them.
        Raises CostsError for a file that cannot be used.
        """
        usual = per_ticker(market, self.default_annual, self.by_bucket_annual, self.by_ticker_annual)
        tiered = self.tiered(market) if liquidity.tiers and has_volumes(market) else np.zeros(1, dtype=np.bool_)
        if self.file is None and not self.spikes and not self.dated and not tiered.any():
            return usual[None]
        out = np.tile(usual, (stop - start, 1))
        if tiered.any():
            tiers = liquidity.by_session(market, start, stop)[:, tiered]
            out[:, tiered] = liquidity.rates(tiers, self.default_annual, self.by_liquidity_annual)
        sessions = market.sessions[start:stop]
        # Of two that begin on one day the later in the file counts.
        for one in sorted(self.dated, key=lambda entry: entry.first):
            out[np.flatnonzero(one.covers(sessions))[:, None], _named(market, one.names)] = one.rate_annual
        if self.file is None and not self.spikes and (out == out[0]).all():
            return out[:1]
        if self.file is not None:
            _apply_file(out, read_fees(self.file, market.columns, self.file_in), market, sessions)
        for spike in self.spikes:
            out[np.flatnonzero(spike.covers(sessions))[:, None], _named(market, spike.names)] *= spike.multiple
        return out


def _named(market: Market, names: tuple[str, ...]) -> list[int]:
    """Columns of the tickers that stand among some names, by themselves or by their bucket."""
    return [i for i, t in enumerate(market.tickers) if t in names or market.buckets[i] in names]


def _apply_file(
    out: NDArray[np.float64], table: pd.DataFrame, market: Market, sessions: NDArray[np.datetime64]
) -> None:
    """Overwrite rates from each ticker's first date in the file on; a rate holds until its next one."""
    for ticker, rows in table.groupby("ticker"):
        dates = rows["date"].to_numpy(dtype="datetime64[D]")
        latest = np.searchsorted(dates, sessions, side="right") - 1
        known = latest >= 0
        out[known, market.column(str(ticker))] = rows["rate_annual"].to_numpy()[latest[known]]
