"""Which rules a tile has to look out for, and what they need to know."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ....arrays import Codes, Floats
from ...book.margin import required_of_share
from ...book.records import CLOSE, Conditions, MarginAction
from ...jit import inlined
from ...unowned import borrowed

# Terms of rules and margin that a tile knows; a set that asks for others goes one by one.
KNOWN_RULES = frozenset(
    {
        *("stop_loss", "take_profit", "trailing_stop", "long_stop", "short_stop", "max_hold", "band"),
        *("target_vol", "max_scale", "derisk_drawdown", "derisk_to"),
        *("margin_action", "initial_long", "initial_short", "maint_long", "maint_short"),
        *("short_floor", "low_price", "low_frac", "low_floor"),
    }
)
REDUCE = int(MarginAction.REDUCE)
# The part of the band by which a position may be off its target without being looked at more closely.
SLACK = 0.125


class Watch(NamedTuple):
    """Which rules are on, and what they need to know.

    plain: whether costs of a fill are proportional and no rule looks at it; rules: any rule of a trade; dates: any on
    which a trade is brought back to its weights; legs: a stop of a leg; band; slack: how far off its target a position
    may be after a fill, a fraction; margin: whether calls are answered; need, need_short: (T, N) what margin requires
    of a share at the close of a session, no rows without calls; opens: (K,) 1 where a row of the bank has any weight
    but zero.
    """

    plain: bool
    rules: bool
    dates: bool
    legs: bool
    band: bool
    slack: float
    margin: bool
    need: Floats
    need_short: Floats
    opens: Codes


@inlined
def watch_of(conditions: Conditions, levels: Floats, opens: Codes) -> Watch:
    """What to watch under some conditions."""
    terms, sessions, tickers = conditions.terms[0], levels.shape[1], levels.shape[2]
    legs = not (math.isnan(terms.long_stop) and math.isnan(terms.short_stop))
    below = not (math.isnan(terms.stop_loss) and math.isnan(terms.trailing_stop) and math.isnan(terms.derisk_drawdown))
    band = not math.isnan(terms.band)
    margin = bool(terms.margin_action >= REDUCE)
    dates = bool(conditions.rebalance.any())
    rules = dates or below or legs or band or not math.isnan(terms.take_profit) or terms.max_hold > 0
    rows = sessions if margin else 0
    need, need_short = np.empty((rows, tickers)), np.empty((rows, tickers))
    for t in range(rows):
        for i in range(tickers):
            price, house = levels[CLOSE, t, i], conditions.tickers[i].house
            need[t, i] = required_of_share(terms, price, 1.0) * house
            need_short[t, i] = required_of_share(terms, price, -1.0) * house
    slack = SLACK * terms.band if band else math.inf
    plain = terms.lot == 0 and terms.min_commission == 0.0 and not band and not legs
    return Watch(plain, rules, dates, legs, band, slack, margin, need, need_short, opens)


@inlined
def borrow_watch(given: Watch) -> Watch:
    """The same without owners."""
    return Watch(
        given.plain,
        given.rules,
        given.dates,
        given.legs,
        given.band,
        given.slack,
        given.margin,
        borrowed(given.need),
        borrowed(given.need_short),
        borrowed(given.opens),
    )


@inlined
def opening_rows(bank: Floats) -> Codes:
    """(K,) 1 where a row has any weight but zero: an order of it opens a trade."""
    opens = np.zeros(bank.shape[0], dtype=np.int8)
    for k in range(bank.shape[0]):
        for i in range(bank.shape[1]):
            if bank[k, i] == bank[k, i] and bank[k, i] != 0.0:
                opens[k] = 1
    return opens
