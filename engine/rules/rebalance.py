"""When a trade goes back to its weights by the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer

from hedgebook.universes.raw_file import whole_number


@dataclass(frozen=True)
class Rebalance:
    """Dates on which the close decides to rebalance: never, the last of a week or month, or every so many sessions."""

    kind: Literal["none", "weekly", "monthly", "every"] = "none"
    sessions: int = 0

    def __str__(self) -> str:
        return f"every:{self.sessions}" if self.kind == "every" else self.kind

    def dates(self, sessions: NDArray[np.datetime64], following: np.datetime64, entry: int) -> NDArray[np.int8]:
        """(T,): 1 where the close of a session decides to rebalance, so that the next open trades.

        following: the session after the last, which tells whether that one ends its week or month; entry: row
        from which every so many sessions are counted.
        """
        out = np.zeros(len(sessions), dtype=np.int8)
        if self.kind == "every":
            out[entry + self.sessions :: self.sessions] = 1
        elif self.kind != "none":
            # Weeks of datetime64 begin on a Thursday; shifted by three days they begin on a Monday.
            shift = np.timedelta64(3 if self.kind == "weekly" else 0, "D")
            unit = "datetime64[W]" if self.kind == "weekly" else "datetime64[M]"
            period = (np.append(sessions, following) + shift).astype(unit)
            out[period[1:] != period[:-1]] = 1
        return out


def parse_rebalance(value: Any) -> Any:
    """A Rebalance from `none` (or None), `weekly`, `monthly` or `every:N`. Raises ValueError for anything else."""
    if isinstance(value, Rebalance):
        return value
    if value is None:
        return Rebalance()
    text = value.strip().lower() if isinstance(value, str) else ""
    if text in ("none", "weekly", "monthly"):
        return Rebalance(text)  # type: ignore[arg-type]
    kind, _, count = text.partition(":")
    sessions = whole_number(count)
    if kind == "every" and sessions is not None and 1 <= sessions <= 2520:
        return Rebalance("every", sessions)
    raise ValueError("rebalance is none, weekly, monthly or every:N with N from 1 to 2520")


RebalanceSpec = Annotated[
    Rebalance, BeforeValidator(parse_rebalance), PlainSerializer(str, return_type=str, when_used="always")
]
