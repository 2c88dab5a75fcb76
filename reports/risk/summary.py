"""A risk report as JSON knows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from hedgebook.engine.risk.verdicts.backtests import LEAST_SESSIONS
from hedgebook.engine.stress.evaluate import StressResult
from hedgebook.engine.stress.replay import Replay
from hedgebook.engine.stress.reverse import ReverseStress
from hedgebook.engine.stress.simulate import Simulation
from hedgebook.strategies.risk.report import RiskReport
from hedgebook.universes.counted import counted

from ..page.json import SIMULATED_NOTE, plain, records, versions
from ..page.undefined import reasoned
from .options import summarise_options
from .tables import TESTS


def _factors(report: RiskReport) -> dict[str, Any] | None:
    found = report.factors
    if found is None:
        return None
    fitted = found.fitted
    return {
        "definitions": found.definitions,
        "fitted": None if fitted is None else fitted.to_dict(),
        "sessions": None if fitted is None else fitted.sessions,
        "r_squared": None if fitted is None else fitted.r_squared,
        "by_loadings": None if found.loaded is None else found.loaded.to_dict(),
        "notes": list(found.notes),
    }


def summarise_risk(report: RiskReport) -> dict[str, Any]:
    """Everything that risk.json holds: figures as unrounded fractions and USD, None where nothing is defined."""
    subject, options = report.subject, report.options
    positions = subject.positions
    market = subject.market
    held = {
        "nav_usd": positions.nav_usd,
        "session": positions.session,
        "weights": dict(zip(positions.tickers, positions.weights, strict=True)),
        **({} if subject.options is None else {"weights_by": "delta"}),
    }
    found = {
        "kind": subject.kind,
        "name": subject.name,
        "note": SIMULATED_NOTE if market is not None and market.provenance.simulated else None,
        "simulated": bool(market is not None and market.provenance.simulated),
        "basis": subject.basis,
        "observations": len(subject.history),
        "first": subject.history.index[0],
        "last": subject.history.index[-1],
        "positions": held if market is not None else None,
        "frequency": {
            "name": subject.frequency.name,
            "unit": subject.frequency.unit,
            "per_year": subject.frequency.per_year,
            "reason": subject.frequency.reason or None,
        },
        **({} if subject.days is None else {"days": asdict(subject.days)}),
        "benchmark": report.benchmark,
        "benchmark_dates": report.benchmark_dates,
        "horizon_sessions": options.horizon_sessions,
        "var": records(report.var),
        "verdict_window": report.verdict_window,
        "refit_sessions": report.refit_sessions,
        "verdicts": {f"{c:g}": _verdicts(frame) for c, frame in report.verdicts.items()},
        "figures": report.measures,
        "figures_of": subject.basis,
        "own_figures": report.own_figures or None,
        "drawdowns": records(report.drawdowns),
        "drawdowns_of": report.drawdowns_of,
        "rolling_last": _rolling(report),
        "by_position": records(report.by_position.reset_index()) if len(report.by_position) else [],
        **({} if report.factors is None else {"factor_exposure": _factors(report)}),
        **summarise_options(report),
        "scenarios": [_stress(r) for r in report.scenarios],
        "replays": [_replay(r) for r in report.replays],
        "reverse_stress": [_reverse(r) for r in report.reverse],
        "simulations": [_simulation(s, options.confidences) for s in report.simulations],
        "gaps": {f"{c:g}": {**g, "note": _gap_note(c, g)} for c, g in report.gaps.items()},
        "notes": list(report.notes),
        "warnings": list(market.warnings) if market is not None else [],
        "versions": versions(),
    }
    return reasoned(plain(found))


def _verdicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A row a model; `undefined` says why a test without a p-value has none."""
    rows = records(frame.reset_index())
    for row in rows:
        missing = [name for name in TESTS if name in row and row[name] != row[name]]
        row["undefined"] = {name: _why_undefined(name, row) for name in missing}
    return rows


def _why_undefined(test: str, row: Mapping[str, Any]) -> str:
    hits, with_es = int(row["hits"]), int(row["es_sessions"])
    if test.startswith("acerbi_szekely"):
        if with_es < LEAST_SESSIONS:
            return f"a finite ES above zero was forecast on {counted(with_es, 'return')}, {LEAST_SESSIONS} are needed"
        return "no loss beyond the VaR on a return that has an ES"
    if test == "duration":
        return f"it needs the wait between two losses beyond the VaR, of which there {'is 1' if hits == 1 else 'are 0'}"
    return f"{int(row['sessions'])} forecasts with {hits} losses beyond the VaR are too few for it"


def _gap_note(confidence: float, found: Mapping[str, float]) -> str | None:
    """Why there is no quantile of the nights, None where there is one."""
    nights = int(found["nights"])
    if found["var"] == found["var"]:
        return None
    if not nights:
        return "nothing is held short, or no night is known"
    need = math.ceil(1.0 / (1.0 - confidence) - 1e-9)
    return f"{counted(nights, 'night has', 'nights have')} no quantile of {100.0 * confidence:.10g}%: {need} are needed"


def _replay(found: Replay) -> dict[str, Any]:
    return {
        "event": found.event.id,
        "first_fill": found.first_fill,
        "later": found.later,
        "reason": found.reason,
        "result": _stress(found.result) if found.result else None,
    }


def _reverse(found: ReverseStress) -> dict[str, Any]:
    return {
        "question": found.question,
        "horizon_sessions": found.horizon_sessions,
        "moves": None if found.moves is None else found.moves.to_dict(),
        "distance": found.distance,
        "at_least": found.at_least,
        "deviations": found.deviations,
        "sample_hits": found.sample_hits,
        "sample_stretches": found.sample_stretches,
        "loss_frac": found.loss_frac,
        "tickers": None if found.tickers is None else found.tickers.to_dict(),
        "note": found.note,
    }


def _simulation(found: Simulation, confidences: tuple[float, ...]) -> dict[str, Any]:
    return {
        "method": found.method,
        "description": found.description,
        "paths": len(found.values),
        "sessions": found.sessions,
        "seed": found.seed,
        "rows": found.rows,
        "figures": {f"{c:g}": found.figures(c) for c in confidences},
        "standard_errors": {f"{c:g}": found.errors(c) for c in confidences},
    }


def _stress(result: StressResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "title": result.title,
        "pnl_usd": result.pnl_usd,
        "pnl_frac": result.pnl_frac,
        "worst_frac": result.worst_frac,
        "margin_call": result.called,
        "moved": result.moved,
        "path": records(result.path.reset_index()),
        "tickers": records(result.tickers.reset_index()),
    }


def _rolling(report: RiskReport) -> dict[str, Any]:
    if report.rolling.empty:
        return {}
    last, bands = report.rolling.iloc[-1], report.bands.iloc[-1]
    return {
        str(name): {"value": last[name], "low": bands[(name, "low")], "high": bands[(name, "high")]}
        for name in report.rolling.columns
    }
