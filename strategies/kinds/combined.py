"""Several strategies in one account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, field_validator, model_validator

from hedgebook.engine.arrays import Floats
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.sweep.space.values import numbers_of
from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.market import Market

from ..strategy.plan import Plan, PlanPart
from ..strategy.strategy import Strategy
from .budget import Budget, part_returns, risk_shares
from .parts import Part, Wanted, all_tickers, planned_parts, scheduled_at, wanted_of


@dataclass(frozen=True, eq=False)
class Setting:
    """row: the close at which it was decided, -1 before the first one; weights: (P,) fractions of NAV."""

    row: int
    weights: Floats


Share = Annotated[float, Field(gt=0, le=20)]


class Combined(Strategy):
    """Runs several strategies in one account, with their orders netted before they cost anything.

    parts: the strategies, each with a name of its own: values, names of the catalogue, or tables with their kind;
    weights: fraction of NAV that each part has as its capital, in the order of the parts or by name (None: equal parts
    of 1); risk_budget: weights that add up to 1 instead, inverse_volatility or equal_risk (each part the same share of
    the variance), from what the parts alone returned, without costs (a part without enough closes, or that did not
    move, has an equal share); lookback_sessions: closes that a risk budget looks back over; rebalance_sessions: closes
    between two decisions that set the weights anew and bring all positions back to what the parts want (None: never
    with fixed weights, 21 with a risk budget). Targets of a part are fractions of its capital, which is its weight
    times the account's NAV at the fill: an order brings a ticker to the sum of what all parts want of it. A part's own
    capital is not used, it may have no rules of its own, and what it holds after its last session is left.
    """

    _noun: ClassVar[str] = "a combination"
    _holds_strategies: ClassVar[tuple[str, ...]] = ("parts",)

    parts: tuple[Part, ...] = Field(min_length=1)
    weights: Mapping[str, Share] | tuple[Share, ...] | None = None
    risk_budget: Budget | None = None
    lookback_sessions: Annotated[int, Field(ge=5, le=2520)] = 60
    rebalance_sessions: Annotated[int, Field(ge=1, le=2520)] | None = None

    @field_validator("parts", mode="before")
    @classmethod
    def _several(cls, given: Any) -> Any:
        """Accept "a, b" for two names, and one strategy alone."""
        if isinstance(given, str):
            return tuple(name.strip() for name in given.split(","))
        return (given,) if isinstance(given, Strategy) else given

    @field_validator("weights", mode="before")
    @classmethod
    def _text_of_weights(cls, given: Any) -> Any:
        """Accept "0.5,0.5", "0.5/0.5" and "fast=0.5,slow=0.5", as a command line gives them."""
        if not isinstance(given, str) or given.strip().lower() == "none":
            return given
        if (numbers := numbers_of(given)) is not None:
            return numbers
        parts = [part.strip() for part in given.split(",")]
        if all("=" in part for part in parts):
            return {name.strip(): value.strip() for name, value in (part.split("=", 1) for part in parts)}
        return tuple(parts)

    @model_validator(mode="after")
    def _consistent(self) -> Combined:
        names = self.part_names
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two parts are called {twice[0]}; give each a name of its own, as in name=fast")
        if self.weights is not None and self.risk_budget is not None:
            raise ValueError("weights and risk_budget both say how large the parts are; drop one")
        if isinstance(self.weights, Mapping) and set(self.weights) != set(names):
            odd = sorted(set(self.weights) ^ set(names))[0]
            raise ValueError(f"{odd!r} does not stand in both parts and weights; give each part one weight")
        if isinstance(self.weights, tuple) and len(self.weights) != len(names):
            raise ValueError(
                f"{counted(len(self.weights), 'weight')} for {counted(len(names), 'part')}; give each part one"
            )
        return self

    @property
    def part_names(self) -> tuple[str, ...]:
        """What the parts are called, in their order."""
        return tuple(part.name for part in self.parts)

    @property
    def unused(self) -> tuple[str, ...]:
        """lookback_sessions, where it was set and there is no risk budget."""
        default = type(self).model_fields["lookback_sessions"].default
        return ("lookback_sessions",) if self.risk_budget is None and self.lookback_sessions != default else ()

    def fixed_weights(self) -> Floats:
        """(P,) the weights that are given, or equal ones, never NaN."""
        if self.weights is None:
            return np.full(len(self.parts), 1.0 / len(self.parts))
        given = [self.weights[name] for name in self.part_names] if isinstance(self.weights, Mapping) else self.weights
        return np.array(given, dtype=np.float64)

    def plan(self, market: Market, events: EventLibrary | None = None) -> Plan:
        """A row at every mark of a market at which a part orders or the weights are set anew.

        events: for parts that ask for them.

        Raises what the parts raise, and ParameterError for a part with rules of its own.
        """
        plans = planned_parts(self.parts, market, events)
        tickers = all_tickers(plans)
        found = [wanted_of(n, plan, market, tickers) for n, plan in zip(self.part_names, plans, strict=True)]
        orders = sorted({int(at) for one in found for at in one.at})
        if not orders:
            raise ParameterError("no part orders anything before its last session", where="parts")
        ends = [plan.until for plan in plans]
        until = None if any(end is None for end in ends) else max(end for end in ends if end is not None)
        shares = self._shares(market, plans, orders[0])
        last = len(market.sessions) - 1 if until is None else market.session_index(until)
        marks = [at for at in sorted({*orders, *shares}) if at // 2 <= last]
        schedule, split = _netted(market, tickers, found, marks, shares, any(p.schedule.hindsight for p in plans))
        notes = [f"{n}: {note}" for n, plan in zip(self.part_names, plans, strict=True) for note in plan.notes]
        notes += [f"{name} has no part without a risk budget" for name in self.unused]
        final = [setting for at, setting in shares.items() if at in marks][-1].weights
        estimates = {f"weight_of_{name}": float(w) for name, w in zip(self.part_names, final, strict=True)}
        return Plan(
            schedule=schedule,
            until=until,
            estimates={**estimates, "settings_of_weights": float(sum(at in marks for at in shares))},
            notes=tuple(notes),
            parts=tuple(PlanPart(one.name, part) for one, part in zip(found, split, strict=True)),
        )

    def _shares(self, market: Market, plans: Sequence[Plan], first: int) -> dict[int, Setting]:
        """The weights by the mark from which on they hold; the first are decided at the last close before it."""
        every = self.rebalance_sessions or (None if self.risk_budget is None else 21)
        start = first // 2 - 1
        rows = [start] if every is None else range(start, len(market.sessions) - 1, every)
        if self.risk_budget is None:
            return {_mark(market, row, start, first): Setting(row, self.fixed_weights()) for row in rows}
        returns = np.column_stack([part_returns(plan, market) for plan in plans])
        look, budget = self.lookback_sessions, self.risk_budget
        return {_mark(market, row, start, first): Setting(row, risk_shares(returns, row, look, budget)) for row in rows}


def _mark(market: Market, row: int, start: int, first: int) -> int:
    """2 * session row + mark from which on a setting holds: that of the first order, or the next one after a close."""
    return first if row == start else 2 * (row + 1) + market.first_mark


def _netted(
    market: Market, tickers: tuple[str, ...], found: Sequence[Wanted], marks: Sequence[int],
    shares: Mapping[int, Setting], hindsight: bool,
) -> tuple[Schedule, list[Schedule]]:  # fmt: skip
    """The schedule of the whole, and that of each part, all with the same rows: weights of the whole are the sums."""
    set_at = np.array(sorted(shares))
    split = np.full((len(found), len(marks), len(tickers)), np.nan)
    decided = []
    for k, at in enumerate(marks):
        setting = shares[int(set_at[np.searchsorted(set_at, at, side="right") - 1])]
        asked, moments = np.zeros(len(tickers), dtype=np.bool_), []
        wanted = np.stack([one.known(at) for one in found])
        if at in shares:
            moments += [market.close_at[setting.row]] if setting.row >= 0 else []
            asked |= (wanted != 0.0).any(axis=0)
        for one in found:
            if (row := one.row(at)) is not None:
                asked |= ~np.isnan(one.weights[row])
                moments.append(one.decided_at[row])
        split[:, k, asked] = (setting.weights[:, None] * wanted)[:, asked]
        decided.append(max(moments))
    whole = np.where(np.isnan(split).all(axis=0), np.nan, np.nan_to_num(split).sum(axis=0))
    made = partial(scheduled_at, market, marks, decided, tickers, hindsight=hindsight)
    return made(whole), [made(part) for part in split]
