"""A basket against another, brought back to its weights by the calendar or when it has drifted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from hedgebook.engine.arrays import Ints
from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.counted import counted
from hedgebook.universes.market import Market

from ..ranks.scores import enough_returns
from ..strategy.decisions import EverySessions, decision_rows, fill_mark, require_sessions, scheduled
from ..strategy.members import members_of
from ..strategy.plan import Leg, Plan
from ..strategy.strategy import Names, Strategy
from ..strategy.weights import Fill
from .market_values import read_market_values
from .side import Side

Weighting = Literal["equal", "inverse_volatility", "risk_parity", "minimum_variance", "given", "market_value"]
ESTIMATED = ("inverse_volatility", "risk_parity", "minimum_variance")
Size = Annotated[float, Field(gt=0, le=20)]


class RebalancedBasket(Strategy):
    """Long a basket, short another, and back to their weights by the calendar.

    long, short: buckets or tickers, one of the two may be left out; weighting: of the tickers inside each side,
    "equal", "inverse_volatility", "risk_parity" (each brings the same part of its side's variance), "minimum_variance"
    (none below zero), "given" (parts by ticker in `weights`, each above zero) or "market_value" (from the CSV file
    `market_values` with columns date, ticker, market_value_usd, the last one dated at or before the decision);
    lookback_sessions: daily returns that estimates use, ending at the decision's close; covariance: "ledoit_wolf" or
    "sample"; gross, net: long plus short and long less short as fractions of NAV (None: 1, and 0 for two sides);
    long_frac, short_frac: the size of each side as a fraction of NAV instead; every: decides at the last close of each
    "week", "month" or "quarter", or "never" again; every_sessions: so many sessions apart instead; fill: "next open" or
    "next close" after the decision. A drift band is the rule `band`: a position that is further from its target than
    this fraction of it brings all back to the weights of the last decision.

    Entered at the first close at which each side has a ticker that can be held: one that is listed, has a close, and,
    where weights are estimated, 0.8 of the returns of the look-back, in which it moved; for a covariance, those with
    the fewest returns are left out until half of the sessions have all. Where a side has none later, nothing is held.
    """

    _noun: ClassVar[str] = "a rebalanced basket"

    long: Names = ()
    short: Names = ()
    weighting: Weighting = "equal"
    weights: Mapping[str, Annotated[float, Field(gt=0, le=1e12)]] | None = None
    market_values: str | None = None
    lookback_sessions: Annotated[int, Field(ge=2, le=2520)] = 120
    covariance: Literal["ledoit_wolf", "sample"] = "ledoit_wolf"
    gross: Size | None = None
    net: Annotated[float, Field(ge=-20, le=20)] | None = None
    long_frac: Size | None = None
    short_frac: Size | None = None
    every: Literal["week", "month", "quarter", "never"] = "month"
    every_sessions: EverySessions | None = None
    fill: Fill = "next open"

    @model_validator(mode="after")
    def _consistent(self) -> RebalancedBasket:
        if not self.long and not self.short:
            raise ValueError("a basket needs a long or a short side")
        if (self.weighting == "given") != (self.weights is not None):
            raise ValueError("weighting=given and weights go together; give both or neither")
        if (self.weighting == "market_value") != (self.market_values is not None):
            raise ValueError("weighting=market_value and the file market_values go together; give both or neither")
        one, other = (self.gross, self.net), (self.long_frac, self.short_frac)
        if any(x is not None for x in one) and any(x is not None for x in other):
            raise ValueError("gross and net say the sizes, and so do long_frac and short_frac; leave one pair out")
        for name, size in (("long", self.long_frac), ("short", self.short_frac)):
            if size is not None and not getattr(self, name):
                raise ValueError(f"{name}_frac is given, but there is no {name} side; leave it out")
        if any(x is not None for x in other) and None in [
            size for names, size in ((self.long, self.long_frac), (self.short, self.short_frac)) if names
        ]:
            raise ValueError("long_frac and short_frac go together; give both")
        if self.net is not None and not (self.long and self.short):
            raise ValueError("net has no meaning for one side alone; give gross")
        if self.net is not None and abs(self.net) >= (self.gross or 1.0):
            raise ValueError("net must lie between -gross and gross, or one side would have no size")
        return self

    @property
    def unused(self) -> tuple[str, ...]:
        """Parameters that were given although nothing uses them under the others."""
        given = {
            "lookback_sessions": self.weighting not in ESTIMATED,
            "covariance": self.weighting not in ESTIMATED[1:],
        }
        fields = type(self).model_fields
        return tuple(name for name, idle in given.items() if idle and getattr(self, name) != fields[name].default)

    def plan(self, market: Market) -> Plan:
        """Target weights on a market at each decision.

        Raises UniverseError for an unknown name, PriceDataError for a ticker without prices, ParameterError for a
        ticker on both sides, one without a weight, a file that cannot be used, and where a side can never be held.
        """
        named = {name: getattr(self, name) for name in ("long", "short") if getattr(self, name)}
        estimated = self.weighting in ESTIMATED
        require_sessions(market, (enough_returns(self.lookback_sessions) if estimated else 0) + 2, "lookback_sessions")
        sides = {name: self._side(market, name, names) for name, names in named.items()}
        self._check(sides)
        rows = self._rows(market, sides)
        parts = {name: side.shares(rows) for name, side in sides.items()}
        # Neither side without the other.
        whole = np.logical_and.reduce([shares.any(axis=1) for shares in parts.values()])
        if not whole.any():
            remedy = "Name tickers whose prices move."
            raise ParameterError("at no decision could every side be held", where=", ".join(sides), remedy=remedy)
        sizes = self.sizes()
        weights = np.concatenate([sizes[name] * parts[name] * whole[:, None] for name in parts], axis=1)
        mark, notes = fill_mark(market, self.fill)
        # Where prices have stood still so far, it begins later.
        begin = int(np.argmax(whole))
        tickers = tuple(ticker for side in sides.values() for ticker in side.members.tickers)
        schedule = scheduled(market, rows[begin:], mark, tickers, weights[begin:])
        legs = tuple(
            Leg(name, side.members.tickers, sizes[name], tuple((sizes[name] * parts[name][begin]).tolist()))
            for name, side in sides.items()
        )
        empty = market.sessions[rows[begin:][~whole[begin:]]]
        return Plan(schedule=schedule, legs=legs, notes=(*self._notes(sides, empty), *notes))

    def _notes(self, sides: Mapping[str, Side], empty: NDArray[np.datetime64]) -> tuple[str, ...]:
        """What a reader must know; empty: sessions at whose close a side had nothing to hold."""
        found = [note for side in sides.values() for note in side.members.notes]
        if len(empty):
            found.append(
                f"a side had nothing to hold at {counted(len(empty), 'decision')}, first on {empty[0]}: nothing is held"
            )
        return (*found, *(f"{name} has no part in weighting {self.weighting}" for name in self.unused))

    def sizes(self) -> dict[str, float]:
        """NAV fraction of each side, the short one below zero."""
        if self.long_frac is not None or self.short_frac is not None:
            found = {"long": self.long_frac or 0.0, "short": -(self.short_frac or 0.0)}
        else:
            gross, net = self.gross or 1.0, self.net or 0.0
            two = bool(self.long and self.short)
            found = {"long": (gross + net) / 2 if two else gross, "short": -(gross - net) / 2 if two else -gross}
        return {name: size for name, size in found.items() if getattr(self, name)}

    def _side(self, market: Market, name: str, names: tuple[str, ...]) -> Side:
        values = read_market_values(self.market_values) if self.market_values is not None else None
        history = (self.lookback_sessions, self.covariance) if self.weighting in ESTIMATED else None
        return Side(market, name, members_of(market, names, name), self.weighting, history, self.weights, values)

    def _check(self, sides: Mapping[str, Side]) -> None:
        """Raise ParameterError for a ticker on both sides, and for weights that are not those of the sides' tickers."""
        tickers = [ticker for side in sides.values() for ticker in side.members.tickers]
        if both := [ticker for ticker in tickers if tickers.count(ticker) > 1]:
            raise ParameterError(f"{both[0]} stands on both sides", where="long, short")
        for ticker in tickers if self.weights is not None else ():
            if ticker not in (self.weights or {}):
                raise ParameterError(f"{ticker} has no weight", where="weights", remedy="Give each ticker one.")
        for ticker in self.weights or ():
            if ticker not in tickers:
                remedy = did_you_mean(ticker, tickers)
                raise ParameterError(f"{ticker} has a weight but is on no side", where="weights", remedy=remedy)

    def _rows(self, market: Market, sides: Mapping[str, Side]) -> Ints:
        """Rows at which is decided, from the first at which each side can be held. Raises ParameterError."""
        every_row = np.arange(len(market.sessions) - 1, dtype=np.int64)
        can = {name: side.can(every_row).any(axis=1) for name, side in sides.items()}
        ready = np.logical_and.reduce(list(can.values()))
        if not ready.any():
            never = next((name for name, one in can.items() if not one.any()), "long, short")
            history = f" and {enough_returns(self.lookback_sessions)} returns before it" * (self.weighting in ESTIMATED)
            raise ParameterError(
                "this side can never be held" if never in can else "the sides can never be held at once",
                where=never,
                value=", ".join(name for side in never.split(", ") for name in getattr(self, side)),
                bound=f"a ticker that is listed and has a close{history}"
                + (" and a market value" if self.weighting == "market_value" else ""),
                remedy="Name others, load a longer history or look back less.",
            )
        first = int(np.argmax(ready))
        if self.every == "never" and self.every_sessions is None:
            return np.array([first], dtype=np.int64)
        every = "month" if self.every == "never" else self.every
        return np.union1d([first], decision_rows(market, first, every, self.every_sessions)).astype(np.int64)
