"""Marks of options from numbers at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import as_day
from hedgebook.universes.chains.chain import Listed, MarkName

from ..arrays import Floats
from ..options.marks import Quoted
from .trades import name_of

FIELDS = ("mid", "half_width", "vol_annual", "spot", "years", "rate_annual", "carry_annual")


@brief
@dataclass(frozen=True, eq=False)
class ArrayMarks:
    """Marks of K contracts over T sessions from arrays.

    contracts: K of them; sessions: (T,); close, open: their mids (T, K), USD per share, NaN = no mark there, open None
    = none at any open; close_half_width, open_half_width: (T, K), None = zero; terms: further (T, K) of the closes by
    name, of vol_annual, spot, years, rate_annual and carry_annual, which explained P&L needs; label: what outputs call
    these quotes.
    Other contracts and sessions have no marks. Raises ParameterError for arrays of another shape.
    """

    contracts: Sequence[Listed]
    sessions: Any
    close: Any
    open: Any = None
    close_half_width: Any = None
    open_half_width: Any = None
    terms: dict[str, Any] | None = None
    label: str = "given quotes"

    def __post_init__(self) -> None:
        days = np.array([as_day(day) for day in self.sessions], dtype="datetime64[D]")
        object.__setattr__(self, "contracts", tuple(self.contracts))
        object.__setattr__(self, "sessions", days)
        for name in ("close", "open", "close_half_width", "open_half_width"):
            if getattr(self, name) is not None:
                self._of_shape(name, getattr(self, name))
        for name, values in (self.terms or {}).items():
            if name not in FIELDS[2:]:
                raise ParameterError("no such term", where="terms", value=name, bound=", ".join(FIELDS[2:]))
            self._of_shape(name, values)

    def _of_shape(self, name: str, values: Any) -> None:
        shape = (len(self.sessions), len(self.contracts))
        if np.shape(values) != shape:
            what = "one number a session and contract is needed"
            raise ParameterError(what, where=name, value=str(np.shape(values)), bound=str(shape))

    def marks(self, contracts: Sequence[Listed], sessions: Any, mark: MarkName = "close") -> Quoted:
        """Marks of `contracts` (K) at one `mark` of `sessions` (T days), (T, K) each."""
        days = np.array([as_day(day) for day in np.atleast_1d(sessions)], dtype="datetime64[D]")
        row = {day: t for t, day in enumerate(self.sessions.tolist())}
        own = {name_of(one): k for k, one in enumerate(self.contracts)}
        rows = np.array([row.get(day, -1) for day in days.tolist()], dtype=np.int64)
        columns = np.array([own.get(name_of(one), -1) for one in contracts], dtype=np.int64)

        def taken(values: Any, otherwise: float = np.nan) -> Floats:
            out = np.full((len(rows), len(columns)), otherwise)
            if values is not None:
                known = np.ix_(rows >= 0, columns >= 0)
                out[known] = np.asarray(values, dtype=np.float64)[np.ix_(rows[rows >= 0], columns[columns >= 0])]
            return out

        terms = self.terms if self.terms is not None and mark == "close" else {}
        rest = {name: taken(terms.get(name)) for name in FIELDS[2:]}
        mid = taken(self.close if mark == "close" else self.open)
        half = taken(self.close_half_width if mark == "close" else self.open_half_width, 0.0)
        return Quoted(mid, half, **rest, modelled=np.zeros(mid.shape, dtype=np.bool_))
