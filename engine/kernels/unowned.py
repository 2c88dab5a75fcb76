"""Arrays without reference counts, for kernels whose pieces hand them on all the time.

Every call between compiled functions counts the references to each array that it passes, atomically: profiled, that
was a third of the time of a tile. A borrowed array is not counted, so whoever borrows must keep the owner alive: the
caller of a kernel does so for its arguments, a kernel for its own arrays by using them once more at its end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from numba.core import cgutils
from numba.extending import intrinsic

from .book.records import Prices, Record, State
from .jit import inlined


@intrinsic
def _lent(_typing: Any, array: Any) -> Any:
    """The same array without an owner."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        owned = context.make_array(array)(context, builder, arguments[0])
        lent = context.make_array(array)(context, builder)
        for name in ("nitems", "itemsize", "data", "shape", "strides"):
            setattr(lent, name, getattr(owned, name))
        for name in ("meminfo", "parent"):
            nothing = cgutils.get_null_value(getattr(owned, name).type)  # type: ignore[no-untyped-call]
            setattr(lent, name, nothing)
        return lent._getvalue()

    return array(array), generate


# numba gives an intrinsic its first argument itself, which its type does not say.
borrowed: Callable[[Any], Any] = cast(Any, _lent)


@inlined
def borrow_prices(given: Prices) -> Prices:
    """Prices without owners."""
    return Prices(
        borrowed(given.marks),
        borrowed(given.days),
        borrowed(given.order),
        borrowed(given.flows),
        borrowed(given.changes),
    )


@inlined
def borrow_state(given: State) -> State:
    """A state without owners."""
    return State(borrowed(given.book), borrowed(given.account))


@inlined
def borrow_record(given: Record) -> Record:
    """A record without owners."""
    return Record(
        borrowed(given.days), borrowed(given.shares), borrowed(given.price), borrowed(given.pnl), borrowed(given.lines)
    )
