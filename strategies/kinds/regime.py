"""Strategies that take turns as a trend turns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.market import Market

from ..strategy.plan import Plan, PlanPart
from ..strategy.strategy import Names, Strategy
from .parts import Part, Wanted, all_tickers, planned_parts, scheduled_at, wanted_of
from .side_index import side_index

UP, DOWN, NOTHING = 1, -1, 0
# A trend that is up by less than this fraction comes from rounding.
FLAT = 1e-12


@dataclass(frozen=True, eq=False)
class Turns:
    """state: (T,) decided at each close: 1 = up, -1 = down, 0 = not known yet; rows: closes at which it turned."""

    state: Ints
    rows: Ints


class Regime(Strategy):
    """Follows one strategy while a trend is up and another one, or cash, while it is down.

    rule: above_average (the index of `bucket` closes above the mean of its last trend_sessions closes, its own
    included) or relative_strength (it gained more than that of `against` over trend_sessions closes); bucket, against:
    buckets or tickers, at equal weights restored at each close, the members known at each; trend_sessions: closes that
    the index, or both, have had; confirm_sessions: closes in a row with the same reading before it counts, the first
    time too; when_up, when_down: strategies (values, names of the catalogue, tables with their kind; None: cash). A
    reading that is not above is down; a session without a close of the index neither confirms nor breaks. Until the
    first reading is confirmed it stays in cash. Decided at closes and filled at the next mark: what the other strategy
    held is left, and what the chosen one has last asked for is entered at its weights. A strategy's own capital is not
    used, it may have no rules of its own, and what it holds after its last session is left.
    """

    _noun: ClassVar[str] = "a regime"
    _holds_strategies: ClassVar[tuple[str, ...]] = ("when_up", "when_down")

    rule: Literal["above_average", "relative_strength"] = "above_average"
    bucket: Names = Field(min_length=1)
    against: Names = ()
    trend_sessions: Annotated[int, Field(ge=2, le=2520)] = 120
    confirm_sessions: Annotated[int, Field(ge=1, le=252)] = 1
    when_up: Part = None
    when_down: Part = None

    @model_validator(mode="after")
    def _consistent(self) -> Regime:
        if self.when_up is None and self.when_down is None:
            raise ValueError("nothing to hold in either trend; give when_up or when_down")
        if self.rule == "relative_strength" and not self.against:
            raise ValueError("relative_strength needs another bucket to compare with; give against")
        if self.rule == "above_average" and self.against:
            raise ValueError("above_average looks at one bucket alone; leave against out, or use relative_strength")
        if self.when_up is not None and self.when_down is not None and self.when_up.name == self.when_down.name:
            raise ValueError(f"both strategies are called {self.when_up.name}; give one a name of its own")
        return self

    def plan(self, market: Market, events: EventLibrary | None = None) -> Plan:
        """A row at every turn of a market, and at every mark at which the strategy that is followed orders.

        events: for strategies that ask for them.

        Raises UniverseError and PriceDataError for names without prices, ParameterError for too few sessions, and what
        the strategies raise.
        """
        level, notes = self._trend(market)
        turns = self._turns(market, level)
        given = {UP: self.when_up, DOWN: self.when_down}
        named = {side: part for side, part in given.items() if part is not None}
        plans = planned_parts(tuple(named.values()), market, events)
        tickers = all_tickers(plans)
        wanted = {
            side: wanted_of(part.name, plan, market, tickers)
            for (side, part), plan in zip(named.items(), plans, strict=True)
        }
        schedule, split = _followed(market, tickers, turns, wanted, hindsight=any(p.schedule.hindsight for p in plans))
        notes += [
            f"{part.name}: {note}" for part, plan in zip(named.values(), plans, strict=True) for note in plan.notes
        ]
        decided = turns.state[turns.rows[0] : -1]
        shares = {f"{word}_frac": float(np.mean(decided == side)) for word, side in (("up", UP), ("down", DOWN))}
        return Plan(
            schedule=schedule,
            estimates={"turns": float(len(turns.rows) - 1), **shares},
            notes=tuple(dict.fromkeys(notes)),
            parts=tuple(PlanPart(one.name, part) for one, part in zip(wanted.values(), split, strict=True)),
        )

    def _trend(self, market: Market) -> tuple[Floats, list[str]]:
        """(T,) how far the trend is up, above 0 = up, NaN where there is no reading; and notes."""
        one = side_index(market, self.bucket, "bucket")
        two = side_index(market, self.against, "against") if self.against else None
        log = one.log_level if two is None else one.log_level - two.log_level
        shared = np.flatnonzero(np.isfinite(log))
        values, out, count = log[shared], np.full(len(log), np.nan), self.trend_sessions
        if two is None and len(values) >= count:
            levels = np.lib.stride_tricks.sliding_window_view(np.exp(values), count)
            out[shared[count - 1 :]] = levels[:, -1] / levels.mean(axis=1) - 1.0
        elif two is not None and len(values) > count:
            out[shared[count:]] = values[count:] - values[:-count]
        return out, [*one.notes, *(() if two is None else two.notes)]

    def _turns(self, market: Market, level: Floats) -> Turns:
        """What is decided at each close; the last one decides nothing. Raises ParameterError where nothing ever is."""
        state, streak, reading = NOTHING, 0, NOTHING
        states = np.zeros(len(level), dtype=np.int64)
        for t, value in enumerate(level[:-1].tolist()):
            if value == value:
                now = UP if value > FLAT else DOWN
                streak = streak + 1 if now == reading else 1
                reading = now
                if streak >= self.confirm_sessions:
                    state = now
            states[t] = state
        states[-1] = state
        rows = np.flatnonzero(np.diff(states, prepend=NOTHING))
        if not len(rows):
            raise ParameterError(
                "the trend is not known at any close that a session follows",
                where="trend_sessions, confirm_sessions",
                value=f"{counted(np.isfinite(level[:-1]).sum(), 'reading')} in "
                f"{counted(len(market.sessions), 'session')}",
                bound=f"at least {counted(self.confirm_sessions, 'reading')} in a row that agree",
                remedy="Load a longer history, or look back over fewer sessions.",
            )
        return Turns(states, rows)


def _followed(
    market: Market, tickers: tuple[str, ...], turns: Turns, wanted: dict[int, Wanted], *, hindsight: bool
) -> tuple[Schedule, list[Schedule]]:
    """The rows of whichever strategy is followed, with one at each turn that leaves the other for it; and the same rows
    by strategy."""
    mark = market.first_mark
    turned = {2 * (int(row) + 1) + int(mark): int(row) for row in turns.rows}
    first = min(turned)
    marks = sorted({*turned, *(int(at) for one in wanted.values() for at in one.at if at > first)})
    nobody, nothing = np.zeros(len(tickers)), np.full(len(tickers), np.nan)
    rows, decided, kept, side = [], [], [], NOTHING
    for at in marks:
        turn = turned.get(at)
        side = side if turn is None else int(turns.state[turn])
        follows = wanted.get(side)
        own = None if follows is None else follows.row(at)
        moments = [] if turn is None else [market.close_at[turn]]
        if follows is not None and own is not None:
            moments.append(follows.decided_at[own])
            asked = follows.weights[own]
        if turn is not None:
            asked = nobody if follows is None else follows.known(at)
        if moments:
            left = nothing if turn is None else nobody
            rows.append([asked, *(asked if one is follows else left for one in wanted.values())])
            decided.append(max(moments))
            kept.append(at)
    made = partial(scheduled_at, market, kept, decided, tickers, hindsight=hindsight)
    whole, *parts = (made(weights) for weights in np.array(rows).swapaxes(0, 1))
    return whole, parts
