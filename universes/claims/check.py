"""Articles held against prices and against one another, by rules that know nothing of any one claim."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, groupby, permutations
from typing import Any

import pandas as pd

from ..brief import brief
from ..market import Market
from .claim import Claim, Operator, PriceBasis, unit
from .measures import Measured, measure_claim

# Prices of two vendors may differ in the last of two decimals, in percent.
TOLERANCE = 0.01
# Beyond this number of names a list is not searched for an order in which all of it fits.
LONGEST_LIST = 6


class ClaimVerdict(StrEnum):
    """What became of a claim."""

    CONFIRMED = "confirmed"
    ROUNDED = "rounded"
    INTRADAY = "intraday print"
    WRONG = "wrong"
    NO_DATA = "cannot be checked: no data"


class FindingKind(StrEnum):
    """What is wrong with several numbers together."""

    SWAPPED = "names swapped"
    MIXED = "closes mixed with early prints"
    LEVEL = "price level contradicts percentage"


@dataclass(frozen=True)
class Inconsistency:
    """Something that is wrong with numbers that belong together; rows: their places among the claims."""

    kind: FindingKind
    publisher: str
    subjects: tuple[str, ...]
    rows: tuple[int, ...]
    explanation: str


@brief
@dataclass(frozen=True, eq=False)
class ClaimsCheck:
    """Claims with what was measured. Percent throughout, NaN where there is no price.

    table: one row a claim: publisher, source, subject, quantity, operator, value_percent, stated_basis, level_usd,
    close_percent, gap_percent, low_percent, high_percent, closest (close, open, low or high), verdict, note, quote.
    findings: names swapped, lists that mix closes with early prints, levels that contradict their percentage.
    contradictions: subject, quantity and two statements of different articles that cannot both be true of one
    number; one said to be of a close and one said to be intraday are not held against each other.
    """

    claims: tuple[Claim, ...]
    table: pd.DataFrame
    findings: tuple[Inconsistency, ...]
    contradictions: pd.DataFrame
    source: str
    simulated: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        found = self.table["verdict"].value_counts()
        return {verdict.value: int(found.get(verdict.value, 0)) for verdict in ClaimVerdict}

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "source": self.source,
            "simulated": self.simulated,
            "counts": self.counts,
            "claims": _rows(self.table),
            "findings": [
                {
                    "kind": finding.kind.value,
                    "publisher": finding.publisher,
                    "subjects": list(finding.subjects),
                    "claims": list(finding.rows),
                    "explanation": finding.explanation,
                }
                for finding in self.findings
            ],
            "contradictions": _rows(self.contradictions),
        }


def check_claims(market: Market, claims: Sequence[Claim]) -> ClaimsCheck:
    """Hold claims against the prices of their day and against one another.

    confirmed: the close moved as stated, to two decimals, or beyond the stated bound; rounded: it did, to the
    fewer digits that were stated; intraday print: it did not, but the number was traded on that day, or the
    claim itself says that it is intraday; wrong: neither. A number inside what open, low, high and close span
    was traded; outside of it, it was not, provided that low and high are known.

    Stated levels are compared with unadjusted prices, so a level is judged correctly only where no dividend or
    split came after it.
    """
    measured = [measure_claim(market, claim) for claim in claims]
    verdicts = [judge(claim, found) for claim, found in zip(claims, measured, strict=True)]
    findings = (
        *_levels(claims, measured),
        *_swapped(claims, measured),
        *_mixed(claims, measured, [verdict for verdict, _ in verdicts]),
    )
    for finding in findings:
        if finding.kind is not FindingKind.MIXED:
            for row in finding.rows:
                verdicts[row] = (ClaimVerdict.WRONG, finding.explanation)
    return ClaimsCheck(
        claims=tuple(claims),
        table=_table(claims, measured, verdicts),
        findings=findings,
        contradictions=_contradictions(claims),
        source=market.provenance.source,
        simulated=market.provenance.simulated,
    )


def judge(claim: Claim, found: Measured) -> tuple[ClaimVerdict, str]:
    """The verdict on one claim alone, and a note where one is needed."""
    if not math.isfinite(found.close):
        return ClaimVerdict.NO_DATA, found.reason
    if claim.stated_basis is PriceBasis.INTRADAY:
        return _judge_print(claim, found, "as it says")
    closing = _judge_close(claim, found.close)
    if closing is not None:
        return closing, ""
    if not claim.is_session_return:
        return ClaimVerdict.WRONG, f"the close gives {found.close:+.1f}%"
    mark = found.closest(claim.value_percent)
    said = "said to be the close, which is" if claim.stated_basis is PriceBasis.CLOSE else "the close is"
    nearest = "" if mark == "close" else f"; nearest is the {mark}"
    return _judge_print(claim, found, f"{said} {found.close:+.2f}%{nearest}")


def _judge_close(claim: Claim, close: float) -> ClaimVerdict | None:
    if claim.operator is not Operator.EQUAL:
        return ClaimVerdict.CONFIRMED if fits(claim, close) else None
    same = abs(round(close, 2) - claim.value_percent) < 1e-9
    if same or (unit(claim.value_percent) <= TOLERANCE and abs(close - claim.value_percent) <= TOLERANCE):
        return ClaimVerdict.CONFIRMED
    return ClaimVerdict.ROUNDED if fits(claim, close) else None


def _judge_print(claim: Claim, found: Measured, note: str) -> tuple[ClaimVerdict, str]:
    """Whether the number was traded on the day."""
    value, slack = claim.value_percent, claim.half_unit + TOLERANCE
    traded = {
        Operator.EQUAL: found.start - slack <= value <= found.stop + slack,
        Operator.BELOW: found.start < value + TOLERANCE,
        Operator.ABOVE: found.stop > value - TOLERANCE,
    }[claim.operator]
    if traded:
        return ClaimVerdict.INTRADAY, note
    if not found.has_range:
        return ClaimVerdict.NO_DATA, "neither open nor close, and the day's low and high are not known"
    return (ClaimVerdict.WRONG, f"traded between {found.low:+.2f} and {found.high:+.2f}%, closed {found.close:+.2f}%")


def fits(claim: Claim, value: float) -> bool:
    """Whether a move agrees with a claim to the digits that were stated."""
    low, high = _interval(claim)
    return low - TOLERANCE <= value <= high + TOLERANCE


def _interval(claim: Claim) -> tuple[float, float]:
    """The moves that a claim allows."""
    value, half = claim.value_percent, claim.half_unit
    return {
        Operator.EQUAL: (value - half, value + half),
        Operator.BELOW: (-math.inf, value),
        Operator.ABOVE: (value, math.inf),
    }[claim.operator]


def _levels(claims: Sequence[Claim], measured: Sequence[Measured]) -> Iterator[Inconsistency]:
    """A level over the close before must give the stated percentage, each to its digits; prices may be cut off."""
    for row, (claim, found) in enumerate(zip(claims, measured, strict=True)):
        if claim.level_usd is None or not claim.is_session_return or not math.isfinite(found.previous_usd):
            continue
        step = unit(claim.level_usd)
        low, high = (100.0 * ((claim.level_usd + s) / found.previous_usd - 1.0) for s in (-step, step))
        allowed = _interval(claim)
        if high < allowed[0] or low > allowed[1]:
            implied = 100.0 * (claim.level_usd / found.previous_usd - 1.0)
            at_close = abs(claim.level_usd - found.close_usd) <= step
            seen = f", which is the close ({found.close:+.2f}%)" if at_close else ""
            text = (
                f"{claim.level_usd:g} USD is {implied:+.2f}% from the close before "
                f"({found.previous_usd:.2f}){seen}, not {claim.value_percent:+g}%"
            )
            yield Inconsistency(FindingKind.LEVEL, claim.publisher, (claim.subject,), (row,), text)


def _swapped(claims: Sequence[Claim], measured: Sequence[Measured]) -> Iterator[Inconsistency]:
    """Numbers of one sentence that do not fit their names, but all fit in another order of the names."""
    for rows in _together(claims, lambda c: (c.source, c.quote, c.quantity)):
        known = [row for row in rows if math.isfinite(measured[row].close)]
        if not 2 <= len(known) <= LONGEST_LIST or len(known) < len(rows):
            continue
        if all(fits(claims[row], measured[row].close) for row in known):
            continue
        for order in permutations(known):
            if all(fits(claims[row], measured[other].close) for row, other in zip(known, order, strict=True)):
                moved = [(row, other) for row, other in zip(known, order, strict=True) if row != other]
                pairs = "; ".join(
                    f"{claims[row].operator.words}{claims[row].value_percent:+g}% fits {claims[other].subject} "
                    f"({measured[other].close:+.1f}%), not {claims[row].subject} ({measured[row].close:+.1f}%)"
                    for row, other in moved
                )
                first = claims[known[0]]
                subjects = tuple(claims[row].subject for row, _ in moved)
                yield Inconsistency(
                    FindingKind.SWAPPED, first.publisher, subjects, tuple(row for row, _ in moved), pairs
                )
                break


def _mixed(
    claims: Sequence[Claim], measured: Sequence[Measured], verdicts: Sequence[ClaimVerdict]
) -> Iterator[Inconsistency]:
    """Moves of one session, from one article and said to be on one basis, that are closes here and prints there.

    Only a number that equals its close shows that closes were quoted; a bound that the close meets may be either.
    """
    for rows in _together(claims, lambda c: (c.source, c.quantity, c.stated_basis.value)):
        if not claims[rows[0]].is_session_return or claims[rows[0]].stated_basis is PriceBasis.INTRADAY:
            continue
        closes = [
            row
            for row in rows
            if claims[row].operator is Operator.EQUAL
            and verdicts[row] in (ClaimVerdict.CONFIRMED, ClaimVerdict.ROUNDED)
        ]
        prints = [row for row in rows if verdicts[row] is ClaimVerdict.INTRADAY and claims[row].level_usd is None]
        if closes and prints:
            listed = ", ".join(f"{claims[row].statement} (closed {measured[row].close:+.2f}%)" for row in prints)
            text = f"closes: {', '.join(claims[row].statement for row in closes)}; not closes: {listed}"
            members = tuple(sorted([*closes, *prints]))
            subjects = tuple(claims[row].subject for row in members)
            yield Inconsistency(FindingKind.MIXED, claims[rows[0]].publisher, subjects, members, text)


def _together(claims: Sequence[Claim], key: Any) -> Iterator[list[int]]:
    """Rows of claims that share a key, in the order of their first."""
    order = sorted(range(len(claims)), key=lambda row: (key(claims[row]), row))
    found = [list(rows) for _, rows in groupby(order, key=lambda row: key(claims[row]))]
    yield from sorted(found, key=lambda rows: rows[0])


def _contradictions(claims: Sequence[Claim]) -> pd.DataFrame:
    columns = ["subject", "quantity", "publisher", "statement", "other_publisher", "other_statement", "claims"]
    found = []
    for a, b in combinations(range(len(claims)), 2):
        one, other = claims[a], claims[b]
        if (one.subject, one.quantity) != (other.subject, other.quantity) or one.source == other.source:
            continue
        if {one.stated_basis, other.stated_basis} == {PriceBasis.CLOSE, PriceBasis.INTRADAY}:
            continue
        (low, high), (other_low, other_high) = _interval(one), _interval(other)
        # A bound that a number meets exactly, within rounding, is no contradiction.
        if min(high, other_high) < max(low, other_low) - 1e-9:
            found.append(
                (one.subject, one.quantity, one.publisher, one.statement, other.publisher, other.statement, (a, b))
            )
    return pd.DataFrame(found, columns=columns)


def _table(
    claims: Sequence[Claim], measured: Sequence[Measured], verdicts: Sequence[tuple[ClaimVerdict, str]]
) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "publisher": claim.publisher,
                "source": claim.source,
                "subject": claim.subject,
                "quantity": claim.quantity,
                "operator": claim.operator.value,
                "value_percent": claim.value_percent,
                "stated_basis": claim.stated_basis.value,
                "level_usd": math.nan if claim.level_usd is None else claim.level_usd,
                "close_percent": found.close,
                "gap_percent": found.gap,
                "low_percent": found.low,
                "high_percent": found.high,
                "closest": found.closest(claim.value_percent) if claim.is_session_return else "",
                "verdict": verdict.value,
                "note": note,
                "quote": claim.quote,
            }
            for claim, found, (verdict, note) in zip(claims, measured, verdicts, strict=True)
        ]
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON-ready dictionaries: None for NaN."""
    rows = [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]
    return [
        {
            str(name): None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }
        for row in rows
    ]
