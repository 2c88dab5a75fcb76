"""Rolling regressions of 500 assets over ten years on six factors, against statsmodels, with a check that they agree.

Run as `python -m benchmarks.exposure`. statsmodels is timed on 5 assets and scaled; nothing else may run beside it.
"""

from __future__ import annotations

import resource
import sys
import threading
import time

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.exposure.ols import Errors, ErrorTerms, RollingFit, rolling_ols
from hedgebook.errors import VerificationError

from .timing import call_seconds

ASSETS, SESSIONS, WINDOW, PEER_ASSETS = 500, 2520, 252, 5
NAMES = ("a", "b", "c", "d", "e", "f")
LEAST_TIMES = 300.0
MOST_NEWEY_WEST_SECONDS = 6.0
MOST_EXTRA_MB = 200.0
CHECKED = ((251, 0), (1000, 123), (2519, 499))
# What a run at a size of seconds, which only checks the answers, has in place of these.
TINY = {"ASSETS": 10, "SESSIONS": 504, "PEER_ASSETS": 2, "CHECKED": ((251, 0), (503, 9))}
NEWEY_WEST = ErrorTerms(Errors.NEWEY_WEST, 5)


def data() -> tuple[Floats, Floats]:
    """Returns (T, N) driven by factors (T, K), the same in every run."""
    draw = np.random.default_rng(20260701)
    x = draw.normal(0.0, 0.01, (SESSIONS, len(NAMES)))
    y = x @ draw.normal(1.0, 0.5, (len(NAMES), ASSETS)) + draw.standard_t(4, (SESSIONS, ASSETS)) * 0.015
    return y, x


def peer_seconds(y: Floats, x: Floats) -> tuple[float, list[tuple[Floats, Floats]]]:
    """Seconds of RollingOLS().fit() on a few assets, scaled to all, and its coefficients and errors."""
    from statsmodels.regression.rolling import RollingOLS

    design = np.column_stack([np.ones(len(x)), x])
    fits = []
    start = time.perf_counter()
    for i in range(PEER_ASSETS):
        fits.append(RollingOLS(y[:, i], design, WINDOW).fit())
    took = time.perf_counter() - start
    return took * ASSETS / PEER_ASSETS, [(np.asarray(f.params), np.asarray(f.bse)) for f in fits]


def check(fit: RollingFit, robust: RollingFit, y: Floats, x: Floats, peers: list[tuple[Floats, Floats]]) -> float:
    """Largest difference from the peer at any window; raises VerificationError above 1e-9."""
    from statsmodels.regression.linear_model import OLS

    gap = 0.0
    for i, (coefficients, errors) in enumerate(peers):
        rows = slice(WINDOW - 1, None)
        gap = max(gap, float(np.abs(fit.coefficients[rows, i] - coefficients[rows]).max()))
        gap = max(gap, float(np.abs(fit.stderrs[rows, i] - errors[rows]).max()))
    gap = max(gap, float(np.nanmax(np.abs(fit.coefficients - robust.coefficients))))
    for t, i in CHECKED:
        rows = slice(t - WINDOW + 1, t + 1)
        design = np.column_stack([np.ones(WINDOW), x[rows]])
        peer = OLS(y[rows, i], design).fit(cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": True})
        gap = max(gap, float(np.abs(robust.stderrs[t, i] - peer.bse).max()))
    if not gap < 1e-9:
        raise VerificationError(f"rolling regressions differ from statsmodels by {gap:.3g}")
    if not np.isfinite(fit.coefficients[WINDOW - 1 :]).all():
        raise VerificationError("a window with all its sessions has no fit")
    return gap


def resident_mb() -> float:
    """Memory of this process at this moment."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def extra_mb(y: Floats, x: Floats) -> float:
    """Highest memory during a fit with Newey-West errors, less what was there before and the outputs."""
    before, highest, done = resident_mb(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.005):
            highest = max(highest, resident_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    fit = rolling_ols(y, x, NAMES, WINDOW, errors=NEWEY_WEST)
    done.set()
    watcher.join()
    outputs = (fit.coefficients, fit.stderrs, fit.r_squared, fit.deviation, fit.sessions)
    return max(highest, resident_mb()) - before - sum(part.nbytes for part in outputs) / 1e6


def main() -> int:
    """Print the times and the memory; 0 when all are within their bounds."""
    y, x = data()
    rolling_ols(y[:300, :3], x[:300], NAMES, WINDOW)
    rolling_ols(y[:300, :3], x[:300], NAMES, WINDOW, errors=NEWEY_WEST)
    peer, peers = peer_seconds(y, x)
    gap = check(rolling_ols(y, x, NAMES, WINDOW), rolling_ols(y, x, NAMES, WINDOW, errors=NEWEY_WEST), y, x, peers)
    plain = call_seconds(lambda: rolling_ols(y, x, NAMES, WINDOW))
    robust = call_seconds(lambda: rolling_ols(y, x, NAMES, WINDOW, errors=NEWEY_WEST), runs=3)
    memory = extra_mb(y, x) if sys.platform == "linux" else float("nan")
    print(f"{ASSETS} assets x {SESSIONS} sessions x {len(NAMES)} factors, window {WINDOW}; agree to {gap:.1e}")
    print(f"statsmodels RollingOLS, {PEER_ASSETS} assets scaled: {peer:.1f} s")
    print(f"hedgebook with standard errors: {plain:.3f} s = {peer / plain:.0f} times (at least {LEAST_TIMES:.0f})")
    print(f"hedgebook with Newey-West errors, 5 lags: {robust:.2f} s (at most {MOST_NEWEY_WEST_SECONDS:.0f})")
    print(f"memory besides the outputs: {memory:.0f} MB (at most {MOST_EXTRA_MB:.0f})")
    fast = peer / plain >= LEAST_TIMES and robust <= MOST_NEWEY_WEST_SECONDS
    return 0 if fast and not memory > MOST_EXTRA_MB else 1


if __name__ == "__main__":
    sys.exit(main())
