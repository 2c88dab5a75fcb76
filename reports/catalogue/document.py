"""What every trade of a catalogue earned, as a page and as a folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import UNDEFINED, count, number, percent
from ..page.section import SIMULATED_BADGE, Header, Section
from ..page.table import Table, columns
from .figures import returns_figure
from .tables import results_dict, results_table

if TYPE_CHECKING:
    from hedgebook.strategies.catalogue.results import CatalogueRuns


def catalogue_header(found: CatalogueRuns) -> Header:
    """Title, verdict and badges."""
    luck = found.luck
    return Header(
        title="Every trade of the catalogue, losers too",
        name="catalogue",
        event="",
        verdict=found.verdict,
        badges=(SIMULATED_BADGE,) if found.market.provenance.simulated else (),
        warnings=len(found.notes),
        figures=Table("", columns("Figure", "Value"), tuple(_cards(found))),
        picture=returns_figure(found),
        good=("Best stands out from luck",) if luck.proven else (),
        doubts=() if luck.proven or luck.best is None else ("Not told from luck",),
    )


def _cards(found: CatalogueRuns) -> Iterator[tuple[str, str]]:
    returns, luck = found.table["total_return"].dropna(), found.luck
    yield "Trades that traded", f"{count(luck.trials)} of {count(len(found.entries))}"
    if luck.best is not None:
        row = luck.table.to_dict("index")[luck.best]
        yield f"Return of {luck.best}", percent(returns[luck.best], 1)
        yield "Its p among all", number(row["adjusted_p_value"])
        yield "Deflated Sharpe", percent(row["deflated_sharpe"], 1)


def luck_table(found: CatalogueRuns) -> Table:
    """What luck can do to each trade alone and among all."""
    table = found.luck.table
    rows = tuple(
        (
            str(name),
            percent(row["excess_return"], 1),
            percent(row["needed_return"], 1),
            number(row["t"]),
            number(row["p_value"], 4),
            number(row["adjusted_p_value"]),
            percent(row["deflated_sharpe"], 1),
        )
        for name, row in zip(table.index, table.to_dict("records"), strict=True)
    )
    note = (
        "Over cash: sum of the returns less what cash earns. Needed: what it would have to be, to be told from luck "
        "among all (5%). t: mean return over cash, over its standard error. Alone: its two-sided p-value by Student's "
        "t. Among all: raised for the number of trades (Holm). Deflated: probability that the best of so many trades "
        "without skill stays below it."
    )
    return Table(
        "Luck of each",
        columns("Trade", "Over cash", "Needed", "t", "p alone", "p among all", "Deflated Sharpe"),
        rows,
        note,
    )


def catalogue_sections(found: CatalogueRuns) -> tuple[Section, ...]:
    """Every section in reading order."""
    problems, notes = found.problems, found.notes
    return (
        Section("trades", "Trades side by side", tables=(results_table(found),)),
        *_luck(found),
        Section("problems", "Could not be run", text=() if problems else ("None.",), items=problems),
        Section("settings", "Settings", facts=_settings(found), end=True),
        Section("warnings", "Warnings", text=() if notes else ("None.",), items=notes, end=True),
        made_section(),
    )


def _luck(found: CatalogueRuns) -> Iterator[Section]:
    shown, luck = luck_table(found), found.luck
    facts: tuple[tuple[str, str], ...] = ()
    if (tests := luck.superiority) is not None:
        facts = (
            ("White's reality check", f"p {number(tests.reality_check, 4)}"),
            ("Hansen's test (SPA)", f"p {number(tests.spa_consistent, 4)}"),
        )
    reasons = tuple(f"{name}: {reason}" for name, reason in luck.reasons.items())
    if shown.rows or facts or reasons:
        tables = (shown,) if shown.rows else ()
        yield Section("luck", "How much of it is luck", facts=facts, tables=tables, items=reasons)


def _settings(found: CatalogueRuns) -> tuple[tuple[str, str], ...]:
    source = found.market.provenance
    kinds = (f"{name} {kind}" for name, kind in found.table["kind"].items())
    return (
        ("Trades", ", ".join(kinds) or UNDEFINED),
        ("Costs", found.costs.name),
        ("Prices", f"{source.source}, {source.first} to {source.last}{': ' if source.note else ''}{source.note}"),
        ("SHA-256 of the prices", source.sha256),
    )


CATALOGUE_REPORT: ReportKind[CatalogueRuns] = ReportKind(
    "trades.json", results_dict, catalogue_header, catalogue_sections
)
