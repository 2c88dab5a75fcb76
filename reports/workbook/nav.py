"""The sheet of NAV by session: NAV from P&L, and returns, drawdowns and holdings from NAV, all as formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.risk.drawdowns import underwater
from hedgebook.engine.risk.metrics import ruin_levels
from hedgebook.strategies.run.run import StrategyRun

from .book import Book, Kind
from .grid import Column, Grid
from .ledger import INTEREST, Ledger
from .orders import Fills, Positions
from .text import text_literal

FORMULAS = {
    "Session": Kind.DAY,
    "P&L": Kind.USD,
    "NAV": Kind.USD,
    "NAV at open": Kind.USD,
    "Level": Kind.USD,
    "Return": Kind.FRACTION,
    "Loss": Kind.FRACTION,
    "Highest": Kind.USD,
    "Drawdown": Kind.FRACTION,
    "Gross": Kind.FRACTION,
    "Net": Kind.FRACTION,
    "Positions": Kind.COUNT,
    "Turnover": Kind.FRACTION,
    "Interest": Kind.USD,
    "Borrow": Kind.USD,
    "Cash": Kind.USD,
    "Margin requirement": Kind.USD,
    "NAV, engine": Kind.USD,
    "Difference": Kind.TINY,
}
TITLE = "NAV by session, USD"
NOTE = (
    "NAV is the NAV before plus the session's P&L. Level: NAV, or the lower NAV at an open that ruins. Return: to the "
    "level before. Keep this order: each row builds on the one above. Cash, NAV at open, requirement: as simulated."
)
NO_RETURNS = " Empty: no return is left after a NAV of zero or below."


class Nav:
    """The sheet of NAV; row 0 holds the capital at the close before the first session."""

    def __init__(self, book: Book, run: StrategyRun) -> None:
        self.run = run
        # A loaded run may come of a version that knew no requirement.
        self.names = [n for n in FORMULAS if n != "Margin requirement" or "requirement" in run.nav]
        self.grid = Grid(book, "NAV", self.names, len(run.nav) + 1)
        self.gaps = np.zeros(1)
        self.days = np.concatenate(
            [[run.opening.astype("datetime64[D]")], run.sessions.to_numpy().astype("datetime64[D]")]
        )

    def row_of(self, day: Any) -> int:
        """The row of a session."""
        return int(np.searchsorted(self.days[1:], np.asarray(day, dtype="datetime64[D]"))) + 1

    def known(self, rows: pd.DataFrame) -> dict[str, np.ndarray]:
        """What the formulas come to, as the engine has it."""
        nav, held = self.run.nav, self.run.holdings
        levels = np.asarray(self.run.levels, dtype=np.float64)
        marked = ruin_levels(levels, nav["nav_open"].to_numpy())
        returns = np.concatenate([[np.nan], nav["return"].to_numpy(dtype=np.float64)])
        sums = rows.groupby("Session")["Amount"].sum().reindex(self.run.sessions, fill_value=0.0)
        summed = self.run.capital + np.concatenate([[0.0], np.cumsum(sums.to_numpy())])
        return {
            "Session": self.days,
            "P&L": _after(sums),
            "NAV": levels,
            "NAV at open": _after(nav["nav_open"]),
            "Level": marked,
            "Return": returns,
            "Loss": np.minimum(returns, 0.0),
            "Highest": np.maximum.accumulate(marked),
            "Drawdown": underwater(marked),
            **{name: _after(held[name.lower()]) for name in ("Gross", "Net", "Positions", "Turnover")},
            "Interest": _after(nav["interest"]),
            "Borrow": _after(nav["borrow"]),
            "Cash": _after(nav["cash"]),
            **({"Margin requirement": _after(nav["requirement"])} if "requirement" in nav else {}),
            "NAV, engine": levels,
            "Difference": np.abs(summed - levels),
        }

    def write(self, ledger: Ledger, positions: Positions, fills: Fills) -> None:
        """Write the sheet."""
        known = self.known(ledger.rows)
        formulas = self._formulas(ledger, positions, fills)
        columns = [Column(name, FORMULAS[name], known[name], formulas.get(name)) for name in self.names]
        self.gaps = known["Difference"]
        undefined = np.isnan(known["Return"][1:]).any()
        self.grid.write(TITLE, NOTE + (NO_RETURNS if undefined else ""), columns)

    def _formulas(self, ledger: Ledger, positions: Positions, fills: Fills) -> dict[str, Any]:
        """Formulas by column; "" for a row that holds a value."""
        here = self.grid.here

        def later(write: Any) -> Any:
            return lambda k: write(k) if k else ""

        def day(k: int) -> np.datetime64:
            return self.days[k]  # type: ignore[no-any-return]

        def returned(k: int) -> str:
            lost = f"{here('Level', k - 1)}<=0"
            if k > 1:
                lost = f'OR({here("Return", k - 1)}="",{lost})'
            return f'IF({lost},"",{here("Level", k)}/{here("Level", k - 1)}-1)'

        def weight(name: str) -> Any:
            return lambda k: f'IF({here("NAV", k)}<=0,"",{positions.of_session(name, day(k), here("Session", k))})'

        def turnover(k: int) -> str:
            traded = fills.of_session(day(k), here("Session", k))
            return f'IF({here("NAV", k - 1)}>0,{traded}/{here("NAV", k - 1)},"")'

        def cause(name: str, signed: str = "") -> Any:
            return lambda k: ledger.of_session(day(k), here("Session", k), ("Cause", text_literal(name)), signed=signed)

        return {
            "P&L": later(lambda k: ledger.of_session(day(k), here("Session", k))),
            "NAV": lambda k: f"{here('NAV', k - 1)}+{here('P&L', k)}" if k else "capital",
            "Level": lambda k: (
                f"IF({here('NAV at open', k)}<=0,MIN({here('NAV', k)},{here('NAV at open', k)}),{here('NAV', k)})"
                if k else here("NAV", k)
            ),
            "Return": later(returned),
            "Loss": later(lambda k: f'IF({here("Return", k)}="","",MIN({here("Return", k)},0))'),
            "Highest": lambda k: f"MAX({here('Highest', k - 1)},{here('Level', k)})" if k else here("Level", k),
            "Drawdown": lambda k: f"{here('Level', k)}/{here('Highest', k)}-1",
            "Gross": later(weight("Size")),
            "Net": later(weight("Weight")),
            "Positions": later(lambda k: positions.count_of_session(day(k), here("Session", k))),
            "Turnover": later(turnover),
            "Interest": later(cause(INTEREST)),
            "Borrow": later(cause("borrow", "-")),
            "Difference": lambda k: f"ABS({here('NAV', k)}-{here('NAV, engine', k)})",
        }  # fmt: skip


def _after(values: pd.Series[Any]) -> np.ndarray:
    """Values by session behind an empty one for the row of the capital."""
    return np.concatenate([[np.nan], values.to_numpy(dtype=np.float64)])
