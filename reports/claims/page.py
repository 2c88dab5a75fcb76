"""Claims held against prices, as tables and sentences for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from hedgebook.universes.claims.check import ClaimsCheck, ClaimVerdict
from hedgebook.universes.claims.claim import Claim
from hedgebook.universes.counted import counted

from ..page.numbers import UNDEFINED, count, number
from ..page.table import Column, Table, columns

LEGEND = (
    "Confirmed: the close; rounded: the close, to fewer digits; intraday print: traded that day, not the close; wrong: "
    "neither. Open, low and high are moves from the close before."
)
SIGNS = {"eq": "", "lt": "< ", "gt": "> "}
SHORT = {ClaimVerdict.NO_DATA.value: "no data"}


def claims_tables(check: ClaimsCheck) -> Iterator[Table]:
    """A table an article, in the order of the claims: what was stated and what was measured, in percent."""
    rows = list(zip(check.claims, check.table.to_dict("records"), strict=True))
    for (publisher, source), group in groupby(rows, key=lambda pair: (pair[0].publisher, pair[0].source)):
        lines = []
        for claim, row in group:
            daily = claim.is_session_return
            marks = [number(row[name]) if daily else "" for name in ("gap_percent", "low_percent", "high_percent")]
            verdict = SHORT.get(row["verdict"], row["verdict"])
            close = number(row["close_percent"])
            lines.append((claim.subject, when(claim), stated(claim), close, *marks, verdict))
        names = ("Subject", "When", "Stated", "Close", "Open", "Low", "High", "Verdict")
        made = columns(*names, left=2)
        verdicts = (*made[:-1], Column(made[-1].name, right=False, rank=-1))
        yield Table(f"{publisher}, in percent", verdicts, tuple(lines), "" if publisher in source else source)


def when(claim: Claim) -> str:
    """The session or the period of a claim, short."""
    if claim.is_year_to_date:
        return f"YTD {claim.day:%m-%d}"
    return str(claim.day) if claim.day else f"cycle {claim.quantity[-4:]}"


def stated(claim: Claim) -> str:
    """The stated number as it was written, with < or > for a bound."""
    value = f"{abs(claim.value_percent):g}"
    return f"{SIGNS[claim.operator.value]}{number(claim.value_percent, len(value.partition('.')[2]))}"


def counts_line(check: ClaimsCheck) -> str:
    """How many claims have each verdict, in one sentence."""
    parts = [f"{count(n)} {SHORT.get(name, name)}" for name, n in check.counts.items() if n]
    return f"{counted(len(check.claims), 'claim')}: {', '.join(parts)}."


def findings_lines(check: ClaimsCheck) -> tuple[str, ...]:
    """What is wrong with several numbers together, a sentence each."""
    return tuple(f"{one.kind.value.capitalize()} ({one.publisher}): {one.explanation}." for one in check.findings)


def notes_lines(check: ClaimsCheck) -> tuple[str, ...]:
    """Why a claim is not simply confirmed, a line each, without those that a finding explains."""
    explained = {text.explanation for text in check.findings}
    rows = zip(check.claims, check.table.to_dict("records"), strict=True)
    silent = {"", "as it says", *explained}
    return tuple(
        f"{claim.publisher}, {claim.statement}: {row['note']}."
        for claim, row in rows
        if row["note"] not in silent and row["verdict"] != ClaimVerdict.NO_DATA.value
    )


def unknown_lines(check: ClaimsCheck) -> tuple[str, ...]:
    """What cannot be checked on these prices, by reason."""
    reasons: dict[str, list[str]] = {}
    for claim, row in zip(check.claims, check.table.to_dict("records"), strict=True):
        if row["verdict"] == ClaimVerdict.NO_DATA.value:
            reasons.setdefault(row["note"] or "no data", []).append(f"{claim.statement} ({when(claim)})")
    return tuple(f"{reason[0].upper()}{reason[1:]}: {', '.join(claims)}." for reason, claims in reasons.items())


def contradictions_table(check: ClaimsCheck) -> Table:
    """Pairs of statements of which at most one can be true."""
    rows = tuple(
        (
            str(row["subject"]),
            str(row["quantity"]).removeprefix("return_"),
            f"{row['publisher']}: {_rest(row['statement'], row['subject'])}",
            f"{row['other_publisher']}: {_rest(row['other_statement'], row['subject'])}",
        )
        for row in check.contradictions.to_dict("records")
    )
    names = ("Subject", "When", "One article", "Another")
    return Table("Articles that contradict each other", columns(*names, left=4), rows)


def _rest(statement: str, subject: str) -> str:
    return statement.removeprefix(subject).strip() or UNDEFINED
