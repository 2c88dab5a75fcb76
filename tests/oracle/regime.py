"""Which of two strategies is followed at each close, and what is ordered, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence


def states(readings: Sequence[bool | None], confirm: int) -> list[str]:
    """ "cash", "up" or "down" after each close; a reading of None neither confirms nor breaks."""
    out, state = [], "cash"
    for t in range(len(readings)):
        seen = [r for r in readings[: t + 1] if r is not None][-confirm:]
        if len(seen) == confirm and readings[t] is not None:
            if all(seen):
                state = "up"
            elif not any(seen):
                state = "down"
        out.append(state)
    return out


def above_average(levels: Sequence[float], t: int, sessions: int) -> bool | None:
    """Whether a level is above the mean of its last ones, None where it is not known."""
    known = [x for x in levels[: t + 1] if math.isfinite(x)][-sessions:]
    if not math.isfinite(levels[t]) or len(known) < sessions:
        return None
    return known[-1] / (math.fsum(known) / sessions) - 1 > 1e-12


def stronger(one: Sequence[float], two: Sequence[float], t: int, sessions: int) -> bool | None:
    """Whether one level gained more than another since so many shared closes."""
    both = [(x, y) for x, y in zip(one[: t + 1], two[: t + 1], strict=True) if math.isfinite(x) and math.isfinite(y)]
    if not (math.isfinite(one[t]) and math.isfinite(two[t])) or len(both) <= sessions:
        return None
    (x0, y0), (x1, y1) = both[-1 - sessions], both[-1]
    return math.log(x1 / x0) - math.log(y1 / y0) > 1e-12


def orders(
    followed: Sequence[str], parts: dict[str, dict[tuple[int, int], list[float]]], mark: int, count: int
) -> dict[tuple[int, int], list[float]]:
    """What is ordered by (session, mark): followed holds what is decided at each close, `mark` is of the fills."""
    out: dict[tuple[int, int], list[float]] = {}
    held = {name: [0.0] * count for name in parts}
    active = "cash"
    for t in range(len(followed)):
        for m in (0, 1):
            turned = m == mark and t > 0 and followed[t - 1] != active
            for name, rows in parts.items():
                row = rows.get((t, m))
                if row is not None:
                    held[name] = [old if math.isnan(new) else new for old, new in zip(held[name], row, strict=True)]
                    if name == active and not turned:
                        out[t, m] = row
            if turned:
                active = followed[t - 1]
                out[t, m] = held.get(active, [0.0] * count)
    return out
