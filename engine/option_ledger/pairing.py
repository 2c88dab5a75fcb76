"""Which options offset which, and what each structure requires: positions in shares, not contracts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .margin import OptionMarginRules

Parts: TypeAlias = "list[tuple[str, float]]"


@dataclass(frozen=True)
class Leg:
    """Options of one kind: strike and mark per share, expiry as a day number, shares above zero long."""

    call: bool
    strike: float
    expiry: int
    shares: float
    mark: float

    def inside(self, spot: float) -> float:
        """How far it is in the money, below zero out of it."""
        return spot - self.strike if self.call else self.strike - spot


def with_stock(spot: float, shares: float, legs: list[Leg], rules: OptionMarginRules, initial: bool) -> Parts:
    """Stock with the options that offset it, and the other options among themselves."""
    parts: Parts = []
    calls, puts = [leg for leg in legs if leg.call], [leg for leg in legs if not leg.call]
    left, rest = shares, list(legs)
    if shares != 0.0:
        # Of long stock puts are bought and calls written; of short stock it is the other way round.
        sign = 1.0 if shares > 0.0 else -1.0
        written, bought = (calls, puts) if sign > 0.0 else (puts, calls)
        writes = sorted((x for x in written if x.shares < 0.0), key=lambda x: -sign * x.strike)
        buys = sorted((x for x in bought if x.shares > 0.0), key=lambda x: -sign * x.strike)
        left, parts, rest = _offsets(spot, shares, (writes, buys), rules, initial)
        used = {id(x) for x in (*writes, *buys)}
        rest += [x for x in legs if id(x) not in used]
    if left != 0.0:
        name = ("long" if left > 0.0 else "short") + " stock"
        parts.append((name, abs(left) * stock_alone(spot, left, rules, initial)))
    return parts + options_alone(spot, rest, rules)


def _offsets(
    spot: float, shares: float, legs: tuple[list[Leg], list[Leg]], rules: OptionMarginRules, initial: bool
) -> tuple[float, Parts, list[Leg]]:
    """Pair stock with written and bought options, with both as long as there are both; what is left of all three."""
    parts: Parts = []
    sign = 1.0 if shares > 0.0 else -1.0
    left, writes, buys = abs(shares), list(legs[0]), list(legs[1])
    while left > 1e-9 and (writes or buys):
        written, bought = (writes[0] if writes else None), (buys[0] if buys else None)
        taken = min([left, *([-written.shares] if written else []), *([bought.shares] if bought else [])])
        name, each = offset(spot, sign, written, bought, rules, initial)
        parts.append((name, taken * each))
        left -= taken
        for pile, one in ((writes, written), (buys, bought)):
            if one is not None:
                rest = abs(one.shares) - taken
                pile[:1] = [replace(one, shares=rest if one.shares > 0.0 else -rest)] if rest > 1e-9 else []
    return sign * (left if left > 1e-9 else 0.0), parts, [*writes, *buys]


def offset(
    spot: float, sign: float, written: Leg | None, bought: Leg | None, rules: OptionMarginRules, initial: bool
) -> tuple[str, float]:
    """A structure of stock, long (1) or short (-1), with an option written, bought or both, USD a share of stock.

    A bought option is paid in full beside it.
    """
    plain = stock_alone(spot, sign, rules, initial)
    if initial:
        # Regulation T asks for the stock; the written option is covered and needs nothing.
        return _name(sign, written, bought), plain
    if written is not None and bought is not None and written.strike == bought.strike:
        inside = max(written.inside(spot), 0.0) if sign < 0.0 else 0.0
        return _name(sign, written, bought), rules.offset_frac * bought.strike + inside
    protected = float("inf")
    if bought is not None:
        protected = rules.offset_frac * bought.strike + max(-bought.inside(spot), 0.0)
    if written is None:
        return _name(sign, written, bought), min(protected, plain)
    if sign < 0.0:
        # Written puts on short stock: the stock as ever, and what the put is in the money.
        return _name(sign, written, bought), min(protected, plain + max(written.inside(spot), 0.0))
    most = rules.stock.maintenance_long_frac * (min(spot, written.strike) if bought is None else written.strike)
    return _name(sign, written, bought), min(protected, most)


def capped_value(spot: float, shares: float, legs: list[Leg]) -> float:
    """USD that long stock is worth above the exercise prices of the calls written on it."""
    left, capped = max(shares, 0.0), 0.0
    for leg in sorted((x for x in legs if x.call and x.shares < 0.0), key=lambda x: -x.strike):
        taken = min(left, -leg.shares)
        capped, left = capped + taken * max(leg.inside(spot), 0.0), left - taken
    return capped


def _name(sign: float, written: Leg | None, bought: Leg | None) -> str:
    if written is not None and bought is not None:
        if written.strike == bought.strike:
            return "conversion" if sign > 0.0 else "reverse conversion"
        return "collar" if sign > 0.0 else "collar of short stock"
    if written is not None:
        return "covered call" if sign > 0.0 else "covered put"
    return "protective put" if sign > 0.0 else "protective call"


def stock_alone(spot: float, sign: float, rules: OptionMarginRules, initial: bool) -> float:
    """USD of own equity that a share requires, held > 0 long, else short."""
    stock = rules.stock
    if initial:
        return spot * (stock.initial_long_frac if sign > 0.0 else stock.initial_short_frac)
    if sign > 0.0:
        return spot * stock.maintenance_long_frac
    if spot >= stock.low_price_usd:
        return max(stock.maintenance_short_frac * spot, stock.short_floor_usd)
    return max(stock.low_frac * spot, stock.low_floor_usd)


def options_alone(spot: float, legs: list[Leg], rules: OptionMarginRules) -> Parts:
    """Short options with the long ones that offset them: the lesser of pairs and the whole's largest loss."""
    shorts, longs = [x for x in legs if x.shares < 0.0], [x for x in legs if x.shares > 0.0]
    if not shorts:
        return []
    paired = _pairs(spot, shorts, longs, rules)
    if longs and min(x.expiry for x in longs) >= max(x.expiry for x in shorts):
        loss = largest_loss(legs)
        if loss < sum(usd for _, usd in paired):
            return [("spread, at its largest loss", loss)]
    return paired


