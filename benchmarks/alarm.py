"""The journal's alarm: how often it is false over a whole life, and how soon it sees an adverse drift.

Its figures are kept in benchmarks/figures/alarm.json, from which docs/journal.py writes its tables.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.live.alarm import EARLY_SESSIONS, LEVEL, LONGEST_LIFE_SESSIONS, drift_alarm
from hedgebook.errors import VerificationError

Floats = NDArray[np.float64]
TRADES, LIKELIHOODS = 10_000, 200_000
TINY = {"TRADES": 12, "LIKELIHOODS": 2_000}
KEPT = Path(__file__).parent / "figures" / "alarm.json"
BEFORE = 250  # sessions from which the deviation is estimated
LIFE = LONGEST_LIFE_SESSIONS
ARCH, GARCH, FREEDOM = 0.15, 0.80, 5
SEED = 20260701
WANTED_POWER = 0.80


def student(freedom: float) -> Callable[[np.random.Generator, int, int], Floats]:
    """Student's t of unit deviation."""
    return lambda draw, rows, columns: draw.standard_t(freedom, (rows, columns)) / math.sqrt(freedom / (freedom - 2.0))


def normal(draw: np.random.Generator, rows: int, columns: int) -> Floats:
    """Gauss."""
    return draw.standard_normal((rows, columns))


def clusters(draw: np.random.Generator, rows: int, columns: int) -> Floats:
    """GARCH(1, 1) of unit variance driven by Student's t with five degrees of freedom."""
    warm = 200
    shock, variance = student(FREEDOM)(draw, rows, columns + warm), np.ones(rows)
    out = np.empty_like(shock)
    for t in range(columns + warm):
        out[:, t] = np.sqrt(variance) * shock[:, t]
        variance = 1.0 - ARCH - GARCH + ARCH * out[:, t] ** 2 + GARCH * variance
    return out[:, warm:]


def losing_small(draw: np.random.Generator, rows: int, columns: int) -> Floats:
    """Many small losses and few large gains, skewness 2: an exponential about its mean."""
    return draw.exponential(1.0, (rows, columns)) - 1.0


KINDS: dict[str, Callable[[np.random.Generator, int, int], Floats]] = {
    "normal": normal,
    "Student's t, 5 degrees": student(5),
    "Student's t, 4 degrees": student(4),
    "Student's t, 3 degrees": student(3),
    "GARCH(1, 1) with t, 5 degrees": clusters,
}
SKEWED = "exponential, skewness 2"


def trades(kind: str, seed: int, scale: float = 1.0) -> tuple[Floats, Floats]:
    """(n, 60) P&L without drift, and (n,) the deviation as estimated from the 250 sessions before, times `scale`."""
    draw = np.random.default_rng(seed)
    make = losing_small if kind == SKEWED else KINDS[kind]
    every = make(draw, TRADES, BEFORE + LIFE)
    return every[:, BEFORE:], every[:, :BEFORE].std(axis=1, ddof=1) * scale


def raised(pnl: Floats, scale: Floats) -> NDArray[np.int64]:
    """(n,) the session, from 1, whose alarm was raised; 1000 for none."""
    found = (drift_alarm(row, float(one)).raised_at for row, one in zip(pnl, scale, strict=True))
    return np.array([1000 if at is None else at + 1 for at in found])


def false_alarms(kind: str, seed: int, scale: float = 1.0) -> dict[str, object]:
    """How many lives without drift see an alarm."""
    pnl, estimated = trades(kind, seed, scale)
    share = float((raised(pnl, estimated) <= LIFE).mean())
    error = 2.0 * math.sqrt(LEVEL * (1.0 - LEVEL) / TRADES)
    if kind != SKEWED and not share <= LEVEL + 2.0 * error:
        raise VerificationError(f"{share:.2%} of {TRADES} lives of {kind} P&L see a false alarm, bound {LEVEL:.0%}")
    return {"kind": kind, "scale": scale, "share": share, "trades": TRADES}


