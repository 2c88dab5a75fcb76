"""The ways of expressing a view that are compared: which options each has, on which leg of the trade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Leg = Literal["short", "long"]
Right = Literal["call", "put"]
# How the strike of an option is chosen: by the delta that is asked for, by that of what is sold against it, at the
# money, or so far from the first option's strike as the width says.
By = Literal["delta", "wing", "money", "width"]


@dataclass(frozen=True)
class OptionPart:
    """right; by: how its strike is chosen; ratio: contracts for each of the structure, negative where sold."""

    right: Right
    by: By
    ratio: float


@dataclass(frozen=True)
class Structure:
    """name: as commands have it; title: as readers have it; leg: of the trade that it stands for; stock: shares beside
    the options, for each share of a structure: 1 held, -1 short, 0 none; options: its parts."""

    name: str
    title: str
    leg: Leg
    stock: int
    options: tuple[OptionPart, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that it depends on, of delta, days and width."""
        by = {part.by for part in self.options}
        found = (("delta", by & {"delta", "width"}), ("days", by), ("width", by & {"width"}))
        return tuple(name for name, used in found if used)

    @property
    def sized_by(self) -> tuple[str, ...]:
        """The same with those that its size may depend on: what spends the premium of the long option of its leg."""
        spends = ("delta", "days") if self.options and not self.stock else ()
        return tuple(name for name in ("delta", "days", "width") if name in (*self.parameters, *spends))


def _bought(right: Right, by: By) -> OptionPart:
    return OptionPart(right, by, 1.0)


def _sold(right: Right, by: By) -> OptionPart:
    return OptionPart(right, by, -1.0)


STRUCTURES: tuple[Structure, ...] = (
    Structure("short-stock", "Short stock", "short", -1, ()),
    Structure("long-put", "Long put", "short", 0, (_bought("put", "delta"),)),
    Structure("put-spread", "Put spread", "short", 0, (_bought("put", "delta"), _sold("put", "width"))),
    Structure("synthetic-short", "Synthetic short", "short", 0, (_bought("put", "money"), _sold("call", "money"))),
    Structure("risk-reversal", "Risk reversal", "short", 0, (_bought("put", "delta"), _sold("call", "wing"))),
    Structure("straddle", "Straddle", "short", 0, (_bought("put", "money"), _bought("call", "money"))),
    Structure("long-stock", "Long stock", "long", 1, ()),
    Structure("collar", "Collar", "long", 1, (_bought("put", "delta"), _sold("call", "wing"))),
    Structure("covered-call", "Covered call", "long", 1, (_sold("call", "wing"),)),
    Structure("long-call", "Long call", "long", 0, (_bought("call", "delta"),)),
    Structure("call-spread", "Call spread", "long", 0, (_bought("call", "delta"), _sold("call", "width"))),
)
BY_NAME = {one.name: one for one in STRUCTURES}
# What every structure of a leg is held against: the leg as the trade has it.
PLAIN: dict[Leg, str] = {"short": "short-stock", "long": "long-stock"}
# The structure whose premium is spent where others are made equal in premium.
MEASURE: dict[Leg, str] = {"short": "long-put", "long": "long-call"}