def _pairs(spot: float, shorts: list[Leg], longs: list[Leg], rules: OptionMarginRules) -> Parts:
    """Pair by pair, those that can lose least first; what is left is short alone."""
    parts: Parts = []
    many = [(a, b) for a, x in enumerate(shorts) for b, y in enumerate(longs) if covers(x, y)]
    many.sort(key=lambda ab: (pair_loss(shorts[ab[0]], longs[ab[1]]), ab))
    left, free = [-x.shares for x in shorts], [x.shares for x in longs]
    for a, b in many:
        taken = min(left[a], free[b])
        if taken > 0.0:
            alone = naked(spot, shorts[a], rules)
            parts.append(("spread", taken * min(alone, pair_loss(shorts[a], longs[b]))))
            left[a], free[b] = left[a] - taken, free[b] - taken
    return parts + _naked_parts(spot, [replace(x, shares=-n) for x, n in zip(shorts, left, strict=True) if n], rules)


def _naked_parts(spot: float, shorts: list[Leg], rules: OptionMarginRules) -> Parts:
    """Short options alone; of a call and a put the greater requirement and the mark of the other."""
    calls, puts = ([x for x in shorts if x.call is call] for call in (True, False))
    parts: Parts = []
    while calls and puts and not rules.cash_account:
        a, b = calls[0], puts[0]
        taken = min(-a.shares, -b.shares)
        one, other = naked(spot, a, rules), naked(spot, b, rules)
        parts.append(("straddle", taken * (one + b.mark if one >= other else other + a.mark)))
        for pile, leg in ((calls, a), (puts, b)):
            rest = -leg.shares - taken
            pile[:1] = [replace(leg, shares=-rest)] if rest > 1e-9 else []
    for leg in (*calls, *puts):
        name = "short call" if leg.call else "short put"
        parts.append((name, -leg.shares * naked(spot, leg, rules)))
    return parts


def naked(spot: float, leg: Leg, rules: OptionMarginRules) -> float:
    """USD a share of a short option alone, its mark included."""
    if rules.cash_account and not leg.call:
        return leg.strike
    least = rules.minimum_frac * (spot if leg.call else leg.strike)
    return leg.mark + max(rules.basic_frac * spot - max(-leg.inside(spot), 0.0), least)


def covers(short: Leg, long: Leg) -> bool:
    """Whether a long option offsets a short one: same right, and it does not expire before."""
    return short.call == long.call and long.expiry >= short.expiry


def pair_loss(short: Leg, long: Leg) -> float:
    """The most a pair can lose at expiry, USD a share."""
    gap = long.strike - short.strike if short.call else short.strike - long.strike
    return max(gap, 0.0)


def largest_loss(legs: list[Leg]) -> float:
    """The most that options of one stock can lose together at their expiry, USD; infinite where calls are short net."""
    if sum(x.shares for x in legs if x.call) < -1e-9:
        return float("inf")
    corners = [0.0, *(x.strike for x in legs)]
    return max(0.0, -min(sum(x.shares * max(x.inside(spot), 0.0) for x in legs) for spot in corners))
