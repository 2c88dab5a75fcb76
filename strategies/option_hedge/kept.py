"""Marks that are worked out once, however often a ledger is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from hedgebook.engine.options.marks import Marks, Quoted
from hedgebook.universes.chains.chain import Listed, MarkName

Key = tuple[Listed, np.datetime64, np.datetime64, str]


@dataclass(eq=False)
class KeptMarks:
    """Other marks, remembered by contract, span of sessions and mark."""

    marks_of: Marks
    kept: dict[Key, dict[str, Any]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What every output says of these marks."""
        return self.marks_of.label

    def marks(self, contracts: Sequence[Listed], sessions: Any, mark: MarkName = "close") -> Quoted:
        """Marks of `contracts` (K) at one `mark` of `sessions` (T days), (T, K) each."""
        days = np.atleast_1d(np.asarray(sessions, dtype="datetime64[D]"))
        names = [one.name for one in fields(Quoted)]
        keys = [(one, days[0], days[-1], mark) for one in contracts]
        new = [one for one, key in zip(contracts, keys, strict=True) if key not in self.kept]
        if new:
            found = self.marks_of.marks(new, days, mark)
            for k, one in enumerate(new):
                self.kept[one, days[0], days[-1], mark] = {n: np.asarray(getattr(found, n))[:, k] for n in names}
        return Quoted(**{name: np.column_stack([self.kept[key][name] for key in keys]) for name in names})
