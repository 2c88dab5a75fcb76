"""Two price files held against each other, as a page and as a folder."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hedgebook.universes.counted import counted
from hedgebook.universes.prices.compare import Comparison, FileFacts
from hedgebook.universes.prices.findings import Example, PriceFinding

from ..page.json import plain
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import UNDEFINED, count
from ..page.section import Header, Section
from ..page.table import Column, Table, columns
from ..page.undefined import reasoned
from .figures import differences_figure


def both(found: Comparison) -> str:
    """What the two files have in common, and what of it was compared."""
    compared = ", ".join(f"{many:,} {name}s" for name, many in found.compared.items() if many)
    shared = f"{counted(found.tickers, 'ticker')} and {counted(found.sessions, 'session')}"
    return f"{shared} in both; compared: {compared or 'nothing'}"


def facts_of(facts: FileFacts) -> str:
    """One of the two files in a line."""
    size = f"{counted(facts.tickers, 'ticker')}, {counted(facts.sessions, 'session')}"
    return f"{facts.source}, {facts.layout}, {size}, {facts.first} to {facts.last}"


def differences_header(found: Comparison) -> Header:
    """Title, verdict and how much was found."""
    many = Counter(str(one.severity) for one in found.findings)
    rows = tuple((name, count(many[key])) for name, key in (("Serious", "serious"), ("Warnings", "warning"),
                                                            ("Notes", "note")))  # fmt: skip
    says = "The two files agree." if found.agree else f"{counted(len(found.findings), 'difference')}."
    return Header(
        title="Two price files side by side",
        name="prices",
        event=f"{found.a.source} and {found.b.source}",
        verdict=f"{says} {both(found)[0].upper()}{both(found)[1:]}.",
        badges=(),
        warnings=0,
        figures=Table("", columns("Figure", "Value"), (*rows, ("Tickers in both", count(found.tickers)))),
        picture=differences_figure(found),
        good=("The files agree",) if found.agree else (),
        doubts=("They differ seriously",) if many["serious"] else (),
    )


def counts_table(found: Comparison) -> Table:
    """How many findings and values there are of each kind."""
    counts: dict[tuple[str, str], list[PriceFinding]] = {}
    for finding in found.findings:
        counts.setdefault((finding.severity, finding.kind), []).append(finding)
    rows = tuple(
        (severity, kind.replace("_", " "), count(len(each)), count(sum(one.count for one in each)))
        for (severity, kind), each in counts.items()
    )
    note = "A difference does not say which of the two files is right."
    return Table("Differences", columns("Severity", "Kind", "Findings", "Values", left=2), rows, note)


def findings_table(found: Comparison) -> Table:
    """Every finding in a sentence, worst first."""
    titles = ("Severity", "Ticker", "Finding", "Count", "First", "Last")
    rows = tuple((f.severity, f.ticker, f.text, count(f.count), f.first, f.last) for f in found.findings)
    return Table("Findings", tuple(Column(name, right=name == "Count") for name in titles), rows)


def examples_table(found: Comparison) -> Table:
    """Places that differ, a few of each finding."""
    rows = tuple(
        (finding.ticker, one.session, one.field, _value(one.a), _value(one.b))
        for finding in found.findings
        for one in finding.examples
        if finding.kind not in ("ticker", "sessions")
    )
    return Table("Examples", columns("Ticker", "Session", "Field", "In A", "In B", left=3), rows)


def _value(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:,.10g}"


def example_line(example: Example) -> str:
    """One place that differs."""
    a, b = ("none" if value is None else _value(value) for value in (example.a, example.b))
    return f"{example.session} {example.field}: {a} in A, {b} in B"


def differences_sections(found: Comparison) -> tuple[Section, ...]:
    """Every section in reading order."""
    shown = tuple(table for table in (findings_table(found), examples_table(found)) if table.rows)
    files = (("A", facts_of(found.a)), ("SHA-256 of A", found.a.sha256), ("B", facts_of(found.b)),
             ("SHA-256 of B", found.b.sha256))  # fmt: skip
    counted_ = counts_table(found)
    return (
        *((Section("differences", "Differences", tables=(counted_,)),) if counted_.rows else ()),
        *((Section("findings", "What differs", tables=shown),) if shown else ()),
        Section("files", "The two files", facts=files, end=True),
        made_section(),
    )


def differences_dict(found: Comparison) -> dict[str, Any]:
    """Everything as one JSON-ready value: values as the files have them, None where one has none."""
    return reasoned(plain(Comparison.to_dict(found)))


DIFFERENCES_REPORT: ReportKind[Comparison] = ReportKind(
    "differences.json", differences_dict, differences_header, differences_sections
)
