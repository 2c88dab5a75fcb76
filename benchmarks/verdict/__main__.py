"""Measure how often a verdict is wrong: `python -m benchmarks.verdict STEP [CASES]`.

STEP: noise, sweeps, edges, families, markets or real (with a price file in the place of CASES).

Each writes its figures to benchmarks/verdict/figures; `python docs/verdict.py > docs/verdict.md` puts them on a page.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable

import numpy as np

from hedgebook.engine.refute.scaled import LEVEL
from hedgebook.engine.refute.verdict import FOUND_FRAC, Verdict

from .cases import verdicts
from .measured import keep, kept
from .sweeps import PAIRS, SESSIONS, SIGNALS, sweep_verdicts

# Own events, and earlier ones that tell how volatile such events are.
SHAPES = ((1, 8), (5, 6), (31, 0))
EDGES = {
    (1, 8): (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0),
    (5, 6): (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0),
    (15, 4): (0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5),
    (31, 0): (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0),
}
BLOCK = 50
DATE_TESTS = ("placebo dates", "benchmark", "factor twin", "placebo baskets")
SWEEP_TESTS = ("placebo dates", "placebo baskets", "factor twin", "benchmark", "search")


def noise(cases: int = 10_000) -> None:
    """False SURVIVES of trades on events without an edge."""
    out = []
    for events, past in SHAPES:
        runs = (one for block in range(cases // BLOCK) for (one,) in verdicts(block, BLOCK, events=events, past=past))
        out.append({"events": events, "past": past, **_tally(list(runs), DATE_TESTS)})
        keep("noise", out)
        print(out[-1], flush=True)


def sweeps(cases: int = 10_000) -> None:
    """False SURVIVES of the best of 1,000 sets on noise. Goes on from what an earlier call that was stopped has kept;
    delete figures/sweeps.json to begin anew."""
    found = kept("sweeps") or {}
    if "rejections" not in found or found["cases"] >= cases:
        found = {"cases": 0, "verdicts": {}, "rejections": dict.fromkeys(SWEEP_TESTS, 0)}
    counts, rejections = Counter(found["verdicts"]), Counter(found["rejections"])
    for block in range(found["cases"] // BLOCK, cases // BLOCK):
        for verdict, p_values in sweep_verdicts(block, BLOCK):
            counts[verdict.value] += 1
            rejections.update({name: int(p <= LEVEL) for name, p in zip(SWEEP_TESTS, p_values, strict=True)})
        ran = (block + 1) * BLOCK
        found = {
            "sets": PAIRS * SIGNALS,
            "sessions": SESSIONS,
            "cases": ran,
            "verdicts": {one.value: counts[one.value] for one in Verdict},
            "rejections": {name: rejections[name] for name in SWEEP_TESTS},
            "rejected": {name: round(rejections[name] / ran, 4) for name in SWEEP_TESTS},
        }
        keep("sweeps", found)
        print(found, flush=True)


def edges(cases: int = 500) -> None:
    """The planted edge that survives in 80 % of cases."""
    out = []
    for (events, past), grid in EDGES.items():
        survived, count = np.zeros(len(grid)), 0
        for block in range(cases // BLOCK):
            # Other histories than those without an edge: a bar is not fitted to the cases that it is judged by.
            for case in verdicts(100_000 + block, BLOCK, events=events, past=past, edges=grid):
                survived += [verdict is Verdict.SURVIVES for verdict, _ in case]
                count += 1
        shares = (survived / count).tolist()
        out.append(
            {
                "events": events, "past": past, "cases": count, "edges": list(grid), "shares": shares,
                "found_at": crossing(grid, shares),
            }
        )  # fmt: skip
        keep("edges", out)
        print(out[-1], flush=True)


def crossing(grid: tuple[float, ...], shares: list[float], share: float = FOUND_FRAC) -> float | None:
    """Where shares first reach `share`, between two grid points on a line; None where they do not, or start above."""
    for k in range(1, len(grid)):
        if shares[k - 1] < share <= shares[k]:
            part = (share - shares[k - 1]) / (shares[k] - shares[k - 1])
            return grid[k - 1] + part * (grid[k] - grid[k - 1])
    return None


def _tally(runs: list[tuple[Verdict, tuple[float, ...]]], tests: tuple[str, ...]) -> dict[str, object]:
    counts = Counter(verdict.value for verdict, _ in runs)
    rejected = (np.array([p for _, p in runs]) <= LEVEL).mean(axis=0)
    return {
        "cases": len(runs),
        "verdicts": {one.value: counts[one.value] for one in Verdict},
        "rejected": dict(zip(tests, rejected.round(4).tolist(), strict=True)),
    }


def families(cases: int = 300) -> None:
    """What a sweep says of families whose truth is known."""
    from .families import run_families

    found = run_families(cases)
    keep("families", found)
    print(found, flush=True)


def markets(cases: int = 200) -> None:
    """Whole markets through the command."""
    from .command import run_markets

    for found in run_markets(cases):
        keep("markets", found)
        print(found, flush=True)


def real(prices: str = "../shared/data/prices.parquet") -> None:
    """The catalogue on real prices."""
    from .command import run_catalogue

    for found in run_catalogue(prices):
        keep("real", found)
        print(found[-1], flush=True)


STEPS: dict[str, Callable[..., None]] = {
    "noise": noise, "sweeps": sweeps, "edges": edges, "families": families, "markets": markets, "real": real,
}  # fmt: skip


if __name__ == "__main__":
    step, *rest = sys.argv[1:]
    STEPS[step](*(int(one) if one.isdigit() else one for one in rest))
