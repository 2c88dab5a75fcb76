"""The returns that a tear sheet or a comparison is of: of a run, or of a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hedgebook.engine.risk.frequency import DAILY, Frequency
from hedgebook.engine.risk.metrics import ruin_levels, simple_returns
from hedgebook.engine.tearsheet.excess import riskless_return
from hedgebook.engine.tearsheet.measures import Value, measures_of

from ..risk.return_series import ReturnsIn
from ..risk.used_returns import used_returns
from .held import time_in_market

if TYPE_CHECKING:
    from ..run.run import StrategyRun


@dataclass(frozen=True, eq=False)
class Track:
    """A series of returns with its dates.

    name; returns: (n,) simple returns by date without NaN; levels: (n + 1,) from 1, by date, the start before them;
    frequency: how often they come; basis: what they are, in words; notes: what a reader must know; run: None for a
    series; no_track: why a run is no track record, else empty; simulated: whether prices behind them are;
    hindsight: whether nobody could have traded so; riskless_annual: the yearly rate, a fraction, that measures in
    excess are less.
    """

    name: str
    returns: pd.Series[float]
    levels: pd.Series[float]
    frequency: Frequency
    basis: str
    notes: tuple[str, ...] = ()
    run: StrategyRun | None = None
    no_track: str = ""
    simulated: bool = False
    hindsight: bool = False
    riskless_annual: float = 0.0

    @property
    def riskless(self) -> float:
        """What the riskless rate pays from one return to the next, a fraction; 0 where dates have no regular step."""
        return riskless_return(self.riskless_annual, self.frequency)

    @property
    def lost(self) -> bool:
        """Whether everything was lost."""
        return bool((self.levels <= 0.0).any())

    def measures(
        self, benchmark: pd.Series[float] | None = None, dates: pd.DatetimeIndex | None = None, *, errors: bool = True
    ) -> dict[str, Value]:
        """All measures; benchmark: at the same dates, NaN where it has none; dates: those alone (None: all)."""
        returns = self.returns if dates is None else self.returns.reindex(dates)
        exposure = None if self.run is None or dates is not None else time_in_market(self.run)
        found = measures_of(
            returns,
            self.frequency,
            benchmark,
            exposure_frac=exposure,
            no_track=self.no_track,
            errors=errors,
            riskless=self.riskless,
        )
        if self.run is not None and dates is None:
            # A ruin at an open leaves what the last close says.
            found["total_return"] = Value(self.run.metrics.total_return)
        return found


def track_of_returns(
    returns: pd.Series[float], name: str, returns_in: ReturnsIn | None = None, source: str | None = None
) -> Track:
    """A series of simple returns, checked as for a risk report. Raises ParameterError."""
    used = used_returns(returns, source or name, returns_in)
    return Track(name, used.returns, used.levels, used.frequency, used.basis, used.notes)


def track_of_run(run: StrategyRun) -> Track:
    """The returns of a run's NAV from close to close, as its metrics have them."""
    marked = ruin_levels(np.asarray(run.levels, dtype=np.float64), run.nav["nav_open"].to_numpy())
    returns = pd.Series(simple_returns(marked), index=run.sessions, name=run.name).dropna()
    levels = pd.Series(marked / marked[0], index=run.levels.index)
    count = len(run.sessions)
    notes: tuple[str, ...] = ()
    if (marked <= 0.0).any():
        day = run.levels.index[int(np.flatnonzero(marked <= 0.0)[0])]
        notes = (f"everything was lost on {day:%Y-%m-%d}, so there is no return after it",)
        levels = levels[: len(returns) + 1]
    basis = f"the NAV of the run over {count:,} session{'s' if count != 1 else ''} from {returns.index[0]:%Y-%m-%d}"
    no_track = "" if run.traded else "nothing was traded, and what idle cash earns is no track record"
    return Track(
        run.name, returns, levels, DAILY, f"{basis} to {run.sessions[-1]:%Y-%m-%d}", notes, run, no_track
    )  # fmt: skip


def track_of_levels(levels: pd.Series[float], name: str, what: str) -> Track:
    """Changes of prices or levels from one date to the next; levels: above zero. Raises ParameterError."""
    returns = pd.Series(levels.to_numpy()[1:] / levels.to_numpy()[:-1] - 1.0, index=levels.index[1:], name=name)
    found = track_of_returns(returns, name, "fraction")
    note = f"made from the {what}: a dividend counts only where prices are adjusted for it"
    return Track(name, found.returns, found.levels, found.frequency, found.basis, (*found.notes, note))
