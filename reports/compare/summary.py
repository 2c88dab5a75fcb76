"""A comparison as JSON knows it."""

from __future__ import annotations

from typing import Any

from hedgebook.strategies.tearsheet.compare import ComparisonTables

from ..page.json import plain, versions
from ..page.undefined import reasoned
from ..tearsheet.summary import note_of


def summarise_comparison(found: ComparisonTables) -> dict[str, Any]:
    """Everything that comparison.json holds: unrounded fractions, None where nothing is defined."""
    simulated = any(track.simulated for track in found.tracks)
    dates = found.dates
    values = {
        "name": f"comparison of {len(found.tracks)}",
        "note": note_of(*found.tracks),
        "simulated": simulated,
        "simulated_names": [track.name for track in found.tracks if track.simulated],
        "names": list(found.names),
        "benchmark": None if found.benchmark is None else str(found.benchmark.name),
        "frequency": {
            "name": found.frequency.name,
            "unit": found.frequency.unit,
            "per_year": found.frequency.per_year,
            "reason": found.frequency.reason or None,
        },
        "riskless_annual": found.riskless_annual,
        "common_dates": len(dates),
        "first": dates[0] if len(dates) else None,
        "last": dates[-1] if len(dates) else None,
        "measures": {str(name): dict(row) for name, row in found.measures.iterrows()} if len(dates) else {},
        "own_dates": {str(name): dict(row) for name, row in found.own.iterrows()},
        "best": {
            key: {"name": b.name, "next": b.next, "lead": b.lead, "stderr": b.stderr, "stands": b.stands}
            for key, b in found.best.items()
        },
        "reference": found.reference,
        "differences": [*found.differences.reset_index().to_dict("records")],
        "correlation": {str(name): dict(row) for name, row in found.correlation.iterrows()},
        "parameters": {str(name): dict(row) for name, row in found.parameters.iterrows()},
        "bootstrap": {"draws": found.draws, "block_length": found.block_length, "seed": found.seed},
        "notes": list(found.notes),
        "versions": versions(),
    }
    return reasoned(plain(values))
