"""From when to when a strategy is run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hedgebook.engine.backtest.schedule import Schedule, in_force
from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import as_day
from hedgebook.universes.market import Market

from .plan import Plan, PlanPart


@dataclass(frozen=True)
class Span:
    """The first and the last session of a run; None: those of the plan."""

    start: str | np.datetime64 | None = None
    until: str | np.datetime64 | None = None

    def cut(self, plan: Plan, market: Market) -> Plan:
        """A plan with the orders of these sessions alone.

        What earlier orders left wanted is bought at the first mark of the first session. Raises ParameterError for a
        session that the market does not have, and where nothing is left to trade.
        """
        if self.start is None and self.until is None:
            return plan
        first = None if self.start is None else _session(market, self.start, "start", after=True)
        last = None if self.until is None else _session(market, self.until, "until", after=False)
        if first is not None and last is not None and first > last:
            raise ParameterError(
                "the run would end before it starts", where="until", value=self.until, bound=f"from {first}"
            )
        schedule = plan.schedule if first is None else _joined(plan.schedule, first, market)
        end = plan.until if last is None else last if plan.until is None else min(last, plan.until)
        kept = np.ones(len(schedule.session), dtype=np.bool_) if end is None else schedule.session <= end
        if not kept.any():
            raise ParameterError(
                "nothing is ordered between these sessions",
                where="start, until",
                value=f"{first or 'the first'} to {end}",
                bound=f"orders from {plan.schedule.session[0]} to {plan.schedule.session[-1]}",
            )
        parts = tuple(_part(part, first, end, market) for part in plan.parts)
        return replace(plan, schedule=_rows(schedule, kept), until=end, parts=parts)


WHOLE = Span()


def _session(market: Market, day: str | np.datetime64, where: str, *, after: bool) -> np.datetime64:
    """The session of a day, or the next one after it (or last before it) where it is none. Raises ParameterError."""
    try:
        wanted = as_day(day)
    except ParameterError:
        raise ParameterError("this is no day", where=where, value=day, bound="one as in 2026-07-31") from None
    row = int(np.searchsorted(market.sessions, wanted, side="left" if after else "right")) - (0 if after else 1)
    if not 0 <= row < len(market.sessions):
        raise ParameterError(
            "there is no session of these prices on or " + ("after it" if after else "before it"),
            where=where,
            value=wanted,
            bound=f"sessions from {market.sessions[0]} to {market.sessions[-1]}",
        )
    found: np.datetime64 = market.sessions[row]
    return found


def _part(part: PlanPart, first: np.datetime64 | None, end: np.datetime64 | None, market: Market) -> PlanPart:
    """A part of a plan with the orders of the same sessions; one without any keeps others, which never come."""
    schedule = part.schedule
    if first is not None:
        later = schedule.session >= first
        if later.any() or np.nan_to_num(in_force(schedule.weights[~later])[-1]).any():
            schedule = _joined(schedule, first, market)
    kept = np.ones(len(schedule.session), dtype=np.bool_) if end is None else schedule.session <= end
    return PlanPart(part.name, _rows(schedule, kept) if kept.any() else schedule)


def _columns(schedule: Schedule) -> tuple[Any, ...]:
    joins = np.zeros(len(schedule.session), dtype=np.bool_) if schedule.joins is None else schedule.joins
    return schedule.decided_at, schedule.session, schedule.mark, schedule.weights, joins


def _scheduled(schedule: Schedule, columns: tuple[Any, ...]) -> Schedule:
    """The same tickers under other rows."""
    decided_at, session, mark, weights, joins = columns
    known = None if schedule.joins is None else joins
    return Schedule(schedule.tickers, decided_at, session, mark, weights, schedule.hindsight, known)


def _rows(schedule: Schedule, kept: Any) -> Schedule:
    return _scheduled(schedule, tuple(column[kept] for column in _columns(schedule)))


def _joined(schedule: Schedule, first: np.datetime64, market: Market) -> Schedule:
    """The orders from a session on, what was wanted before it first of all."""
    later = schedule.session >= first
    if later.all():
        return schedule
    wanted = in_force(schedule.weights[~later])[-1]
    wanted[wanted == 0.0] = np.nan  # what was left before is not held
    mark = market.first_mark
    rest = _rows(schedule, later) if later.any() else None
    same = rest is not None and rest.session[0] == first and rest.mark[0] == mark
    if same and rest is not None:
        weights = rest.weights.copy()
        weights[0] = np.where(np.isnan(weights[0]), wanted, weights[0])
        return replace(rest, weights=weights)
    if np.isnan(wanted).all():
        if rest is None:
            raise ParameterError("nothing is held or ordered from this session on", where="start", value=first)
        return rest
    marks, joins = np.array([mark], dtype=np.int64), np.zeros(1, dtype=np.bool_)
    head = (schedule.decided_at[~later][-1:], np.array([first]), marks, wanted[None, :], joins)
    columns = head if rest is None else tuple(np.concatenate(pair) for pair in zip(head, _columns(rest), strict=True))
    return _scheduled(schedule, columns)
