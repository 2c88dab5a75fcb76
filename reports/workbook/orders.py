"""The sheets of fills and positions, with what their products and sums are as formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hedgebook.engine.backtest import Booked
from hedgebook.engine.backtest import columns as cause_columns
from hedgebook.strategies.run.holdings import WRITTEN_OFF
from hedgebook.strategies.run.run import StrategyRun

from .book import Book, Kind
from .grid import Column, Grid
from .ledger import KEEP_ORDER, MOST_COMPARISONS

if TYPE_CHECKING:
    from .nav import Nav

TRADING = cause_columns(Booked.TRADING)
TRADED = "Bought or sold"
FILL_KINDS = {
    "session": Kind.DAY, "shares": Kind.SHARES, "reference": Kind.PRICE, "price": Kind.PRICE, TRADED: Kind.USD,
    "cost": Kind.USD, **dict.fromkeys(TRADING, Kind.USD),
}  # fmt: skip
POSITION_KINDS = {
    "session": Kind.DAY, "shares": Kind.SHARES, "price": Kind.PRICE, "value": Kind.USD, "weight": Kind.FRACTION,
    "Size": Kind.FRACTION, "stale_sessions": Kind.COUNT,
}  # fmt: skip


def heading(name: str) -> str:
    """The heading of a column of the engine's tables."""
    words = ["P&L" if word == "pnl" else "USD" if word == "usd" else word for word in name.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


class _BySession:
    """A sheet of rows in order of time, of which each session has some."""

    def __init__(self, book: Book, name: str, frame: pd.DataFrame, sessions: int) -> None:
        self.frame = frame
        self.grid = Grid(book, name, [heading(n) for n in frame.columns], len(frame))
        self._days = frame["session"].to_numpy()
        ordered = bool((self._days[1:] >= self._days[:-1]).all())
        self.by_blocks = ordered and len(frame) * sessions > MOST_COMPARISONS

    def _summed(self, name: str, day: np.datetime64, cell: str) -> str:
        if not self.by_blocks:
            return f"SUMIFS({self.grid.span(name)},{self.grid.span('Session')},{cell})"
        first, stop = self._block(day)
        return f"SUM({self.grid.span(name, first, stop)})" if stop > first else "0"

    def _block(self, day: np.datetime64) -> tuple[int, int]:
        first, stop = (int(np.searchsorted(self._days, np.datetime64(day), side)) for side in ("left", "right"))
        return first, stop

    def _write(
        self, title: str, note: str, kinds: dict[str, Kind], formulas: Mapping[str, Callable[[int], str]], table: str,
        totals: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        columns = [
            Column(heading(name), kinds.get(name, _kind(self.frame[name])), self.frame[name], formulas.get(name),
                   name in totals)
            for name in self.frame.columns
        ]  # fmt: skip
        note += KEEP_ORDER if self.by_blocks else ""
        self.grid.write(title, note, columns, still=3 if "mark" in self.frame else 2, table=table)


class Fills(_BySession):
    """The sheet of filled orders."""

    def __init__(self, book: Book, run: StrategyRun) -> None:
        fills = run.fills
        names = [n for n in fills.columns if n not in ("status", "cost")]
        at = names.index("price") + 1
        usd = fills["shares"].abs() * fills["reference"]
        if "reason" in fills:
            usd = usd.where(~fills["reason"].isin(WRITTEN_OFF), 0.0)
        frame = fills[names].assign(**{TRADED: usd, "cost": fills["cost"]})[[*names[:at], TRADED, *names[at:], "cost"]]
        super().__init__(book, "Fills", frame, len(run.nav))

    def of_session(self, day: np.datetime64, cell: str) -> str:
        """USD bought and sold in a session, at reference prices."""
        return self._summed(TRADED, day, cell)

    def write(self) -> None:
        """Write the sheet."""
        here = self.grid.here
        paid = [heading(name) for name in TRADING if name in self.frame]

        def traded(k: int) -> str:
            usd = f"ABS({here('Shares', k)})*{here('Reference', k)}"
            if "reason" not in self.frame:
                return usd
            off = ",".join(f'{here("Reason", k)}="{reason}"' for reason in WRITTEN_OFF)
            return f"IF(OR({off}),0,{usd})"

        def cost(k: int) -> str:
            return f"SUM({here(paid[0], k)}:{here(paid[-1], k)})"

        formulas = {TRADED: traded} | ({"cost": cost} if paid else {})
        self._write(
            "Filled orders",
            f"Shares bought (above 0) or sold at a mark, costs in USD. {TRADED}: at reference prices; what is written "
            "off counts as 0.",
            FILL_KINDS,
            formulas,
            "fills",
            (TRADED, *TRADING, "cost"),
        )


class Positions(_BySession):
    """The sheet of positions at closes."""

    def __init__(self, book: Book, run: StrategyRun) -> None:
        held = run.positions
        frame = held.assign(Size=held["weight"].abs())
        last = [name for name in frame.columns if name not in ("Size", "stale_sessions")]
        kept = [*last, "Size", *(["stale_sessions"] if "stale_sessions" in frame else [])]
        super().__init__(book, "Positions", frame[kept], len(run.nav))

    def of_session(self, name: str, day: np.datetime64, cell: str) -> str:
        """The sum of weights, or of their sizes, of a session."""
        return self._summed(name, day, cell)

    def count_of_session(self, day: np.datetime64, cell: str) -> str:
        """How many positions a session has."""
        if not self.by_blocks:
            return f"COUNTIFS({self.grid.span('Session')},{cell})"
        first, stop = self._block(day)
        return f"COUNT({self.grid.span('Session', first, stop)})" if stop > first else "0"

    def write(self, nav: Nav) -> None:
        """Write the sheet."""
        here = self.grid.here
        rows = np.searchsorted(nav.days[1:], self._days.astype("datetime64[D]")) + 1

        def weight(k: int) -> str:
            whole = nav.grid.cell("NAV", int(rows[k]))
            return f'IF({whole}=0,"",{here("Value", k)}/{whole})'

        formulas = {
            "value": lambda k: f"{here('Shares', k)}*{here('Price', k)}",
            "weight": weight,
            "Size": lambda k: f'IF({here("Weight", k)}="","",ABS({here("Weight", k)}))',
        }
        self._write(
            "Positions at each close",
            "Value in USD; weight: value over NAV; size: weight without its sign; stale sessions: how many in a row "
            "had no price.",
            POSITION_KINDS,
            formulas,
            "positions",
        )


def _kind(values: pd.Series[Any]) -> Kind:
    return Kind.NUMBER if pd.api.types.is_numeric_dtype(values) else Kind.TEXT
