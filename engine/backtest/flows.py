"""Cash that shares bring to their holders beside their prices, such as dividends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import Mark
from hedgebook.universes.checks import LIST_OF_NAMES, as_array, check
from hedgebook.universes.market import Market

from ..kernels.book.records import FLOW, Structs

ARRAYS = {"sessions": "datetime64[D]", "marks": np.int64, "usd_per_share": np.float64}


@brief
@dataclass(frozen=True, eq=False)
class CashFlows:
    """Cash per share: to those who hold it long when a mark begins, from those who are short; F rows in any order.

    tickers: (F,); sessions: (F,) datetime64[D]; marks: (F,) 0 = open, 1 = close, where it is paid to what was held
    before the orders of that mark; usd_per_share: (F,) USD, negative where holders pay. Prices must be raw: those that
    are adjusted for dividends contain them already. A dividend belongs to the open of its ex-date. Raises
    ParameterError for columns of unequal length, values that are not finite, and rows that stand twice.
    """

    tickers: tuple[str, ...]
    sessions: NDArray[np.datetime64]
    marks: NDArray[np.int64]
    usd_per_share: NDArray[np.float64]

    def __post_init__(self) -> None:
        check("tickers", self.tickers, LIST_OF_NAMES)
        object.__setattr__(self, "tickers", tuple(self.tickers))
        for name, kind in ARRAYS.items():
            column = as_array(getattr(self, name), kind, name)
            object.__setattr__(self, name, column)
            if column.shape != (len(self.tickers),):
                raise ParameterError(
                    "cash flows need one entry a row", where=name, value=column.shape, bound=f"({len(self.tickers)},)"
                )
        self._refuse(np.isnat(self.sessions), "a cash flow has no session", self.sessions)
        self._refuse(~np.isin(self.marks, list(Mark)), "there is no such mark", self.marks, "0 = open, 1 = close")
        self._refuse(
            ~np.isfinite(self.usd_per_share), "a cash flow is not an amount", self.usd_per_share, "a finite number"
        )
        keys = list(zip(self.tickers, self.sessions.tolist(), self.marks.tolist(), strict=True))
        twice = np.array([key in keys[:row] for row, key in enumerate(keys)], dtype=np.bool_)
        days = np.array([f"{ticker} {day} {Mark(mark).label}" for ticker, day, mark in keys], dtype=object)
        self._refuse(twice, "a cash flow stands twice", days, remedy="Add up what is paid at one mark.")

    def _refuse(
        self,
        bad: NDArray[np.bool_],
        what: str,
        values: NDArray[Any],
        bound: str | None = None,
        remedy: str | None = None,
    ) -> None:
        if bad.any():
            row = int(np.argmax(bad))
            raise ParameterError(what, where=f"cash flow {row}", value=values[row], bound=bound, remedy=remedy)

    def records(self, market: Market, start: int, stop: int) -> Structs:
        """(F,) of FLOW: what is paid in rows start .. stop - 1 of a market, sessions counted from `start`.

        Raises the errors of `Market.column` and `Market.session_index` for tickers and sessions it does not have.
        """
        flows = np.zeros(len(self.tickers), dtype=FLOW)
        flows["session"] = [market.session_index(session) - start for session in self.sessions]
        flows["ticker"] = [market.column(ticker) for ticker in self.tickers]
        flows["mark"], flows["usd_per_share"] = self.marks, self.usd_per_share
        return flows[(flows["session"] >= 0) & (flows["session"] < stop - start)]
