"""What an order may look like."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hedgebook.universes.market import Market
from hedgebook.universes.model import Value

from ..frictions.liquidity import average_daily_value


class OrderLimits(Value):
    """Whole shares, the smallest order, and the share of a session's volume that may be traded.

    min_order_usd: smaller orders are rejected, exits never; participation_frac: of the average daily value
    over `adv_window_sessions` sessions before the fill, the rest carries over to the next session, None = no cap.
    """

    whole_shares: bool = False
    min_order_usd: Annotated[float, Field(ge=0, lt=1e12)] = 0.0
    participation_frac: Annotated[float, Field(gt=0, le=1)] | None = None
    adv_window_sessions: Annotated[int, Field(ge=5, le=252)] = 20

    def cap_usd(self, market: Market, start: int, stop: int) -> NDArray[np.float64]:
        """(stop - start, N): USD that may be traded in each session; inf where volume is unknown.

        (1, N) without a cap.
        """
        if self.participation_frac is None:
            return np.full((1, len(market.tickers)), np.inf)
        value = average_daily_value(market, start, stop, self.adv_window_sessions)
        return np.nan_to_num(self.participation_frac * value, nan=np.inf)
