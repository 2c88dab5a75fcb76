"""Trading the spread of two sides back to its mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market

from ..strategy.decisions import fill_mark, scheduled
from ..strategy.plan import Plan
from ..strategy.strategy import Names, Strategy
from ..strategy.weights import Fill
from .side_index import SideIndex, side_index
from .spread_fit import Ratio, SpreadFit, engle_granger, fit_spread, half_life_sessions

# A member that joins a bucket is held once it has had this many closes, or lookback_sessions where that is fewer.
OWN_CLOSES = 20
Z = Annotated[float, Field(gt=0, le=20)]


@dataclass(frozen=True, eq=False)
class Trips:
    """side: (T,) of every close, 1 = long the first side and short the second, -1 = the other way round, 0 = flat;
    entries: rows at which a position was decided; closed: how many of them were ended."""

    side: Ints
    entries: tuple[int, ...]
    closed: int


class PairSpread(Strategy):
    """Buys the side of a pair that has become cheap against the other, and sells the dear one.

    first, second: the two sides, each buckets or tickers, whose log price is that of an equal-weight index of the
    members known at each close; lookback_sessions: closes shared by both sides that z-score and ratio are measured
    over, the last one being that of the decision; entry_z, exit_z, stop_z: deviations of the spread from its mean at
    which a position begins, at which it ends on the way back, and at which it is given up (None: never); rearm: after
    a stop or a longest hold nothing is entered until z has crossed "zero", or has been nearer than "entry"; ratio: USD
    of the second side per USD of the first: dollar (1), ols, tls or kalman; drift_per_session: deviation of one
    session's step of the kalman ratio; gross: both sides together, fraction of NAV at the entry; max_hold_sessions:
    sessions held at most (None: any); fill: "next open" or "next close" after the decision. Spread: log of the first
    side less ratio times log of the second. z at or below -entry_z buys the first side, at or above entry_z sells it.
    Both sides are held at the ratio and with the members of the entry until the exit; nothing is entered at a ratio of
    zero or below, and a z-score beyond stop_z enters nothing. A member of a bucket is held once it has had 20 closes
    (lookback_sessions where that is fewer). A session at which a side has no close decides nothing but the end of the
    longest hold.
    """

    _noun: ClassVar[str] = "a pair"

    first: Names = Field(min_length=1)
    second: Names = Field(min_length=1)
    lookback_sessions: Annotated[int, Field(ge=5, le=1260)] = 60
    entry_z: Z = 2.0
    exit_z: Annotated[float, Field(ge=0, le=20)] = 0.5
    stop_z: Z | None = None
    rearm: Literal["zero", "entry"] = "zero"
    ratio: Ratio = "ols"
    drift_per_session: Annotated[float, Field(gt=0, le=1)] = 0.01
    gross: Annotated[float, Field(gt=0, le=20)] = 1.0
    max_hold_sessions: Annotated[int, Field(ge=1, le=2520)] | None = None
    fill: Fill = "next open"

    @model_validator(mode="after")
    def _consistent(self) -> PairSpread:
        if self.exit_z >= self.entry_z:
            raise ValueError(f"exit_z={self.exit_z:g} has to be below entry_z={self.entry_z:g}")
        if self.stop_z is not None and self.stop_z <= self.entry_z:
            raise ValueError(f"stop_z={self.stop_z:g} has to be above entry_z={self.entry_z:g}; leave it out for none")
        return self

    @property
    def unused(self) -> tuple[str, ...]:
        """drift_per_session, where it was set and the ratio is not kalman."""
        default = type(self).model_fields["drift_per_session"].default
        return ("drift_per_session",) if self.ratio != "kalman" and self.drift_per_session != default else ()

    def plan(self, market: Market) -> Plan:
        """A row where a position begins or ends, after one without any at the first decision that a market allows.

        Raises UniverseError for an unknown name, PriceDataError for a ticker without prices, ParameterError for one in
        both sides and for too few closes that both sides share.
        """
        one, two = side_index(market, self.first, "first"), side_index(market, self.second, "second")
        if both := set(one.tickers) & set(two.tickers):
            raise ParameterError(f"{sorted(both)[0]} stands in both sides", where="first, second")
        shared = np.flatnonzero(np.isfinite(one.log_level) & np.isfinite(two.log_level))
        last, need = len(market.sessions) - 1, self.lookback_sessions
        if len(shared) < need or shared[need - 1] >= last:
            raise ParameterError(
                "both sides share too few closes to decide once and be filled",
                where="lookback_sessions",
                value=f"{int((shared < last).sum())} shared closes before the last session",
                bound=f"at least {need}",
                remedy="Load a longer history or look back less.",
            )
        a, b = one.log_level[shared], two.log_level[shared]
        found = fit_spread(a, b, need, self.ratio, self.drift_per_session)
        z, ratio = (_spread_out(values, shared, last + 1) for values in (found.z, found.ratio))
        held = [self._held(side) for side in (one, two)]
        enterable = np.isfinite(ratio) & (np.nan_to_num(ratio) > 0) & held[0].any(axis=1) & held[1].any(axis=1)
        trips = self._trips(z, enterable)
        schedule, filled = self._schedule(market, trips, ratio, (one, two), held, int(shared[need - 1]))
        notes = [*one.notes, *two.notes, *filled]
        if not trips.entries:
            notes.append(f"the spread was never entered: no z-score at or beyond {self.entry_z:g} could be traded")
        notes += [f"{name} has no part in this ratio" for name in self.unused]
        return Plan(
            schedule=schedule,
            estimates=self._estimates(a, b, found, trips, int(shared[-1]) == last),
            notes=tuple(notes),
        )

    def _held(self, side: SideIndex) -> np.ndarray:
        """(T, N): whether a member may be bought or sold short by a decision at each close."""
        return np.asarray(side.priced & (side.closes >= min(OWN_CLOSES, self.lookback_sessions)))

    def _trips(self, z: Floats, enterable: np.ndarray) -> Trips:
        """What is held after the decision of each close; the last close decides nothing, as nothing follows it."""
        side, since, locked, closed = 0, 0, 0, 0
        sides, entries = np.zeros(len(z), dtype=np.int64), []
        for t, score in enumerate(z[:-1].tolist()):
            if locked and (score * locked <= 0.0 or (self.rearm == "entry" and abs(score) < self.entry_z)):
                locked = 0
            if side:
                away = -side * score  # positive while the spread has not come back
                stopped = self.stop_z is not None and away >= self.stop_z
                too_long = self.max_hold_sessions is not None and t - since >= self.max_hold_sessions
                if away <= self.exit_z:
                    side, closed = 0, closed + 1
                elif stopped or too_long:
                    side, closed, locked = 0, closed + 1, -side
            beyond = abs(score) >= self.entry_z and (self.stop_z is None or abs(score) < self.stop_z)
            if not side and not locked and beyond and enterable[t]:
                side, since = (-1 if score > 0 else 1), t
                entries.append(t)
            sides[t] = side
        sides[-1] = side
        return Trips(sides, tuple(entries), closed)

    def _schedule(
        self, market: Market, trips: Trips, ratio: Floats, sides: tuple[SideIndex, SideIndex], held: list[np.ndarray],
        start: int,
    ) -> tuple[Schedule, tuple[str, ...]]:  # fmt: skip
        """A row without positions at the first decision, and one at every close that changes something; and notes."""
        before = np.concatenate([[0], trips.side[:-1]])
        changed = np.flatnonzero(trips.side != before)
        rows = np.unique(np.concatenate([[start], changed]))
        cut = len(sides[0].tickers)
        weights = np.zeros((len(rows), cut + len(sides[1].tickers)))
        for k, t in enumerate(rows.tolist()):
            if trips.side[t]:
                gross = trips.side[t] * self.gross / (1.0 + ratio[t])
                weights[k, :cut] = np.where(held[0][t], gross / max(held[0][t].sum(), 1), 0.0)
                weights[k, cut:] = np.where(held[1][t], -gross * ratio[t] / max(held[1][t].sum(), 1), 0.0)
        mark, notes = fill_mark(market, self.fill)
        return scheduled(market, rows, mark, (*sides[0].tickers, *sides[1].tickers), weights), notes

    def _estimates(
        self, a: Floats, b: Floats, found: SpreadFit, trips: Trips, ends_shared: bool
    ) -> dict[str, float | str | None]:
        """Figures of the spread up to the first decision, its ratio there and at the last one, and the round trips."""
        need = self.lookback_sessions
        start = float(found.ratio[need - 1])
        spread = a[:need] - start * b[:need]
        statistic, p_value = engle_granger(a[:need], b[:need])
        # The last close of the prices decides nothing.
        decided = found.ratio[: len(found.ratio) - 1] if ends_shared else found.ratio
        end = float(decided[-1])
        return {
            "engle_granger_statistic": statistic,
            "engle_granger_p_value": p_value,
            "half_life_sessions": half_life_sessions(spread) if np.isfinite(start) else None,
            "hedge_ratio_at_start": start if np.isfinite(start) else None,
            "hedge_ratio_at_end": end if np.isfinite(end) else None,
            "round_trips": float(trips.closed),
            "entries": float(len(trips.entries)),
        }


def _spread_out(values: Floats, rows: Ints, count: int) -> Floats:
    """(count,) values at their rows, NaN at the others."""
    out = np.full(count, np.nan)
    out[rows] = values
    return out
