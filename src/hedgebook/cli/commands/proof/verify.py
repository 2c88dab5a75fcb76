"""hedgebook verify: a run folder against itself, a second engine and, where asked, a price file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgebook.universes.counted import counted

from ...options import ConfirmMoves, Json, Prices, confirmed_moves
from ...output import console, print_json, print_tables, progress

if TYPE_CHECKING:
    from hedgebook.engine.verify.frames import SavedFrames
    from hedgebook.engine.verify.prices import PriceComparison
    from hedgebook.engine.verify.vectorbt import Verification


def verify(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    prices: Prices = None,
    universe: Annotated[
        str | None,
        typer.Option("--universe", help="Also hold buckets and listing days against it.", metavar="NAME|FILE"),
    ] = None,
    confirm: ConfirmMoves = None,
    json: Json = False,
) -> None:
    """Check a run folder: its files against one another, and NAV rebuilt with vectorbt from the fills.

    With --prices also whether the run was valued at the prices of that file, whichever universe it was made for.
    Exits 1 where anything disagrees: NAV by more than 1e-8 of capital, prices by more than 1e-9.
    """
    from hedgebook.engine.verify.frames import read_frames
    from hedgebook.engine.verify.vectorbt import verify_frames
    from hedgebook.reports.run.folder import capital_of, changed_files, read_run
    from hedgebook.universes.sources.open import label_of

    confirmed_moves(confirm or ())  # Accepted as in every command that reads prices; values are compared as they are.
    saved = read_run(folder)
    capital = capital_of(saved)
    with progress("Rebuilding with vectorbt"):
        found = verify_frames(saved.nav, saved.fills, saved.positions, capital, saved.pnl, saved.summary, saved.actions)
    frames = read_frames(saved.nav, saved.fills, saved.positions, capital, saved.pnl, saved.actions)
    result: dict[str, Any] = {"run": str(folder), **_fields(found)}
    result["mismatches"] += [f"{name}: its bytes are not those that were written" for name in changed_files(folder)]
    if universe is not None:
        result["mismatches"] += _universe_gaps(frames, universe, prices)
    result["passed"] = found.passed and not result["mismatches"]
    if prices is not None:
        with progress("Reading prices"):
            compared = _compare(frames, prices)
        result["largest_price_difference_frac"] = compared.largest_frac
        result["prices"] = {"file": label_of(prices), **compared.to_dict()}
        result["passed"] = result["passed"] and compared.differing == 0
    if json:
        print_json(result)
    else:
        _print(result, engine_passed=found.passed)
    if not result["passed"]:
        raise typer.Exit(1)


def _fields(found: Verification) -> dict[str, Any]:
    """The fields of a verification, JSON-ready: a difference that is not a number becomes null."""
    from dataclasses import asdict

    plain = {k: None if isinstance(v, float) and v != v else v for k, v in asdict(found).items()}
    return {**plain, "session": str(found.session), "mismatches": list(found.mismatches)}


def _universe_gaps(run: SavedFrames, name: str, prices: str | None) -> list[str]:
    """What a run did that a universe does not allow: tickers and buckets that it lacks, fills before a listing."""
    from hedgebook.universes.universe import ALL, load_universe

    if name == ALL and prices is not None:
        return []  # Every ticker of the file, against whose prices the run is held: it has no buckets and no listings.
    universe = load_universe(name)
    outside = [ticker for ticker in run.tickers if ticker not in universe.by_ticker]
    found = [f"{ticker} is not in the universe {universe.name}" for ticker in outside]
    if run.pnl is not None and "bucket" in run.pnl:
        pairs = run.pnl[["ticker", "bucket"]].drop_duplicates()
        for ticker, bucket in pairs.itertuples(index=False):
            wanted = universe.bucket_of(ticker)
            if wanted is not None and wanted != bucket:
                theirs = f"the universe {universe.name} has {wanted!r}"
                found.append(f"pnl.parquet: bucket of {ticker} is {bucket!r}, {theirs}")
    for ticker, session in run.fills[["ticker", "session"]].itertuples(index=False):
        known = universe.by_ticker.get(ticker)
        if known is not None and not known[1].listed_on(session.date()):
            listing = known[1].first_session
            found.append(f"fills.parquet: {ticker} is traded on {session:%Y-%m-%d}, before its listing on {listing}")
    return found


def _compare(run: SavedFrames, prices: str) -> PriceComparison:
    """Raises PriceDataError for a file that cannot be used or has no price of the run's tickers."""
    from hedgebook.engine.verify.prices import PriceComparison, compare_run_prices
    from hedgebook.universes.prices.fields import read_fields

    if not run.tickers:
        return PriceComparison(closes=0, opens=0, differing=0, missing=0, largest_frac=0.0, first=())
    found = read_fields(prices, run.tickers)
    return compare_run_prices(run, found.frame("close"), found.frame("open"))


