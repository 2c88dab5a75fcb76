"""How many of something, in words."""

from __future__ import annotations


def counted(count: float, one: str, many: str = "") -> str:
    """A whole number and what it counts: 1 session, 1,009 sessions; many: where it is not `one` with an s.

    What agrees with the number stands in both: counted(n, "set was", "sets were").
    """
    return f"{count:,.0f} {one if count == 1 else many or f'{one}s'}"
