"""Sets of an event trade over several exchanges: each is planned as a single run plans it."""

from __future__ import annotations

from typing import Any

from hedgebook.engine.rules.rules import RULE_PARAMETERS
from hedgebook.engine.sweep.batch.batch import Batch
from hedgebook.errors import InputError, LookAheadError

from ..strategy.span import WHOLE
from ..trade.plan import plan_trade
from .combinations import CombinationTable
from .function_plans import batch_of, orders_of
from .levels import SWEPT, SetProblem
from .plan_memory import Planned
from .trade_book import TradeBook
from .verdicts import Verdicts

# What a plan of orders follows from: the trade without its rules and its capital.
PLANNED = tuple(name for name in SWEPT if name not in (*RULE_PARAMETERS, "capital"))


def batch_abroad(book: TradeBook, table: CombinationTable) -> Batch:
    """The sets of a table as a batch. Raises LookAheadError for a fill before its decision."""
    verdicts, market = Verdicts(table.size), book.market
    verdicts.levels(table, [name for name in SWEPT if name in table.codes])
    asked = table.combinations(PLANNED)
    plans: dict[int, Planned] = verdicts.each(asked, lambda *values: _planned(book, values))
    return batch_of(table, (asked, plans), verdicts, RULE_PARAMETERS, table.numbers("capital"), len(market.tickers))


def _planned(book: TradeBook, values: tuple[Any, ...]) -> Planned | SetProblem:
    try:
        trade = book.trade.replaced(**dict(zip(PLANNED, values, strict=True)))
        plan = plan_trade(trade, book.find_event(trade.event), book.market)
    except LookAheadError:
        raise
    except InputError as problem:
        return SetProblem(str(problem))
    return orders_of(book.market, plan, WHOLE, {})