def _print(result: dict[str, Any], *, engine_passed: bool) -> None:
    out = console()
    name = result["run"]
    style = "bold green" if result["passed"] else "bold red"
    prices = result.get("prices")
    rebuilt = result["largest_nav_difference_frac"] is not None
    rebuilt = rebuilt and result["largest_nav_difference_frac"] <= result["tolerance_frac"]
    if result["passed"]:
        out.print(f"{name} agrees with the second engine", style=style)
    else:
        if not rebuilt or (not engine_passed and not result["mismatches"]):
            out.print(f"{name} DIFFERS FROM the second engine", style=style)
        if result["mismatches"]:
            out.print(f"{name}: ITS FILES DISAGREE", style=style)
        if prices is not None and prices["differing"]:
            out.print(f"{name}: PRICES DIFFER from those of {prices['file']}", style=style)
        if engine_passed:
            out.print("The second engine agrees.")
    usd, frac = result["largest_nav_difference_usd"], result["largest_nav_difference_frac"]
    size = "not a number" if usd is None else f"{usd:.3g} USD, {frac:.3g} of capital"
    out.print(f"Largest NAV difference: {size}, on {result['session']} (allowed: {result['tolerance_frac']:.0e}).")
    for mismatch in result["mismatches"]:
        out.print(mismatch)
    if prices is not None:
        _print_prices(prices)


def _print_prices(prices: dict[str, Any]) -> None:
    from hedgebook.reports.page.table import Column, Table

    out = console()
    count = f"{counted(prices['closes'], 'close')} and {counted(prices['opens'], 'open')} compared"
    if not prices["closes"] and not prices["opens"]:
        out.print("The run held nothing, so there was no price to compare.")
        return
    if not prices["differing"]:
        out.print(f"Prices: {count}, all equal (largest difference {prices['largest_frac']:.1g} of the price).")
        return
    missing = f", {prices['missing']:,} of them not in the file" if prices["missing"] else ""
    out.print(f"Prices differ: {prices['differing']:,} of {count}{missing}.")
    rows = []
    for line in prices["first"]:
        file = line["file"]
        gap = "not in the file" if file is None else f"{line['run'] / file - 1.0:+.3g}"
        texts = _apart(line["run"], file)
        rows.append((line["session"], line["mark"], line["ticker"], *texts, gap))
    titles = ("Session", "Mark", "Ticker", "Run", "File", "Run/file-1")
    columns = tuple(Column(title, right=k >= 3) for k, title in enumerate(titles))
    more = prices["differing"] - len(prices["first"])
    note = f"and {more:,} more" if more > 0 else ""
    out.print()
    print_tables(Table("Prices that differ", columns, tuple(rows), note))


def _apart(run: float, file: float | None) -> tuple[str, str]:
    """Two prices in as few digits as tell them apart."""
    from hedgebook.engine.verify.gaps import distinct

    return (f"{run:.10g}", "-") if file is None else distinct(run, file)
