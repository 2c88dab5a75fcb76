"""hedgebook check: look at a price file before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgebook.errors import ParameterError

from ..deliver import MaybeFolder, print_report_path
from ..options import DEFAULT_UNIVERSE, ColumnsText, ConfirmMoves, LayoutText, Prices, confirmed_moves, grouped
from ..output import console, print_tables, progress

if TYPE_CHECKING:
    from hedgebook.front.desk.prices import PriceCheck

SHOWN = 6


@grouped
def check(
    to: MaybeFolder,
    file: Annotated[str | None, typer.Argument(metavar="PRICES", help="A price file, or the URL of a source.")] = None,
    prices: Prices = None,
    universe: Annotated[
        str | None,
        typer.Option(
            "--universe",
            help=f"A shipped universe or a TOML file. Default: {DEFAULT_UNIVERSE}; with --against every ticker.",
            metavar="NAME|FILE",
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Other prices to hold it against, file or URL.", metavar="PRICES")
    ] = None,
    confirm: ConfirmMoves = None,
    layout: LayoutText = None,
    columns: ColumnsText = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 where a finding is an error, of prices or against another file.")
    ] = False,
) -> None:
    """Check a price file: what it covers, what it lacks, and what looks wrong in it, by rules with stated limits.

    With --against: where it differs from another file, and whether that looks like a delay, a swap or a factor.
    The exit code is 1 where no command would take the file, with --strict also where a finding is an error, else 0.
    """
    path = file or prices
    if path is None:
        raise ParameterError("which file?", remedy="Give its path, as in hedgebook check prices.parquet.")
    if against is not None:
        if _compare(path, against, universe, confirm, to) and strict:
            raise typer.Exit(1)
        return
    from hedgebook.front.desk.prices import check_prices
    from hedgebook.universes.layouts.price_layout import parse_layout

    with progress("Reading prices"):
        confirmed = confirmed_moves(confirm or ())
        found = check_prices(
            path, universe or DEFAULT_UNIVERSE, confirmed_moves=confirmed, layout=parse_layout(layout, columns)
        )
    if to.deliver(found):
        _print(found, to.out)
    if found.refused or (strict and not found.passed):
        raise typer.Exit(1)


def _compare(path: str, against: str, universe: str | None, confirm: list[str] | None, to: MaybeFolder) -> bool:
    """Hold a file against another one; whether a finding is an error."""
    from hedgebook.front.desk.prices import compare_prices

    confirmed_moves(confirm or ())  # Taken as everywhere, but values are compared as they are, splits or not.
    with progress("Comparing prices"):
        found = compare_prices(path, against, universe)
    if to.deliver(found):
        from ..compared import print_comparison

        print_comparison(found)
        print_report_path(to.out)
    return any(one.severity == "serious" for one in found.findings)


def _print(found: PriceCheck, folder: Path | None) -> None:
    from hedgebook.reports.prices.check import coverage_table, extent, faults_table, told

    out, says = console(), told(found)
    style = "bold red" if found.errors else "bold yellow" if says else "bold green"
    out.print(f"{found.source}: {says or 'usable, nothing found'}", style=style)
    out.print(extent(found))
    out.print()
    print_tables(coverage_table(found))
    if found.faults:
        print_tables(faults_table(found))
    for warning in found.warnings:
        out.print(f"Note: {warning}")
    _print_odd(
        "Closes that repeat", [f"{r.ticker} {r.close:g} x {r.sessions} from {r.first}" for r in found.stale_runs]
    )
    _print_odd(
        "Moves confirmed as real, though a split could have made them",
        [f"{m.ticker} {m.move_frac:+.0%} on {m.session} ({m.ratio})" for m in found.confirmed_moves],
    )
    _print_odd("Moves beyond 40%", [f"{m.ticker} {m.return_frac:+.0%} on {m.session}" for m in found.large_moves])
    print_report_path(folder)


def _print_odd(what: str, cases: list[str]) -> None:
    """Name the latest cases of something odd, and say how many there are in all."""
    if cases:
        more = "" if len(cases) <= SHOWN else f", the latest {SHOWN} here, all with --json"
        console().print(f"{what} ({len(cases)}{more}): {'; '.join(cases[-SHOWN:])}")
