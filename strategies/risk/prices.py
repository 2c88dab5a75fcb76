"""Which tickers' prices a risk report looks at, so that a universe of thousands need not be read for two holdings."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from hedgebook.engine.exposure.factor_sets import SPREADS
from hedgebook.engine.exposure.factors import PROXIES
from hedgebook.engine.exposure.known import RATES
from hedgebook.engine.stress.scenario import load_scenarios
from hedgebook.universes.universe import Universe

from ..book.sheet import CASH

# Smaller universes are read whole: nothing is gained there, and messages can name the closest of all tickers.
LARGE = 200


def tickers_needed(subject: str, universe: Universe, scenarios: str, benchmark: str | None) -> set[str] | None:
    """Holdings with their buckets, whose members stand in for one another, factor proxies, benchmark and what the
    scenarios move. None where all prices are wanted: a small universe, or a subject that is not understood here,
    about which the report itself has the right words.
    """
    held = _held(Path(subject)) if len(universe.tickers) > LARGE else None
    if not held or not held <= set(universe.tickers):
        return None
    buckets = {universe.bucket_of(ticker) for ticker in held}
    mates = {m.ticker for bucket in universe.buckets if bucket.name in buckets for m in bucket.members}
    moved = {move.of for scenario in load_scenarios(scenarios).scenarios for move in scenario.moves}
    proxies = {*PROXIES.values(), str(SPREADS[RATES][0]), universe.benchmark}
    return held | mates | moved | proxies | ({benchmark} if benchmark else set())


def _held(path: Path) -> set[str] | None:
    """Tickers of a run folder or a CSV of holdings, None where it is neither."""
    try:
        if path.is_dir():
            summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
            return {*summary["weights"], *summary["pnl_by_ticker"]}
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file) if any(row)]
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return None
    header = [cell.lower() for cell in rows[0]] if rows else []
    if "ticker" not in header:
        return None
    at = header.index("ticker")
    return {row[at] for row in rows[1:] if len(row) > at and row[at] and row[at].upper() != CASH}


__all__ = ["tickers_needed"]