def power(kind: str, seed: int) -> dict[str, object]:
    """How many lives with a drift of one deviation against them see the alarm within ten sessions, and at most can."""
    pnl, estimated = trades(kind, seed)
    early = raised(pnl[:, :EARLY_SESSIONS] - 1.0, estimated)
    share = float((early <= EARLY_SESSIONS).mean())
    return {"kind": kind, "share": share, "bound": highest_power(kind, seed + 1), "trades": TRADES}


def later(drift: float, begins: int, within: int, seed: int) -> dict[str, object]:
    """How many normal lives see the alarm within some sessions after a drift begins, of those that had none before."""
    pnl, estimated = trades("normal", seed)
    pnl[:, begins:] -= drift
    found = raised(pnl[:, : begins + within], estimated)
    share = float((found <= begins + within).sum() - (found <= begins).sum()) / float((found > begins).sum())
    return {"drift": drift, "begins": begins, "within": within, "share": share, "trades": TRADES}


def highest_power(kind: str, seed: int) -> float | None:
    """What no alarm of this level can exceed, whatever its boundary: the likelihood ratio test of the first ten.

    An alarm by the tenth session is a test on ten sessions whose level is at most that of the whole life, and of such
    tests the likelihood ratio has the most power (Neyman and Pearson). It knows the deviation and the law. In closed
    form for the normal, of simulated likelihoods for t; None where no closed density is at hand.
    """
    if kind == "normal":
        law = NormalDist()
        return law.cdf(math.sqrt(EARLY_SESSIONS) - law.inv_cdf(1.0 - LEVEL))
    if not kind.startswith("Student"):
        return None
    freedom = int(kind.split(", ")[1].split()[0])
    draw, unit = np.random.default_rng(seed), math.sqrt(freedom / (freedom - 2.0))

    def ratio(x: Floats) -> Floats:
        def log_density(y: Floats) -> Floats:
            return -(freedom + 1) / 2.0 * np.log1p((y * unit) ** 2 / freedom)

        return np.asarray((log_density(x + 1.0) - log_density(x)).sum(axis=1))

    still = student(freedom)(draw, LIKELIHOODS, EARLY_SESSIONS)
    moved = student(freedom)(draw, LIKELIHOODS, EARLY_SESSIONS) - 1.0
    return float((ratio(moved) > np.quantile(ratio(still), 1.0 - LEVEL)).mean())


def main() -> int:
    """Measure everything, print it and keep it; 1 where the power that is wanted is missed."""
    found: dict[str, list[dict[str, object]]] = {"false": [], "power": [], "later": []}
    print("alarm                                       found by 10   no test can more")
    for number, kind in enumerate(KINDS):
        found["power"].append(power(kind, SEED + number))
        row = found["power"][-1]
        most = "-" if row["bound"] is None else f"{row['bound']:.1%}"
        print(f"{kind:<44}{row['share']:>10.1%}   {most:>15}", flush=True)
    for drift, begins, within in ((1.0, 20, 20), (0.5, 0, 20), (0.5, 0, LIFE)):
        found["later"].append(later(drift, begins, within, SEED + 100))
        row = found["later"][-1]
        print(f"drift {drift} after {begins} sessions, found within {within}: {row['share']:.1%}", flush=True)
    print("false over 60 sessions")
    wrong = [(kind, 1.0) for kind in KINDS] + [("normal", 0.5), ("normal", 2.0), (SKEWED, 1.0)]
    for number, (kind, scale) in enumerate(wrong):
        found["false"].append(false_alarms(kind, SEED + 200 + number, scale))
        row = found["false"][-1]
        print(f"{kind:<44}{row['share']:>10.2%}   deviation times {scale:g}", flush=True)
    if TRADES == 10_000:
        KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return int(any(float(str(row["share"])) < WANTED_POWER for row in found["power"]))
