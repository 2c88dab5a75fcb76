"""How long a user waits: for help, for a warm run with its report, and for the first run after installing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hedgebook.errors import VerificationError

from .timing import process_seconds

_REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "prices.parquet"
PRICES: Path | None = _REAL if _REAL.is_file() else None
SCRIPT = str(Path(sys.executable).with_name("hedgebook"))
# What `hedgebook run` cannot do without, imported by a bare process.
LIBRARIES = (
    "numpy, pandas, numba, pyarrow.parquet, exchange_calendars, pydantic, typer, rich.console, rich.table, "
    "jinja2, plotly.offline, empyrical, statsmodels.regression.linear_model"
)
HELP_LIMIT, WARM_LIMIT, FIRST_LIMIT = 0.5, 1.0, 30.0
RUNS = 5
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"RUNS": 1, "PRICES": None}
KNOWN_RETURN = 0.0442  # of the flagship without costs, on real prices


def main() -> int:
    """Print each time, its limit, and whether it is met; 0 when all are."""
    met = True
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        bare = process_seconds([sys.executable, "-c", "pass"], cwd=cwd, runs=RUNS)
        for label, command in (
            ("import hedgebook", [sys.executable, "-c", "import hedgebook"]),
            ("hedgebook --help", [SCRIPT, "--help"]),
        ):
            met &= _report(label, process_seconds(command, cwd=cwd, runs=RUNS), HELP_LIMIT, f"bare python {bare:.2f} s")
        libraries = process_seconds([sys.executable, "-c", f"import {LIBRARIES}"], cwd=cwd, runs=RUNS)
        for label, prices in (("sample market", None), ("real prices", PRICES)):
            if label == "real prices" and prices is None:
                print("real prices: ../shared is absent, not measured")
                continue
            command = [SCRIPT, "run", "--out", "run", "--overwrite", *(["--prices", str(prices)] if prices else [])]
            warm = process_seconds(command, cwd=cwd, runs=RUNS)
            note = f"run {warm:.2f} s, importing its libraries {libraries:.2f} s"
            met &= _report(f"warm run, {label}, beyond the imports", warm - libraries, WARM_LIMIT, note)
        met &= _report("first run, kernels compiled", _first_run(cwd), FIRST_LIMIT, "empty cache of machine code")
        _check(cwd)
    return 0 if met else 1


def _first_run(cwd: Path) -> float:
    """Seconds of a run whose kernels must all be compiled."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cwd / "empty")}
    start = time.perf_counter()
    subprocess.run([SCRIPT, "run", "--out", "first"], cwd=cwd, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def _check(cwd: Path) -> None:
    """A fast wrong answer is worth nothing: the flagship must give its known return, the sample market Python's."""
    prices = [] if PRICES is None else ["--prices", str(PRICES)]
    command = [SCRIPT, "run", *prices, "--costs", "none", "--json", "--out", "checked"]
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)["total_return"]
    wanted, allowed = KNOWN_RETURN, 1e-4
    if PRICES is None:
        import hedgebook as hb

        run = hb.backtest("long-meta-short-neocloud", hb.sample_market(), "none")
        wanted, allowed = float(run.backtest.nav["nav_close"].iloc[-1]) / run.backtest.capital - 1.0, 1e-12
    if not abs(found - wanted) < allowed:
        raise VerificationError(f"the flagship returns {found}, not {wanted}")
    print(f"correct: total return {found:.4f}")


def _report(what: str, seconds: float, limit: float, note: str) -> bool:
    verdict = "met" if seconds <= limit else "NOT MET"
    print(f"{what}: {seconds:.2f} s, limit {limit:.1f} s, {verdict} ({note})", flush=True)
    return seconds <= limit


if __name__ == "__main__":
    sys.exit(main())
