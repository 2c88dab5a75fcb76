"""A tear sheet as JSON knows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgebook.engine.tearsheet.measures import Value
from hedgebook.strategies.tearsheet.sheet import SheetTables
from hedgebook.strategies.tearsheet.track import Track

from ..page.json import HINDSIGHT_NOTE, SIMULATED_NOTE, plain, records, versions
from ..page.undefined import SAID, reasoned


def summarise_sheet(sheet: SheetTables) -> dict[str, Any]:
    """Everything that tearsheet.json holds: unrounded fractions, None where nothing is defined, with the reasons."""
    frequency = sheet.track.frequency
    found = {
        "name": sheet.name,
        "note": note_of(sheet.track),
        "simulated": sheet.track.simulated,
        "basis": sheet.track.basis,
        "observations": len(sheet.returns),
        "first": sheet.returns.index[0],
        "last": sheet.returns.index[-1],
        "frequency": {
            "name": frequency.name,
            "unit": frequency.unit,
            "per_year": frequency.per_year,
            "reason": frequency.reason or None,
        },
        "riskless_annual": sheet.track.riskless_annual,
        "benchmark": None if sheet.benchmark is None else str(sheet.benchmark.name),
        "benchmark_dates": 0 if sheet.benchmark is None else len(sheet.common),
        "measures": _valued(sheet.measures),
        "standard_errors": {name: one.stderr for name, one in sheet.measures.items() if one.stderr == one.stderr},
        "undefined": reasons(sheet.measures),
        "benchmark_measures": _valued(sheet.benchmark_measures),
        "periods": {name: value for name, (value, _) in sheet.periods.items()},
        "periods_undefined": {name: why for name, (_, why) in sheet.periods.items() if why},
        "benchmark_periods": {name: value for name, (value, _) in sheet.benchmark_periods.items()},
        "months": {str(period): float(x) for period, x in sheet.months.items()},
        "years": {str(period): float(x) for period, x in sheet.years.items()},
        "drawdowns": records(sheet.drawdowns),
        "window": sheet.window,
        "moving_last": _last(sheet),
        "fitted_t": None if sheet.student is None else sheet.student._asdict(),
        "held": _held(sheet),
        "notes": list(sheet.notes),
        "versions": versions(),
    }
    return reasoned(plain(found))


def note_of(*tracks: Track) -> str | None:
    """What must be said beside every figure of them, None where nothing must."""
    parts = [SIMULATED_NOTE] if any(track.simulated for track in tracks) else []
    parts += [HINDSIGHT_NOTE] if any(track.hindsight for track in tracks) else []
    return "; ".join(parts) or None


def _valued(measures: dict[str, Value]) -> dict[str, Any]:
    """The values by name, and why those that are undefined are."""
    told = reasons(measures)
    return {name: one.value for name, one in measures.items()} | ({SAID: told} if told else {})


def reasons(measures: dict[str, Value]) -> dict[str, str]:
    """Why each measure without a value has none."""
    return {name: one.reason for name, one in measures.items() if one.reason}


def _last(sheet: SheetTables) -> dict[str, dict[str, float]]:
    found = {}
    for name in sheet.rolling.columns:
        values = sheet.rolling[name].dropna()
        if not len(values):
            continue
        edges = sheet.bands[name].dropna()
        ends = {side: float(edges[side].iloc[-1]) for side in ("low", "high")} if len(edges) else {}
        found[str(name)] = {"value": float(values.iloc[-1]), **ends}
    return found


def _held(sheet: SheetTables) -> dict[str, Any] | None:
    """Means of what a run held."""
    if sheet.held is None:
        return None
    values = {str(name): sheet.held[name].to_numpy(dtype=np.float64) for name in sheet.held.columns}
    return {name: float(x[np.isfinite(x)].mean()) if np.isfinite(x).any() else None for name, x in values.items()}
