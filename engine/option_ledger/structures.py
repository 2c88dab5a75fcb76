"""Which structures stock and options of one company can stand in, and what each requires, USD a share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .margin import OptionMarginRules


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


@dataclass(frozen=True)
class Structure:
    """name; usd: what it requires a share, bought options being paid for beside it; capped: what the stock in it is
    worth above the exercise price, which is no equity; stock: whether stock is in it; legs: places of its options."""

    name: str
    usd: float
    capped: float
    stock: bool
    legs: tuple[int, ...]

    @property
    def cost(self) -> float:
        """What the equity that counts is less by, and the requirement more, a share."""
        return self.usd + self.capped


def structures_of(
    spot: float, sign: float, legs: Sequence[Leg], rules: OptionMarginRules, initial: bool
) -> list[Structure]:
    """All that stock, long (1), short (-1) or none (0), and `legs` can stand in, each alone first."""
    shorts = [i for i, leg in enumerate(legs) if leg.shares < 0.0]
    longs = [i for i, leg in enumerate(legs) if leg.shares > 0.0]
    found: list[Structure] = []
    if sign != 0.0:
        plain = stock_alone(spot, sign, rules, initial)
        found.append(Structure("long stock" if sign > 0.0 else "short stock", plain, 0.0, True, ()))
        found += _with_stock(spot, sign, legs, rules, initial)
    for i in shorts:
        name = "short call" if legs[i].call else "short put"
        found.append(Structure(name, naked(spot, legs[i], rules), 0.0, False, (i,)))
    if not rules.cash_account:
        found += _straddles(spot, legs, shorts, rules)
    found += _spreads(spot, legs, shorts, longs, rules)
    return found


def _with_stock(
    spot: float, sign: float, legs: Sequence[Leg], rules: OptionMarginRules, initial: bool
) -> Iterator[Structure]:
    """Of long stock calls are written and puts bought; of short stock it is the other way round."""
    writes = [i for i, leg in enumerate(legs) if leg.shares < 0.0 and leg.call == (sign > 0.0)]
    buys = [i for i, leg in enumerate(legs) if leg.shares > 0.0 and leg.call == (sign < 0.0)]
    plain = stock_alone(spot, sign, rules, initial)
    for w in writes:
        lower = sign > 0.0 and not initial
        usd = stock_alone(min(spot, legs[w].strike), sign, rules, initial) if lower else plain
        yield _written("covered call" if sign > 0.0 else "covered put", spot, usd, (legs[w], initial), (w,))
    for b in buys:
        usd = plain if initial else min(plain, _protected(spot, legs[b], rules))
        yield Structure("protective put" if sign > 0.0 else "protective call", usd, 0.0, True, (b,))
    for w, b in product(writes, buys):
        if legs[w].expiry != legs[b].expiry:
            continue
        if legs[w].strike == legs[b].strike:
            usd = plain if initial else rules.offset_frac * legs[b].strike
            yield _written("conversion" if sign > 0.0 else "reverse conversion", spot, usd, (legs[w], initial), (w, b))
        elif sign > 0.0 and legs[b].strike < legs[w].strike:
            most = rules.stock.maintenance_long_frac * legs[w].strike
            usd = plain if initial else min(most, _protected(spot, legs[b], rules))
            yield _written("collar", spot, usd, (legs[w], initial), (w, b))


def _written(name: str, spot: float, usd: float, written: tuple[Leg, bool], legs: tuple[int, ...]) -> Structure:
    """Stock with an option written on it. What the option is in the money long stock is worth too much by; of short
    stock, which is bought back at the exercise price, it is required. Initially Regulation T asks for the stock alone.
    """
    leg, initial = written
    inside = 0.0 if initial else max(leg.inside(spot), 0.0)
    return Structure(name, usd, inside, True, legs) if leg.call else Structure(name, usd + inside, 0.0, True, legs)


def _protected(spot: float, leg: Leg, rules: OptionMarginRules) -> float:
    """What stock requires beside a bought option: a part of the exercise price, and what is lost before it pays."""
    return rules.offset_frac * leg.strike + max(-leg.inside(spot), 0.0)


def _straddles(
    spot: float, legs: Sequence[Leg], shorts: Sequence[int], rules: OptionMarginRules
) -> Iterator[Structure]:
    """Of a call and a put the greater requirement and the mark of the other."""
    for a, b in product(shorts, shorts):
        if legs[a].call and not legs[b].call:
            one, other = naked(spot, legs[a], rules), naked(spot, legs[b], rules)
            usd = one + legs[b].mark if one >= other else other + legs[a].mark
            yield Structure("straddle", usd, 0.0, False, (a, b))


def _spreads(
    spot: float, legs: Sequence[Leg], shorts: Sequence[int], longs: Sequence[int], rules: OptionMarginRules
) -> Iterator[Structure]:
    """A short option with a long one of the same right that lives as long, and two such pairs of a call and a put."""
    pairs = [(a, b) for a, b in product(shorts, longs) if covers(legs[a], legs[b])]
    for a, b in pairs:
        usd = min(naked(spot, legs[a], rules), pair_loss(legs[a], legs[b]))
        yield Structure("spread", usd, 0.0, False, (a, b))
    for (a, b), (c, d) in product(pairs, pairs):
        four = [legs[i] for i in (a, b, c, d)]
        if not (legs[a].call and not legs[c].call) or not lives_as_long(four):
            continue
        loss = largest_loss([_one(leg) for leg in four])
        if loss < pair_loss(legs[a], legs[b]) + pair_loss(legs[c], legs[d]):
            yield Structure("spreads of calls and puts", loss, 0.0, False, (a, b, c, d))


def _one(leg: Leg) -> Leg:
    return Leg(leg.call, leg.strike, leg.expiry, 1.0 if leg.shares > 0.0 else -1.0, leg.mark)


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


def naked(spot: float, leg: Leg, rules: OptionMarginRules) -> float:
    """USD a share of a short option alone, its mark included."""
    if rules.cash_account and not leg.call:
        return leg.strike
    least = rules.minimum_frac * (spot if leg.call else leg.strike)
    return leg.mark + max(rules.basic_frac * spot - max(-leg.inside(spot), 0.0), least)


def covers(short: Leg, long: Leg) -> bool:
    """Whether a long option offsets a short one: same right, and it does not expire before."""
    return short.call == long.call and long.expiry >= short.expiry


def lives_as_long(legs: Sequence[Leg]) -> bool:
    """Whether there are long options, none of which expires before a short one."""
    longs = [leg.expiry for leg in legs if leg.shares > 0.0]
    return bool(longs) and min(longs) >= max((leg.expiry for leg in legs if leg.shares < 0.0), default=0)


def pair_loss(short: Leg, long: Leg) -> float:
    """The most a pair can lose at expiry, USD a share."""
    gap = long.strike - short.strike if short.call else short.strike - long.strike
    return max(gap, 0.0)


def largest_loss(legs: Sequence[Leg]) -> float:
    """The most that options of one stock can lose together at their expiry, USD; infinite where calls are short net."""
    if sum(x.shares for x in legs if x.call) < -1e-9:
        return float("inf")
    corners = [0.0, *(x.strike for x in legs)]
    return max(0.0, -min(sum(x.shares * max(x.inside(spot), 0.0) for x in legs) for spot in corners))
