"""The order log, each deferral told once; and how an order comes to wait."""

from __future__ import annotations

from ..jit import uncounted
from .records import UNFILLED, Reason, Status, Structs

DEFERRED = int(Status.DEFERRED)
NO_OPEN, NO_PRICE = int(Reason.NO_OPEN), int(Reason.NO_PRICE)


@uncounted
def log(lines: Structs, account: Structs, t: int, mark: int, i: int, status: int, reason: int) -> int:
    """Note what became of an order; returns its line, or -1 where the log is full and only the count goes on."""
    n = account.logged
    account.logged = n + 1
    if n >= lines.size:
        return -1
    lines[n] = UNFILLED[0]
    line = lines[n]
    line.session, line.mark, line.ticker, line.status, line.reason = t, mark, i, status, reason
    return int(n)


@uncounted
def defer(lines: Structs, account: Structs, held: Structs, t: int, mark: int, i: int, reason: int) -> None:
    """Note that an order waits, once for each reason; a missing close says no less than a missing open."""
    bit = 1 << reason
    if held.told & bit == 0:
        log(lines, account, t, mark, i, DEFERRED, reason)
    held.told |= bit
    if reason == NO_PRICE:
        held.told |= 1 << NO_OPEN


@uncounted
def ask(held: Structs, weight: float, reason: int) -> None:
    """Make `weight` the waiting order of a position."""
    held.pending = weight
    held.why = reason
    held.told = 0


@uncounted
def ask_exit(held: Structs, reason: int) -> None:
    """Ask for the end of a position, unless an exit of it waits already; drop an order to enter."""
    if held.shares != 0.0:
        if held.pending != 0.0:
            ask(held, 0.0, reason)
    elif held.pending != 0.0:
        held.pending = float("nan")
