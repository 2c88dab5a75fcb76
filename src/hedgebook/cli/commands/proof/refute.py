"""hedgebook refute: a verdict with known error rates."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgebook.errors import ParameterError

from ...deliver import MaybeFolder, print_page
from ...options import DEFAULT_TRADE, DEFAULT_UNIVERSE, Changes, MarketOptions, RunOptions, grouped, strategy_named
from ...output import progress

if TYPE_CHECKING:
    from pathlib import Path

    from hedgebook.front.refute import Refuted
    from hedgebook.universes.market import Market

EXIT_NOT_SURVIVED = 1


@dataclass(frozen=True)
class Tried(RunOptions):
    """What is tried, and what it is run on and with."""

    subject: Annotated[
        str,
        typer.Argument(
            help="A trade of the catalogue, FILE.toml:NAME, FILE.py:NAME, or the folder of a run, a sweep or an "
            "events-backtest.",
            metavar="STRATEGY|FOLDER",
        ),
    ] = DEFAULT_TRADE
    changes: Changes = None
    # None where they are not given: a folder has its own.
    universe: Annotated[
        str | None,
        typer.Option(
            "--universe",
            help="A shipped universe or a TOML file. Default: ai_infrastructure.",
            metavar="NAME|FILE",
            show_default=False,
        ),
    ] = None  # type: ignore[assignment]
    costs: Annotated[
        str | None,
        typer.Option(
            "--costs",
            help="default, flat, none or a TOML file. Default: default.",
            metavar="NAME|FILE",
            show_default=False,
        ),
    ] = None  # type: ignore[assignment]
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            help="plain, strict, none or a TOML file of rules. Default: plain.",
            metavar="NAME|FILE",
            show_default=False,
        ),
    ] = None  # type: ignore[assignment]
    events: Annotated[
        str | None,
        typer.Option("--events", help="Another event library, a TOML file.", metavar="FILE", show_default=False),
    ] = None  # type: ignore[assignment]

    def what(self) -> tuple[Any, Market | None, dict[str, Any]]:
        """The subject, prices and terms; of a folder only those that were given, as it has its own."""
        from hedgebook.front.refute import is_result_folder

        if not is_result_folder(self.subject):
            return strategy_named(self.subject, self.changes), self._market(), self.terms
        if self.changes:
            raise ParameterError(
                "a run or a sweep has its parameters already", where="--set", value=", ".join(self.changes),
                remedy="Name the strategy instead of the folder.",
            )  # fmt: skip
        named = any(getattr(self, name) is not None for name in (part.name for part in fields(MarketOptions)))
        return self.subject, self._market() if named else None, self.terms

    def _market(self) -> Market:
        return replace(self, universe=self.universe or DEFAULT_UNIVERSE).market()


@grouped
def refute(
    asked: Tried,
    to: MaybeFolder,
    on: Annotated[
        str | None, typer.Option("--on", help="Events of an event trade, as in meta-compute-2026,oracle-rpo-2025.")
    ] = None,
    tags: Annotated[str | None, typer.Option("--tags", help="Its events with one of these tags.")] = None,
    dates: Annotated[int, typer.Option("--dates", help="Placebo dates at most.", min=100, max=20_000)] = 1000,
    baskets: Annotated[int, typer.Option("--baskets", help="Random baskets.", min=20, max=10_000)] = 199,
    draws: Annotated[int, typer.Option("--draws", help="Of each p-value.", min=199, max=100_000)] = 1999,
    seed: Annotated[int, typer.Option("--seed", help="Of all draws.", min=0)] = 0,
    trials: Annotated[
        str | None,
        typer.Option(
            "--trials",
            help="What was tried besides counts too, in a test of its own: workspace, or how many.",
            metavar="workspace|N",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Try to refute a strategy: SURVIVES, REFUTED, UNDERPOWERED or BLIND, with every test that decides it.

    The folder of a run, a sweep or an events-backtest is tried with the prices, costs and events that it was made with;
    the best set of a sweep has to beat luck among all of its sets too. Exits 0 where it survives, and 1 where it does
    not.
    """
    from hedgebook.front import refute as front

    subject, market, terms = asked.what()
    options = front.RefuteOptions(dates=dates, baskets=baskets, draws=draws, seed=seed, trials=_number_of(trials))
    with progress("Trying placebos"):
        found = front.refute(subject, market, on=on, tags=tags, options=options, **terms)
    if to.deliver(found):
        _print(found, to.out)
    if found.verdict.value != "SURVIVES":
        raise typer.Exit(EXIT_NOT_SURVIVED)


def _number_of(trials: str | None) -> str | int | None:
    return int(trials) if trials is not None and trials.isdecimal() else trials


def _print(found: Refuted, folder: Path | None) -> None:
    from hedgebook.reports.refute.page import refute_header, refute_tables

    top = refute_header(found)
    print_page(top, refute_tables(found), found.notes, folder, subtitle=top.event)
