"""hedgebook data: what the price store holds."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgebook.universes.counted import counted

from ...once import Commands
from ...options import DataAsOf, Json
from ...output import console, print_json, print_tables, progress

data = Commands(
    help="Look at the price store, check it, and write its prices to a file.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@data.command("ls")
def ls(json: Json = False) -> None:
    """List the tickers: first and last session, revisions, source, and when they were last retrieved."""
    from hedgebook.reports.page.table import Column, Table
    from hedgebook.universes.store.store import PriceStore

    found = PriceStore().tickers()
    rows = [
        {
            "ticker": str(ticker), "source": str(row["source"]), "first": f"{row['first_session']:%Y-%m-%d}",
            "last": f"{row['last_session']:%Y-%m-%d}", "sessions": int(row["sessions"]),
            "revisions": int(row["revisions"]), "retrieved_at": f"{row['retrieved_at']:%Y-%m-%dT%H:%M:%SZ}",
        }
        for ticker, row in found.iterrows()
    ]  # fmt: skip
    if json:
        print_json({"tickers": rows})
        return
    titles = ("Ticker", "Source", "First", "Last", "Sessions", "Revisions", "Retrieved (UTC)")
    aligned = tuple(Column(title, right=i in (4, 5)) for i, title in enumerate(titles))
    cells = tuple(
        tuple(f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()) for row in rows
    )
    print_tables(Table("Price store", aligned, cells, "Revisions: older values of prices that changed since."))


@data.command("info")
def info(json: Json = False) -> None:
    """Show where the store is, how large, what it spans, and where its prices came from."""
    from hedgebook.universes.store.store import PriceStore

    found = PriceStore().info()
    if json:
        print_json(found.to_dict())
        return
    out = console()
    out.print(found.path, style="bold", soft_wrap=True)
    out.print(
        f"{counted(found.tickers, 'ticker')}, {counted(found.rows, 'session')} of them, "
        f"{found.first or '-'} to {found.last or '-'}; "
        f"{counted(found.revisions, 'older revision')}, {counted(found.actions, 'corporate action')}; "
        f"{found.bytes / 1e6:,.1f} MB"
    )
    out.print(f"{found.fetches:,} fetches, {found.retrieved_first} to {found.retrieved_last}")
    for source in found.sources:
        out.print(f"From {source}", soft_wrap=True)


@data.command("verify")
def verify(json: Json = False) -> None:
    """Check that every row is what its fetch wrote; exits 1 where one is not."""
    from hedgebook.universes.store.store import PriceStore

    store = PriceStore()
    with progress("Checking the price store"):
        wrong = store.verify()
    if json:
        print_json({"store": str(store.path), "passed": not wrong, "problems": list(wrong)})
    else:
        out = console()
        verdict = "FAILED" if wrong else "sound: every row is what its fetch wrote"
        out.print(f"{store.path}: {verdict}", style="bold red" if wrong else "bold green", soft_wrap=True)
        for problem in wrong:
            out.print(problem)
    if wrong:
        raise typer.Exit(1)


@data.command("export")
def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A new .csv, .csv.gz or .parquet file.")],
    as_of: DataAsOf = None,
    raw: Annotated[bool, typer.Option("--raw", help="Prices as they were quoted, where the source has them.")] = False,
    json: Json = False,
) -> None:
    """Write the prices to a file: date, ticker, open, high, low, close, volume."""
    from hedgebook.universes.store.store import PriceStore

    count = PriceStore().export(file, as_of=as_of, basis="raw" if raw else "adjusted")
    if json:
        print_json({"file": file, "rows": count})
    else:
        console().print(f"Wrote {counted(count, 'row')} to {file}.", soft_wrap=True)
