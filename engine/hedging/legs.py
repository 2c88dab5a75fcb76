"""The two legs of a trade and the returns of their tickers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgebook.errors import ParameterError

from ..arrays import Floats


@dataclass(frozen=True)
class HedgeLegs:
    """Tickers of the long leg, with their weights inside it (None: equal), and those that may hedge it."""

    long: tuple[str, ...]
    short: tuple[str, ...]
    long_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for side, names in (("long", self.long), ("short", self.short)):
            if isinstance(names, str) or not names:
                raise ParameterError("a leg needs a tuple of tickers", where=side, value=str(names))
            if len(set(names)) < len(names):
                raise ParameterError("a ticker stands twice in a leg", where=side, value=", ".join(names))
        if both := set(self.long) & set(self.short):
            raise ParameterError(f"{min(both)} stands in both legs", where="long, short")
        if self.long_weights is not None:
            total = sum(self.long_weights)
            if len(self.long_weights) != len(self.long) or not abs(total - 1.0) < 1e-9:
                raise ParameterError(
                    "weights inside the long leg must fit its tickers and add up to 1",
                    where="long_weights",
                    value=f"{len(self.long_weights)} weights, total {total:.6g}",
                )

    @property
    def tickers(self) -> tuple[str, ...]:
        """Long leg first."""
        return (*self.long, *self.short)

    def weights(self) -> Floats:
        """(L,) inside the long leg."""
        if self.long_weights is None:
            return np.full(len(self.long), 1.0 / len(self.long))
        return np.array(self.long_weights, dtype=np.float64)
