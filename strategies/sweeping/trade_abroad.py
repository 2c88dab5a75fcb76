"""Sets of an event trade over several exchanges: each is planned as a single run plans it."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgebook.engine.rules import Rules
from hedgebook.engine.rules.rules import RULE_PARAMETERS
from hedgebook.engine.sweep.batch.batch import NO_PROBLEM, Batch
from hedgebook.errors import InputError, LookAheadError

from ..strategy.span import WHOLE
from ..trade.plan import plan_trade
from .combinations import CombinationTable
from .function_plans import banked, orders_of
from .levels import SWEPT, SetProblem
from .plan_memory import Planned
from .trade_book import TradeBook
from .verdicts import Verdicts, spread

# What a plan of orders follows from: the trade without its rules and its capital.
PLANNED = tuple(name for name in SWEPT if name not in (*RULE_PARAMETERS, "capital"))


def batch_abroad(book: TradeBook, table: CombinationTable) -> Batch:
    """The sets of a table as a batch. Raises LookAheadError for a fill before its decision."""
    verdicts, market = Verdicts(table.size), book.market
    verdicts.levels(table, [name for name in SWEPT if name in table.codes])
    found = table.combinations(RULE_PARAMETERS)
    rules = verdicts.each(found, lambda *values: Rules.model_construct(**_named(RULE_PARAMETERS, values)))
    asked = table.combinations(PLANNED)
    plans: dict[int, Planned] = verdicts.each(asked, lambda *values: _planned(book, _named(PLANNED, values)))
    bank, orders, offsets = banked(asked, plans, verdicts, len(market.tickers))
    runs = verdicts.problem_of == NO_PROBLEM
    legs = {sides: k for k, sides in enumerate(dict.fromkeys(one.sides for one in plans.values()) or [()])}
    return Batch(
        bank=bank,
        orders=orders,
        offsets=offsets,
        first=np.where(runs, spread(plans, lambda one: one.first, asked), 0),
        last=np.where(runs, spread(plans, lambda one: one.last, asked), 0),
        capital=table.numbers("capital"),
        rules=tuple(rules.values()),
        rules_of=found.renumbered(np.flatnonzero(np.isin(found.of, list(rules)))),
        legs=tuple(dict(sides) for sides in legs),
        legs_of=np.where(runs, spread(plans, lambda one: legs[one.sides], asked), 0),
        problems=verdicts.problems,
        problem_of=verdicts.problem_of,
    )


def _named(names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def _planned(book: TradeBook, values: dict[str, Any]) -> Planned | SetProblem:
    try:
        trade = book.trade.replaced(**values)
        plan = plan_trade(trade, book.find_event(trade.event), book.market)
    except LookAheadError:
        raise
    except InputError as problem:
        return SetProblem(str(problem))
    return orders_of(book.market, plan, WHOLE, {})
