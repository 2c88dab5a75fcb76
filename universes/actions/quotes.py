"""Prices as they were quoted, beside a market whose prices are adjusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import PriceDataError

from ..arrays import Floats
from ..brief import brief
from ..checks import as_array
from .actions import Actions


@brief
@dataclass(frozen=True, eq=False)
class Quotes:
    """The opens and closes that orders fill at, and the actions that happen to shares.

    open, close: (T, N) as quoted, NaN = no price; actions: their dates are sessions of the market.
    """

    open: NDArray[np.float64]
    close: NDArray[np.float64]
    actions: Actions

    def __post_init__(self) -> None:
        for name in ("open", "close"):
            values = as_array(getattr(self, name), np.float64, name, PriceDataError).view()
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    def rows(self, part: slice) -> Quotes:
        """Those of some sessions; actions on others have no session to happen in."""
        return Quotes(self.open[part], self.close[part], self.actions)

    @property
    def marks(self) -> Floats:
        """(2, T, N) opens and closes."""
        return np.stack([self.open, self.close])
