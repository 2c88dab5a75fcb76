"""What a price file covers and what looks wrong in it, as a page and as a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hedgebook.universes.counted import counted
from hedgebook.universes.prices.check import PriceCheck
from hedgebook.universes.quality.rules import rules_table

from ..page.json import plain
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import count, percent
from ..page.section import Header, Section
from ..page.table import Column, Table, columns
from ..page.undefined import reasoned
from .figures import coverage_figure

RULES_STAND = "Count: sessions. The rules with their limits: in the JSON, and at the end of the report."


def told(found: PriceCheck) -> str:
    """How many findings of each severity there are, and whether a command takes the file; "" where there is none."""
    many = Counter(one.severity for one in found.faults)
    text = ", ".join(counted(many[kind], kind) for kind in ("error", "warning") if many[kind])
    if many["refused"]:
        return f"no command takes it: {counted(many['refused'], 'refusal')}{f', {text}' if text else ''}"
    return text


def extent(found: PriceCheck) -> str:
    """How the file is laid out, and how much is in it."""
    return (
        f"{found.layout} layout, {counted(found.rows, 'row')}, {counted(found.sessions, 'session')} from {found.first} "
        f"to {found.last}"
    )


def check_header(found: PriceCheck) -> Header:
    """Title and verdict; what no command takes, or what is wrong, as a badge."""
    many = Counter(one.severity for one in found.faults)
    says = told(found) or "usable, nothing found"
    rows = (
        ("Errors", count(many["error"] + many["refused"])),
        ("Warnings", count(many["warning"])),
        ("Tickers", count(len(found.tickers))),
        ("Sessions", count(found.sessions)),
    )
    return Header(
        title=f"Prices of {found.source}",
        name=found.universe,
        event="",
        verdict=f"{says[0].upper()}{says[1:]}. {extent(found)[0].upper()}{extent(found)[1:]}.",
        badges=("No command takes these prices",) if found.refused else (),
        warnings=len(found.warnings),
        figures=Table("", columns("Figure", "Value"), rows),
        picture=coverage_figure(found),
        good=("No error found",) if found.passed else (),
        doubts=() if found.passed or found.refused else ("Errors found",),
    )


def coverage_table(found: PriceCheck) -> Table:
    """A row a ticker: what there is of it."""
    titles = ("Ticker", "Bucket", "First", "Last", "Closes", "No open", "Gaps", "Masked")
    rows = tuple(
        (
            one.ticker, one.bucket, one.first, one.last, count(one.closes), count(one.missing_opens),
            count(one.missing_closes), count(one.masked),
        )
        for one in found.coverage
    )  # fmt: skip
    note = "Gaps: sessions without a close in between. Masked: closes before the member's first session."
    return Table("Coverage", tuple(Column(title, right=i >= 4) for i, title in enumerate(titles)), rows, note)


def faults_table(found: PriceCheck) -> Table:
    """Each finding with what to do about it."""
    titles = ("Severity", "Finding", "Where", "Count", "What to do")
    rows = tuple((one.severity, one.title, one.text, count(one.count), one.remedy) for one in found.faults)
    aligned = tuple(Column(title, right=title == "Count") for title in titles)
    return Table("Findings", aligned, rows, RULES_STAND)


def _odd_tables(found: PriceCheck) -> Iterator[Table]:
    """Closes that repeat, moves that are large, and moves that somebody has confirmed."""
    stale = tuple((r.ticker, r.first, r.last, count(r.sessions), f"{r.close:g}") for r in found.stale_runs)
    moves = tuple((m.ticker, m.session, percent(m.return_frac, 1)) for m in found.large_moves)
    real = tuple((m.ticker, m.session, m.ratio, percent(m.move_frac, 1)) for m in found.confirmed_moves)
    if stale:
        yield Table("Closes that repeat", columns("Ticker", "From", "To", "Sessions", "Close", left=3), stale)
    if moves:
        yield Table("Moves beyond 40%", columns("Ticker", "Session", "Move", left=2), moves)
    if real:
        note = "A split could have made these moves; they were confirmed as real."
        yield Table("Moves confirmed as real", columns("Ticker", "Session", "As a split", "Move", left=3), real, note)


def _rules() -> Table:
    rows = tuple((str(one["title"]), str(one["severity"]), str(one["finds"])) for one in rules_table())
    return Table("What was looked for", columns("Finding", "Severity", "Counts", left=3), rows)


def check_sections(found: PriceCheck) -> tuple[Section, ...]:
    """Every section in reading order."""
    faults, odd = faults_table(found), tuple(_odd_tables(found))
    facts = (
        ("File", found.source),
        ("SHA-256", found.sha256),
        ("Universe", found.universe),
        ("Outside the universe", ", ".join(found.ignored) or "none"),
        ("Members without a close", ", ".join(found.lacking) or "none"),
    )
    return (
        *((Section("findings", "Findings", tables=(faults,)),) if faults.rows else ()),
        *((Section("odd", "What to look at", tables=odd),) if odd else ()),
        Section("coverage", "Coverage", tables=(coverage_table(found),)),
        Section("rules", "Rules", tables=(_rules(),), end=True),
        Section("file", "The file", facts=facts, end=True),
        Section(
            "warnings", "Warnings", text=() if found.warnings else ("None.",), items=tuple(found.warnings), end=True
        ),
        made_section(),
    )


def check_dict(found: PriceCheck) -> dict[str, Any]:
    """Everything as one JSON-ready value: fractions and USD unrounded, None where undefined."""
    return reasoned(plain(PriceCheck.to_dict(found)))


CHECK_REPORT: ReportKind[PriceCheck] = ReportKind("check.json", check_dict, check_header, check_sections)
