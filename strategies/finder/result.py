"""What a search for a hedge found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.engine.finder.placebo import luck_probability
from hedgebook.universes.brief import brief

from .request import HedgeSearch
from .sample import Sample
from .subject import Subject

# A basket of less than this share of the book holds nothing.
NOTHING_FRAC = 1e-9


@dataclass(frozen=True)
class Basket:
    """A hedge of a few names with its best weights.

    weights_usd: by ticker, negative is sold short; effectiveness: 1 - Var(hedged)/Var(book) over the sample; cost_usd:
    expected over the horizon, by cause in `costs_usd`; net: effectiveness less what the cost takes at the price of
    risk, which is what was maximised; shortfall: 1 - ES(hedged)/ES(book), None where it was not the objective;
    at_limit: names whose limit binds.
    """

    weights_usd: Mapping[str, float]
    effectiveness: float
    cost_usd: float
    net: float
    shortfall: float | None = None
    at_limit: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its names."""
        return tuple(self.weights_usd)

    @property
    def held(self) -> tuple[str, ...]:
        """Those of its names that it holds."""
        least = NOTHING_FRAC * self.gross_usd
        return tuple(name for name, usd in self.weights_usd.items() if abs(usd) > least)

    @property
    def gross_usd(self) -> float:
        """Absolute value of all its positions."""
        return math.fsum(map(abs, self.weights_usd.values()))


@dataclass(frozen=True)
class LeftOut:
    """One event whose sessions were left out, and what hedges that were set without them did on them.

    event: its id; sessions: of the event in the sample; book: sum of squared deviations of the book on them; winner:
    of the book with the winner's names, weights found anew; searched: with whatever names the search found anew, by
    number of names; plain: with each plain hedge. Fractions of the book's gross value, squared; NaN where none exists.
    names: found anew at the winner's number of names.
    """

    event: str
    sessions: int
    book: float
    winner: float
    searched: Mapping[int, float]
    plain: Mapping[str, float]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One number of names: the best basket of it, and how good the best one of a placebo book is.

    searched: net effectiveness by variance of the best basket, which luck is compared with, NaN where there is none;
    luck: (R,) net effectiveness of each placebo book's best; out_of_sample: effectiveness of the search over all events
    that were left out, NaN without any.
    """

    count: int
    best: Basket | None
    searched: float
    luck: tuple[float, ...]
    out_of_sample: float

    @property
    def luck_mean(self) -> float:
        """What chance finds on average, NaN where no placebo book can be hedged."""
        known = [one for one in self.luck if math.isfinite(one)]
        return math.fsum(known) / len(known) if known else math.nan

    @property
    def luck_95(self) -> float:
        """What chance finds once in twenty times."""
        known = [one for one in self.luck if math.isfinite(one)]
        return float(np.quantile(known, 0.95)) if known else math.nan

    @property
    def after_luck(self) -> float:
        """1 - (1 - net)/(1 - luck): what is left when chance's share of what can be explained is taken off."""
        return 1.0 - (1.0 - self.searched) / (1.0 - self.luck_mean)


@dataclass(frozen=True)
class Counts:
    """What was worked out. baskets: all; feasible: of these, with a hedge that keeps limits and neutrality; placebo:
    baskets times placebo books; placebo_solved: optima among these that were worked out, the others cannot be better
    than one that was found; tried: optima of which every state was tried."""

    baskets: int
    feasible: int
    placebo: int
    placebo_solved: int
    tried: int


@brief
@dataclass(frozen=True, eq=False)
class HedgeFound:
    """The best hedge of a few names for a book, beside luck, plain hedges and events that were left out.

    asked: what was searched for; subject: what is hedged; sample: what it rests on; steps: by number of names; top: the
    best baskets of all, best first; plain: hedges of one name each, without neutrality; left_out: by event;
    counts: what was worked out; notes: what a reader must know; horizon_usd: the book's deviation over the horizon;
    risk_price: USD for each USD of it; costs_name: of the costs. Fractions, USD; NaN where undefined.
    """

    asked: HedgeSearch
    subject: Subject
    sample: Sample
    steps: tuple[Step, ...]
    top: tuple[Basket, ...]
    plain: Mapping[str, Basket]
    left_out: tuple[LeftOut, ...]
    counts: Counts
    notes: tuple[str, ...]
    horizon_usd: float
    risk_price: float
    costs_name: str

    @property
    def winner(self) -> Basket:
        """The best basket."""
        return self.top[0]

    @property
    def none_is_worth_it(self) -> bool:
        """Whether the best basket holds nothing: within what is allowed none is worth its cost."""
        return not self.winner.gross_usd > NOTHING_FRAC * self.subject.gross_usd

    @property
    def searched(self) -> float:
        """Net effectiveness by variance of the best basket of all."""
        return max(step.searched for step in self.steps if step.searched == step.searched)

    @property
    def by_luck(self) -> Floats:
        """(R,) the net effectiveness of the best basket, of any number of names, of each placebo book."""
        best: Floats = np.max([step.luck for step in self.steps], axis=0)
        return best

    @property
    def luck_95(self) -> float:
        """The net effectiveness that the best basket of one in twenty placebo books reaches, NaN where none has one."""
        known = self.by_luck[np.isfinite(self.by_luck)]
        return float(np.quantile(known, 0.95)) if len(known) else math.nan

    @property
    def p_value(self) -> float:
        """The share of searches, this one among them, that found as much: (1 + b) / (1 + R)."""
        return luck_probability(self.searched, self.by_luck)

    @property
    def out_of_sample(self) -> float:
        """Effectiveness over all events left out, of the winner's names with weights set without the event."""
        return pooled([one.winner for one in self.left_out], [one.book for one in self.left_out])

    @property
    def searched_out_of_sample(self) -> float:
        """The same of the names that the search found without the event, as many as the winner has."""
        size = len(self.winner.names)
        return pooled([one.searched.get(size, math.nan) for one in self.left_out], [one.book for one in self.left_out])

    def plain_out_of_sample(self, name: str) -> float:
        """The same of a plain hedge; name: its ticker."""
        return pooled([one.plain.get(name, math.nan) for one in self.left_out], [one.book for one in self.left_out])

    @property
    def sessions(self) -> NDArray[np.datetime64]:
        """The sessions of the sample."""
        return self.sample.sessions

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything a reader must know before trusting the figures."""
        return (*self.sample.market.warnings, *self.subject.notes, *self.notes)


def pooled(hedged: list[float], book: list[float]) -> float:
    """1 - sum of squares hedged over sum of squares of the book, over the events for which there is a hedge."""
    known = [(one, other) for one, other in zip(hedged, book, strict=True) if math.isfinite(one)]
    whole = math.fsum(other for _, other in known)
    return 1.0 - math.fsum(one for one, _ in known) / whole if whole > 0.0 else math.nan
