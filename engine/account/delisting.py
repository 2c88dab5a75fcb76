"""What is left of a position whose ticker stops printing."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from hedgebook.universes.market import Market

from ..frictions.by_name import per_ticker

Recovery = Annotated[float, Field(ge=0, le=10)]


class Delisting(BaseModel):
    """Fraction of its last price at which a position is written off, long or short; 1 = the last price itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recovery_frac: Recovery = 1.0
    recovery_by_ticker: dict[str, Recovery] = Field(default_factory=dict)
    reason: str = ""

    def recovery(self, market: Market) -> NDArray[np.float64]:
        """(N,): the fraction of each ticker."""
        return per_ticker(market, self.recovery_frac, {}, self.recovery_by_ticker)
