"""hedgebook compare: runs and return series side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import MaybeFolder, print_page
from ..options import MarketOptions, grouped
from ..output import progress
from .tearsheet import BenchmarkName, BenchmarkUnit, ReturnsUnit, Riskless, market_for, unit

if TYPE_CHECKING:
    from hedgebook.front.compare import Comparison


@grouped
def compare(
    prices: MarketOptions,
    to: MaybeFolder,
    subjects: Annotated[
        list[str],
        typer.Argument(
            help="2 to 50 of: folders of runs or sweeps, CSV files of returns or prices, tickers, trades by name.",
            metavar="RUN RUN ...",
        ),
    ],
    benchmark: BenchmarkName = None,
    returns_in: ReturnsUnit = None,
    benchmark_in: BenchmarkUnit = None,
    riskless_annual: Riskless = 0.0,
) -> None:
    """Put 2 to 50 runs or return series side by side, and say which differences are more than their error."""
    from hedgebook.front import compare as front

    market = market_for(prices, subjects, benchmark)
    with progress("Comparing"):
        found = front.compare(
            subjects, benchmark, market=market, returns_in=unit(returns_in, "--returns-in"),
            benchmark_in=unit(benchmark_in, "--benchmark-in"), riskless_annual=riskless_annual,
        )  # fmt: skip
    if to.deliver(found):
        _print(found, to.out)


def _print(found: Comparison, folder: Path | None) -> None:
    from hedgebook.reports.compare.page import comparison_header, terminal_tables

    print_page(comparison_header(found), terminal_tables(found), found.notes, folder)
