"""How a comparison of two price files is shown to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .output import console, print_tables

if TYPE_CHECKING:
    from hedgebook.universes.prices.compare import Comparison

SHOWN = 20
EXAMPLES_SHOWN = 2
STYLES = {"serious": "bold red", "warning": "bold", "note": ""}


def print_comparison(found: Comparison) -> None:
    """Both files, how many findings of each kind there are, then the findings themselves with examples."""
    from hedgebook.reports.prices.compare import both, counts_table, example_line, facts_of

    out = console()
    for letter, facts in (("A", found.a), ("B", found.b)):
        out.print(f"{letter}: {facts_of(facts)}")
    out.print(both(found))
    out.print()
    if found.agree:
        out.print("The two files agree.", style="bold green")
        return
    print_tables(counts_table(found))
    for finding in found.findings[:SHOWN]:
        out.print(f"{finding.severity}: {finding.text}", style=STYLES[finding.severity])
        shown = finding.examples[:EXAMPLES_SHOWN] if finding.kind not in ("ticker", "sessions") else ()
        for example in shown:
            out.print(f"    {example_line(example)}")
    if len(found.findings) > SHOWN:
        out.print(f"and {len(found.findings) - SHOWN:,} more, all with --json")
