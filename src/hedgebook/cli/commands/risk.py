"""hedgebook risk: the risk of a run, a book or a return series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgebook.errors import ParameterError

from ..deliver import MaybeFolder, print_page
from ..options import (
    AccountName,
    ChainFile,
    Events,
    Factors,
    FactorsIn,
    LoadingsFile,
    MarketOptions,
    confirmed_moves,
    grouped,
    is_repeatable,
)
from ..output import progress

if TYPE_CHECKING:
    from hedgebook.front.risk import Risk
    from hedgebook.universes.market import Market


@dataclass(frozen=True)
class LessAsked:
    """What is asked of a risk report less often: the fields of RiskOptions."""

    loss: Annotated[float, typer.Option("--loss", help="Loss of NAV that reverse stress looks for.")] = 0.10
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Close at which a book is valued. Default: the last.", metavar="DATE")
    ] = None
    cash: Annotated[float | None, typer.Option("--cash", help="Cash beside a book's holdings, USD.")] = None
    chain: ChainFile = None
    missing: Annotated[
        str,
        typer.Option("--missing", help="Missing histories: common window, or factor model.", metavar="common|factor"),
    ] = "common"
    paths: Annotated[
        int | None, typer.Option("--paths", help="Simulated paths. Default: 10,000, fewer for very many holdings.")
    ] = None
    sessions: Annotated[int, typer.Option("--sessions", help="Sessions of a simulated path.")] = 60
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same paths.")] = 0
    returns_in: Annotated[
        str | None,
        typer.Option("--returns-in", help="Unit of a series. Default: fraction, checked.", metavar="fraction|percent"),
    ] = None
    benchmark_in: Annotated[
        str | None, typer.Option("--benchmark-in", help="The same of a benchmark's file.", metavar="fraction|percent")
    ] = None
    factors: Factors = None
    loadings: LoadingsFile = None
    factors_in: FactorsIn = None


@grouped
def risk(
    prices: MarketOptions,
    to: MaybeFolder,
    subject: Annotated[
        str, typer.Argument(help="A run folder, a CSV of date and return, or a CSV of ticker and shares or dollars.")
    ],
    more: LessAsked,
    benchmark: Annotated[
        str | None, typer.Option("--benchmark", help="A ticker, or a CSV of date and return.", metavar="TICKER|FILE")
    ] = None,
    confidence: Annotated[
        list[float] | None, typer.Option("--confidence", help="Of VaR and ES, as in 0.95. May be repeated.")
    ] = None,
    horizon: Annotated[int, typer.Option("--horizon", help="Sessions that VaR and reverse stress look ahead.")] = 1,
    scenarios: Annotated[
        str, typer.Option("--scenarios", help="Another scenario file, TOML.", metavar="FILE")
    ] = "scenarios",
    account: AccountName = "plain",
    events: Events = "events",
) -> None:
    """Say what could be lost: VaR and ES with their tests, drawdowns, stress, reverse stress, simulations.

    An event trade is judged by its entry weights over the history before the news, any other run by what it holds at
    its last close.
    """
    from hedgebook.engine.stress.history import POLICIES
    from hedgebook.front import risk as risk_front

    if more.missing not in POLICIES:
        raise ParameterError("unknown policy", where="--missing", value=more.missing, bound=" or ".join(POLICIES))
    market = _market(prices, subject, scenarios, benchmark)
    with progress("Reading returns") as tell:
        report = risk_front.risk(
            subject, market, benchmark=benchmark, confidence=tuple(confidence or (0.95, 0.99)), horizon=horizon,
            scenarios=scenarios, account=account, events=events, tell=tell, **vars(more),
        )  # fmt: skip
    if to.deliver(report):
        _print(report, to.out)


def _market(prices: MarketOptions, subject: str, scenarios: str, benchmark: str | None) -> Market | None:
    """The prices of the tickers that this report looks at or is told about, None where it needs none."""
    if prices.prices is None:
        if is_repeatable(subject):
            return None  # The folder's own prices, read again.
        return prices.market() if _wants_prices(subject) else None
    from hedgebook.strategies.risk.prices import tickers_needed
    from hedgebook.universes.universe import ALL, load_universe

    if prices.universe == ALL:
        return prices.market()  # Which tickers these are only the file says.
    universe = load_universe(prices.universe)
    among = tickers_needed(subject, universe, scenarios, benchmark)
    if among is not None:
        among |= {ticker for ticker, _ in confirmed_moves(prices.confirm or ())}
    return prices.market(universe, among)


def _wants_prices(subject: str) -> bool:
    """Whether positions are to be priced: a run folder or a book, and not a series of returns."""
    from hedgebook.strategies.book.file import holds_positions
    from hedgebook.universes.raw_file import is_folder

    return is_folder(Path(subject)) or holds_positions(subject)


def _print(report: Risk, folder: Path | None) -> None:
    from hedgebook.reports.risk.page import risk_header, terminal_tables

    market = report.subject.market
    notes = (*report.notes, *(market.warnings if market is not None else ()))
    print_page(risk_header(report), terminal_tables(report), notes, folder)
