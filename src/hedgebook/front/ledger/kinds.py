"""What is a trial: a strategy that was run on prices, once or often, and what is chosen by looking at them."""

from __future__ import annotations

from typing import Any

from hedgebook.errors import ParameterError

from ..replay.call import call_of

# Also a ticket of a trade, a hedge among many baskets, an expression among many. Risk, tear sheets and studies choose
# nothing.
KINDS = {
    "backtest": "run", "sweep": "sweep", "event_series": "series", "hedges": "hedges", "hedge_book": "book",
    "ticket": "ticket", "find_hedge": "search", "refute": "refute", "express": "express",
}  # fmt: skip


def kind_of(result: Any) -> str | None:
    """What a line of the ledger calls a result, None for what is no trial.

    Raises ParameterError for what no function of ours has made.
    """
    call = call_of(result)
    if call is None:
        raise ParameterError(
            "only what a function of hedgebook gave can be noted, as it gave it",
            where="ledger",
            value=type(result).__name__,
        )
    kind = KINDS.get(call.door)
    return "sweep" if kind == "express" and result.swept is not None else kind
