"""What a book of shares and options requires, wherever prices are, and the move that brings a margin call."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hedgebook.universes.brief import brief
from hedgebook.universes.market import Market

from ...account import Account
from ...arrays import Floats
from ...option_ledger.margin import OptionMarginRules, requirement_of
from ...option_ledger.structures import Leg
from ...options.lines import CALL
from .options import HeldOptions

# A call is looked for at these moves against the book, and between the last two of them by halving.
MOVES = (*np.linspace(0.0, 1.0, 51)[1:].tolist(), *np.linspace(1.0, 10.0, 37)[1:].tolist())
CHUNK, BISECTIONS = 8, 30


@brief
@dataclass(frozen=True, eq=False)
class HeldMargin:
    """A book with options and its account's margin rules.

    held: the book; nav_usd: of the account; rules: FINRA 4210 and Regulation T with the account's fractions of stock,
    None where margin is off; house: (U,) multipliers by ticker.
    """

    held: HeldOptions
    nav_usd: float
    rules: OptionMarginRules | None
    house: Floats

    @property
    def enforced(self) -> bool:
        """Whether the account has margin rules."""
        return self.rules is not None

    def requirement_usd(self, moves: Floats, units: Floats, *, initial: bool = False) -> Floats:
        """(S,): what NAV must be after moves (S, U), options worth units (S, n) a share.

        That is the equity of the rule less the marks of short options, which NAV has been charged with, and with what
        shares under written calls are worth above the strike, which is no equity. NaN where margin is off.
        """
        return np.asarray(self.requirements_usd(moves, units, initial=initial).sum(axis=1))

    def requirements_usd(self, moves: Floats, units: Floats, *, initial: bool = False) -> Floats:
        """(S, U): the same by ticker."""
        out = np.zeros((len(units), len(self.held.tickers)))
        if self.rules is None:
            return np.full(out.shape, np.nan)
        spots = self.held.spots * (1.0 + moves)
        lines, days = self.held.lines, self.held.lines.expiry.astype(np.int64)
        options = np.flatnonzero(lines.options).tolist()
        under: list[list[int]] = [[] for _ in self.held.tickers]
        for k in options:
            under[int(self.held.of[k])].append(k)
        for s in range(len(units)):
            for i, own in enumerate(under):
                legs = [
                    Leg(
                        bool(lines.right[k] == CALL), float(lines.strike[k]), int(days[k]), float(lines.quantity[k]),
                        max(float(units[s, k]), 0.0),
                    )
                    for k in own
                ]  # fmt: skip
                need = requirement_of(float(spots[s, i]), float(self.held.shares[i]), legs, self.rules, initial=initial)
                out[s, i] = need.requirement * float(self.house[i]) - need.proceeds + need.capped
        return out

    def left(self, moves: Floats) -> Floats:
        """(S,) NAV less requirement after moves (S, U), cut at a loss of everything."""
        moves = np.maximum(moves, -1.0)
        units = self.held.unit_values(moves)
        change = (units - self.held.units) @ self.held.lines.quantity
        return np.asarray(self.nav_usd + change - self.requirement_usd(moves, units))

    def now_usd(self, *, initial: bool = False) -> float:
        """What NAV must be at the close, USD."""
        still = np.zeros((1, len(self.held.tickers)))
        return float(self.requirement_usd(still, self.held.units[None, :], initial=initial)[0])

    def adverse_move(self, *, longs: bool = True, shorts: bool = True) -> float:
        """The smallest move against the book, by the sign of each ticker's delta, after which NAV is below the
        requirement; 0 where it is already, inf where no move up to 1,000 % does, NaN where margin is off.

        A book that is short of volatility may be called by the opposite move first: that is not looked for here.
        """
        if not self.enforced:
            return math.nan
        delta = np.array(list(self.held.delta_shares().values()))
        against = np.where(delta > 0, -1.0 if longs else 0.0, np.where(delta < 0, 1.0 if shorts else 0.0, 0.0))
        if self.left(np.zeros((1, len(delta))))[0] < 0.0:
            return 0.0
        low = 0.0
        for start in range(0, len(MOVES), CHUNK):
            sizes = np.array(MOVES[start : start + CHUNK])
            below = np.flatnonzero(self.left(sizes[:, None] * against) < 0.0)
            if len(below):
                high = float(sizes[below[0]])
                low = float(sizes[below[0] - 1]) if below[0] else low
                return self._between(low, high, against)
            low = float(sizes[-1])
        return math.inf

    def _between(self, low: float, high: float, against: Floats) -> float:
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self.left(middle * against[None, :])[0] < 0.0 else (middle, high)
        return high


def held_margin(held: HeldOptions, nav_usd: float, account: Account, market: Market) -> HeldMargin:
    """The account's rules for a book with options; market: for multipliers by bucket."""
    rules = OptionMarginRules(stock=account.margin) if account.margin.on_call.action else None
    house = np.asarray(account.margin.house(market))
    return HeldMargin(held, nav_usd, rules, house[[market.column(ticker) for ticker in held.tickers]])
