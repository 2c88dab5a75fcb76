"""hedgebook check: look at a price file before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hedgebook.errors import ParameterError

from .options import DEFAULT_UNIVERSE, ConfirmMoves, Json, Prices, UniverseName, confirmed_moves
from .output import console, print_json, print_tables, progress

SHOWN = 6


def check(
    file: Annotated[Path | None, typer.Argument(metavar="PRICES", help="A price file.")] = None,
    prices: Prices = None,
    universe: UniverseName = DEFAULT_UNIVERSE,
    confirm: ConfirmMoves = None,
    json: Json = False,
) -> None:
    """Check a price file: what it covers, what it lacks, and what looks odd in it."""
    path = file or prices
    if path is None:
        raise ParameterError("which file?", remedy="Give its path, as in hedgebook check prices.parquet.")
    from hedgebook.universes.prices import check_prices

    with progress("Reading prices"):
        found = check_prices(path, universe, confirmed_moves=confirmed_moves(confirm or ())).as_dict()
    if json:
        print_json(found)
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    from hedgebook.reports.table import Column, Table

    out = console()
    out.print(f"{found['source']}: usable", style="bold green")
    out.print(
        f"{found['layout']} layout, {found['rows']:,} rows, {found['sessions']:,} sessions from "
        f"{found['first']} to {found['last']}"
    )
    columns = ("ticker", "bucket", "first", "last", "closes", "missing_opens", "missing_closes", "masked")
    titles = ("Ticker", "Bucket", "First", "Last", "Closes", "No open", "Gaps", "Masked")
    rows = tuple(tuple(str(line[name]) for name in columns) for line in found["coverage"])
    aligned = tuple(Column(t, right=i >= 4) for i, t in enumerate(titles))
    out.print()
    print_tables(Table("Coverage", aligned, rows, "Masked: closes before the member's first session."))
    for warning in found["warnings"]:
        out.print(f"Note: {warning}")
    _print_odd(
        "Closes that repeat",
        [f"{r['ticker']} {r['close']:g} x {r['sessions']} from {r['first']}" for r in found["stale_runs"]],
    )
    _print_odd(
        "Moves confirmed as real, though a split could have made them",
        [f"{m['ticker']} {m['move_frac']:+.0%} on {m['session']} ({m['ratio']})" for m in found["confirmed_moves"]],
    )
    _print_odd(
        "Moves beyond 40 %",
        [f"{m['ticker']} {m['return_frac']:+.0%} on {m['session']}" for m in found["large_moves"]],
    )


def _print_odd(what: str, cases: list[str]) -> None:
    """Name the latest cases of something odd, and say how many there are in all."""
    if cases:
        more = "" if len(cases) <= SHOWN else f", the latest {SHOWN} here, all with --json"
        console().print(f"{what} ({len(cases)}{more}): {'; '.join(cases[-SHOWN:])}")
