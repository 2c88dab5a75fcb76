"""`python docs/bench.py [FILE]`: writes what `python -m benchmarks --json [FILE]` kept into the table of README.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
README, ROWS = ROOT / "README.md", ROOT / "benchmarks" / "peers.json"
BEGIN, END = "<!-- benchmarks: written by docs/bench.py -->", "<!-- benchmarks end -->"
AFTER = "## Where things are\n"


def block(found: dict[str, Any]) -> str:
    """The table between its markers."""
    load = "" if found["load"] is None else f", load {found['load']:.1f} at its end"
    rows = "".join(_row(row) for row in found["rows"])
    return (
        f"{BEGIN}\n## Speed\n\n"
        f"One run of `make bench`, Python {found['python']}, {found['processors']} processors{load}.\n"
        "A time counts only where the answers agree; what was compared stands in `benchmarks/peers.py`.\n\n"
        "| Workload | hedgebook | Peer | Peer's time | Times | Answers agree to | Note |\n"
        "|---|---|---|---|---|---|---|\n"
        f"{rows}{END}\n"
    )


def _row(row: dict[str, Any]) -> str:
    times = "" if row["times"] is None else f"{row['times']:,.3g}"
    gap = "" if row["gap"] is None else ("the bit" if row["gap"] == 0.0 else f"{row['gap']:.0e}")
    theirs = _seconds(row["peer_seconds"]) if row["peer"] else ""
    cells = (row["workload"], _seconds(row["ours_seconds"]), row["peer"], theirs, times, gap, row["note"])
    return f"| {' | '.join(cells)} |\n"


def _seconds(value: float | None) -> str:
    if value is None:
        return "no time"
    return f"{value * 1e3:.3g} ms" if value < 0.9995 else f"{value:.3g} s"


def placed(text: str, table: str) -> str:
    """The README with the table in place of the one that it has, or before the list of its folders."""
    if BEGIN in text and END in text:
        before, rest = text.split(BEGIN, 1)
        return before + table + rest.split(f"{END}\n", 1)[1]
    before, after = text.split(AFTER, 1)
    return f"{before}{table}\n{AFTER}{after}"


if __name__ == "__main__":
    found = json.loads(Path(sys.argv[1] if len(sys.argv) > 1 else ROWS).read_text(encoding="utf-8"))
    README.write_text(placed(README.read_text(encoding="utf-8"), block(found)), encoding="utf-8")
