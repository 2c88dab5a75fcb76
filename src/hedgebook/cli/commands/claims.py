"""hedgebook claims: what articles stated about an event, held against prices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..deliver import MaybeFolder, print_report_path
from ..options import MarketOptions, grouped
from ..output import console, print_tables, progress

if TYPE_CHECKING:
    from hedgebook.front.events import Claims


@grouped
def claims(
    asked: MarketOptions,
    to: MaybeFolder,
    event: Annotated[
        str | None, typer.Argument(metavar="[EVENT]", help="Only claims about this event. Default: all.")
    ] = None,
    library: Annotated[
        Path | None, typer.Option("--claims", help="Another library of claims, a TOML file.", metavar="FILE")
    ] = None,
) -> None:
    """Check what articles stated about an event: measured numbers, a verdict each, and contradictions."""
    from hedgebook.front import events as front_events

    market = asked.market()
    with progress("Holding claims against prices"):
        found = front_events.check_claims(market, event, claims=library or "claims")
    if to.deliver(found):
        _print(found, to.out)


def _print(found: Claims, folder: Path | None) -> None:
    from hedgebook.reports.claims import page as tables
    from hedgebook.reports.page.section import SIMULATED_BADGE

    out = console()
    if found.simulated:
        out.print(SIMULATED_BADGE, style="bold red")
    out.print(tables.counts_line(found), style="bold")
    out.print(tables.LEGEND, style="dim")
    out.print()
    print_tables(*tables.claims_tables(found))
    for title, lines in (
        ("Caught", tables.findings_lines(found)),
        ("Not as stated", tables.notes_lines(found)),
        ("Cannot be checked on these prices", tables.unknown_lines(found)),
    ):
        if lines:
            out.print(title, style="bold")
            for line in lines:
                out.print(f"- {line}")
            out.print()
    print_tables(tables.contradictions_table(found))
    print_report_path(folder)
