"""One portfolio for the single simulation, where many sets need one after another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..book.records import ACCOUNT, DAY, LINE, POSITION, Record, State
from ..jit import inlined
from ..unowned import borrow_record, borrow_state


class Single(NamedTuple):
    """A portfolio, and a record that keeps its NAV alone."""

    state: State
    record: Record


@inlined
def new_single(sessions: int, tickers: int) -> Single:
    """Room for a portfolio of which only NAV is recorded."""
    state = State(np.zeros(tickers, dtype=POSITION), np.zeros(1, dtype=ACCOUNT))
    record = Record(
        np.zeros(sessions, dtype=DAY),
        np.zeros((0, tickers)),
        np.zeros((0, tickers)),
        np.zeros((0, tickers, 0)),
        np.zeros(0, dtype=LINE),
    )
    return Single(state, record)


@inlined
def borrow_single(given: Single) -> Single:
    """A single portfolio without owners."""
    return Single(borrow_state(given.state), borrow_record(given.record))
