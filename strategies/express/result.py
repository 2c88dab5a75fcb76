"""What a comparison of expressions has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.universes.brief import brief
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.event import Event
from hedgebook.universes.market import Market

from ..trade.trade import EventTrade
from .choose import Underlying
from .expired import expired_before
from .request import ExpressAsked
from .structures import Structure

# What an expression is told by, in the order of tables and JSON.
FIGURES = (
    "contracts", "premium_usd", "delta_usd", "gamma_usd", "vega_usd", "theta_usd", "var_usd", "es_usd", "cost_usd",
    "pnl_usd", "trade_pnl_usd", "drawdown_usd", "nothing_usd", "against_usd", "gain_usd", "worst_usd", "best_usd",
)  # fmt: skip


@brief
@dataclass(frozen=True, eq=False)
class Expression:
    """One structure at its size.

    structure; equal: in what it was made equal to the leg in shares; positions: contracts bought (above 0) or sold by
    contract; shares: by ticker; figures: USD by name as in FIGURES: premium of options at mid (below 0: received);
    delta for a rise of all prices by all of them, gamma: change of delta for 1 %, vega: for a point of volatility,
    theta: a day; VaR and ES of one session by full revaluation; cost: of getting in and out; pnl: of the leg in the
    sessions of the trade, trade_pnl: with the other leg in shares; nothing: where no price moves until the exit;
    against, gain: where prices gap against the trade or for it; worst, best: of the payoff at expiry over all moves
    that are looked at. pnl: (S,) of the leg, cumulative at each close; explained: USD by cause, adding up to pnl_usd;
    at_expiry, at_exit: (M,) by move.
    """

    structure: Structure
    equal: str
    positions: Mapping[Listed, float]
    shares: Mapping[str, float]
    figures: Mapping[str, float]
    explained: Mapping[str, float]
    pnl: Floats
    at_expiry: Floats
    at_exit: Floats

    @property
    def name(self) -> str:
        """What commands call it."""
        return self.structure.name


@brief
@dataclass(frozen=True, eq=False)
class BorrowCase:
    """What the short leg's expressions earn at one borrow fee: fees_annual by short name, fractions, at the entry;
    pnl_usd by structure; by_costs: whether the fee is that of the costs."""

    fees_annual: Mapping[str, float]
    pnl_usd: Mapping[str, float]
    by_costs: bool = False


@brief
@dataclass(frozen=True, eq=False)
class SweptLuck:
    """A sweep of one structure's parameters and how much of its best set is luck.

    table: a row a set: structure, delta, days, width_frac (NaN where not used), equal, contracts,
    expires_before_exit (whether any of its contracts does), pnl_usd, sharpe (a session), drawdown_usd, same_as (row
    number of the first set that holds the same contracts and shares); best: row number of the highest P&L; distinct:
    sets that differ in what they earn; spa_p: chance of such a best if no expression were better than the leg in shares
    (Hansen's SPA, on differences of P&L a session); deflated: chance that its Sharpe ratio is above the best of as many
    by luck; why: where these are undefined, the reason; left_out: sets of spreads for which no second strike is listed.
    """

    table: pd.DataFrame
    best: int
    distinct: int
    spa_p: float
    deflated: float
    sessions: int
    why: str
    left_out: int = 0


@brief
@dataclass(frozen=True, eq=False)
class Expressed:
    """One view in every instrument.

    trade, event, market; asked; label: where quotes come from; modelled: whether any of them is a model's; entry,
    entry_mark, exit_session; sessions: (S,) of the trade; capital_usd; underlyings: names of both legs; expressions;
    moves: (M,) of the payoffs; borrow: P&L of the short leg's expressions where borrow costs nothing, what costs
    say, and far more, empty without a short leg; swept: None where nothing was; at_mid: whether options trade without a
    spread, as costs are none; notes: what a reader must know.
    """

    trade: EventTrade
    event: Event
    market: Market
    asked: ExpressAsked
    label: str
    modelled: bool
    entry: np.datetime64
    entry_mark: str
    sessions: Any
    capital_usd: float
    underlyings: tuple[Underlying, ...]
    expressions: tuple[Expression, ...]
    moves: Floats
    swept: SweptLuck | None
    costs_name: str
    at_mid: bool = False
    notes: tuple[str, ...] = ()
    chain: str | None = None
    borrow: tuple[BorrowCase, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def of(self, name: str) -> Expression | None:
        """An expression by the name of its structure, None where it is not among them."""
        return next((one for one in self.expressions if one.name == name), None)

    @property
    def exit_session(self) -> np.datetime64:
        """The session at whose close the trade is left."""
        session: np.datetime64 = self.sessions[-1]
        return session

    def expires_before_exit(self, one: Expression) -> bool:
        """Whether any contract of an expression (`one`) expires before the session of the exit."""
        return bool(expired_before(one.positions, self.exit_session))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know."""
        return self.notes
