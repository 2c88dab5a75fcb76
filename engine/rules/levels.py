"""At which P&L a trade's own rules act, for what looks at a trade that is on or is to be entered."""

from __future__ import annotations

from typing import NamedTuple

from .rules import Rules

# What readers call a rule that has a level.
LABELS = {
    "stop_loss": "Stop loss", "trailing_stop": "Trailing stop", "take_profit": "Profit target",
    "derisk_drawdown": "Cut in a drawdown", "long_stop": "Stop of the long leg", "short_stop": "Stop of the short leg",
}  # fmt: skip


class Level(NamedTuple):
    """rule: its name in Rules; at_frac: P&L since entry, a fraction of the NAV at entry, at which it acts; side: 1.0
    where it acts at or below that and -1.0 where at or above; ends: whether it ends the trade; meaning: in words.
    """

    rule: str
    at_frac: float
    side: float
    ends: bool
    meaning: str


def trade_levels(rules: Rules, peak_frac: float = 0.0) -> list[Level]:
    """Levels of the rules that look at the whole trade. peak_frac: its best P&L at a close so far, 0 at the entry."""
    found = []
    if rules.stop_loss is not None:
        found.append(Level("stop_loss", -rules.stop_loss, 1.0, True, "NAV of the trade that ends it"))
    if rules.trailing_stop is not None:
        words = "NAV that ends it at first; it rises with the best close"
        found.append(Level("trailing_stop", peak_frac - rules.trailing_stop, 1.0, True, words))
    if rules.take_profit is not None:
        found.append(Level("take_profit", rules.take_profit, -1.0, True, "NAV of the trade that ends it"))
    if rules.derisk_drawdown is not None:
        words = f"NAV at which weights are cut to {rules.derisk_to:.0%} at first"
        found.append(Level("derisk_drawdown", -rules.derisk_drawdown, 1.0, False, words))
    return found


def leg_levels(rules: Rules) -> list[tuple[str, float]]:
    """Legs that have a stop of their own, and the P&L of the leg at which it closes, a fraction of NAV at entry."""
    stops = (("long", rules.long_stop), ("short", rules.short_stop))
    return [(leg, -at) for leg, at in stops if at is not None]
