"""Listed options and their quotes: one contract, one snapshot of a chain, and the chain of an underlying."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, get_args

import numpy as np

from ..arrays import Flags, Floats
from ..brief import brief
from ..calendar import as_day
from ..checks import DAY, FLAG, NAME, check_fields, number, one_of, takes

Right = Literal["call", "put"]
MarkName = Literal["open", "close"]
DAYS_A_YEAR = 365.0


@dataclass(frozen=True, order=True)
class Listed:
    """One listed contract: ticker of the underlying, expiry, right and strike in USD per share as quoted.

    american: whether it may be exercised before its expiry. Raises ParameterError for what is none of these.
    """

    ticker: str
    expiry: date
    right: Right
    strike: float
    american: bool = True

    def __post_init__(self) -> None:
        kinds = {"right": one_of(*get_args(Right)), "strike": number(1e-6, 1e9), "american": FLAG}
        check_fields(self, {"ticker": NAME, "expiry": DAY, **kinds})
        object.__setattr__(self, "expiry", as_day(self.expiry).item())
        object.__setattr__(self, "strike", float(self.strike))

    def __str__(self) -> str:
        return f"{self.ticker} {self.expiry:%Y-%m-%d} {self.strike:g} {self.right}"


@brief
@dataclass(frozen=True, eq=False)
class Snapshot:
    """The quotes of one underlying at one moment, a row a contract, cleaned.

    ticker: of the underlying; moment: datetime64[s] UTC at which they were taken; session: the last session that had
    opened by then; spot: USD per share, NaN where the file has none; expiry (n,) datetime64[D], calls (n,) bool,
    strike, bid, ask, volume and open_interest (n,), NaN where the file has none; dropped: rows left out, by reason.
    american: whether the contracts may be exercised early.
    """

    ticker: str
    moment: np.datetime64
    session: np.datetime64
    spot: float
    expiry: Any
    calls: Flags
    strike: Floats
    bid: Floats
    ask: Floats
    volume: Floats
    open_interest: Floats
    dropped: dict[str, int] = field(default_factory=dict)
    american: bool = True

    def __len__(self) -> int:
        return len(self.strike)

    @property
    def mid(self) -> Floats:
        """(n,) halfway between bid and ask, USD per share."""
        return 0.5 * (self.bid + self.ask)

    @property
    def half_width(self) -> Floats:
        """(n,) what a fill pays against the middle, USD per share."""
        return 0.5 * (self.ask - self.bid)

    @property
    def days(self) -> Floats:
        """(n,) calendar days from the session to each expiry."""
        return np.asarray((self.expiry - self.session).astype(np.float64))

    @property
    def years(self) -> Floats:
        """(n,) the same over 365."""
        return self.days / DAYS_A_YEAR

    @property
    def expiries(self) -> Any:
        """The expiries, each once, in order."""
        return np.unique(self.expiry)

    def some(self, rows: Any) -> Snapshot:
        """The same with some of its rows; rows: a mask (n,) or row numbers."""
        columns = ("expiry", "calls", "strike", "bid", "ask", "volume", "open_interest")
        kept = {name: getattr(self, name)[rows] for name in columns}
        return Snapshot(
            self.ticker, self.moment, self.session, self.spot, **kept, dropped=self.dropped, american=self.american
        )


@brief
@dataclass(frozen=True, eq=False)
class Chain:
    """Quotes of one underlying's options at one or many moments, in order of time.

    ticker: of the underlying; source: the file; snapshots: in order of time; dropped: rows that were left out, by
    reason, over all snapshots; notes: what else a reader must know of it.
    """

    ticker: str
    source: str
    snapshots: tuple[Snapshot, ...]
    dropped: dict[str, int]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.snapshots)

    @takes(session=DAY, mark=one_of(*get_args(MarkName)))
    def at(self, session: Any, mark: MarkName = "close") -> Snapshot | None:
        """The snapshot that stands for a mark of a session, None where there is none.

        The close is the last snapshot of the session, where it was taken in its last half hour or after it; the open is
        the first, where it was taken in the first hour and a half. Raises ParameterError for what is no day or mark.
        """
        from .moments import stands_for

        day = as_day(session)
        found = [one for one in self.snapshots if one.session == day and stands_for(one.moment, day, mark)]
        return None if not found else found[-1] if mark == "close" else found[0]

    @takes(session=DAY, mark=one_of(*get_args(MarkName)))
    def until(self, session: Any, mark: MarkName = "close") -> tuple[Snapshot, ...]:
        """The snapshots that are known at a mark of a session, in order of time: those of earlier sessions, and of its
        own those that stand for that mark or came before it. Raises ParameterError for what is no day or mark."""
        from .moments import stands_for

        day = as_day(session)
        return tuple(
            one for one in self.snapshots
            if one.session < day or (one.session == day and (mark == "close" or stands_for(one.moment, day, "open")))
        )  # fmt: skip

    @takes(session=DAY, mark=one_of(*get_args(MarkName)))
    def listed(self, session: Any, mark: MarkName = "close") -> dict[np.datetime64, Floats]:
        """Strikes (k,) ascending, USD, by expiry after a session, of every contract that was quoted up to a mark of it;
        undefined and left out where none was. Raises ParameterError for what is no day or mark."""
        known = self.until(session, mark)
        if not known:
            return {}
        expiries = np.concatenate([one.expiry for one in known])
        strikes = np.concatenate([one.strike for one in known])
        return {day: np.unique(strikes[expiries == day]) for day in np.unique(expiries) if day > as_day(session)}
