"""The marks of a session in time order, and the cash that flows at them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError

from ..arrays import Floats, Ints
from ..kernels.book.records import CLOSE, FLOW, OPEN, Prices, Structs

PLAIN = (OPEN, CLOSE)
NO_FLOWS = np.zeros(0, dtype=FLOW)


def days_between(sessions: NDArray[np.datetime64]) -> Floats:
    """(T,) calendar days since the session before; 0 for the first one."""
    return np.diff(sessions, prepend=sessions[:1]).astype("timedelta64[D]").astype(np.float64)


def prices_at(marks: Floats, days: Floats, flows: Structs = NO_FLOWS, order: Sequence[int] = PLAIN) -> Prices:
    """Prices whose sessions pass through the rows of `marks` in an order; one where nothing prints is no mark.

    marks: (M, T, N) USD, opens, closes, then any others, NaN = no price; days: (T,) calendar days since the session
    before; flows: (F,) of FLOW, sorted here. Raises ParameterError unless each mark stands in the order once, CLOSE
    last.
    """
    if sorted(order) != list(range(len(marks))) or order[-1] != CLOSE:
        raise ParameterError("a session passes through each mark once, the close last", where="order", value=order)
    when = np.argsort(order)
    flows = flows[np.lexsort((flows["ticker"], when[flows["mark"]], flows["session"]))]
    return Prices(marks, days, np.array(order, dtype=np.int64), flows)


def cut(prices: Prices, span: slice, tickers: Ints) -> Prices:
    """Some sessions of some tickers, ascending, with what flows to them; sessions count from the first of `span`."""
    day, ticker = prices.flows["session"], prices.flows["ticker"]
    flows = prices.flows[(day >= span.start) & (day < span.stop) & np.isin(ticker, tickers)]
    flows["session"] -= span.start
    flows["ticker"] = np.searchsorted(tickers, flows["ticker"])
    marks = prices.marks[:, span]
    marks = np.ascontiguousarray(marks if len(tickers) == marks.shape[2] else marks[:, :, tickers])
    return Prices(marks, prices.days[span], prices.order, flows)


def is_plain(prices: Prices) -> bool:
    """Whether sessions have an open and a close and nothing else, and no cash flows: what tiles know."""
    return len(prices.flows) == 0 and tuple(prices.order) == PLAIN
