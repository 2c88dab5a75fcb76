"""Buying once and holding: what other strategies are measured against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, model_validator

from hedgebook.engine.arrays import Flags, Floats, Ints
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market

from ..strategy.decisions import fill_mark, require_sessions, scheduled
from ..strategy.members import Members, members_of
from ..strategy.plan import Leg, Plan
from ..strategy.strategy import Names, Strategy
from ..strategy.weights import Fill


class BuyAndHold(Strategy):
    """Buys once and holds to the end.

    tickers: buckets or tickers; weights: part of each name of `tickers`, by name, below zero for a short one, a
    bucket's being split evenly among its members (None: every ticker the same); gross: sum of the absolute weights as a
    fraction of NAV, to which the parts are scaled (None: 1 without weights, and with weights they are fractions of NAV
    as they stand); fill: "next open" or "next close" after the decision. Decided at the first close at which every
    ticker named itself, and a member of every bucket, is listed and has a price; a bucket brings the members of that
    day, and those without a close are left out. Without opens it is filled at the next close.
    """

    _noun: ClassVar[str] = "a buy-and-hold strategy"

    tickers: Names = ()
    weights: Mapping[str, Annotated[float, Field(ge=-20, le=20)]] | None = None
    gross: Annotated[float, Field(gt=0, le=20)] | None = None
    fill: Fill = "next open"

    @model_validator(mode="after")
    def _consistent(self) -> BuyAndHold:
        if not self.tickers and not self.weights:
            raise ValueError("nothing to hold; name tickers or buckets, as in tickers=SPY")
        if twice := [name for name in self.tickers if self.tickers.count(name) > 1]:
            raise ValueError(f"tickers names {twice[0]} twice")
        if self.weights is not None and self.tickers and set(self.weights) != set(self.tickers):
            odd = sorted(set(self.weights) ^ set(self.tickers))[0]
            raise ValueError(f"{odd} does not stand in both tickers and weights; give each name one weight")
        if self.weights is not None and not any(self.weights.values()):
            raise ValueError("every weight is zero; give one that is not")
        if self.rules.rebalance.kind != "none" or self.rules.band is not None:
            raise ValueError(
                "what is bought and held is not rebalanced; leave out rebalance and band, or use kind rebalanced-basket"
            )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The buckets and tickers that are held."""
        return self.tickers or tuple(self.weights or ())

    def plan(self, market: Market) -> Plan:
        """One order at the first possible mark of a market.

        Raises UniverseError for an unknown name, PriceDataError for a ticker without prices, ParameterError for one
        that two names bring and where no close has a price of each.
        """
        require_sessions(market, 2, "market")
        members = members_of(market, self.names, "tickers")
        brought = self._brought(market, members)
        row, there = self._first_row(market, members, brought)
        tickers = tuple(ticker for ticker, one in zip(members.tickers, there, strict=True) if one)
        weights = self._sized(brought[there])
        mark, notes = fill_mark(market, self.fill)
        left = [t for t, one in zip(members.tickers, there, strict=True) if not one]
        if left:
            notes = (*notes, f"not listed or without a close on {market.sessions[row]}, so not held: {', '.join(left)}")
        legs = tuple(
            Leg(name, tuple(t for t, one in zip(tickers, side, strict=True) if one), float(part.sum()), tuple(part))
            for name, side in (("long", weights > 0), ("short", weights < 0))
            if len(part := weights[side])
        )
        schedule = scheduled(market, np.array([row]), mark, tickers, weights[None, :])
        return Plan(schedule=schedule, legs=legs, notes=(*members.notes, *notes))

    def _brought(self, market: Market, members: Members) -> Ints:
        """(N,) which of the names brings each ticker. Raises ParameterError where two do."""
        of = np.empty(len(members.tickers), dtype=np.int64)
        for i, ticker in enumerate(members.tickers):
            by = [k for k, name in enumerate(self.names) if name in (ticker, market.bucket_of(ticker))]
            if len(by) > 1:
                named = " and ".join(self.names[k] for k in by)
                raise ParameterError("two names bring the same ticker", where="tickers", value=f"{ticker} by {named}")
            of[i] = by[0]
        return of

    def _first_row(self, market: Market, members: Members, brought: Ints) -> tuple[int, Flags]:
        """The first close with a price of each name, and (N,) which tickers have one then. Raises ParameterError."""
        last = len(market.sessions) - 1
        there = members.tradable(market, np.arange(last))
        named = np.stack([there[:, brought == k].any(axis=1) for k in range(len(self.names))], axis=1)
        row = int(np.argmax(named.all(axis=1)))
        if not named[row].all():
            never = [self.names[k] for k in np.flatnonzero(~named.any(axis=0))]
            what = f"{never[0]} has no close" if never else "no close has a price of every name"
            raise ParameterError(
                f"{what} from {market.sessions[0]} to {market.sessions[last - 1]}, so there is nothing to buy",
                where="tickers",
                value=", ".join(self.names),
                remedy="Leave a name out, or hold those that are never listed together in strategies of their own.",
            )
        return row, np.asarray(there[row])

    def _sized(self, brought: Ints) -> Floats:
        """(N,) fractions of NAV of tickers by the name that brings each."""
        if self.weights is None:
            parts = np.full(len(brought), 1.0 / len(brought))
        else:
            given = np.array([float(self.weights[name]) for name in self.names])
            parts = (given / np.maximum(np.bincount(brought, minlength=len(given)), 1))[brought]
        if self.gross is None:
            return parts
        return np.asarray(parts * (self.gross / np.abs(parts).sum()))
