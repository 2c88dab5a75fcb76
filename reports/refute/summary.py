"""A verdict as one JSON-ready value."""

from __future__ import annotations

import math
from typing import Any

from hedgebook.engine.refute.verdict import Evidence
from hedgebook.strategies.refute.result import Refutation

from ..page.json import plain, versions
from ..page.undefined import reasoned
from .words import verdict_words

NUMBERS = ("p_value", "p_worthless", "statistic", "edge", "found_at", "needed")
ALWAYS = ("worth", "planted", "control", "power", "draws", "units")


def summarise_refutation(found: Refutation) -> dict[str, Any]:
    """Verdict, tests and vetoes; fractions unrounded, None where a figure is undefined, with the reason beside it."""
    values = {
        "strategy": found.name,
        "verdict": found.verdict.value,
        "says": verdict_words(found),
        "subject": found.subject,
        "unit": found.unit,
        "needed": found.needed,
        "ruined_on": None if found.ruined_on is None else str(found.ruined_on),
        "tests": {test.name: _test(test) for test in found.tests},
        "vetoes": {
            veto.name: {"value": veto.value, "holds": veto.holds, "vetoes": veto.vetoes} for veto in found.vetoes
        },
        "net_weight": found.net,
        "against": found.against,
        "events": list(found.events),
        "event_returns": list(found.returns) if found.events else [],
        "earlier_events": list(found.past),
        "placebo_dates": len(found.placebo_returns),
        "trials": found.trials,
        "notes": list(found.notes),
        "simulated": found.simulated,
        "source": found.source,
        "versions": versions(),
    }
    return reasoned(plain(values))


def _test(test: Evidence) -> dict[str, Any]:
    out: dict[str, Any] = {"asks": test.asks, "rejects": test.rejects, "sees": test.sees, "reason": test.reason}
    reasons = {}
    for name in NUMBERS:
        value = getattr(test, name)
        known = value is not None and math.isfinite(value)
        out[name] = value if known else None
        if not known:
            reasons[name] = test.reason or "more than can be had: no number of units of this kind was found to do"
    out |= {name: getattr(test, name) for name in ALWAYS}
    return {**out, **({"undefined": reasons} if reasons else {})}
