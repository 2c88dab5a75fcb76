"""The kinds of strategies that a file can name: what stands as `kind` in a table, and the class behind it."""

from __future__ import annotations

from importlib import import_module

from hedgebook.errors import ParameterError, did_you_mean

from ..strategy.strategy import Strategy

EVENT_TRADE = "event-trade"
# Each in a module of its own, imported when a file names it.
KINDS = {
    EVENT_TRADE: ("..trade.trade", "EventTrade"),
    "buy-and-hold": ("..kinds.hold", "BuyAndHold"),
    "rebalanced-basket": ("..kinds.basket", "RebalancedBasket"),
    "pair-spread": ("..kinds.pair", "PairSpread"),
    "cross-sectional-rank": ("..kinds.rank", "CrossSectionalRank"),
    "regime": ("..kinds.regime", "Regime"),
    "combined": ("..kinds.combined", "Combined"),
}


def kind_named(name: str) -> type[Strategy]:
    """The class of a kind. Raises ParameterError, with the closest name, for one that does not exist."""
    if name not in KINDS:
        raise ParameterError(f"there is no kind of strategy {name!r}", where="kind", remedy=did_you_mean(name, KINDS))
    module, called = KINDS[name]
    found: type[Strategy] = getattr(import_module(module, __package__), called)
    return found


def kind_of(strategy: Strategy) -> str:
    """What a file calls the class of a strategy; the class's own name for one of a user's."""
    for name, (_, called) in KINDS.items():
        if type(strategy).__name__ == called:
            return name
    return type(strategy).__name__
