"""hedgebook risk: the risk of a run, a book or a return series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgebook.errors import InputError, ParameterError

from ..deliver import print_page, write_folder
from ..options import DEFAULT_UNIVERSE, AccountName, ConfirmMoves, Events, Json, Prices, UniverseName, market_of
from ..output import print_json, progress

if TYPE_CHECKING:
    from hedgebook.front.risk import Risk


def risk(
    subject: Annotated[
        str, typer.Argument(help="A run folder, a CSV of date and return, or a CSV of ticker and shares or dollars.")
    ],
    prices: Prices = None,
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
    loss: Annotated[float, typer.Option("--loss", help="Loss of NAV that reverse stress looks for.")] = 0.10,
    account: AccountName = "plain",
    events: Events = "events",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Close at which a book is valued. Default: the last.", metavar="DATE")
    ] = None,
    cash: Annotated[float | None, typer.Option("--cash", help="Cash beside a book's holdings, USD.")] = None,
    missing: Annotated[
        str,
        typer.Option("--missing", help="Missing histories: common window, or factor model.", metavar="common|factor"),
    ] = "common",
    paths: Annotated[
        int | None, typer.Option("--paths", help="Simulated paths. Default: 10,000, fewer for very many holdings.")
    ] = None,
    sessions: Annotated[int, typer.Option("--sessions", help="Sessions of a simulated path.")] = 60,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same paths.")] = 0,
    returns_in: Annotated[
        str | None,
        typer.Option("--returns-in", help="Unit of a series. Default: fraction, checked.", metavar="fraction|percent"),
    ] = None,
    benchmark_in: Annotated[
        str | None, typer.Option("--benchmark-in", help="The same of a benchmark's file.", metavar="fraction|percent")
    ] = None,
    universe: UniverseName = DEFAULT_UNIVERSE,
    confirm: ConfirmMoves = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write risk.json and report.html there.", metavar="DIR")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier report in that folder.")] = False,
    json: Json = False,
) -> None:
    """Say what could be lost: VaR and ES with their tests, drawdowns, stress, reverse stress, simulations.

    An event trade is judged by its entry weights over the history before the news, any other run by what it holds at
    its last close.
    """
    from hedgebook.engine.stress.history import POLICIES
    from hedgebook.front import risk as risk_front

    policy = next((p for p in POLICIES if p == missing), None)
    if policy is None:
        raise ParameterError("unknown policy", where="--missing", value=missing, bound=" or ".join(POLICIES))
    wants = _wants_prices(subject) or prices is not None
    among = None if prices is None else _needed(subject, universe, scenarios, benchmark)

    def asked(among: set[str] | None) -> Risk:
        market = None
        if wants:
            with progress("Reading prices"):
                market = market_of(prices, universe, confirm, among)
        with progress("Reading returns") as tell:
            return risk_front.risk(
                subject, market, benchmark=benchmark, confidence=tuple(confidence or (0.95, 0.99)), horizon=horizon,
                scenarios=scenarios, account=account, events=events, as_of=as_of, cash=cash, missing=policy, loss=loss,
                paths=paths, sessions=sessions, seed=seed, returns_in=returns_in, benchmark_in=benchmark_in, tell=tell,
            )  # fmt: skip

    try:
        report = asked(among)
    except InputError:
        if among is None:
            raise
        # With all prices the message can name the closest of all tickers.
        report = asked(None)
    where = {}
    if out is not None:
        write_folder(report, out, overwrite=overwrite)
        where = {"folder": str(out), "report": str(out / "report.html")}
    if json:
        print_json({**report.to_dict(), **where})
    else:
        _print(report, out)


def _needed(subject: str, universe: str, scenarios: str, benchmark: str | None) -> set[str] | None:
    """The tickers that this report looks at, None = all."""
    from hedgebook.strategies.risk.prices import tickers_needed
    from hedgebook.universes.universe import load_universe

    return tickers_needed(subject, load_universe(universe), scenarios, benchmark)


def _wants_prices(subject: str) -> bool:
    """Whether positions are to be priced: a run folder or a book, and not a series of returns."""
    from hedgebook.strategies.risk.return_series import header_of
    from hedgebook.universes.raw_file import is_folder

    return is_folder(Path(subject)) or bool({"ticker", "shares", "dollars"} & set(header_of(subject)))


def _print(report: Risk, folder: Path | None) -> None:
    from hedgebook.reports.risk.page import risk_header
    from hedgebook.reports.risk.tables import terminal_tables

    market = report.subject.market
    notes = (*report.notes, *(market.warnings if market is not None else ()))
    print_page(risk_header(report), terminal_tables(report), notes, folder)
