"""hedgebook borrow: the borrow fee that the quotes of a stock's options imply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...options import Json
from ...output import console, print_json, print_tables, progress
from ...shares import rate_of

if TYPE_CHECKING:
    from hedgebook.engine.options.carry import ChainCarry, Estimate
    from hedgebook.engine.options.chain_borrow import ChainBorrow
    from hedgebook.universes.chains.chain import Chain


def borrow(
    chain: Annotated[str, typer.Argument(metavar="CHAIN", help="A file of option quotes: csv, csv.gz or parquet.")],
    against: Annotated[
        str | None,
        typer.Option(
            "--against", help="Quotes of a stock that is easy to borrow, for the relative fee.", metavar="CHAIN"
        ),
    ] = None,
    ticker: Annotated[
        str | None, typer.Option("--ticker", help="Whose options. Default: the file's column, or its name.")
    ] = None,
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate",
            help="Continuous interest rate a year, 4% or 0.04. Default: of the modelled surfaces.",
            metavar="RATE",
        ),
    ] = None,
    dividend_yield: Annotated[
        str | None,
        typer.Option(
            "--dividend-yield",
            help="Of the stock a year, 1% or 0.01. Default: of the modelled surfaces.",
            metavar="RATE",
        ),
    ] = None,
    against_dividend_yield: Annotated[
        str | None, typer.Option("--against-dividend-yield", help="The same of the stock of --against.", metavar="RATE")
    ] = None,
    json: Json = False,
) -> None:
    """Print the borrow fee that a chain implies, with its error, by parity without early exercise.

    Forwards of all expiries give it, so that a spot of another moment than the quotes is not read as a fee.
    """
    from hedgebook import options

    surfaces = options.load_surfaces()
    given_rate = rate_of(rate, "--rate")
    own_yield = rate_of(dividend_yield, "--dividend-yield")
    other_yield = rate_of(against_dividend_yield, "--against-dividend-yield")
    asked_rate = surfaces.rate_annual if given_rate is None else given_rate
    with progress("Reading quotes"):
        own = options.read_chain(chain, ticker)
        other = None if against is None else options.read_chain(against)
    with progress("Taking early exercise out of the prices"):
        yields = [
            given if given is not None else 0.0 if one is None else _usual_yield(one.ticker)
            for one, given in ((own, own_yield), (other, other_yield))
        ]
        found = options.chain_borrow(
            own, other, rate_annual=asked_rate, dividend_yield_annual=yields[0],
            against_dividend_yield_annual=yields[1],
        )  # fmt: skip
    chains = [own] if other is None else [own, other]
    if json:
        print_json(_as_json(found, chains, yields))
    else:
        _print(found, chains, yields)


def _usual_yield(ticker: str) -> float:
    """The dividend yield that the modelled surfaces have of a ticker, by itself or its bucket."""
    from hedgebook import options
    from hedgebook.universes.universe import load_universe

    bucket = load_universe().bucket_of(ticker)
    return options.load_surfaces().of(ticker, bucket).terms.dividend_yield_annual


def _estimate(one: Estimate | None) -> dict[str, Any] | None:
    return None if one is None else {"annual": one.value, "error_annual": one.error, "moments": one.count}


def _moment(one: ChainCarry) -> dict[str, Any]:
    return {
        "ticker": one.ticker, "session": str(one.session), "moment": f"{one.moment}Z",
        "spot": one.spot if one.spot > 0.0 else None,
        "spot_offset_frac": one.offset_frac if one.spot > 0.0 else None,
        "expiries": len(one.forwards), "growth_annual": one.growth_annual, "borrow_annual": one.borrow_annual,
        "error_annual": one.error_annual,
    }  # fmt: skip


def _as_json(found: ChainBorrow, chains: list[Chain], yields: list[float]) -> dict[str, Any]:
    return {
        "ticker": found.ticker, "against": found.against, "rate_annual": found.rate_annual,
        "dividend_yield_annual": dict(zip((one.ticker for one in chains), yields, strict=False)),
        "borrow": _estimate(found.borrow), "relative": _estimate(found.relative),
        "moments": [_moment(one) for one in (*found.carries, *found.against_carries)],
        "rows": {one.ticker: sum(map(len, one.snapshots)) for one in chains},
        "dropped": {one.ticker: one.dropped for one in chains}, "notes": list(found.notes),
    }  # fmt: skip


def _print(found: ChainBorrow, chains: list[Chain], yields: list[float]) -> None:
    from hedgebook.reports.page.numbers import UNDEFINED, count, number, percent
    from hedgebook.reports.page.table import Table, columns

    out = console()
    out.print(f"Borrow of {found.ticker} by its options", style="bold")
    if found.relative is not None:
        one = found.relative
        line = f"{percent(one.value)} a year above that of {found.against}, error {percent(one.error)}"
        out.print(f"{line} ({counted_moments(one.count)}).")
    own = found.borrow
    line = f"{percent(own.value)} a year against an interest rate of {percent(found.rate_annual)}, error"
    out.print(f"{line} {percent(own.error)} ({counted_moments(own.count)}).")
    if found.relative is None:
        out.print("Stocks are funded somewhat above bills: measure against an easy name, with --against.")
    for chain, dividend in zip(chains, yields, strict=False):
        if dividend:
            out.print(f"Dividends of {chain.ticker}: {percent(dividend)} a year.", style="dim")
    out.print()
    rows = tuple(
        (
            one.ticker, str(one.moment), number(one.spot, 2) if one.spot > 0.0 else UNDEFINED,
            percent(one.offset_frac) if one.spot > 0.0 else UNDEFINED, count(len(one.forwards)),
            percent(one.growth_annual), percent(one.borrow_annual), percent(one.error_annual),
        )
        for one in (*found.carries, *found.against_carries)
    )  # fmt: skip
    names = columns("Ticker", "UTC", "Spot", "Out of step", "Expiries", "Growth", "Borrow", "Error", left=2)
    note = "Growth: slope of ln(forward) over years. Out of step: the quotes' own spot against the file's; taken out."
    left_out = tuple(
        (chain.ticker, why, count(rows)) for chain in chains for why, rows in sorted(chain.dropped.items())
    )
    print_tables(
        Table("By moment", names, rows, note),
        Table("Rows left out", columns("Ticker", "Reason", "Rows", left=2), left_out),
    )
    for text in found.notes:
        out.print(f"Note: {text}")


def counted_moments(moments: int) -> str:
    """How many moments an estimate is of, in words."""
    from hedgebook.universes.counted import counted

    return counted(moments, "moment")
