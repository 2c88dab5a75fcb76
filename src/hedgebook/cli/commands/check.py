"""hedgebook check: look at a price file before it is used."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted

from ..options import DEFAULT_UNIVERSE, ColumnsText, ConfirmMoves, Json, LayoutText, Prices, confirmed_moves
from ..output import console, print_json, print_tables, progress

SHOWN = 6


def check(
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
    json: Json = False,
) -> None:
    """Check a price file: what it covers, what it lacks, and what looks wrong in it, by rules with stated limits.

    With --against: where it differs from another file, and whether that looks like a delay, a swap or a factor.
    The exit code is 1 where no command would take the file, with --strict also where a finding is an error, else 0.
    """
    path = file or prices
    if path is None:
        raise ParameterError("which file?", remedy="Give its path, as in hedgebook check prices.parquet.")
    if against is not None:
        if _compare(path, against, universe, confirm, as_json=json) and strict:
            raise typer.Exit(1)
        return
    from hedgebook.universes.layouts.price_layout import parse_layout
    from hedgebook.universes.prices import check_prices

    with progress("Reading prices"):
        confirmed = confirmed_moves(confirm or ())
        found = check_prices(
            path, universe or DEFAULT_UNIVERSE, confirmed_moves=confirmed, layout=parse_layout(layout, columns)
        )
    if json:
        print_json(found.to_dict())
    else:
        _print(found.to_dict())
    if found.refused or (strict and not found.passed):
        raise typer.Exit(1)


def _compare(path: str, against: str, universe: str | None, confirm: list[str] | None, *, as_json: bool) -> bool:
    """Hold a file against another one; whether a finding is an error."""
    from hedgebook.universes.prices.compare import compare_prices

    confirmed_moves(confirm or ())  # Taken as everywhere, but values are compared as they are, splits or not.
    with progress("Comparing prices"):
        found = compare_prices(path, against, universe)
    if as_json:
        print_json(found.to_dict())
    else:
        from ..compared import print_comparison

        print_comparison(found)
    return any(one.severity == "serious" for one in found.findings)


def _print(found: dict[str, Any]) -> None:
    from hedgebook.reports.page.table import Column, Table

    out = console()
    count = Counter(one["severity"] for one in found["faults"])
    told = ", ".join(counted(count[kind], kind) for kind in ("error", "warning") if count[kind])
    if count["refused"]:
        told = f"no command takes it: {counted(count['refused'], 'refusal')}{f', {told}' if told else ''}"
    style = "bold red" if count["error"] or count["refused"] else "bold yellow" if told else "bold green"
    out.print(f"{found['source']}: {told or 'usable, nothing found'}", style=style)
    out.print(
        f"{found['layout']} layout, {counted(found['rows'], 'row')}, {counted(found['sessions'], 'session')} from "
        f"{found['first']} to {found['last']}"
    )
    columns = ("ticker", "bucket", "first", "last", "closes", "missing_opens", "missing_closes", "masked")
    titles = ("Ticker", "Bucket", "First", "Last", "Closes", "No open", "Gaps", "Masked")
    rows = tuple(tuple(str(line[name]) for name in columns) for line in found["coverage"])
    aligned = tuple(Column(t, right=i >= 4) for i, t in enumerate(titles))
    out.print()
    print_tables(Table("Coverage", aligned, rows, "Masked: closes before the member's first session."))
    _print_faults(found["faults"])
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
        "Moves beyond 40 %", [f"{m['ticker']} {m['return_frac']:+.0%} on {m['session']}" for m in found["large_moves"]]
    )


def _print_faults(faults: list[dict[str, Any]]) -> None:
    """Each finding with what to do about it."""
    from hedgebook.reports.page.table import Column, Table

    if faults:
        rows = tuple((f["severity"], f["title"], f["text"], f"{f['count']:,}", f["remedy"]) for f in faults)
        titles = ("Severity", "Finding", "Where", "Count", "What to do")
        aligned = tuple(Column(title, right=title == "Count") for title in titles)
        print_tables(Table("Findings", aligned, rows, "Count: sessions. The rules with their limits: --json."))


def _print_odd(what: str, cases: list[str]) -> None:
    """Name the latest cases of something odd, and say how many there are in all."""
    if cases:
        more = "" if len(cases) <= SHOWN else f", the latest {SHOWN} here, all with --json"
        console().print(f"{what} ({len(cases)}{more}): {'; '.join(cases[-SHOWN:])}")
