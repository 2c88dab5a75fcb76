"""The returns of a series that figures rest on: checked, up to where everything was lost, with the levels they make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.risk.drawdowns import compounded
from hedgebook.engine.risk.frequency import Frequency
from hedgebook.universes.counted import counted

from .return_series import ReturnsIn, checked_returns


@dataclass(frozen=True, eq=False)
class UsedReturns:
    """returns: (n,) simple returns by date without NaN; levels: (n + 1,) from 1, by date, the start before them;
    frequency: how often they come; basis: what they are, in words; notes: what a reader must know."""

    returns: pd.Series[float]
    levels: pd.Series[float]
    frequency: Frequency
    basis: str
    notes: tuple[str, ...]


def used_returns(returns: pd.Series[float], name: str, returns_in: ReturnsIn | None = None) -> UsedReturns:
    """A series of simple returns by session, by month or as its dates say; name: of it or its file, for messages.

    Raises ParameterError for one that is not.
    """
    read = checked_returns(returns, name, returns_in)
    kept, frequency, notes = read.returns, read.frequency, read.notes
    lost = np.flatnonzero(np.asarray(kept) <= -1.0)
    if len(lost):
        later = len(kept) - int(lost[0]) - 1
        kept = kept.iloc[: int(lost[0]) + 1]
        left = f"; the {counted(later, 'return after it is', 'returns after it are')} left out" if later else ""
        notes = (*notes, f"everything was lost on {kept.index[-1]:%Y-%m-%d}, so there is no return after it{left}")
    values = np.asarray(kept, dtype=np.float64)
    days = kept.index.to_numpy().astype("datetime64[D]")
    levels = pd.Series(compounded(values), index=pd.DatetimeIndex([frequency.before(kept.index[0]), *kept.index]))
    what = f"{frequency.name} return" if frequency.regular else "return"
    basis = f"the {len(values):,} {what}{'s' if len(values) != 1 else ''} from {days[0]} to {days[-1]}"
    return UsedReturns(kept, levels, frequency, basis, notes)
