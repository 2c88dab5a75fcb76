"""Returns compounded over the days that other returns span."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats


def compounded_between(
    days: NDArray[np.datetime64], returns: Floats, starts: NDArray[np.datetime64], ends: NDArray[np.datetime64]
) -> Floats:
    """(R, K) growth from the close of each of `starts` to that of the same one of `ends`, both (R,).

    days: (T,), ascending, on each of which a return ends; returns: (T, K) fractions. NaN where one of the two is none
    of the days, and where a return between them is NaN: nothing is filled.
    """
    own = np.asarray(days, dtype="datetime64[D]")
    out = np.full((len(ends), returns.shape[1]), np.nan)
    places = [np.searchsorted(own, np.asarray(one, dtype="datetime64[D]")) for one in (starts, ends)]
    known = np.isin(np.asarray(starts, dtype="datetime64[D]"), own) & np.isin(
        np.asarray(ends, dtype="datetime64[D]"), own
    )
    for r in np.flatnonzero(known).tolist():
        out[r] = np.prod(1.0 + returns[places[0][r] + 1 : places[1][r] + 1], axis=0) - 1.0
    return out
