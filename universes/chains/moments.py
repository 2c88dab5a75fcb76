"""Which session a snapshot belongs to, and which of its marks it stands for."""

from __future__ import annotations

import numpy as np

from ..calendar import trading_calendar

# Vendors' quotes lag by a quarter of an hour, and what is saved at a close is saved just before it as often as after.
BEFORE_CLOSE = np.timedelta64(30, "m")
AFTER_OPEN = np.timedelta64(90, "m")


def year_of(moment: np.datetime64) -> int:
    """The year of a moment or a day."""
    return int(str(moment)[:4])


def session_of(moment: np.datetime64) -> np.datetime64:
    """The last session that had opened by a moment, UTC."""
    calendar = trading_calendar(year_of(moment) - 1, year_of(moment))
    at = int(np.searchsorted(calendar.open_at, moment.astype("datetime64[ns]"), side="right")) - 1
    found: np.datetime64 = calendar.sessions[at]
    return found


def stands_for(moment: np.datetime64, session: np.datetime64, mark: str) -> bool:
    """Whether a snapshot taken at a moment stands for the open or the close of its session."""
    calendar = trading_calendar(year_of(session), year_of(session))
    at = int(np.searchsorted(calendar.sessions, session))
    taken = moment.astype("datetime64[ns]")
    if mark == "close":
        return bool(taken >= calendar.close_at[at] - BEFORE_CLOSE)
    return bool(taken <= calendar.open_at[at] + AFTER_OPEN)
