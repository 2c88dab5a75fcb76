"""Sheets of P&L by ticker, leg, bucket and cause: each amount the sum of its rows of the long table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from hedgebook.strategies.run.run import StrategyRun
from hedgebook.strategies.run.tables import causes_in

from .book import Book, Kind
from .checks import Check
from .grid import Column, Grid
from .ledger import INTEREST, NO_LEG, Ledger
from .orders import heading
from .text import text_literal

BY_CAUSE = "Cause"
NOTE = (
    "USD, each amount a sum over the sheet P&L, net of own costs; (cash) is the interest, which belongs to no ticker."
)


class Totals:
    """One sheet of totals. by: Ticker, Leg, Bucket or Cause."""

    def __init__(self, book: Book, run: StrategyRun, rows: pd.DataFrame, by: str) -> None:
        self.by = by
        self.causes = [*causes_in(run.pnl_long), INTEREST]
        keys = self.causes if by == BY_CAUSE else list(dict.fromkeys(rows[by]))
        if by == BY_CAUSE:
            sums = rows.groupby(by)["Amount"].sum().reindex(keys, fill_value=0.0)
            self.table = pd.DataFrame({"Total": sums})
        else:
            table = rows.pivot_table(index=by, columns=BY_CAUSE, values="Amount", aggfunc="sum", fill_value=0.0)
            self.table = table.reindex(index=keys, columns=self.causes, fill_value=0.0).astype(float)
            self.table["Total"] = self.table.sum(axis=1)
            if by == "Ticker":  # Those that moved most come first.
                size = self.table["Total"].abs()
                self.table = self.table.loc[size.sort_values(ascending=False, kind="stable").index]
        own = rows.drop_duplicates("Ticker").set_index("Ticker")
        self.labels = {n: own.loc[self.table.index, n] for n in ("Leg", "Bucket")} if by == "Ticker" else {}
        self.amounts = [heading(str(name)) for name in self.table.columns]
        self.grid = Grid(book, f"By {by.lower()}", [by, *self.labels, *self.amounts], len(self.table))

    def write(self, ledger: Ledger) -> None:
        """Write the sheet."""
        here = self.grid.here
        columns = [
            Column(self.by, Kind.TEXT, list(self.table.index)),
            *(Column(name, Kind.TEXT, values) for name, values in self.labels.items()),
        ]
        for name in self.table.columns[:-1]:
            columns.append(self._summed(ledger, str(name), ((BY_CAUSE, text_literal(str(name))),)))
        if self.by == BY_CAUSE:
            columns.append(self._summed(ledger, "Total", ()))
        else:
            first, last = self.amounts[0], self.amounts[-2]
            columns.append(
                Column(
                    "Total", Kind.USD, self.table["Total"],
                    lambda k: f"SUM({here(first, k)}:{here(last, k)})", total=True,
                )
            )  # fmt: skip
        self.grid.write(f"P&L by {self.by.lower()}", NOTE, columns, table=f"by_{self.by.lower()}")

    def _summed(self, ledger: Ledger, name: str, tests: Sequence[tuple[str, str]]) -> Column:
        def formula(k: int) -> str:
            return ledger.total((self.by, self.grid.here(self.by, k)), *tests)

        return Column(heading(name), Kind.USD, self.table[name], formula, total=True)

    def checks(self, run: StrategyRun) -> list[Check]:
        """Each total beside what the engine says."""
        if self.by == BY_CAUSE:
            told = run.pnl("cause")["total"]
        elif self.by == "Leg":
            told = run.pnl("leg")["total"]
        else:
            told = run.pnl("ticker" if self.by == "Ticker" else "bucket")["total"]
        values = {str(name): float(value) for name, value in told.items()}
        return [
            Check(f"P&L of {self.by.lower()} {name}", self.grid.cell("Total", k), values[str(name)], run.capital)
            for k, name in enumerate(self.table.index)
            if str(name) in values
        ]


def ways(run: StrategyRun) -> list[str]:
    """What P&L can be told apart by: legs only where there are any."""
    legs = set(run.pnl_long["leg"].dropna()) - {NO_LEG}
    return [*(["Leg"] if legs else []), "Bucket", "Ticker", BY_CAUSE]
