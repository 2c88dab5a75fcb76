"""What a script calls to look at a price file before it is used, and to hold two against each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgebook.universes.checks import MOVES, UNIVERSE, maybe, takes
from hedgebook.universes.counted import counted
from hedgebook.universes.layouts.price_layout import PriceLayout
from hedgebook.universes.prices.check import PriceCheck as CheckedValue
from hedgebook.universes.prices.check import check_prices as check_values
from hedgebook.universes.prices.compare import Comparison
from hedgebook.universes.prices.compare import compare_prices as compare_values
from hedgebook.universes.prices.confirm import Confirmed
from hedgebook.universes.prices.load import LAYOUT
from hedgebook.universes.universe import Universe

from ..result import Result, of_kind

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.reports.page.kind import ReportKind


@dataclass(frozen=True)
class PriceCheck(Result, CheckedValue):
    """The facts of a price file, with everything that can be asked of them and written about them."""

    _label = ("source",)
    _main = ("findings", "coverage")

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.prices.check import CHECK_REPORT

        return CHECK_REPORT

    def __repr__(self) -> str:
        errors, others = len(self.errors), len(self.faults) - len(self.errors)
        said = counted(len(self.tickers), "ticker"), counted(errors, "error"), counted(others, "warning")
        return f"<PriceCheck {self.source}: {', '.join(said)}>"


@dataclass(frozen=True)
class PriceDifferences(Result, Comparison):
    """Two price files held against each other, with everything that can be asked of it and written about it."""

    _label = ("a", "source")
    _main = ("differences",)

    def _writers(self) -> ReportKind[Any]:
        from hedgebook.reports.prices.compare import DIFFERENCES_REPORT

        return DIFFERENCES_REPORT

    def __repr__(self) -> str:
        return f"<PriceDifferences {self.a.source} and {self.b.source}: {counted(len(self.findings), 'finding')}>"


@takes(universe=UNIVERSE, confirmed_moves=MOVES, layout=maybe(LAYOUT))
def check_prices(
    path: str | Path | pd.DataFrame,
    universe: str | Path | Universe = "ai_infrastructure",
    *,
    confirmed_moves: Confirmed = (),
    layout: str | PriceLayout | None = None,
) -> PriceCheck:
    """What a price file has for a universe, and what looks odd in it.

    path, universe, confirmed_moves, layout: as in `load_market`. Returns are simple, from one session's close to the
    next session's. Raises as `load_market` does, but lists rows that contradict themselves and unadjusted splits.
    """
    return of_kind(PriceCheck, check_values(path, universe, confirmed_moves=confirmed_moves, layout=layout))


@takes(universe=maybe(UNIVERSE))
def compare_prices(
    a: str | Path | pd.DataFrame, b: str | Path | pd.DataFrame, universe: str | Path | Universe | None = None
) -> PriceDifferences:
    """Hold two price files against each other, ticker by ticker and session by session.

    a, b: price files, URLs or tables; universe: only its members are compared, None = every ticker of both. Prices
    differ that are more than a millionth of their size apart; which of the two is right, the files do not say. Raises
    PriceDataError for a file that cannot be used, UniverseError for a universe.
    """
    return of_kind(PriceDifferences, compare_values(a, b, universe))
