"""What every set of parameters of one comparison shares: what is listed, what sizes rest on, the shares' own run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.errors import ParameterError

from .choose import Boards
from .outcome import Outcome, StockPaths, outcome_of
from .request import ExpressAsked
from .size import Held, Yardstick, delta_factor, one_a_share, premium_factor, var_factor, whole_contracts
from .structures import BY_NAME, MEASURE, PLAIN, Structure
from .table import ContractTable
from .terms import Terms

# In what each set of a structure was made equal.
Words = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Workshop:
    """What every set of parameters of one comparison shares.

    table: of the contracts that were asked for, and listed: (C,) their numbers among all that are listed, ascending;
    stock: of the leg in shares.
    """

    asked: ExpressAsked
    boards: Boards
    yard: Yardstick
    table: ContractTable
    listed: Ints
    stock: StockPaths
    capital_usd: float

    def unit(self, structure: Structure, terms: Terms) -> Held:
        """A structure for as many shares as the trade has, for each set of parameters.

        Raises ParameterError where a spread has no second strike.
        """
        places, of = chosen(self.boards, structure, terms)
        if (places < 0).any():
            raise ParameterError(
                "no strike is listed so far away from the first one", where=structure.name,
                value=float(terms.width_frac.max()), remedy="Choose a first strike nearer to the price, by delta.",
            )  # fmt: skip
        return one_a_share(structure, places, of, self.yard.underlyings)

    def sized(self, structure: Structure, terms: Terms) -> tuple[Held, Words]:
        """The structure at its size for each set of parameters, and in what each was made equal."""
        unit = self.unit(structure, terms)
        if not structure.options:
            return unit, np.full(terms.count, self.asked.equal)
        plain = self.unit(BY_NAME[PLAIN[structure.leg]], terms)
        factor, by_delta = delta_factor(unit, plain, self.yard)
        held = unit.times(factor)
        how = np.where(by_delta, "delta", "shares").astype("<U7")
        if self.asked.equal == "var":
            size, done = var_factor(held, plain, self.yard)
            how[done] = "var"
            held = held.times(size[:, None])
        elif self.asked.equal == "premium" or not by_delta.all():
            size, done = premium_factor(held, self._premium_usd(structure, plain, terms), self.yard)
            done &= ~by_delta | (self.asked.equal == "premium")
            how[done] = "premium"
            held = held.times(np.where(done, size, 1.0)[:, None])
        return whole_contracts(held, unit, self.yard.underlyings), how

    def _premium_usd(self, structure: Structure, plain: Held, terms: Terms) -> Floats:
        """(n,) what the long option of the structure's leg costs at equal delta."""
        measure = self.unit(BY_NAME[MEASURE[structure.leg]], terms)
        factor, _ = delta_factor(measure, plain, self.yard)
        return self.yard.premium_usd(measure.times(factor))

    def options_of(self, held: Held) -> Floats:
        """(C,) options of one position by contract of the table, in shares."""
        out = np.zeros(len(self.table.contracts))
        out[np.searchsorted(self.listed, held.places[0])] = held.options[0]
        return out

    def outcome(self, held: Held) -> Outcome:
        """What one position earns."""
        return outcome_of(self.options_of(held), held.shares[0], self.table, self.stock, self.yard, self.asked)


def chosen(boards: Boards, structure: Structure, terms: Terms) -> tuple[Ints, Ints]:
    """(n, K) numbers of the contracts of a structure, name by name of its leg, and (K,) the name of each.

    -1 where a spread has no second strike.
    """
    mine = [u for u, one in enumerate(boards.underlyings) if one.leg == structure.leg]
    if not structure.options or not mine:
        return np.empty((terms.count, 0), dtype=np.int64), np.empty(0, dtype=np.int64)
    parts = [boards.parts(structure, boards.underlyings[u].ticker, terms) for u in mine]
    return np.concatenate(parts, axis=1), np.repeat(np.array(mine, dtype=np.int64), len(structure.options))
