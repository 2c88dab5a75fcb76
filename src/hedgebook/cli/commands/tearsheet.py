"""hedgebook tearsheet: everything that is asked of a series of returns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgebook.errors import ParameterError, did_you_mean

from ..deliver import MaybeFolder, print_page
from ..options import MarketOptions, grouped, is_repeatable
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.tearsheet import TearSheet
    from hedgebook.strategies.risk.return_series import ReturnsIn
    from hedgebook.universes.market import Market

ReturnsUnit = Annotated[
    str | None,
    typer.Option("--returns-in", help="Unit of a series. Default: fraction, checked.", metavar="fraction|percent"),
]
BenchmarkUnit = Annotated[
    str | None, typer.Option("--benchmark-in", help="The same of a benchmark's file.", metavar="fraction|percent")
]
Riskless = Annotated[
    float,
    typer.Option(
        "--riskless-annual",
        help="A yearly rate, 0.04 is 4%, that Sharpe, Sortino, alpha and Treynor are in excess of.",
        metavar="FRACTION",
    ),
]
BenchmarkName = Annotated[
    str | None,
    typer.Option("--benchmark", help="A ticker, or a CSV of date and return or prices.", metavar="TICKER|FILE"),
]


@grouped
def tearsheet(
    prices: MarketOptions,
    to: MaybeFolder,
    returns: Annotated[
        str,
        typer.Argument(
            help="The folder of a run or a sweep, a CSV of date and return or of prices, or a ticker of --prices."
        ),
    ],
    benchmark: BenchmarkName = None,
    name: Annotated[str | None, typer.Option("--name", help="What the returns are called.")] = None,
    returns_in: ReturnsUnit = None,
    benchmark_in: BenchmarkUnit = None,
    riskless_annual: Riskless = 0.0,
) -> None:
    """Say all of a series of returns: measures with their errors, drawdowns, months, moving figures, streaks.

    Daily, weekly or monthly is read off the dates. Beside a benchmark where one is named.
    """
    from hedgebook.front import tearsheet as front

    market = market_for(prices, [returns], benchmark)
    with progress("Reading returns"):
        sheet = front.tearsheet(
            returns, benchmark, name=name, market=market, returns_in=unit(returns_in, "--returns-in"),
            benchmark_in=unit(benchmark_in, "--benchmark-in"), riskless_annual=riskless_annual,
        )  # fmt: skip
    if to.deliver(sheet):
        _print(sheet, to.out)


def unit(given: str | None, option: str) -> ReturnsIn | None:
    """The unit that an option names. Raises ParameterError for another word."""
    if given is None or given in ("fraction", "percent"):
        return "percent" if given == "percent" else "fraction" if given else None
    remedy = did_you_mean(given, ("fraction", "percent"))
    raise ParameterError("unknown unit", where=option, value=given, remedy=remedy)


def market_for(prices: MarketOptions, subjects: list[str], benchmark: str | None) -> Market | None:
    """The prices that tickers are looked up in, checked against runs that are among the subjects; None where none are.

    Without a file of prices the sample market serves tickers and runs that were made with it, and no other returns.
    """
    from hedgebook.front.tracks.track import data_of, is_word
    from hedgebook.universes.raw_file import is_folder

    folders = [subject for subject in subjects if is_folder(Path(subject))]
    words = [one for one in subjects if not Path(one).exists() and is_word(one)]
    beside = benchmark is not None and is_word(benchmark)
    files = len(folders) + len(words) < len(subjects)
    own = bool(folders) and all(is_repeatable(folder) for folder in folders)
    if prices.prices is None and not words and (own or not (beside and folders and not files)):
        return None
    market = prices.market()
    if beside and folders:
        from hedgebook.front.loaded import check_prices_of

        for folder in map(Path, folders):
            check_prices_of(folder, data_of(folder), market)
    return market


def _print(sheet: TearSheet, folder: Path | None) -> None:
    from hedgebook.reports.tearsheet.page import sheet_header, terminal_tables

    print_page(sheet_header(sheet), terminal_tables(sheet), sheet.notes, folder)
