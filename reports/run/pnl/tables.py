"""P&L of a run in USD by ticker and cause, and by strategy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hedgebook.engine.backtest import Booked, Cause, causes
from hedgebook.engine.backtest import columns as cause_columns
from hedgebook.strategies.run.run import StrategyRun
from hedgebook.universes.counted import counted

from ...page.numbers import number, pnl_decimals
from ...page.table import Table, columns

TRADING = causes(Booked.TRADING)
# Of the P&L of a ticker, what is neither a move of its price nor paid by its fills.
OTHER = ~(Booked.MOVE | Booked.TRADING)
MAX_TICKERS = 40


def pnl_table(run: StrategyRun, *, limit: int = MAX_TICKERS) -> Table:
    """P&L by ticker and cause in USD, with the legs' subtotals, interest and the total; of more than `limit` tickers
    those that moved most."""
    cents = pnl_decimals(run.backtest.capital)
    leg_of, market = run.plan.sides(), run.market
    by_ticker = run.pnl("ticker")
    # What has no legs is told apart by bucket.
    named = leg_of.get if leg_of else market.bucket_of
    of = {str(t): named(str(t)) or "other" for t in by_ticker.index}
    shown, rest = largest_of(by_ticker, limit)
    rows = [(str(name), of[str(name)], *_causes(row, cents)) for name, row in shown.iterrows()]
    if len(rest):
        rows.append((counted(len(rest), "other"), "", *_causes(rest.sum(), cents)))
    parts = run.pnl("leg" if leg_of else "bucket")
    sums = [
        (f"{str(name).capitalize()} leg" if leg_of else f"All of {name}", "", *_causes(row, cents))
        for name, row in parts.iterrows()
    ]
    interest = float(run.backtest.record.interest.sum())
    total = run.backtest.final_nav - run.backtest.capital
    names = [cause.label for cause in causes(Booked.MOVE)] + ["Trading"]
    names += [cause.label for cause in causes(OTHER) if cause.column in by_ticker]
    sums.append(("Interest", "", *[""] * len(names), number(interest, cents)))
    sums.append(("Total", "", *_causes(by_ticker.sum(), cents)[:-1], number(total, cents)))
    return Table(
        "P&L in USD",
        columns("Ticker", "Leg" if leg_of else "Bucket", *names, "Total", left=2, keep=("Total",)),
        (*rows, *sums),
        f"Trading: {_listed(TRADING)}. Interest belongs to cash, not to a ticker.",
        totals=len(sums),
    )


def largest_of(table: pd.DataFrame, most: int = MAX_TICKERS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of a table of P&L that are shown, in their order, and the rest: of too many those that moved most."""
    if len(table) <= most:
        return table, table.iloc[:0]
    kept = np.zeros(len(table), dtype=np.bool_)
    kept[np.argsort(-table["total"].abs().to_numpy(), kind="stable")[:most]] = True
    return table[kept], table[~kept]


def strategies_table(run: StrategyRun) -> Table:
    """P&L by strategy and cause in USD, with their total; empty for a run that is not of several strategies."""
    if not run.plan.parts:
        return Table("", columns("Strategy", "Total"), ())
    cents, parts = pnl_decimals(run.backtest.capital), run.pnl("strategy")
    names = [cause.label for cause in causes(Booked.MOVE)] + ["Trading"]
    names += [cause.label for cause in causes(OTHER) if cause.column in parts]
    head = columns("Strategy", *names, "Total", keep=("Total",))
    rows = [(str(name), *_causes(row, cents)) for name, row in parts.iterrows()]
    interest = float(run.backtest.record.interest.sum())
    total = run.backtest.final_nav - run.backtest.capital
    sums = [
        ("Interest", *[""] * len(names), number(interest, cents)),
        ("Total", *_causes(parts.sum(), cents)[:-1], number(total, cents)),
    ]
    note = "By the shares that each owns; what one buys of another changes owner at the fill's price and costs nothing."
    return Table("P&L by strategy", head, (*rows, *sums), note, totals=len(sums))


def _causes(row: pd.Series[float], decimals: int) -> tuple[str, ...]:
    trading = sum(float(row[cause.column]) for cause in TRADING)
    amounts = (
        *row[cause_columns(Booked.MOVE)],
        trading,
        *(row[name] for name in cause_columns(OTHER) if name in row),
        row["total"],
    )
    return tuple(number(float(amount), decimals) for amount in amounts)


def _listed(them: list[Cause]) -> str:
    *most, last = (cause.label.lower() for cause in them)
    return f"{', '.join(most)} and {last}"
