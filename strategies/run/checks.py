"""What was asked of a run beside its figures, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hedgebook.universes.checks import Kind, check

if TYPE_CHECKING:
    from hedgebook.engine.verify.vectorbt import Verification

    from ..audit.audit import StrategyAudit

AUDIT, VERIFICATION = "audit", "verification"


@dataclass(frozen=True)
class Check:
    """name: of the check; passed; words: what a badge says of it; detail: in one sentence."""

    name: str
    passed: bool
    words: str
    detail: str


def check_of(found: StrategyAudit | Verification) -> Check:
    """An audit or a verification as what a report says of it. Raises ParameterError for anything else."""
    from hedgebook.engine.verify.vectorbt import Verification

    from ..audit.audit import StrategyAudit

    check("found", found, Kind("an audit or a verification", lambda one: isinstance(one, StrategyAudit | Verification)))
    if isinstance(found, Verification):
        size = f"{found.largest_nav_difference_frac:.1e}"
        words = "Verified by the second engine" if found.passed else "Differs from the second engine"
        detail = (
            f"NAV rebuilt with vectorbt from the fills differs by {size} of capital at most "
            f"(allowed: {found.tolerance_frac:.0e}) over {found.marks_compared:,} marks."
        )
        return Check(VERIFICATION, found.passed, words, " ".join((detail, *found.mismatches)))
    tried = f"{found.decisions:,} of {found.decisions_in_all:,} decisions tried"
    if found.leak is None:
        return Check(AUDIT, True, "Look-ahead audited", f"No decision changed under other futures; {tried}.")
    return Check(AUDIT, False, "Looks ahead", f"{found.leak.told()} ({tried})")
