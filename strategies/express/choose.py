"""Which listed contracts structures are made of, for many sets of parameters at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.options.american import american
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.options.marks import Marks
from hedgebook.errors import ParameterError
from hedgebook.universes.chains.chain import Listed, MarkName, Right

from .listed import expiry_near, listed_strikes
from .structures import OptionPart, Structure
from .terms import Terms

RIGHTS: tuple[Right, ...] = ("call", "put")


@dataclass(frozen=True)
class Underlying:
    """A name of one leg of a trade. shares: in the trade, negative where sold short; spot_usd: at the entry."""

    ticker: str
    leg: str
    shares: float
    spot_usd: float


@dataclass(frozen=True, eq=False)
class Board:
    """The contracts of one name, right and expiry that can be priced at the entry.

    places: (k,) their numbers among all contracts; strikes (k,) ascending; deltas (k,) without sign.
    """

    places: Ints
    strikes: Floats
    deltas: Floats
    forward_usd: float

    def near_delta(self, wanted: Floats) -> Ints:
        """(n,) rows of the strikes whose deltas are closest to those wanted, the lower of two as close."""
        return np.asarray(np.abs(self.deltas[None, :] - wanted[:, None]).argmin(axis=1), dtype=np.int64)

    def near_price(self, wanted: float) -> int:
        """The row of the strike closest to a price, the lower of two as close."""
        return int(np.argmin(np.abs(self.strikes - wanted)))

    def apart(self, first: float, wanted: Floats) -> Ints:
        """(n,) rows of the strikes closest to prices on one side of a first strike, each on that side; -1 for none."""
        rows = np.flatnonzero((self.strikes - first) * (wanted[0] - first) > 0.0)
        if not rows.size:
            return np.full(len(wanted), -1)
        near = np.abs(self.strikes[rows][None, :] - wanted[:, None]).argmin(axis=1)
        return np.asarray(rows[near], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Quotes:
    """C contracts as they are quoted at the entry: contracts; expiry: (C,) days; mid, delta: (C,), NaN without a price;
    boards: by ticker, right and expiry."""

    contracts: tuple[Listed, ...]
    expiry: NDArray[np.datetime64]
    mid: Floats
    delta: Floats
    boards: Mapping[tuple[str, Right, np.datetime64], Board]


@dataclass(frozen=True, eq=False)
class Boards:
    """What is listed of every name for every number of days, with deltas at the entry.

    listing: expiries and strikes by ticker where a chain has said them by the entry, else the exchanges' rules.
    """

    underlyings: tuple[Underlying, ...]
    marks: Marks
    session: np.datetime64
    mark: MarkName
    days: tuple[int, ...]
    listing: Mapping[str, Mapping[np.datetime64, Floats]]

    def expiry(self, ticker: str, days: int) -> np.datetime64:
        """The listed expiry closest to so many calendar days after the entry."""
        own = self.listing.get(ticker)
        if not own:
            return expiry_near(self.session, days)
        found = np.array(sorted(one for one in own if one > self.session), dtype="datetime64[D]")
        if not found.size:
            raise ParameterError(
                "the chain has no expiry after the entry", where="chain", value=ticker, bound=f"after {self.session}"
            )
        return found[int(np.argmin(np.abs((found - self.session).astype(np.int64) - days)))]  # type: ignore[no-any-return]

    @cached_property
    def quotes(self) -> Quotes:
        """Every contract that is listed for these days, priced at the entry.

        Raises ParameterError for a name and expiry of which no contract can be priced.
        """
        places: list[tuple[str, Right, np.datetime64, Floats, slice]] = []
        contracts: list[Listed] = []
        expiries: list[np.datetime64] = []
        for one in self.underlyings:
            for expiry in sorted({self.expiry(one.ticker, days) for days in self.days}):
                own = self.listing.get(one.ticker)
                strikes = np.asarray(listed_strikes(one.spot_usd) if not own else own[expiry])
                for right in RIGHTS:
                    first = len(contracts)
                    contracts += [Listed(one.ticker, _day(expiry), right, float(strike)) for strike in strikes]
                    expiries += [expiry] * len(strikes)
                    places.append((one.ticker, right, expiry, strikes, slice(first, len(contracts))))
        quoted = self.marks.marks(contracts, np.array([self.session]), self.mark)
        mid, spot, years, rate, carry, vol = (
            np.asarray(getattr(quoted, name))[0]
            for name in ("mid", "spot", "years", "rate_annual", "carry_annual", "vol_annual")
        )  # fmt: skip
        rights = [one.right for one in contracts]
        terms = Contracts(rights, spot, [one.strike for one in contracts], years, rate, carry, vol)
        deltas = american(terms, sensitivities=False)["delta"].to_numpy()
        forwards = spot * np.exp((rate - carry) * years)
        boards = {}
        for ticker, right, expiry, strikes, part in places:
            known = np.isfinite(deltas[part]) & np.isfinite(mid[part])
            if not known.any():
                raise ParameterError(
                    "no option of this name can be priced at the entry", where="express", value=ticker,
                    remedy="It has no price there, or the chain has no quotes of it.",
                )  # fmt: skip
            rows = np.arange(part.start, part.stop, dtype=np.int64)[known]
            boards[(ticker, right, expiry)] = Board(
                rows, strikes[known], np.abs(deltas[rows]), float(forwards[part][known][0])
            )
        return Quotes(tuple(contracts), np.array(expiries, dtype="datetime64[D]"), mid, deltas, boards)

    def parts(self, structure: Structure, ticker: str, terms: Terms) -> Ints:
        """(n, P) numbers of the contracts of a structure's parts on a name, for each set of parameters.

        -1 where no strike is listed on the far side of the first one.
        """
        out = np.empty((terms.count, len(structure.options)), dtype=np.int64)
        expiry_of = {days: self.expiry(ticker, days) for days in np.unique(terms.days).tolist()}
        for expiry in sorted(set(expiry_of.values())):
            mine = [days for days, own in expiry_of.items() if own == expiry]
            rows: Ints = np.flatnonzero(np.isin(terms.days, mine)).astype(np.int64)
            chosen: list[Floats] = []
            for p, part in enumerate(structure.options):
                board = self.quotes.boards[(ticker, part.right, expiry)]
                found = _rows_of(board, part, terms.some(rows), chosen)
                chosen.append(board.strikes[found])
                out[rows, p] = np.where(found < 0, -1, board.places[found])
        return out


def _day(expiry: np.datetime64) -> date:
    found: date = expiry.astype("datetime64[D]").astype(object)
    return found


def _rows_of(board: Board, part: OptionPart, terms: Terms, chosen: list[Floats]) -> Ints:
    """(n,) rows of a board that a part has; chosen: (n,) strikes of each part before it."""
    if part.by == "money":
        return np.full(terms.count, board.near_price(board.forward_usd))
    if part.by == "wing":
        return np.full(terms.count, int(board.near_delta(np.array([terms.wing_delta]))[0]))
    if part.by == "delta":
        wanted, back = np.unique(terms.delta, return_inverse=True)
        return np.asarray(board.near_delta(wanted)[back], dtype=np.int64)
    out = np.empty(terms.count, dtype=np.int64)
    side = 1.0 if part.right == "call" else -1.0
    for first in np.unique(chosen[0]).tolist():
        rows = np.flatnonzero(chosen[0] == first)
        widths, back = np.unique(terms.width_frac[rows], return_inverse=True)
        out[rows] = board.apart(first, first * (1.0 + widths * side))[back]
    return out
