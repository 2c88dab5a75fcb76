"""hedgebook fetch: bring prices into the price store."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgebook.universes.counted import counted

from ...options import DEFAULT_UNIVERSE, ColumnsText, Json, LayoutText, UniverseName
from ...output import console, print_json, progress

SHOWN = 12


def fetch(
    universe: UniverseName = DEFAULT_UNIVERSE,
    source: Annotated[
        str,
        typer.Option(
            "--source",
            help="yfinance:, a price file, or a URL: duckdb:///FILE?table=T, sqlite:///FILE?table=T, "
            "postgresql://user@host/db?table=T.",
            metavar="FILE|URL",
        ),
    ] = "yfinance:",
    start: Annotated[str | None, typer.Option("--start", help="First day. Default: all.", metavar="DATE")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last day.", metavar="DATE")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Ask Yahoo for everything again, not only for what is newer.")
    ] = False,
    layout: LayoutText = None,
    columns: ColumnsText = None,
    json: Json = False,
) -> None:
    """Fetch the prices of a universe into the price store, as one whole or not at all.

    Only what is new or has changed is written; what it replaces is kept as an older revision. The store lies in the
    folder HEDGEBOOK_DATA, by default the user's data folder.
    """
    from hedgebook.universes.layouts.price_layout import parse_layout
    from hedgebook.universes.store.fetch import fetch as front

    asked = parse_layout(layout, columns)
    with progress("Fetching prices") as tell:
        found = front(universe, source, start=start, until=until, full=full, layout=asked, tell=tell)
    if json:
        print_json(found.to_dict())
        return
    out = console()
    out.print(f"{counted(found.tickers, 'ticker')}, {found.first} to {found.last}, from {found.source}", style="bold")
    out.print(
        f"{found.added:,} new, {found.revised:,} changed (the old ones are kept), {found.unchanged:,} as they were; "
        f"{found.actions:,} corporate actions"
    )
    if found.absent:
        more = f" and {len(found.absent) - SHOWN} more" if len(found.absent) > SHOWN else ""
        out.print(f"Note: the source has no prices of {', '.join(found.absent[:SHOWN])}{more}")
    for note in found.notes:
        out.print(f"Note: {note}")
    out.print(f"Store: {found.store}, retrieved {found.retrieved_at}", soft_wrap=True)
