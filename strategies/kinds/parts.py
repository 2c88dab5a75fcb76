"""Strategies inside another one: how they are given, and what they want at each mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.backtest.schedule import Schedule, in_force
from hedgebook.engine.rules import Rules
from hedgebook.errors import ParameterError
from hedgebook.universes.event import EventLibrary
from hedgebook.universes.market import Market

from ..strategy.given import planned, strategy_of
from ..strategy.plan import Plan
from ..strategy.strategy import Strategy


def part_of(given: Any) -> Any:
    """A strategy from what `strategy_of` takes, from a name of the catalogue or of a file, or from a table with its
    kind; None stays None. Raises ParameterError."""
    if given is None or isinstance(given, Strategy):
        return given
    if isinstance(given, str) and given.strip().lower() == "none":
        return None
    # The catalogue imports the kinds when they are named, so they find it when it is asked for.
    if isinstance(given, str):
        return import_module("...catalogue.find", __name__).find_strategy(given)
    if isinstance(given, dict):
        return import_module("...catalogue.parts", __name__).build_strategy(given)
    return strategy_of(given)


Part = Annotated[Any, BeforeValidator(part_of)]


@dataclass(frozen=True, eq=False)
class Wanted:
    """What one part wants, over the tickers of the whole.

    at: (R,) 2 * session row + mark of its orders, ascending; decided_at: (R,) when they were decided; weights: (R, N)
    its own targets as fractions of its capital, NaN = leave alone; total: (R, N) what its orders so far add up to.
    """

    name: str
    at: Ints
    decided_at: Any
    weights: Floats
    total: Floats

    def known(self, at: int) -> Floats:
        """(N,) what it wants once its orders at a mark or before are in, 0 for what it never asked for."""
        row = int(np.searchsorted(self.at, at, side="right")) - 1
        return self.total[row] if row >= 0 else np.zeros(self.total.shape[1])

    def row(self, at: int) -> int | None:
        """Which of its orders is at a mark, None where none is."""
        row = int(np.searchsorted(self.at, at))
        return row if row < len(self.at) and self.at[row] == at else None


def planned_parts(parts: Sequence[Strategy], market: Market, events: EventLibrary | None) -> tuple[Plan, ...]:
    """The plans of parts on a market. Raises ParameterError for a part with rules of its own, which could not act on
    its share alone, and what the parts raise."""
    for part in parts:
        if part.rules != Rules():
            acting = [name for name, value in part.rules.model_dump().items() if value != Rules().model_dump()[name]]
            raise ParameterError(
                "a part cannot have rules of its own, because they look at the whole account",
                where=part.name,
                value=", ".join(acting),
                remedy="Give them to the whole, or leave them out of the part.",
            )
    return tuple(planned(part, market, events) for part in parts)


def all_tickers(plans: Sequence[Plan]) -> tuple[str, ...]:
    """Every ticker of their schedules, each once."""
    return tuple(dict.fromkeys(ticker for plan in plans for ticker in plan.schedule.tickers))


def wanted_of(name: str, plan: Plan, market: Market, tickers: tuple[str, ...]) -> Wanted:
    """The orders of a plan over `tickers`; what it still wants after its last session is left at the next mark.

    Raises ParameterError for an order at a session that the market does not have.
    """
    schedule = plan.schedule
    for session in schedule.session:
        market.session_index(session)
    rows = np.searchsorted(market.sessions, schedule.session)
    column = {ticker: i for i, ticker in enumerate(tickers)}
    weights = np.full((len(rows), len(tickers)), np.nan)
    weights[:, [column[ticker] for ticker in schedule.tickers]] = schedule.weights
    at, decided = 2 * rows + schedule.mark, schedule.decided_at
    if plan.until is not None:
        end = market.session_index(plan.until)
        kept = rows <= end
        at, decided, weights = at[kept], decided[kept], weights[kept]
        leaves = 2 * (end + 1) + market.first_mark
        if end + 1 < len(market.sessions) and len(at) and np.nan_to_num(in_force(weights)[-1]).any():
            at = np.append(at, leaves)
            decided = np.append(decided, market.close_at[end])
            weights = np.vstack([weights, np.zeros((1, len(tickers)))])
    return Wanted(name, at.astype(np.int64), decided, weights, np.nan_to_num(in_force(weights)))


def scheduled_at(
    market: Market, at: Sequence[int], decided: Sequence[np.datetime64], tickers: tuple[str, ...], weights: Floats,
    *, hindsight: bool,
) -> Schedule:  # fmt: skip
    """Weights (R, N) at R marks, each 2 * session row + mark. decided: (R,) when."""
    marks = np.asarray(at)
    return Schedule(
        tickers=tickers,
        decided_at=np.array(decided, dtype="datetime64[ns]"),
        session=market.sessions[marks // 2],
        mark=marks % 2,
        weights=weights,
        hindsight=hindsight,
    )
