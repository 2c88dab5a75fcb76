"""How large expressions are, so that all are equal to the leg in shares: in delta, in premium, or in VaR.

Many sets of one structure at once, each sum term by term: a set alone is to the last digit what it is among others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgebook.engine.arrays import Flags, Floats, Ints
from hedgebook.engine.risk.var.historical import tails_of

from .choose import Underlying
from .structures import Structure

MULTIPLIER = 100.0
# With less delta than this part of the shares' there is nothing to make equal.
LEAST_DELTA_FRAC = 0.10
# A premium below this part of what the leg is worth is none.
LEAST_PREMIUM_FRAC = 0.002
# Numbers of one block of revaluations.
BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Held:
    """What n sets of one structure hold: K contracts each and shares of U names.

    places: (n, K) numbers of the contracts; of: (K,) name of each; options: (n, K) in shares, contracts times 100;
    shares: (n, U); scale: (n, U), 1 where a set stands for as many shares of a name as the trade has.
    """

    places: Ints
    of: Ints
    options: Floats
    shares: Floats
    scale: Floats

    @property
    def count(self) -> int:
        """How many sets there are."""
        return len(self.shares)

    def times(self, factor: Floats) -> Held:
        """In other sizes. factor: (n, U), or (n, 1) for all names alike."""
        by_name = np.broadcast_to(factor, self.shares.shape)
        return replace(
            self, options=self.options * by_name[:, self.of], shares=self.shares * by_name, scale=self.scale * by_name
        )

    def some(self, rows: Ints) -> Held:
        """Those of some rows."""
        return Held(self.places[rows], self.of, self.options[rows], self.shares[rows], self.scale[rows])


@dataclass(frozen=True, eq=False)
class Yardstick:
    """What sizes rest on: mid and delta (C,) of contracts at the entry, their changes (C, P) over past sessions' moves,
    NaN where nobody asked; the names with their past returns (P, U); confidence of VaR."""

    mid: Floats
    delta: Floats
    changes: Floats
    underlyings: tuple[Underlying, ...]
    past: Floats
    confidence: float

    @property
    def spots(self) -> Floats:
        """(U,) USD."""
        return np.array([one.spot_usd for one in self.underlyings])

    def delta_usd(self, held: Held) -> Floats:
        """(n, U) by name: what a position gains where the name's price doubles, by its slope."""
        by_name = np.array(held.shares)
        for k, u in enumerate(held.of.tolist()):
            by_name[:, u] += held.options[:, k] * self.delta[held.places[:, k]]
        return by_name * self.spots

    def premium_usd(self, held: Held) -> Floats:
        """(n,) what the options cost at mid, negative where they bring money in."""
        out = np.zeros(held.count)
        for k in range(len(held.of)):
            out += held.options[:, k] * self.mid[held.places[:, k]]
        return out

    def tail_usd(self, held: Held) -> Floats:
        """(n, 2) VaR and ES over one session by full revaluation on past moves, USD; NaN without a past."""
        out = np.full((held.count, 2), np.nan)
        if not len(self.past):
            return out
        step = max(BLOCK // len(self.past), 1)
        for start in range(0, held.count, step):
            rows = np.arange(start, min(start + step, held.count), dtype=np.int64)
            changes = np.sort(self._changes(held.some(rows)), axis=1)
            out[rows] = tails_of(changes, (1.0 - self.confidence,))[:, 0]
        return out

    def _changes(self, held: Held) -> Floats:
        """(n, P) what positions gain over the moves of past sessions."""
        out = np.zeros((held.count, len(self.past)))
        worth = held.shares * self.spots
        for k in range(len(held.of)):
            out += self.changes[held.places[:, k]] * held.options[:, k, None]
        for u in np.flatnonzero(worth.any(axis=0)).tolist():
            out += worth[:, u, None] * self.past[:, u]
        return out


def one_a_share(structure: Structure, places: Ints, of: Ints, underlyings: tuple[Underlying, ...]) -> Held:
    """A structure for as many shares as the trade has of each name of its leg. places: (n, K), of: (K,), name by name,
    the parts of each in their order."""
    size = np.array([abs(one.shares) if one.leg == structure.leg else 0.0 for one in underlyings])
    mine = np.array([float(one.leg == structure.leg) for one in underlyings])
    ratios = np.array([part.ratio for part in structure.options])
    many = (len(places), 1)
    by_part = np.tile(ratios, len(of) // max(len(ratios), 1)) * size[of]
    return Held(
        places, of, np.tile(by_part, many), np.tile(structure.stock * size, many), np.tile(mine, many)
    )  # fmt: skip


def delta_factor(unit: Held, plain: Held, yard: Yardstick) -> tuple[Floats, Flags]:
    """(n, U): the size at which sets have as much delta, name by name, as the leg in shares; (n,): whether they have
    such a delta at all, and 1 where not."""
    wanted, own = yard.delta_usd(plain), yard.delta_usd(unit)
    used = unit.scale > 0.0
    near = (np.abs(own) >= LEAST_DELTA_FRAC * np.abs(wanted)) & (own * wanted > 0.0)
    enough = np.asarray((near | ~used).all(axis=1))
    factor: Floats = np.ones(own.shape)
    np.divide(wanted, own, out=factor, where=used & enough[:, None])
    return factor, enough


def premium_factor(held: Held, premium_usd: Floats, yard: Yardstick) -> tuple[Floats, Flags]:
    """(n,): the size at which the options of positions cost so much; (n,): whether they cost anything, 1 where not."""
    own = yard.premium_usd(held)
    size = np.zeros(held.count)
    for u, one in enumerate(yard.underlyings):
        size += held.scale[:, u] * one.spot_usd * abs(one.shares)
    enough = (premium_usd > 0.0) & ~held.shares.any(axis=1) & (own > LEAST_PREMIUM_FRAC * size)
    return np.divide(premium_usd, own, out=np.ones(held.count), where=enough), enough


def var_factor(held: Held, plain: Held, yard: Yardstick) -> tuple[Floats, Flags]:
    """(n,): the size at which the VaR of positions is that of the leg in shares; (n,): whether they have one above
    zero, 1 where not."""
    wanted, own = yard.tail_usd(plain)[:, 0], yard.tail_usd(held)[:, 0]
    enough = (wanted > 0.0) & (own > 0.0)
    return np.divide(wanted, own, out=np.ones(held.count), where=enough), enough


def whole_contracts(held: Held, unit: Held, underlyings: tuple[Underlying, ...]) -> Held:
    """The nearest positions in whole contracts; shares beside options are as many as the contracts stand for."""
    shares = np.array([abs(one.shares) for one in underlyings])
    contracts = np.round(held.scale * shares / MULTIPLIER)
    factor = np.divide(contracts * MULTIPLIER, shares, out=np.zeros_like(contracts), where=shares > 0.0)
    return replace(unit.times(factor), scale=factor)
