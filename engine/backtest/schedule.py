"""Schedules: what a strategy wants to hold, from which mark on, and when it decided so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import LookAheadError, ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import Mark
from hedgebook.universes.checks import FLAG, LIST_OF_NAMES, MARKET, as_array, check, takes, whole
from hedgebook.universes.market import Market

from ..exchanges.parts import check_exchanges
from ..kernels.book.records import ORDER, Orders

ARRAYS = {"decided_at": "datetime64[ns]", "session": "datetime64[D]", "mark": np.int64, "weights": np.float64}
LARGEST_WEIGHT = 1000.0


def in_force(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(R, N): what stands wanted after each of R rows of targets, NaN for what none so far has asked for."""
    rows = np.arange(len(weights))[:, None]
    latest = np.maximum.accumulate(np.where(np.isnan(weights), -1, rows), axis=0)
    standing = np.take_along_axis(weights, np.maximum(latest, 0), axis=0)
    return np.where(latest >= 0, standing, np.nan)


@brief
@dataclass(frozen=True, eq=False)
class Schedule:
    """R sparse rows of target weights over N tickers.

    decided_at: (R,) datetime64[ns] UTC, when each row was decided; session: (R,) datetime64[D] and mark: (R,)
    0 = open, 1 = close, where it is filled; weights: (R, N) fractions of NAV, NaN = leave the ticker alone.
    hindsight: rows may be decided after the prices they trade at; every output then says "not tradable".
    joins: (R,) None = no row, else which rows are further parts of the trade of a row before, on several exchanges, so
    that rules look at it as a whole; rows of other tickers may then stand at the same mark.
    Raises ParameterError for shapes that do not fit, rows that do not ascend, and weights that are no fractions.
    """

    tickers: tuple[str, ...]
    decided_at: NDArray[np.datetime64]
    session: NDArray[np.datetime64]
    mark: NDArray[np.int64]
    weights: NDArray[np.float64]
    hindsight: bool = False
    joins: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        check("tickers", self.tickers, LIST_OF_NAMES)
        check("hindsight", self.hindsight, FLAG)
        object.__setattr__(self, "tickers", tuple(self.tickers))
        for name, kind in ARRAYS.items():
            found = as_array(getattr(self, name), kind, name)
            object.__setattr__(self, name, found)
            if found.ndim != (2 if name == "weights" else 1):
                what = "a weight for each ticker" if name == "weights" else "one entry a row"
                raise ParameterError(f"a schedule needs {what}", where=name, value=found.shape)
        rows = len(self.session)
        if not (len(self.decided_at) == len(self.mark) == rows == len(self.weights)) or rows == 0:
            raise ParameterError("a schedule needs rows of equal number", value=rows)
        if self.weights.shape != (rows, len(self.tickers)):
            raise ParameterError(
                "a schedule needs a weight for each ticker",
                value=self.weights.shape,
                bound=str((rows, len(self.tickers))),
            )
        if len(set(self.tickers)) < len(self.tickers):
            twice = next(ticker for ticker in self.tickers if self.tickers.count(ticker) > 1)
            raise ParameterError("a ticker stands twice", where="schedule", value=twice)
        if self.joins is not None:
            object.__setattr__(self, "joins", np.asarray(self.joins, dtype=np.bool_))
            if self.joins.shape != (rows,):
                raise ParameterError("a schedule needs one entry a row", where="joins", value=self.joins.shape)
        self._check_values()

    def _check_values(self) -> None:
        if np.isinf(self.weights).any():
            raise ParameterError("a weight is infinite", where="schedule")
        if (np.abs(np.nan_to_num(self.weights)) > LARGEST_WEIGHT).any():
            largest = float(np.nanmax(np.abs(self.weights)))
            raise ParameterError(
                "a weight is a fraction of NAV", where="schedule", value=largest, bound=f"up to {LARGEST_WEIGHT:g}"
            )
        if not np.isin(self.mark, list(Mark)).all():
            raise ParameterError(
                "there is no such mark",
                where="schedule",
                value=self.mark[~np.isin(self.mark, list(Mark))][0],
                bound="0 = open, 1 = close",
            )
        # A moment that is not a time is neither before nor after a fill, and would pass for a decision in time.
        if np.isnat(self.decided_at).any():
            raise ParameterError(
                "it is not known when the row was decided",
                where=f"schedule row {int(np.argmax(np.isnat(self.decided_at)))}",
            )
        order = self.session.astype("datetime64[D]").astype(np.int64) * 2 + self.mark
        steps = np.diff(order)
        if self.joins is not None:
            asked = ~np.isnan(self.weights)
            steps = np.where((steps == 0) & ~(asked[1:] & asked[:-1]).any(axis=1), 1, steps)
        if (steps <= 0).any():
            raise ParameterError(
                "rows must ascend by session and mark, one row a mark",
                where=f"schedule row {int(np.argmax(steps <= 0)) + 1}",
            )

    @takes(market=MARKET)
    def check_tradable(self, market: Market) -> None:
        """Check every row against a market.

        Raises LookAheadError for a fill at or before its decision, ParameterError for one that cannot be had.
        """
        if market.venues is not None:
            check_exchanges(self, market, market.venues)
            return
        at = np.searchsorted(market.sessions, self.session)
        known = market.sessions[np.minimum(at, len(market.sessions) - 1)] == self.session
        at = np.where(known, at, 0)
        moments = np.where(self.mark == Mark.OPEN, market.open_at[at], market.close_at[at])
        late = np.zeros(len(at), dtype=np.bool_) if self.hindsight else moments <= self.decided_at
        closed = (self.mark == Mark.OPEN) & (not market.has_opens)
        wrong = ~known | late | closed
        if wrong.any():
            self._check_row(market, int(np.argmax(wrong)))

    def _check_row(self, market: Market, k: int) -> None:
        """Say what is wrong with a row."""
        row = market.session_index(self.session[k])
        mark = Mark(int(self.mark[k]))
        moment = market.mark_time(row, mark)
        if not self.hindsight and moment <= self.decided_at[k]:
            raise LookAheadError(
                f"the {mark.label} of {self.session[k]} is not after the decision to trade at it",
                where=f"schedule row {k}",
                value=f"decided {self.decided_at[k]} UTC, filled {moment} UTC",
                remedy="Fill at a later mark; a study that knows the news before it came needs hindsight.",
            )
        raise ParameterError(
            "these prices have closes only, so nothing can be filled at an open",
            where=market.provenance.source,
            remedy="Add an open column to the price file.",
        )

    @takes(market=MARKET, start=whole())
    def orders(self, market: Market, start: int) -> Orders:
        """The rows as orders over a market's tickers, sessions counted from row `start`.

        Raises PriceDataError for a ticker without prices.
        """
        at = [market.column(ticker) for ticker in self.tickers]
        if at == list(range(len(market.tickers))) and self.weights.flags.writeable:  # as all that the kernel is given
            bank = self.weights
        else:
            bank = np.full((len(self.session), len(market.tickers)), np.nan)
            bank[:, at] = self.weights
        rows = np.zeros(len(self.session), dtype=ORDER)
        rows["session"] = np.searchsorted(market.sessions, self.session) - start
        rows["mark"] = self.mark
        rows["row"] = np.arange(len(rows))
        rows["scale"] = 1.0
        if self.joins is not None and market.venues is not None:
            rows["joins"] = self.joins
        return Orders(rows=rows, bank=bank)
