"""The event session in two parts: the gap that nobody could trade, and what came after the open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..arrays import Floats
from ..kernels.events.tests import Stat
from .run import StudyOutcome

COLUMNS = (
    "kind", "tickers", "return", "gap_return", "tradable_return", "abnormal", "gap_abnormal", "tradable_abnormal",
    "remainder", "gap_t", "tradable_t",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Part:
    """One kind of return of the event session: what the kernel found, and the raw returns (N,)."""

    found: StudyOutcome
    returns: Floats

    @property
    def abnormal(self) -> Floats:
        """(N,) abnormal returns of the event session."""
        out: Floats = self.found.columns[0, 0, 0]
        return out

    @property
    def t(self) -> Floats:
        """(N,) abnormal returns over their prediction errors."""
        out: Floats = self.abnormal / (self.found.fits.sd[0] * np.sqrt(self.found.columns[0, 0, 2]))
        return out


def split_table(
    tickers: Sequence[str],
    groups: Sequence[str],
    masks: NDArray[np.bool_],
    whole: tuple[Floats, Floats],
    parts: tuple[Part, Part] | None,
) -> pd.DataFrame:
    """Abnormal returns of session 0 by part; whole: (N,) returns and abnormal returns close to close.

    abnormal = gap_abnormal + tradable_abnormal + remainder, exactly: the remainder is what compounds between
    the parts (gap times rest) and by which the parts' models differ from the session's. tradable_return is
    measured from the open, so it is what somebody who bought there earned. A group's row is the mean over its
    tickers that have all parts; its t are of the portfolio test and NaN where a part was tested on other tickers.
    """
    if parts is None:
        return pd.DataFrame(columns=list(COLUMNS), index=pd.Index([], name="name"))
    gap, rest = parts
    returns, abnormal = whole
    table = np.column_stack(
        [
            returns,
            gap.returns,
            rest.returns,
            abnormal,
            gap.abnormal,
            rest.abnormal,
            abnormal - gap.abnormal - rest.abnormal,
        ]
    )
    there = np.isfinite(table).all(axis=1)
    lines: list[tuple[object, ...]] = []
    names: list[str] = []
    for g, name in enumerate(groups):
        kept = masks[g] & there
        if kept.any():
            t = [_group_t(part, g, masks[g], kept) for part in parts]
            lines.append(("group", int(kept.sum()), *table[kept].mean(axis=0), *t))
            names.append(name)
    for i in np.flatnonzero(there).tolist():
        lines.append(("ticker", 1, *table[i], gap.t[i], rest.t[i]))
        names.append(tickers[i])
    return pd.DataFrame(lines, columns=list(COLUMNS), index=pd.Index(names, name="name"))


def _group_t(part: Part, g: int, mask: NDArray[np.bool_], kept: NDArray[np.bool_]) -> float:
    """The portfolio test of group g in a part, if it was run on the very tickers of the row."""
    tested = mask & np.isfinite(part.abnormal)
    return float(part.found.statistics[0, 0, g, Stat.PORTFOLIO]) if (tested == kept).all() else np.nan
