"""How large each expression is, so that all are equal to the leg in shares: in delta, in premium, or in VaR."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.risk.var.historical import tail_of
from hedgebook.universes.chains.chain import Listed

from .choose import Underlying
from .structures import Structure
from .table import ContractTable

MULTIPLIER = 100.0
# With less delta than this part of the shares' there is nothing to make equal.
LEAST_DELTA_FRAC = 0.10
# A premium below this part of what the leg is worth is none.
LEAST_PREMIUM_FRAC = 0.002


@dataclass(frozen=True, eq=False)
class Held:
    """What an expression holds: options (C,) in shares, contracts times 100; shares (U,); scale (U,): of each name,
    1 where it stands for as many shares as the trade has."""

    options: Floats
    shares: Floats
    scale: Floats

    def times(self, factor: Floats | float, of: Ints) -> Held:
        """In other sizes. factor: one number, or (U,); of: (C,) place of each contract's underlying."""
        by_name = np.broadcast_to(np.asarray(factor, dtype=np.float64), self.shares.shape)
        return Held(self.options * by_name[of], self.shares * by_name, self.scale * by_name)


@dataclass(frozen=True, eq=False)
class Yardstick:
    """What sizes rest on: the table of contracts, the names with their spots, and past returns (P, U)."""

    table: ContractTable
    underlyings: tuple[Underlying, ...]
    past: Floats
    confidence: float

    @property
    def spots(self) -> Floats:
        """(U,) USD."""
        return np.array([one.spot_usd for one in self.underlyings])

    def delta_usd(self, held: Held) -> Floats:
        """(U,) by name: what the position gains where the name's price doubles, by its slope."""
        by_name = np.bincount(self.table.of, held.options * self.table.delta, len(self.underlyings))
        return np.asarray((by_name + held.shares) * self.spots)

    def premium_usd(self, held: Held) -> float:
        """What the options cost at mid, negative where they bring money in."""
        return float(held.options @ self.table.mid)

    def tail_usd(self, held: Held) -> tuple[float, float]:
        """VaR and ES over one session by full revaluation on past moves, USD; NaN without a past."""
        if not len(self.past):
            return float("nan"), float("nan")
        changes = self.table.past @ held.options + self.past @ (held.shares * self.spots)
        return tail_of(changes, 1.0 - self.confidence)


def one_a_share(
    structure: Structure, parts: dict[str, list[tuple[Listed, float]]], table: ContractTable,
    underlyings: Sequence[Underlying],
) -> Held:  # fmt: skip
    """The structure for as many shares as the trade has of each name of its leg."""
    options, places = np.zeros(len(table.contracts)), table.places
    shares, scale = np.zeros(len(underlyings)), np.zeros(len(underlyings))
    for k, one in enumerate(underlyings):
        if one.leg != structure.leg:
            continue
        size = abs(one.shares)
        shares[k], scale[k] = structure.stock * size, 1.0
        for contract, ratio in parts.get(one.ticker, []):
            options[places[contract]] += ratio * size
    return Held(options, shares, scale)


def equal_in_delta(unit: Held, plain: Held, yard: Yardstick) -> tuple[Held, bool]:
    """The unit with as much delta, name by name, as the leg in shares; whether it has such a delta at all."""
    wanted, own = yard.delta_usd(plain), yard.delta_usd(unit)
    used = unit.scale > 0.0
    enough = (np.abs(own[used]) >= LEAST_DELTA_FRAC * np.abs(wanted[used])) & (own[used] * wanted[used] > 0.0)
    if not enough.all():
        return unit, False
    factor = np.ones(len(own))
    factor[used] = wanted[used] / own[used]
    return unit.times(factor, yard.table.of), True


def equal_in_premium(held: Held, premium_usd: float, yard: Yardstick) -> tuple[Held, bool]:
    """The position at another size, at which its options cost so much; whether they cost anything."""
    own = yard.premium_usd(held)
    size = float(np.abs(held.scale * yard.spots * [one.shares for one in yard.underlyings]).sum())
    if not premium_usd > 0.0 or held.shares.any() or not own > LEAST_PREMIUM_FRAC * size:
        return held, False
    return held.times(premium_usd / own, yard.table.of), True


def equal_in_var(held: Held, plain: Held, yard: Yardstick) -> tuple[Held, bool]:
    """The position at another size, at which its VaR is that of the leg in shares; whether it has one above zero."""
    wanted, own = yard.tail_usd(plain)[0], yard.tail_usd(held)[0]
    if not (wanted > 0.0 and own > 0.0):
        return held, False
    return held.times(wanted / own, yard.table.of), True


def whole_contracts(held: Held, unit: Held, table: ContractTable, underlyings: Sequence[Underlying]) -> Held:
    """The nearest position in whole contracts; shares beside options are as many as the contracts stand for."""
    if not held.options.any():
        return held
    shares = np.array([abs(one.shares) for one in underlyings])
    contracts = np.round(held.scale * shares / MULTIPLIER)
    factor = np.divide(contracts * MULTIPLIER, shares, out=np.zeros_like(shares), where=shares > 0.0)
    return replace(unit.times(factor, table.of), scale=factor)
