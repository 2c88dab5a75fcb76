"""Which listed contracts a structure is made of, and how many of each for one share of its leg."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.options.american import american
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.options.marks import Marks
from hedgebook.errors import ParameterError
from hedgebook.universes.chains.chain import Listed, MarkName, Right

from .listed import expiry_near, listed_strikes
from .structures import OptionPart, Structure

RIGHTS: tuple[Right, ...] = ("call", "put")


@dataclass(frozen=True)
class Underlying:
    """A name of one leg of a trade. shares: in the trade, negative where sold short; spot_usd: at the entry."""

    ticker: str
    leg: str
    shares: float
    spot_usd: float


@dataclass(frozen=True)
class Terms:
    """delta, wing_delta: without sign; days: to expiry; width_frac: of the first strike."""

    delta: float
    wing_delta: float
    days: int
    width_frac: float


@dataclass(frozen=True, eq=False)
class Board:
    """The contracts of one name, right and expiry: strikes (k,) ascending, deltas (k,) without sign, mids (k,)."""

    strikes: Floats
    deltas: Floats
    forward_usd: float

    def near_delta(self, wanted: float) -> float:
        """The strike whose delta is closest to that wanted, the lower of two as close."""
        return float(self.strikes[int(np.nanargmin(np.abs(self.deltas - wanted)))])

    def near_price(self, wanted: float) -> float:
        """The strike closest to a price, the lower of two as close."""
        return float(self.strikes[int(np.argmin(np.abs(self.strikes - wanted)))])

    def apart(self, first: float, wanted: float) -> float:
        """The strike closest to a price on its own side of the first strike. Raises ParameterError for none there."""
        side = self.strikes[(self.strikes - first) * (wanted - first) > 0.0]
        if not side.size:
            raise ParameterError(
                "no strike is listed so far away", where="width", value=wanted,
                bound=f"{self.strikes[0]:g} to {self.strikes[-1]:g}",
            )  # fmt: skip
        return float(side[int(np.argmin(np.abs(side - wanted)))])


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
    def boards(self) -> dict[tuple[str, Right, np.datetime64], Board]:
        """By ticker, right and expiry."""
        places: list[tuple[str, Right, np.datetime64, Floats, slice]] = []
        contracts: list[Listed] = []
        for one in self.underlyings:
            for expiry in sorted({self.expiry(one.ticker, days) for days in self.days}):
                own = self.listing.get(one.ticker)
                strikes = listed_strikes(one.spot_usd) if not own else own[expiry]
                for right in RIGHTS:
                    first = len(contracts)
                    contracts += [Listed(one.ticker, _day(expiry), right, float(strike)) for strike in strikes]
                    places.append((one.ticker, right, expiry, strikes, slice(first, len(contracts))))
        quoted = self.marks.marks(contracts, np.array([self.session]), self.mark)
        spot, years, rate, carry, vol = (
            np.asarray(getattr(quoted, name))[0]
            for name in ("spot", "years", "rate_annual", "carry_annual", "vol_annual")
        )  # fmt: skip
        rights = [one.right for one in contracts]
        terms = Contracts(rights, spot, [one.strike for one in contracts], years, rate, carry, vol)
        deltas = np.abs(american(terms, sensitivities=False)["delta"].to_numpy())
        forwards = spot * np.exp((rate - carry) * years)
        found = {}
        for ticker, right, expiry, strikes, part in places:
            known = np.isfinite(deltas[part])
            if not known.any():
                raise ParameterError(
                    "no option of this name can be priced at the entry", where="express", value=ticker,
                    remedy="It has no price there, or the chain has no quotes of it.",
                )  # fmt: skip
            forward = float(forwards[part][known][0])
            found[(ticker, right, expiry)] = Board(np.asarray(strikes)[known], deltas[part][known], forward)
        return found

    def parts(self, structure: Structure, underlying: Underlying, terms: Terms) -> list[tuple[Listed, float]]:
        """The contracts of a structure, and shares of the underlying for each share that the trade has of it."""
        found: list[tuple[Listed, float]] = []
        ticker = underlying.ticker
        for part in structure.options:
            expiry = self.expiry(ticker, terms.days)
            board = self.boards[(ticker, part.right, expiry)]
            first = found[0][0].strike if found else 0.0
            strike = _strike(board, part, terms, first)
            found.append((Listed(ticker, _day(expiry), part.right, strike), part.ratio))
        return found


def _day(expiry: np.datetime64) -> date:
    found: date = expiry.astype("datetime64[D]").astype(object)
    return found


def _strike(board: Board, part: OptionPart, terms: Terms, first: float) -> float:
    if part.by == "money":
        return board.near_price(board.forward_usd)
    if part.by == "width":
        away = 1.0 + terms.width_frac * (1.0 if part.right == "call" else -1.0)
        return board.apart(first, first * away)
    return board.near_delta(terms.delta if part.by == "delta" else terms.wing_delta)


def distinct(parts: Iterable[Listed]) -> tuple[Listed, ...]:
    """Contracts in their order, each once."""
    return tuple(dict.fromkeys(parts))
