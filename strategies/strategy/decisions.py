"""When a strategy decides, and when what it decided is filled."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.counted import counted
from hedgebook.universes.market import Market

Every = Literal["week", "month", "quarter"]
EverySessions = Annotated[int, Field(ge=1, le=2520)]
CLOSES_ONLY = "these prices have closes only, so orders are filled at the next close"


def calendar_rows(market: Market, every: Every) -> Ints:
    """Rows of the last sessions of each week, month or quarter; the exchange's calendar knows whether the market's
    last session is one."""
    days = np.append(market.sessions, market.next_session(market.sessions[-1]))
    if every == "week":
        # Weeks of datetime64 begin on a Thursday; shifted by three days they begin on a Monday.
        period = (days + np.timedelta64(3, "D")).astype("datetime64[W]").astype(np.int64)
    else:
        period = days.astype("datetime64[M]").astype(np.int64) // (3 if every == "quarter" else 1)
    return np.flatnonzero(period[1:] != period[:-1])


def decision_rows(market: Market, first: int, every: Every, every_sessions: int | None) -> Ints:
    """Rows from `first` on at whose close is decided, all of them with a session after them to be filled in.

    every_sessions: so many sessions apart, counted from `first`; None: by the calendar.
    """
    last = len(market.sessions) - 1
    if every_sessions is not None:
        return np.arange(first, last, every_sessions, dtype=np.int64)
    rows = calendar_rows(market, every)
    return rows[(rows >= first) & (rows < last)]


def require_sessions(market: Market, needed: int, why: str) -> None:
    """Raise ParameterError where the market has fewer sessions than are needed before the first fill."""
    if len(market.sessions) < needed:
        raise ParameterError(
            "these prices have too few sessions to decide once and be filled",
            where=why,
            value=counted(len(market.sessions), "session"),
            bound=f"at least {needed}",
            remedy="Load a longer history or look back less.",
        )


def fill_mark(market: Market, fill: str) -> tuple[Mark, tuple[str, ...]]:
    """The mark of the next session at which orders are filled, with a note where it is not the one asked for."""
    if fill == "next open" and not market.has_opens:
        return Mark.CLOSE, (CLOSES_ONLY,)
    return (Mark.OPEN if fill == "next open" else Mark.CLOSE), ()


def scheduled(market: Market, rows: Ints, mark: Mark, tickers: tuple[str, ...], weights: Floats) -> Schedule:
    """Weights (R, N) decided at the closes of R rows and filled at a mark of the session after each."""
    return Schedule(
        tickers=tickers,
        decided_at=market.close_at[rows],
        session=market.sessions[rows + 1],
        mark=np.full(len(rows), mark, dtype=np.int64),
        weights=weights,
    )
