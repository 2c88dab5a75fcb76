"""How stock and options of one company are put together so that they require least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from .structures import Leg, Structure, largest_loss, lives_as_long, structures_of

if TYPE_CHECKING:
    from .margin import OptionMarginRules

# Shares left of the stock and of each leg; what a choice costs, and its structures with their shares.
Left: TypeAlias = "tuple[float, ...]"
Choice: TypeAlias = "tuple[float, tuple[tuple[Structure, float], ...]]"
NOTHING = 1e-9
# Of more legs than this the best structure is taken at each step, instead of trying all.
MOST_LEGS = 4
WHOLE = "spread, at its largest loss"


@dataclass(frozen=True)
class Paired:
    """parts: name and USD of each structure; capped: USD that stock in them is worth above exercise prices."""

    parts: tuple[tuple[str, float], ...]
    capped: float


def least_required(
    spot: float, shares: float, legs: Sequence[Leg], rules: OptionMarginRules, *, initial: bool
) -> Paired:
    """Stock and options in the structures that require least equity in all, short options being all in one."""
    sign = 1.0 if shares > 0.0 else -1.0 if shares < 0.0 else 0.0
    found = _Search(legs, structures_of(spot, sign, legs, rules, initial))
    _, taken = found.best((abs(shares), *(abs(leg.shares) for leg in legs)))
    parts: dict[str, float] = {}
    for one, count in taken:
        parts[one.name] = parts.get(one.name, 0.0) + count * one.usd
    return Paired(tuple(parts.items()), sum(count * one.capped for one, count in taken))


class _Search:
    """Tries structures in every order, each with as many shares as there are, and keeps what was found.

    Where least is required some structure takes all that is left of one of its parts, and so do those after it.
    """

    def __init__(self, legs: Sequence[Leg], structures: Sequence[Structure]) -> None:
        self.legs = legs
        self.structures = structures
        alone = {one.legs[0]: one.cost for one in structures if len(one.legs) == 1 and not one.stock}
        bare = next((one.cost for one in structures if one.stock and not one.legs), 0.0)
        self.saved = {
            id(one): sum(alone.get(i, 0.0) for i in one.legs) + bare * one.stock - one.cost for one in structures
        }
        self.known: dict[Left, Choice] = {}

    def best(self, left: Left) -> Choice:
        """The choice that costs least of what is left."""
        if left not in self.known:
            choices = [self._taken(left, one) for one in self._open(left)]
            whole = self._whole(left)
            self.known[left] = min([*choices, *whole], key=lambda one: one[0], default=(0.0, ()))
        return self.known[left]

    def _open(self, left: Left) -> list[Structure]:
        """Structures of what is left; that which saves most alone where there are many legs."""
        fit = [one for one in self.structures if self._room(left, one) > NOTHING]
        return [max(fit, key=lambda one: self.saved[id(one)])] if fit and len(self.legs) > MOST_LEGS else fit

    def _room(self, left: Left, one: Structure) -> float:
        return min([left[i + 1] for i in one.legs] + [left[0]] * one.stock)

    def _taken(self, left: Left, one: Structure) -> Choice:
        count = self._room(left, one)
        used = {i + 1 for i in one.legs} | ({0} if one.stock else set())
        rest = tuple(max(x - count, 0.0) if i in used else x for i, x in enumerate(left))
        cost, taken = self.best(tuple(0.0 if x <= NOTHING else x for x in rest))
        return cost + count * one.cost, ((one, count), *taken)

    def _whole(self, left: Left) -> list[Choice]:
        """All options that are left as one, at the largest loss that they can have together."""
        some = [
            replace(leg, shares=n if leg.shares > 0.0 else -n)
            for leg, n in zip(self.legs, left[1:], strict=True)
            if n > NOTHING
        ]
        if len(some) < 3 or not any(x.shares < 0.0 for x in some) or not lives_as_long(some):
            return []
        loss = largest_loss(some)
        cost, taken = self.best((left[0], *(0.0 for _ in self.legs)))
        return [(cost + loss, ((Structure(WHOLE, loss, 0.0, False, ()), 1.0), *taken))]
