"""What every set of parameters of one comparison shares: what is listed, what sizes rest on, the shares' own run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hedgebook.universes.chains.chain import Listed

from .choose import Boards, Terms
from .outcome import Outcome, StockPaths, outcome_of
from .request import ExpressAsked
from .size import Held, Yardstick, equal_in_delta, equal_in_premium, equal_in_var, one_a_share, whole_contracts
from .structures import BY_NAME, MEASURE, PLAIN, Structure

Parts = dict[str, list[tuple[Listed, float]]]


@dataclass(frozen=True, eq=False)
class Workshop:
    """What every set of parameters of one comparison shares."""

    asked: ExpressAsked
    boards: Boards
    yard: Yardstick
    stock: StockPaths
    capital_usd: float

    def parts(self, structure: Structure, terms: Terms) -> Parts:
        """The contracts of a structure by name of its leg."""
        mine = [one for one in self.yard.underlyings if one.leg == structure.leg]
        return {one.ticker: self.boards.parts(structure, one, terms) for one in mine}

    def unit(self, structure: Structure, terms: Terms) -> Held:
        """The structure for as many shares as the trade has."""
        return one_a_share(structure, self.parts(structure, terms), self.yard.table, self.yard.underlyings)

    def sized(self, structure: Structure, terms: Terms) -> tuple[Held, str]:
        """The structure at its size, and in what it was made equal."""
        if not structure.options:
            return self.unit(structure, terms), self.asked.equal
        unit, plain = self.unit(structure, terms), self.unit(BY_NAME[PLAIN[structure.leg]], terms)
        held, by_delta = equal_in_delta(unit, plain, self.yard)
        how = "delta" if by_delta else "shares"
        if self.asked.equal == "var":
            held, done = equal_in_var(held, plain, self.yard)
            how = "var" if done else how
        elif self.asked.equal == "premium" or not by_delta:
            measure = BY_NAME[MEASURE[structure.leg]]
            bought, _ = equal_in_delta(self.unit(measure, terms), plain, self.yard)
            held, done = equal_in_premium(held, self.yard.premium_usd(bought), self.yard)
            how = "premium" if done else how
        return whole_contracts(held, unit, self.yard.table, self.yard.underlyings), how

    def outcome(self, held: Held) -> Outcome:
        """What a position earns."""
        return outcome_of(
            held, self.yard.table, self.stock, self.yard, self.asked.commission_usd, self.asked.gap_frac
        )  # fmt: skip


def every_terms(asked: ExpressAsked) -> tuple[Terms, ...]:
    """The parameters that were asked for, then those of every set of the sweep."""
    first = Terms(asked.delta, asked.wing_delta, asked.days, asked.width_frac)
    if not asked.sweep:
        return (first,)
    deltas = asked.sweep.get("delta", (asked.delta,))
    days = asked.sweep.get("days", (asked.days,))
    widths = asked.sweep.get("width", (asked.width_frac,))
    swept = (replace(first, delta=a, days=int(b), width_frac=c) for a in deltas for b in days for c in widths)
    return tuple(dict.fromkeys((first, *swept)))
