"""A verdict in sentences."""

from __future__ import annotations

from hedgebook.engine.refute.verdict import Verdict
from hedgebook.strategies.refute.result import LOOK_AHEAD, Refutation
from hedgebook.universes.counted import counted

from ..page.numbers import number

RULE = (
    "SURVIVES: every test rejects the absence of an edge at 5%, and no veto falls. REFUTED: a veto falls then, or an "
    "edge worth having is rejected by a test at 5% over their number. BLIND: some test could not be made, or would "
    "not find the planted edge in 80% of cases. UNDERPOWERED: none of these. Holdings that hardly change over time "
    "have no timing, and are spared the placebo dates. What was ruined is REFUTED, whatever the tests say. As every "
    "test must reject, no correction for their number is needed."
)


def verdict_words(found: Refutation) -> str:
    """The verdict in one or two sentences."""
    verdict = found.verdict
    head = f"{verdict.value}: "
    if verdict is Verdict.SURVIVES:
        return head + f"all {len(found.tests)} tests reject luck at 5%, and nothing vetoes it ({found.subject})."
    if verdict is Verdict.BLIND:
        by_reason: dict[str, list[str]] = {}
        for test in found.tests:
            if not test.sees:
                by_reason.setdefault(test.reason or "would miss a large planted edge", []).append(test.name)
        told = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in by_reason.items())
        return head + f"these data cannot answer. {told[:1].upper()}{told[1:]}."
    if found.ruined_on is not None:
        return head + f"it was ruined on {found.ruined_on}: its capital was lost, and no test is needed."
    if verdict is Verdict.REFUTED:
        fallen = [veto.name for veto in found.vetoes if veto.vetoes and not veto.holds]
        if LOOK_AHEAD in fallen:
            told = next(note for note in found.notes if note.startswith("It looks ahead"))
            return head + f"it passes the tests, but knows what it could not know. {told}"
        if all(test.rejects for test in found.tests):
            return head + f"it passes the tests, but not with {' and '.join(fallen)}."
        against = min(found.tests, key=lambda test: test.p_worthless)
        return head + (
            f"an edge of {number(against.worth)} {_edge_unit(found)} would hardly have come out so low "
            f"({against.name}, p {against.p_worthless:.3f})."
        )
    failed = [test.name for test in found.tests if not test.rejects]
    more = ""
    if found.needed is not None:
        left = max(0, found.needed - min(test.units for test in found.tests))
        again = f"{counted(left, f'more {found.unit}', f'more {found.unit}s')} like these"
        more = f" An edge of {number(found.tests[0].worth)} {_edge_unit(found)} needs {again} to be seen."
    return head + f"luck is not rejected by {', '.join(failed)}, and an edge worth having is not either.{more}"


def _edge_unit(found: Refutation) -> str:
    return "Sharpe ratio a year" if found.unit == "session" else "deviations an event"
