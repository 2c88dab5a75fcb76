"""The rules of a trade in one frozen value. Every rule decides at a close and fills at the next open."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hedgebook.universes.model import Value

from .rebalance import Rebalance, RebalanceSpec

# Fractions, as 0.08 is 8 %: a whole number would be a percentage by mistake, and is refused as one.
Loss = Annotated[float, Field(gt=0, lt=1)] | None
Share = Annotated[float, Field(gt=0, le=1)] | None


class Rules(Value):
    """What ends a trade early and what changes its size; None = off.

    stop_loss, take_profit: P&L since entry, costs included, as a fraction of the NAV at entry; trailing_stop: the
    same fraction given back from the best close; long_stop, short_stop: loss of one leg, which alone is closed;
    max_hold: sessions from entry to the close that ends the trade. rebalance: back to the entry's weights on dates:
    none, weekly, monthly, every:N; band: drift of a position, relative to its target, that brings all back.
    target_vol: annual ex-ante volatility that the weights are scaled to at entry and at each rebalance; vol_halflife:
    sessions after which a return counts half in that volatility; max_scale: the largest factor of that scaling.
    derisk_drawdown: fall of NAV from its best close since entry after which all weights are cut, until a new best
    close; derisk_to: what they are multiplied by then.
    """

    stop_loss: Loss = None
    take_profit: Share = None
    trailing_stop: Loss = None
    long_stop: Loss = None
    short_stop: Loss = None
    max_hold: Annotated[int, Field(ge=1, le=2520)] | None = None
    rebalance: RebalanceSpec = Rebalance()
    band: Share = None
    target_vol: Share = None
    vol_halflife: Annotated[float, Field(ge=1, le=252)] = 20.0
    max_scale: Annotated[float, Field(gt=0, le=20)] = 1.0
    derisk_drawdown: Annotated[float, Field(gt=0, lt=1)] | None = None
    derisk_to: Annotated[float, Field(ge=0, lt=1)] = 0.5

    @property
    def idle(self) -> bool:
        """Whether no rule is on."""
        return self == Rules(vol_halflife=self.vol_halflife, max_scale=self.max_scale, derisk_to=self.derisk_to)


RULE_PARAMETERS = tuple(Rules.model_fields)
