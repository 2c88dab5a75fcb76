"""How a comparison of two price files is shown to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hedgebook.universes.counted import counted

from .output import console, print_tables

if TYPE_CHECKING:
    from hedgebook.universes.prices.compare import Comparison, FileFacts
    from hedgebook.universes.prices.findings import Example, PriceFinding

SHOWN = 20
EXAMPLES_SHOWN = 2
STYLES = {"serious": "bold red", "warning": "bold", "note": ""}


def print_comparison(found: Comparison) -> None:
    """Both files, how many findings of each kind there are, then the findings themselves with examples."""
    out = console()
    for letter, facts in (("A", found.a), ("B", found.b)):
        out.print(f"{letter}: {_facts(facts)}")
    compared = ", ".join(f"{count:,} {name}s" for name, count in found.compared.items() if count)
    both = f"{counted(found.tickers, 'ticker')} and {counted(found.sessions, 'session')}"
    out.print(f"{both} in both; compared: {compared or 'nothing'}")
    out.print()
    if found.agree:
        out.print("The two files agree.", style="bold green")
        return
    _print_counts(found)
    for finding in found.findings[:SHOWN]:
        out.print(f"{finding.severity}: {finding.text}", style=STYLES[finding.severity])
        shown = finding.examples[:EXAMPLES_SHOWN] if finding.kind not in ("ticker", "sessions") else ()
        for example in shown:
            out.print(f"    {_example(example)}")
    if len(found.findings) > SHOWN:
        out.print(f"and {len(found.findings) - SHOWN:,} more, all with --json")


def _print_counts(found: Comparison) -> None:
    from hedgebook.reports.page.table import Column, Table

    counts: dict[tuple[str, str], list[PriceFinding]] = {}
    for finding in found.findings:
        counts.setdefault((finding.severity, finding.kind), []).append(finding)
    rows = tuple(
        (severity, kind.replace("_", " "), f"{len(each):,}", f"{sum(one.count for one in each):,}")
        for (severity, kind), each in counts.items()
    )
    columns = tuple(Column(title, right=k >= 2) for k, title in enumerate(("Severity", "Kind", "Findings", "Values")))
    print_tables(Table("Differences", columns, rows, "A difference does not say which of the two files is right."))


def _facts(facts: FileFacts) -> str:
    span = f"{facts.first} to {facts.last}"
    size = f"{counted(facts.tickers, 'ticker')}, {counted(facts.sessions, 'session')}"
    return f"{facts.source}, {facts.layout}, {size}, {span}"


def _example(example: Example) -> str:
    a, b = ("none" if value is None else f"{value:.10g}" for value in (example.a, example.b))
    return f"{example.session} {example.field}: {a} in A, {b} in B"
