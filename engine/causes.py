"""Causes of P&L: what each is called, and whether it is a move of prices, a cost of trading or a cost of holding."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, IntEnum, auto


class CauseKind(Enum):
    """What sort of cause: a move of prices; given up in the price of a fill; charged beside it; paid while held."""

    MOVE = auto()
    CONCESSION = auto()
    CHARGE = auto()
    HOLDING = auto()


class Cause(IntEnum):
    """Where a ticker's P&L came from; the last axis of the P&L array.

    label: as people read it; kind: what sort of cause. Everything that lists causes is derived from these rows.
    """

    label: str
    kind: CauseKind

    def __new__(cls, place: int, label: str, kind: CauseKind) -> Cause:
        member = int.__new__(cls, place)
        member._value_ = place
        member.label, member.kind = label, kind
        return member

    OVERNIGHT = 0, "Overnight", CauseKind.MOVE
    INTRADAY = 1, "Intraday", CauseKind.MOVE
    COMMISSION = 2, "Commission", CauseKind.CHARGE
    SPREAD = 3, "Half-spread", CauseKind.CONCESSION
    SLIPPAGE = 4, "Slippage", CauseKind.CONCESSION
    IMPACT = 5, "Impact", CauseKind.CONCESSION
    BORROW = 6, "Borrow", CauseKind.HOLDING

    @property
    def column(self) -> str:
        """The name in tables and files."""
        return self.name.lower()


def columns_of(causes: Iterable[Cause]) -> tuple[str, ...]:
    """Names of causes in tables and files."""
    return tuple(cause.column for cause in causes)


def in_words(names: Iterable[str]) -> str:
    """Names in a sentence: commission, half-spread, slippage and impact."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


MOVES = tuple(cause for cause in Cause if cause.kind is CauseKind.MOVE)
CONCESSIONS = tuple(cause for cause in Cause if cause.kind is CauseKind.CONCESSION)
# What is paid when something is traded.
TRADING = tuple(cause for cause in Cause if cause.kind in (CauseKind.CHARGE, CauseKind.CONCESSION))
COSTS = tuple(cause for cause in Cause if cause.kind is not CauseKind.MOVE)
CAUSE_COLUMNS, TRADING_COLUMNS, COST_COLUMNS = columns_of(Cause), columns_of(TRADING), columns_of(COSTS)
LABELS = {cause.column: cause.label for cause in Cause}
