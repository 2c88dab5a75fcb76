"""The four indicators of the build-out of AI infrastructure, as tags of events."""

from __future__ import annotations

from dataclasses import dataclass

from ..event import Event


@dataclass(frozen=True)
class Indicator:
    """What is watched: the tag of its events, what it is called, what it tells, and other tags that count as it.

    of: a side that an event with one of those other tags has to name, empty for any.
    """

    tag: str
    title: str
    tells: str
    also: tuple[str, ...] = ()
    of: str = ""

    def covers(self, event: Event) -> bool:
        """Whether an event is news of this indicator."""
        if self.tag in event.tags:
            return True
        sides = (*event.expected_winners, *event.expected_losers)
        return bool(set(self.also) & set(event.tags)) and (not self.of or self.of in sides)


INDICATORS = (
    Indicator(
        "capex-guidance", "Capital expenditure guidance", "whether hyperscalers revise their spending plans down",
        also=("capex", "capex-cut"),
    ),
    Indicator(
        "memory-prices", "Memory prices", "how supply and demand of HBM and DDR5 stand, by their spot prices",
        also=("supply", "demand", "demand-shock"), of="memory",
    ),
    Indicator(
        "deployment", "Deployment", "how fast models are deployed and adopted, which is what uses compute",
        also=("efficiency",),
    ),
    Indicator(
        "miner-contracts", "Contracts of miners", "whether AI contracts make the turn of miners last",
        also=("contract",), of="miner",
    ),
)  # fmt: skip
TAGS = tuple(one.tag for one in INDICATORS)


def indicators_of(event: Event) -> tuple[Indicator, ...]:
    """The indicators that an event is news of."""
    return tuple(one for one in INDICATORS if one.covers(event))
