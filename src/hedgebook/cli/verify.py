"""hedgebook verify: rebuild a run with a second engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgebook.errors import RunFolderError

from .options import DEFAULT_UNIVERSE, ConfirmMoves, Json, Prices, market_of
from .output import console, print_json, progress

if TYPE_CHECKING:
    import pandas as pd

    from hedgebook.engine.second_engine import Verification

PRICE_TOLERANCE_FRAC = 1e-9


def verify(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    prices: Prices = None,
    confirm: ConfirmMoves = None,
    json: Json = False,
) -> None:
    """Rebuild a run with vectorbt from its fills and compare NAV; exits 1 above 1e-8 of capital.

    With --prices it also checks that the run's positions were valued at the closes of that file.
    """
    from hedgebook.engine.second_engine import verify_frames
    from hedgebook.reports.run_folder import load_run

    with progress("Reading the run") as say:
        saved = load_run(folder)
        say("Rebuilding with vectorbt")
        found = verify_frames(
            saved.nav, saved.fills, saved.positions, float(saved.summary["capital"]), saved.pnl
        )
    result: dict[str, Any] = {"run": str(folder), **_fields(found)}
    if prices is not None:
        with progress("Comparing with prices"):
            result["largest_price_difference_frac"] = _largest_price_difference(saved.positions, prices, confirm)
        result["passed"] = found.passed and result["largest_price_difference_frac"] <= PRICE_TOLERANCE_FRAC
    if json:
        print_json(result)
    else:
        _print(result)
    if not result["passed"]:
        raise typer.Exit(1)


def _fields(found: Verification) -> dict[str, Any]:
    """The fields of a verification, JSON-ready: a difference that is not a number becomes null."""
    from dataclasses import asdict

    plain = {k: None if isinstance(v, float) and v != v else v for k, v in asdict(found).items()}
    return {**plain, "session": str(found.session), "mismatches": list(found.mismatches)}


def _largest_price_difference(positions: pd.DataFrame, prices: Path, confirm: list[str] | None) -> float:
    """The largest relative difference between the closes that a run used and those of a file."""
    market = market_of(prices, DEFAULT_UNIVERSE, confirm)
    closes = market.frame("close").melt(ignore_index=False, var_name="ticker", value_name="close").reset_index()
    both = positions.merge(closes, on=["session", "ticker"], how="inner")
    if both.empty:
        raise RunFolderError("the price file covers none of the run's positions", where=str(prices))
    return float((both["price"] / both["close"] - 1.0).abs().max())


def _print(result: dict[str, Any]) -> None:
    out = console()
    verdict = "agrees with" if result["passed"] else "DIFFERS FROM"
    out.print(f"{result['run']} {verdict} the second engine", style="bold green" if result["passed"] else "bold red")
    usd, frac = result["largest_nav_difference_usd"], result["largest_nav_difference_frac"]
    size = "not a number" if usd is None else f"{usd:.3g} USD, {frac:.3g} of capital"
    out.print(f"Largest NAV difference: {size}, on {result['session']} (allowed: {result['tolerance_frac']:.0e}).")
    for mismatch in result["mismatches"]:
        out.print(mismatch)
    if "largest_price_difference_frac" in result:
        out.print(f"Largest price difference: {result['largest_price_difference_frac']:.3g} of the close.")
