"""Several plans over several exchanges as a single schedule: each ticker at the marks of its own exchange."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import ParameterError
from hedgebook.universes.calendar import as_utc

from ..trade.plan import TradePlan
from .choice import WHERE, Overlap

Moment = tuple[np.datetime64, int]
# Of each plan that trades at a mark, by its number: the weight of each ticker that it names there.
Asked = dict[int, dict[str, float]]


def combine_abroad(plans: Sequence[TradePlan], overlap: Overlap) -> Schedule:
    """One schedule of plans, weights of the same ticker added up: a row for each plan and mark, or for those together
    that trade the same ticker there.

    Raises ParameterError for overlap=cap: what is traded early in a day would be scaled by what is decided later.
    """
    if overlap is Overlap.CAP:
        raise ParameterError(
            "events over several exchanges are not scaled to a gross together: a day's first open would have to know "
            "what is decided after it",
            where=f"{WHERE}: overlap",
            value=overlap.value,
            remedy="Use overlap=stack or overlap=skip.",
        )
    tickers = tuple(dict.fromkeys(ticker for plan in plans for ticker in plan.schedule.tickers))
    told = [as_utc(plan.announced_at) for plan in plans]
    held: list[dict[str, float]] = [{} for _ in plans]
    begun: set[int] = set()
    rows: list[tuple[Moment, np.datetime64, dict[str, float], bool]] = []
    for moment, asked in sorted(_by_moment(plans).items(), key=lambda item: item[0]):
        for k, weights in asked.items():
            held[k] |= weights
        for group in _sharing(asked):
            names = dict.fromkeys(ticker for k in group for ticker in asked[k])
            total = {name: sum(each.get(name, 0.0) for each in held) for name in names}
            part = {k for k, each in enumerate(held) if any(each.get(name, 0.0) != 0.0 for name in names)}
            rows.append((moment, max(told[k] for k in part | set(group)), total, set(group) <= begun))
            begun |= set(group)
    return Schedule(
        tickers=tickers,
        decided_at=np.array([decided for _, decided, _, _ in rows]),
        session=np.array([moment[0] for moment, _, _, _ in rows]),
        mark=np.array([moment[1] for moment, _, _, _ in rows], dtype=np.int64),
        weights=np.array([[total.get(ticker, np.nan) for ticker in tickers] for _, _, total, _ in rows]),
        hindsight=any(plan.schedule.hindsight for plan in plans),
        joins=np.array([joins for _, _, _, joins in rows]),
    )


def _by_moment(plans: Sequence[TradePlan]) -> dict[Moment, Asked]:
    out: dict[Moment, Asked] = defaultdict(dict)
    for k, plan in enumerate(plans):
        schedule = plan.schedule
        for r, (session, mark) in enumerate(zip(schedule.session, schedule.mark.tolist(), strict=True)):
            weights = zip(schedule.tickers, schedule.weights[r].tolist(), strict=True)
            out[session, mark][k] = {ticker: weight for ticker, weight in weights if not np.isnan(weight)}
    return out


def _sharing(asked: Asked) -> list[list[int]]:
    """The plans in groups that have no ticker in common."""
    groups: list[tuple[list[int], set[str]]] = []
    for k, weights in asked.items():
        names, members = set(weights), [k]
        apart = []
        for others, theirs in groups:
            if theirs & names:
                members, names = [*others, *members], names | theirs
            else:
                apart.append((others, theirs))
        groups = [*apart, (members, names)]
    return [members for members, _ in groups]
