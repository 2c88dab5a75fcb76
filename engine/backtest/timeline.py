"""The marks of a session in time order, and the cash that flows at them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from ..arrays import Floats, Ints
from ..kernels.book.records import CHANGE, CLOSE, FLOW, OPEN, Prices, Structs

PLAIN = (OPEN, CLOSE)
NO_FLOWS = np.zeros(0, dtype=FLOW)
NO_CHANGES = np.zeros(0, dtype=CHANGE)


def days_between(sessions: NDArray[np.datetime64]) -> Floats:
    """(T,) calendar days since the session before; 0 for the first one."""
    return np.diff(sessions, prepend=sessions[:1]).astype("timedelta64[D]").astype(np.float64)


def prices_at(
    marks: Floats, days: Floats, flows: Structs = NO_FLOWS, order: Sequence[int] = PLAIN, changes: Structs = NO_CHANGES
) -> Prices:
    """Prices whose sessions pass through the rows of `marks` in an order; one where nothing prints is no mark.

    marks: (M, T, N) USD, opens, closes, then any others, NaN = no price; days: (T,) calendar days since the session
    before; flows: (F,) of FLOW, sorted here; changes: (C,) of CHANGE, sorted here by session and mark. Raises
    ParameterError unless each mark stands in the order once, CLOSE last.
    """
    if sorted(order) != list(range(len(marks))) or order[-1] != CLOSE:
        raise ParameterError("a session passes through each mark once, the close last", where="order", value=order)
    when = np.argsort(order)
    flows = flows[np.lexsort((flows["ticker"], when[flows["mark"]], flows["session"]))]
    changes = changes[np.lexsort((when[changes["mark"]], changes["session"]))]
    return Prices(marks, days, np.array(order, dtype=np.int64), flows, changes)


def cut(prices: Prices, span: slice, tickers: Ints) -> Prices:
    """Some sessions of some tickers, ascending, with what flows to them; sessions count from the first of `span`.

    A ticker whose shares become those of another one has to be there with it.
    """
    flows, changes = (_within(rows, span, tickers) for rows in (prices.flows, prices.changes))
    heirs = changes["into"] >= 0
    changes["into"][heirs] = np.searchsorted(tickers, changes["into"][heirs])
    marks = prices.marks[:, span]
    marks = np.ascontiguousarray(marks if len(tickers) == marks.shape[2] else marks[:, :, tickers])
    return Prices(marks, prices.days[span], prices.order, flows, changes)


def _within(rows: Structs, span: slice, tickers: Ints) -> Structs:
    """The flows or changes of some sessions and tickers, counted from the first of each."""
    day, ticker = rows["session"], rows["ticker"]
    kept = rows[(day >= span.start) & (day < span.stop) & np.isin(ticker, tickers)]
    kept["session"] -= span.start
    kept["ticker"] = np.searchsorted(tickers, kept["ticker"])
    return kept


def is_plain(prices: Prices) -> bool:
    """Whether sessions have an open and a close and nothing else, no cash flows and no actions: what tiles know."""
    return len(prices.flows) == len(prices.changes) == 0 and tuple(prices.order) == PLAIN
