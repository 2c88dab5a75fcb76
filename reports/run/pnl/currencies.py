"""What prices earned in their own currency, and what exchange rates did."""

from __future__ import annotations

from hedgebook.strategies.run.run import StrategyRun

from ...page.numbers import number, pnl_decimals
from ...page.table import Table, columns

MONEY = ("usd", "interest", "rate", "costs")


def currencies_table(run: StrategyRun) -> Table:
    """P&L of prices by ticker, split into price and currency, in USD; empty where all prices are in USD."""
    rates, market = run.market.rates, run.market
    head = columns("Ticker", "Currency", "Price", "Exchange rate", "Both", left=2, keep=("Both",))
    if rates is None:
        return Table("", head, ())
    cents, split = pnl_decimals(run.backtest.capital), run.backtest.currency_pnl()
    rows = [
        (str(ticker), rates.names[market.column(str(ticker))], *(number(float(usd), cents) for usd in row))
        for ticker, row in split.iterrows()
    ]
    total = ("Total", "", *(number(float(usd), cents) for usd in split.sum()))
    note = "Overnight and intraday P&L: the move of the price at the rate after it, and the move of the rate."
    return Table("Prices and exchange rates", head, (*rows, total), note, totals=1)


def money_table(run: StrategyRun) -> Table:
    """Money by currency; empty where there is only USD."""
    found = run.backtest.money()
    head = columns("Currency", "Units", "USD", "Interest", "Exchange rate", "Costs", keep=("Interest",))
    if len(found) < 2:
        return Table("", head, ())
    cents = pnl_decimals(run.backtest.capital)
    rows = [
        (str(name), number(float(row["units"]), 0), *(number(float(row[key]), cents) for key in MONEY))
        for name, row in found.iterrows()
    ]
    note = "After the last close; below zero is owed. Interest of USD is that of the cash of the account."
    return Table("Money by currency", head, tuple(rows), note)
