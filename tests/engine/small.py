"""Tiny markets whose numbers a reader can work out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market
from tests import markets

Rows = Sequence[tuple[int, Mark, Sequence[float]]]


def path(*closes: float, **fields: Sequence[float]) -> Market:
    """ACME alone, each session opening at the close before unless opens are given."""
    opens = fields.pop("open", [closes[0], *closes[:-1]])
    tables: dict[Any, Any] = {"open": opens, "close": closes, **fields}
    return markets.market_of({name: [[v] for v in values] for name, values in tables.items()}, ["ACME"])


def pair(acme: Sequence[float], bolt: Sequence[float], **fields: Any) -> Market:
    """ACME and BOLT, which open every session where they close it."""
    closes = [list(line) for line in zip(acme, bolt, strict=True)]
    tables: dict[Any, Any] = {"open": closes, "close": closes, **fields}
    return markets.market_of(tables, ["ACME", "BOLT"])


def run(market: Market, rows: Rows, account: dict[str, Any] | None = None, **given: Any) -> Backtest:
    """The rows with an account of 1,000 USD unless it says otherwise."""
    terms = Account(**{"capital_usd": 1000.0, **(account or {})})
    return run_schedule(market, markets.schedule_of(market, rows), given.pop("costs", "none"), terms, **given)


def log(found: Backtest) -> list[tuple[int, str, str, str, str]]:
    """Session number, mark, ticker, status and reason of every line."""
    at = {session: t for t, session in enumerate(found.sessions)}
    table = found.orders[["session", "mark", "ticker", "status", "reason"]]
    rows = zip(*(table[name] for name in table), strict=True)
    return [(at[s], str(mark), str(ticker), str(status), str(why)) for s, mark, ticker, status, why in rows]
