"""From what a user's function gives back to plans: orders on a market, or what stands in their way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.backtest.run import stop_row
from hedgebook.engine.backtest.schedules import Schedules
from hedgebook.engine.exchanges.parts import check_reach
from hedgebook.engine.rules import Rules
from hedgebook.engine.sweep.batch.batch import NO_PROBLEM, ORDER, Batch, Orders, Structs
from hedgebook.engine.sweep.space.column import ChunkSets
from hedgebook.errors import InputError
from hedgebook.universes.market import Market

from ..strategy.plan import Plan
from ..strategy.span import WHOLE, Span
from .combinations import Combinations, CombinationTable
from .levels import SetProblem
from .plan_memory import Planned
from .rows import joined_rows
from .verdicts import Verdicts, spread

# What the sets that are planned together may take: fewer of them than a chunk has where schedules are long. So few sets
# may take more, by a factor: what is done once for a piece is dear where there are many tickers.
PIECE_BYTES, FEW_SETS, MORE = 16_000_000, 64, 4


@dataclass(frozen=True, eq=False)
class OneOfMany:
    """Schedule number `index` of many at the same times, whose orders on the market are known."""

    many: Schedules
    orders: Structs
    weights: Floats
    index: int


def orders_of(market: Market, found: Plan | OneOfMany, span: Span, legs: Mapping[str, str]) -> Planned | SetProblem:
    """A plan's orders on a market in the sessions of a span, as a single run has them; legs: of many."""
    sides = legs
    try:
        if isinstance(found, OneOfMany) and (span != WHOLE or market.venues is not None):
            cut = span.cut(Plan(schedule=found.many[found.index]), market)
            stop = stop_row(market, cut.schedule, cut.until)
            check_reach(cut.schedule, market, stop)
            orders = cut.schedule.orders(market, 0)
        elif isinstance(found, Plan):
            found = span.cut(found, market)
            found.schedule.check_tradable(market)
            stop = stop_row(market, found.schedule, found.until)
            check_reach(found.schedule, market, stop)
            orders, sides = found.schedule.orders(market, 0), found.sides()
        else:
            stop = stop_row(market, found.many.timetable, None)
            orders = Orders(found.orders, found.weights[found.index])
        return Planned(orders, int(orders.rows["session"][0]), stop - 1, tuple(sides.items()))
    except InputError as problem:
        return SetProblem(str(problem))


def each_of(market: Market, many: Schedules) -> Iterator[OneOfMany | SetProblem]:
    """Schedules at the same times one after another, their times looked at once."""
    problem: SetProblem | None = None
    orders, weights = np.zeros(0, dtype=ORDER), many.weights
    try:
        many.timetable.check_tradable(market)
        orders = many.timetable.orders(market, 0).rows
        if many.tickers != market.tickers:
            weights = np.full((*weights.shape[:2], len(market.tickers)), np.nan)
            weights[:, :, [market.column(ticker) for ticker in many.tickers]] = many.weights
    except InputError as found:
        problem = SetProblem(str(found))
    for index, sound in enumerate(many.sound().tolist()):
        if sound:
            yield problem or OneOfMany(many, orders, np.ascontiguousarray(weights), index)
        else:
            yield _refused(many, index)


def _refused(many: Schedules, index: int) -> SetProblem:
    try:
        many[index]
    except InputError as problem:
        return SetProblem(str(problem))
    raise AssertionError("unreachable: these weights were found to be no fractions")


def banked(
    asked: Combinations, plans: dict[int, Planned], verdicts: Verdicts, tickers: int
) -> tuple[Floats, Structs, Ints]:
    """The bank of a batch, (R,) of ORDER of all its sets one after another, and (S + 1,) where each of them begins."""
    if not plans:
        return np.zeros((0, tickers)), np.zeros(0, dtype=ORDER), np.zeros(len(asked.of) + 1, dtype=np.int64)
    runs = verdicts.problem_of == NO_PROBLEM
    bank, numbers = joined_rows([plan.orders.bank for plan in plans.values()])
    orders = np.concatenate([plan.orders.rows for plan in plans.values()])
    heights = np.array([len(plan.orders.bank) for plan in plans.values()], dtype=np.int64)
    sizes = np.array([len(plan.orders.rows) for plan in plans.values()], dtype=np.int64)
    orders["row"] = numbers[orders["row"] + np.repeat(np.cumsum(heights) - heights, sizes)]
    begins = np.cumsum(sizes) - sizes
    place = np.zeros(len(asked.values), dtype=np.int64)
    place[list(plans)] = np.arange(len(plans))
    chosen = place[asked.of[runs]]
    if not np.array_equal(chosen, np.arange(len(plans))):
        pieces = [orders[begins[k] : begins[k] + sizes[k]] for k in chosen.tolist()]
        orders = np.concatenate([orders[:0], *pieces])
    counts = np.where(runs, spread(plans, lambda plan: len(plan.orders.rows), asked), 0)
    return bank, orders, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def batch_of(
    table: CombinationTable, planned: tuple[Combinations, dict[int, Planned]], verdicts: Verdicts,
    rules_by: tuple[str, ...], capital: Any, tickers: int,
) -> Batch:  # fmt: skip
    """The batch of sets whose plans are known; rules_by: the parameters that are rules of the run, capital: (S,) USD.

    What is wrong with rules is put down in `verdicts`, by which sets with a problem are left out.
    """
    asked, plans = planned
    bank, orders, offsets = banked(asked, plans, verdicts, tickers)
    found = table.combinations(rules_by)
    rules = verdicts.each(found, lambda *values: Rules.model_construct(**dict(zip(rules_by, values, strict=True))))
    runs = verdicts.problem_of == NO_PROBLEM
    legs = {sides: k for k, sides in enumerate(dict.fromkeys(one.sides for one in plans.values()) or [()])}
    return Batch(
        bank=bank,
        orders=orders,
        offsets=offsets,
        first=np.where(runs, spread(plans, lambda one: one.first, asked), 0),
        last=np.where(runs, spread(plans, lambda one: one.last, asked), 0),
        capital=capital,
        rules=tuple(rules.values()),
        rules_of=found.renumbered(verdicts.alive),
        legs=tuple(dict(sides) for sides in legs),
        legs_of=np.where(runs, spread(plans, lambda one: legs[one.sides], asked), 0),
        problems=verdicts.problems,
        problem_of=verdicts.problem_of,
    )


class Pieces:
    """Cuts the sets of a chunk into pieces that do not take much memory, by what the last piece took."""

    def __init__(self) -> None:
        self.set_bytes = 0

    def __reduce__(self) -> tuple[type[Pieces], tuple[()]]:
        return (Pieces, ())

    def cut(self, market: Market, sets: ChunkSets) -> Iterator[ChunkSets]:
        """The sets in pieces; `took` is told of each before the next one."""
        done = 0
        while done < len(sets):
            # Not known yet: as much as a row of weights for each session.
            each = self.set_bytes or 8 * market.close.size
            fit = max(1, PIECE_BYTES // each, min(FEW_SETS, MORE * PIECE_BYTES // each))
            size = min(fit, len(sets) - done)
            yield sets.part(done, done + size)
            done += size

    def took(self, batch: Batch) -> None:
        """See what a piece took."""
        self.set_bytes = max(1, (batch.bank.nbytes + batch.orders.nbytes) // max(1, len(batch)))
