"""How long a user waits: for help, for a warm run with its report, and for the first run after installing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .timing import process_seconds

SCRIPT = str(Path(sys.executable).with_name("hedgebook"))
# What `hedgebook run` cannot do without, imported by a bare process.
LIBRARIES = (
    "numpy, pandas, numba, pyarrow.parquet, exchange_calendars, pydantic, typer, rich.console, rich.table, "
    "jinja2, plotly.offline, empyrical, statsmodels.regression.linear_model"
)
HELP_LIMIT, WARM_LIMIT, FIRST_LIMIT = 0.5, 1.0, 30.0
KNOWN_RETURN = 0.0442  # of the flagship without costs, on real prices


def main() -> None:
    """Print each time, its limit, and whether it is met."""
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        bare = process_seconds([sys.executable, "-c", "pass"], cwd=cwd)
        for label, command in (
            ("import hedgebook", [sys.executable, "-c", "import hedgebook"]),
            ("hedgebook --help", [SCRIPT, "--help"]),
        ):
            _report(label, process_seconds(command, cwd=cwd), HELP_LIMIT, f"bare python {bare:.2f} s")
        libraries = process_seconds([sys.executable, "-c", f"import {LIBRARIES}"], cwd=cwd)
        for label, prices in (("sample market", None), ("real prices", _real_prices())):
            if label == "real prices" and prices is None:
                print("real prices: ../shared is absent, not measured")
                continue
            command = [SCRIPT, "run", "--out", "run", "--overwrite", *(["--prices", str(prices)] if prices else [])]
            warm = process_seconds(command, cwd=cwd)
            note = f"run {warm:.2f} s, importing its libraries {libraries:.2f} s"
            _report(f"warm run, {label}, beyond the imports", warm - libraries, WARM_LIMIT, note)
        _report("first run, kernels compiled", _first_run(cwd), FIRST_LIMIT, "empty cache of machine code")
        _check(cwd)


def _real_prices() -> Path | None:
    path = Path(__file__).resolve().parents[2] / "shared" / "data" / "prices.parquet"
    return path if path.is_file() else None


def _first_run(cwd: Path) -> float:
    """Seconds of a run whose kernels must all be compiled."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cwd / "empty")}
    start = time.perf_counter()
    subprocess.run([SCRIPT, "run", "--out", "first"], cwd=cwd, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def _check(cwd: Path) -> None:
    """A fast wrong answer is worth nothing: the flagship must give its known return."""
    prices = _real_prices()
    if prices is None:
        return
    command = [SCRIPT, "run", "--prices", str(prices), "--costs", "none", "--json", "--out", "checked"]
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)["total_return"]
    assert abs(found - KNOWN_RETURN) < 1e-4, found
    print(f"correct: total return {found:.4f}")


def _report(what: str, seconds: float, limit: float, note: str) -> None:
    verdict = "met" if seconds <= limit else "NOT MET"
    print(f"{what}: {seconds:.2f} s, limit {limit:.1f} s, {verdict} ({note})", flush=True)


if __name__ == "__main__":
    main()
