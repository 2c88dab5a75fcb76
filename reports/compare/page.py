"""A comparison as a page and as a folder."""

from __future__ import annotations

from hedgebook.engine.tearsheet.definitions import MEASURES
from hedgebook.strategies.tearsheet.compare import ComparisonTables

from ..page.json import versions
from ..page.kind import ReportKind
from ..page.section import Header, Section
from ..page.table import Table, columns
from ..tearsheet.page import badges_of, said
from ..tearsheet.words import written
from . import tables
from .figures import correlation_figure, curves_figure, drawdowns_figure, risk_figure
from .summary import summarise_comparison

FIRST_NAMES = 4


def comparison_header(found: ComparisonTables) -> Header:
    """Title and verdict."""
    names = list(found.names)
    more = f" and {len(names) - FIRST_NAMES} more" if len(names) > FIRST_NAMES else ""
    beside = "" if found.benchmark is None else f" Benchmark: {found.benchmark.name}."
    return Header(
        title=f"{len(names)} tracks side by side",
        name=f"comparison of {len(names)}",
        event=f"{', '.join(names[:FIRST_NAMES])}{more}.{beside}",
        verdict=comparison_verdict(found),
        badges=badges_of(*found.tracks),
        warnings=len(found.notes),
        figures=tables.cards_table(found),
        picture=curves_figure(found),
    )


def comparison_verdict(found: ComparisonTables) -> str:
    """Whether the best Sharpe ratio is better than the next by more than its error; of few dates who returned more."""
    if not len(found.dates):
        return "They have too few dates in common to be read against each other: each has figures of its own dates."
    short = tables.is_short(found)
    key, words = ("total_return", "return") if short else ("sharpe", "Sharpe ratio")
    best = found.best.get(key)
    if best is None:
        return f"No two of them have a {words} on their common dates."
    value, next_value = (written(key, tables.value_of(found.measures, n, key)) for n in (best.name, best.next))
    error, lead = written(key, best.stderr), written(key, best.lead)
    text = f"{best.name} has the highest {words}, {value}, before {best.next} with {next_value}: a lead of {lead}"
    if short:
        dates = found.frequency.count(len(found.dates))
        return f"{text}. They share {dates}, too few for annual figures such as a Sharpe ratio to tell them apart."
    text += " "
    if best.stands:
        return f"{text}± {error}, more than its error."
    return f"{text}± {error}, which luck explains as well."


def comparison_sections(found: ComparisonTables) -> tuple[Section, ...]:
    """Every section in reading order."""
    risk, correlation = risk_figure(found), correlation_figure(found)
    parts = [
        Section("measures", "Side by side", tables=tables.measures_in_two(found)),
        Section("curves", "Growth", figures=(curves_figure(found),)),
        Section("drawdowns", "Under water", figures=(drawdowns_figure(found),)),
        Section("best", "Is the best better?", tables=(tables.best_table(found), tables.differences_table(found))),
        Section("risk", "Return for risk", figures=(risk,) if risk else ()),
        Section(
            "correlation",
            "Correlation",
            figures=(correlation,) if correlation else (),
            tables=(tables.correlation_table(found),),
        ),
        Section("parameters", "What differs in their parameters", tables=(tables.parameters_table(found),)),
        Section(
            "own",
            "Each on its own dates",
            tables=tables.in_two(tables.own_table(found), "Sortino", "Gains, losses and tails, each on its own dates"),
        ),
        Section("definitions", "Definitions", tables=(definitions_table(found),)),
        Section("warnings", "Notes", text=() if found.notes else ("None.",), items=found.notes),
        Section("versions", "Versions", text=(", ".join(f"{k} {v}" for k, v in versions().items()),)),
    ]
    return tuple(one for one in parts if said(one))


def definitions_table(found: ComparisonTables) -> Table:
    """The measures that are shown, with definition and source."""
    unit = found.frequency.unit
    rows = tuple(
        (MEASURES[key].named(unit), MEASURES[key].text.format(unit=unit), MEASURES[key].source)
        for key in found.measures.columns
    )
    return Table("Definitions", columns("Measure", "Definition", "Formula and source", left=3), rows)


def terminal_tables(found: ComparisonTables) -> tuple[Table, ...]:
    """What a terminal shows."""
    return (
        tables.measures_table(found), tables.best_table(found), tables.differences_table(found),
        tables.correlation_table(found), tables.parameters_table(found), tables.own_table(found),
    )  # fmt: skip


COMPARISON_REPORT: ReportKind[ComparisonTables] = ReportKind(
    "comparison.json", summarise_comparison, comparison_header, comparison_sections
)
