"""Claims held against prices as a report, and its folder."""

from __future__ import annotations

from typing import Any

from hedgebook.universes.claims.check import ClaimsCheck, ClaimVerdict

from ..page.json import plain, versions
from ..page.kind import ReportKind
from ..page.numbers import count
from ..page.section import SIMULATED_BADGE, Header, Section
from ..page.table import Table, columns
from .figures import verdicts_figure
from .page import LEGEND, claims_tables, contradictions_table, counts_line, findings_lines, notes_lines, unknown_lines

CLAIMS, REPORT = "claims.json", "report.html"


def claims_header(check: ClaimsCheck) -> Header:
    """Title and verdict; the badge where prices are simulated."""
    events = sorted({claim.event for claim in check.claims if claim.event})
    return Header(
        title="What articles stated, held against prices",
        name=events[0] if len(events) == 1 else "claims",
        event="",
        verdict=counts_line(check),
        badges=(SIMULATED_BADGE,) if check.simulated else (),
        warnings=0,
        figures=_cards(check),
        picture=verdicts_figure(check),
    )


def _cards(check: ClaimsCheck) -> Table:
    """How many claims hold, and how many do not."""
    counts = check.counts
    wanted = (ClaimVerdict.CONFIRMED, ClaimVerdict.ROUNDED, ClaimVerdict.INTRADAY, ClaimVerdict.WRONG)
    rows = tuple((one.value.capitalize(), count(counts.get(one.value, 0))) for one in wanted)
    return Table("", columns("Figure", "Value"), rows, LEGEND)


def claims_sections(check: ClaimsCheck) -> tuple[Section, ...]:
    """A table an article, what was caught, what is not as stated, and what cannot be checked."""
    contradictions = contradictions_table(check)
    found = (
        Section("claims", "Claims by article", tables=tuple(claims_tables(check))),
        Section("caught", "Caught", items=findings_lines(check)),
        Section("not-as-stated", "Not as stated", items=notes_lines(check)),
        Section("contradictions", contradictions.title, tables=(contradictions,) if contradictions.rows else ()),
        Section("unknown", "Cannot be checked on these prices", items=unknown_lines(check)),
        Section("prices", "Prices", facts=(("Prices", check.source),), end=True),
        Section("versions", "Versions", text=(", ".join(f"{k} {v}" for k, v in versions().items()),), end=True),
    )
    return tuple(one for one in found if one.text or one.facts or one.tables or one.items)


def claims_dict(check: ClaimsCheck) -> dict[str, Any]:
    """Everything as JSON-ready values: percent, None where there is no price."""
    found: dict[str, Any] = plain(ClaimsCheck.to_dict(check))
    return found


CLAIMS_REPORT: ReportKind[ClaimsCheck] = ReportKind("claims.json", claims_dict, claims_header, claims_sections)
