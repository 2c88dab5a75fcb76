"""Sets of parameters of structures: those that are asked for, and all of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgebook.engine.arrays import Floats, Ints

from .request import ExpressAsked

AXES = ("delta", "days", "width")


@dataclass(frozen=True, eq=False)
class Terms:
    """n sets of parameters. delta: (n,), wing_delta: without sign; days: (n,) to expiry; width_frac: (n,) of the first
    strike."""

    delta: Floats
    days: Ints
    width_frac: Floats
    wing_delta: float

    @property
    def count(self) -> int:
        """How many sets there are."""
        return len(self.delta)

    def some(self, rows: Ints) -> Terms:
        """Those of some rows."""
        return Terms(self.delta[rows], self.days[rows], self.width_frac[rows], self.wing_delta)


def asked_terms(asked: ExpressAsked) -> Terms:
    """The one set of parameters that was asked for."""
    return Terms(np.array([asked.delta]), np.array([asked.days]), np.array([asked.width_frac]), asked.wing_delta)


def swept_terms(asked: ExpressAsked, names: Sequence[str]) -> Terms:
    """The set that was asked for, then every other of the sweep in the parameters named; the rest as asked for."""
    own = {"delta": asked.delta, "days": float(asked.days), "width": asked.width_frac}
    axes = [np.array(asked.sweep.get(name, (own[name],)) if name in names else (own[name],)) for name in AXES]
    grid = np.stack([one.ravel() for one in np.meshgrid(*axes, indexing="ij")])
    first = np.array([own[name] for name in AXES])
    other = grid[:, (grid != first[:, None]).any(axis=0)]
    delta, days, width = np.concatenate([first[:, None], other], axis=1)
    return Terms(delta, days.astype(np.int64), width, asked.wing_delta)
