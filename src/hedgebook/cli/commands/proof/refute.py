"""hedgebook refute: a verdict with known error rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...deliver import MaybeFolder, print_page
from ...options import StrategyOptions, grouped
from ...output import progress

if TYPE_CHECKING:
    from pathlib import Path

    from hedgebook.front.refute import Refuted

EXIT_NOT_SURVIVED = 1


@grouped
def refute(
    asked: StrategyOptions,
    to: MaybeFolder,
    on: Annotated[
        str | None, typer.Option("--on", help="Events of an event trade, as in meta-compute-2026,oracle-rpo-2025.")
    ] = None,
    tags: Annotated[str | None, typer.Option("--tags", help="Its events with one of these tags.")] = None,
    dates: Annotated[int, typer.Option("--dates", help="Placebo dates at most.", min=100, max=20_000)] = 1000,
    baskets: Annotated[int, typer.Option("--baskets", help="Random baskets.", min=20, max=10_000)] = 199,
    draws: Annotated[int, typer.Option("--draws", help="Of each p-value.", min=199, max=100_000)] = 1999,
    seed: Annotated[int, typer.Option("--seed", help="Of all draws.", min=0)] = 0,
) -> None:
    """Try to refute a strategy: SURVIVES, REFUTED, UNDERPOWERED or BLIND, with every test that decides it.

    Exits 0 where it survives, and 1 where it does not.
    """
    from hedgebook.front import refute as front

    strategy = asked.strategy()
    market = asked.market()
    options = front.RefuteOptions(dates=dates, baskets=baskets, draws=draws, seed=seed)
    with progress("Trying placebos"):
        found = front.refute(strategy, market, on=on, tags=tags, options=options, **asked.terms)
    if to.deliver(found):
        _print(found, to.out)
    if found.verdict.value != "SURVIVES":
        raise typer.Exit(EXIT_NOT_SURVIVED)


def _print(found: Refuted, folder: Path | None) -> None:
    from hedgebook.reports.refute.page import refute_header, refute_tables

    top = refute_header(found)
    print_page(top, refute_tables(found), found.notes, folder, subtitle=top.event)
