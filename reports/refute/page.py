"""The report of an attempt to refute a strategy: its words, its sections and its folder."""

from __future__ import annotations

from hedgebook.engine.refute.verdict import Verdict
from hedgebook.strategies.refute.result import Refutation

from ..page.files import write_frame
from ..page.kind import ReportKind
from ..page.made import made_section
from ..page.numbers import UNDEFINED, count, percent
from ..page.section import SIMULATED_BADGE, Header, Section
from ..page.table import Table, columns
from .figures import placebos_figure
from .summary import summarise_refutation
from .tables import control_table, events_table, tests_table, vetoes_table
from .words import RULE, verdict_words


def refute_header(found: Refutation) -> Header:
    """Title, verdict and badges."""
    good = found.verdict is Verdict.SURVIVES
    return Header(
        title=f"Attempts to refute {found.name}",
        name=found.name,
        event=f"Tried on {found.subject}",
        verdict=verdict_words(found),
        badges=(SIMULATED_BADGE,) if found.simulated else (),
        warnings=len(found.notes),
        figures=_first(found),
        picture=placebos_figure(found),
        good=("Survives every test",) if good else (),
        doubts=() if good else (found.verdict.value.capitalize(),),
    )


def _first(found: Refutation) -> Table:
    passed = sum(test.rejects for test in found.tests)
    known = [test.p_value for test in found.tests if test.p_value == test.p_value]
    rows = (
        ("Tests passed", f"{passed} of {len(found.tests)}"),
        ("Highest p", f"{max(known):.3f}" if known else UNDEFINED),
        (f"{found.unit.capitalize()}s", count(min(test.units for test in found.tests))),
        (f"{found.unit.capitalize()}s needed", UNDEFINED if found.needed is None else count(found.needed)),
    )
    return Table("", columns("Figure", "Value"), rows)


def refute_tables(found: Refutation) -> tuple[Table, ...]:
    """The tables that a reader asks for first."""
    return tests_table(found), vetoes_table(found)


def refute_sections(found: Refutation) -> tuple[Section, ...]:
    """Every section, in reading order."""
    figure = placebos_figure(found)
    asks = tuple(
        (test.name, f"{test.asks} {test.reason and f'Not made: {test.reason}.'}".strip()) for test in found.tests
    )
    return (
        Section(
            "tests", "The tests", facts=asks, figures=() if figure is None else (figure,), tables=(tests_table(found),)
        ),
        Section("control", "Would an edge have been seen?", tables=(control_table(found),)),
        Section("vetoes", "What else must hold", tables=(vetoes_table(found),)),
        *((Section("events", "Event by event", tables=(events_table(found),)),) if found.events else ()),
        Section("rule", "The rule", text=(RULE,), facts=_settings(found), end=True),
        Section("warnings", "Warnings", text=() if found.notes else ("None.",), items=found.notes, end=True),
        made_section(),
    )


def _settings(found: Refutation) -> tuple[tuple[str, str], ...]:
    facts = [("Prices", found.source)]
    if found.trials is not None:
        facts.append(("Trials counted", count(found.trials)))
    if found.against:
        facts = [("Benchmark", found.against), ("Mean net weight", percent(found.net, 1)), *facts]
    if found.events:
        facts.append(("Placebo dates", count(len(found.placebo_returns))))
        facts.append(("Earlier events of their tags", ", ".join(found.past) or "none"))
    return tuple(facts)


REFUTE_REPORT: ReportKind[Refutation] = ReportKind(
    "refutation.json",
    summarise_refutation,
    refute_header,
    refute_sections,
    {"tests.parquet": lambda found, path: write_frame(found.table.reset_index(), path)},
)
