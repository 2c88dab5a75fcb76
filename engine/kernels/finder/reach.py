"""Whether the bounds of a basket allow its equations at all."""

from __future__ import annotations

from ..jit import uncounted
from .room import Room


@uncounted
def _supports(r: Room, n: int, m: int, x: float, y: float, z: float) -> bool:
    """Whether the equations' targets lie within what the bounds allow, seen along one direction."""
    target = x * r.target[0]
    size = abs(target)
    if m > 1:
        target += y * r.target[1]
    if m > 2:
        target += z * r.target[2]
    least = most = 0.0
    for i in range(n):
        along = x * r.rules[0, i]
        if m > 1:
            along += y * r.rules[1, i]
        if m > 2:
            along += z * r.rules[2, i]
        least += along * (r.low[i] if along > 0.0 else r.high[i])
        most += along * (r.high[i] if along > 0.0 else r.low[i])
    slack = 1e-11 * (abs(target) + size + max(abs(least), abs(most)))
    return bool(least - slack <= target <= most + slack)


@uncounted
def reachable(r: Room, n: int, m: int) -> bool:
    """Whether bounds allow the equations: a box seen through them is a zonotope, whose facets are looked at."""
    if not _supports(r, n, m, 1.0, 0.0, 0.0):
        return False
    if m == 1:
        return True
    if not _supports(r, n, m, 0.0, 1.0, 0.0):
        return False
    if m == 2:
        fits = True
        for i in range(n):
            fits = fits and _supports(r, n, m, -r.rules[1, i], r.rules[0, i], 0.0)
        return fits
    if not _supports(r, n, m, 0.0, 0.0, 1.0):
        return False
    for i in range(n):
        for j in range(i):
            x = r.rules[1, i] * r.rules[2, j] - r.rules[2, i] * r.rules[1, j]
            y = r.rules[2, i] * r.rules[0, j] - r.rules[0, i] * r.rules[2, j]
            z = r.rules[0, i] * r.rules[1, j] - r.rules[1, i] * r.rules[0, j]
            if not _supports(r, n, m, x, y, z):
                return False
    return True


@uncounted
def _most(r: Room, n: int, m: int, normal: tuple[float, float, float], budget: float) -> float:
    """The largest value along a direction that bounds and budget allow: names that reach furthest come first."""
    left, total = budget, 0.0
    taken = 0
    for _ in range(n):
        best, furthest, room = -1, 0.0, 0.0
        for i in range(n):
            if taken >> i & 1:
                continue
            along = 0.0
            for f in range(m):
                along += normal[f] * r.rules[f, i]
            most = r.high[i] if along > 0.0 else -r.low[i]
            if most > 0.0 and abs(along) > furthest:
                best, furthest, room = i, abs(along), most
        if best < 0:
            break
        taken |= 1 << best
        size = min(room, left)
        total += furthest * size
        left -= size
    return total


@uncounted
def _pays(r: Room, n: int, m: int, normal: tuple[float, float, float], budget: float) -> bool:
    """Whether the targets lie within what bounds and budget allow, seen along one direction."""
    target = 0.0
    for f in range(m):
        target += normal[f] * r.target[f]
    other = (-normal[0], -normal[1], -normal[2])
    high, low = _most(r, n, m, normal, budget), -_most(r, n, m, other, budget)
    slack = 1e-11 * (abs(target) + max(high, -low))
    return low - slack <= target <= high + slack


@uncounted
def _edge(r: Room, n: int, code: int, f: int) -> float:
    """One rule along an edge of what bounds and budget allow: a name by itself, or two of which one is exchanged."""
    if code < n:
        return float(r.rules[f, code])
    pair = code - n
    i, j, sign = pair // 2 // n, pair // 2 % n, 1.0 if pair % 2 else -1.0
    return float(r.rules[f, i] + sign * r.rules[f, j])


@uncounted
def affordable(r: Room, n: int, m: int, budget: float) -> bool:
    """Whether bounds and budget together allow the equations, of which there is one at least.

    Seen through the equations they are a polytope whose facets are parallel to edges: all these directions are tried.
    """
    edges = n + 2 * n * n
    fits = _pays(r, n, m, (1.0, 0.0, 0.0), budget)
    if m > 1:
        fits = fits and _pays(r, n, m, (0.0, 1.0, 0.0), budget)
    if m > 2:
        fits = fits and _pays(r, n, m, (0.0, 0.0, 1.0), budget)
    if m == 2:
        for a in range(edges):
            fits = fits and _pays(r, n, m, (-_edge(r, n, a, 1), _edge(r, n, a, 0), 0.0), budget)
    if m == 3:
        for a in range(edges):
            for b in range(a):
                if not fits:
                    return False
                x = _edge(r, n, a, 1) * _edge(r, n, b, 2) - _edge(r, n, a, 2) * _edge(r, n, b, 1)
                y = _edge(r, n, a, 2) * _edge(r, n, b, 0) - _edge(r, n, a, 0) * _edge(r, n, b, 2)
                z = _edge(r, n, a, 0) * _edge(r, n, b, 1) - _edge(r, n, a, 1) * _edge(r, n, b, 0)
                fits = _pays(r, n, m, (x, y, z), budget)
    return fits
