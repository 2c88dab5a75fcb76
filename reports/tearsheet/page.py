"""A tear sheet as a page and as a folder."""

from __future__ import annotations

import math

from hedgebook.engine.risk.frequency import FEWEST_FOR_ANNUAL
from hedgebook.strategies.tearsheet.sheet import SheetTables
from hedgebook.strategies.tearsheet.track import Track

from ..page.json import versions
from ..page.kind import ReportKind
from ..page.numbers import number, percent
from ..page.section import HINDSIGHT_BADGE, SIMULATED_BADGE, Header, Section
from ..page.table import Table
from . import tables
from .calendars import boxes_figure, months_figure, months_table, years_figure
from .curves import growth_figure, underwater_figure
from .held import held_sections
from .spread import distribution_figure, moving_figure
from .summary import summarise_sheet


def sheet_header(sheet: SheetTables) -> Header:
    """Title and verdict."""
    beside = "" if sheet.benchmark is None else f" Benchmark: {sheet.benchmark.name}."
    return Header(
        title=f"Tear sheet of {sheet.name}",
        name=sheet.name,
        event=f"From {sheet.track.basis}.{beside}",
        verdict=sheet_verdict(sheet),
        badges=badges_of(sheet.track),
        warnings=len(sheet.notes),
        figures=tables.cards_table(sheet),
        picture=growth_figure(sheet),
    )


def badges_of(*tracks: Track) -> tuple[str, ...]:
    """What nobody may overlook of any of them."""
    simulated, hindsight = (any(getattr(track, name) for track in tracks) for name in ("simulated", "hindsight"))
    return (*((SIMULATED_BADGE,) if simulated else ()), *((HINDSIGHT_BADGE,) if hindsight else ()))


def sheet_verdict(sheet: SheetTables) -> str:
    """The outcome in two sentences."""
    value = {name: one.value for name, one in sheet.measures.items()}
    total = value["total_return"]
    made = "gained" if total >= 0.0 else "lost"
    text = f"{sheet.name} {made} {percent(abs(total))}"
    enough = len(sheet.returns) >= FEWEST_FOR_ANNUAL
    if math.isfinite(value["cagr"]) and enough:
        text += f", {percent(value['cagr'])} a year"
    text += f", with a largest drawdown of {percent(value['max_drawdown'])}."
    sharpe = sheet.measures["sharpe"]
    if math.isfinite(sharpe.value) and not enough:
        return f"{text} {sheet.track.frequency.count(len(sheet.returns)).capitalize()} say little of a year."
    if math.isfinite(sharpe.value):
        text += f" Sharpe ratio {number(sharpe.value)} ± {number(sharpe.stderr)}"
        if sheet.track.riskless:
            text += f" in excess of {percent(sheet.track.riskless_annual)} a year"
        beta = sheet.measures["beta"]
        if sheet.benchmark is not None and math.isfinite(beta.value):
            text += f", beta to {sheet.benchmark.name} {number(beta.value)}"
        text += "."
    elif sharpe.reason:
        text += f" No Sharpe ratio: {sharpe.reason}."
    return text


def sheet_sections(sheet: SheetTables) -> tuple[Section, ...]:
    """Every section in reading order."""
    notes = sheet.notes
    found = [
        *shared_sections(sheet),
        *held_sections(sheet),
        Section("definitions", "Definitions", tables=(tables.definitions_table(sheet),)),
        Section("warnings", "Notes", text=() if notes else ("None.",), items=notes),
        Section("versions", "Versions", text=(", ".join(f"{k} {v}" for k, v in versions().items()),)),
    ]
    return tuple(one for one in found if said(one))


def shared_sections(sheet: SheetTables) -> tuple[Section, ...]:
    """The sections that the risk report of a series of returns has as well."""
    calendar = tuple(f for f in (months_figure(sheet), years_figure(sheet), boxes_figure(sheet)) if f is not None)
    spread, moving = distribution_figure(sheet), moving_figure(sheet)
    measures = tables.measures_tables(sheet)
    found = [
        Section("growth", "Growth", figures=(growth_figure(sheet),), tables=(tables.periods_table(sheet),)),
        Section(
            "underwater",
            "Under water",
            figures=(underwater_figure(sheet),) if len(sheet.drawdowns) else (),
            tables=(tables.drawdowns_table(sheet),) if len(sheet.drawdowns) else (),
            text=() if len(sheet.drawdowns) else ("It was never below its high.",),
        ),
        Section("measures", "Measures", text=(tables.errors_note(sheet),), tables=measures),
        Section("calendar", "Months and years", figures=calendar, tables=(months_table(sheet),)),
        Section("moving", "Moving figures", figures=(moving,) if moving else (), tables=(tables.moving_table(sheet),)),
        Section("distribution", "Distribution", figures=(spread,) if spread else ()),
        Section(
            "extremes", "Best, worst and streaks", tables=(tables.extremes_table(sheet), tables.streaks_table(sheet))
        ),
    ]
    return tuple(one for one in found if said(one))


def said(section: Section) -> bool:
    return bool(
        section.cards or section.figures or section.items or section.text or any(t.rows for t in section.tables)
    )


def terminal_tables(sheet: SheetTables) -> tuple[Table, ...]:
    """What a terminal shows."""
    return (
        *tables.measures_tables(sheet), tables.periods_table(sheet), tables.drawdowns_table(sheet), months_table(sheet),
        tables.extremes_table(sheet), tables.streaks_table(sheet),
    )  # fmt: skip


SHEET_REPORT: ReportKind[SheetTables] = ReportKind("tearsheet.json", summarise_sheet, sheet_header, sheet_sections)
