"""Marks of listed options, session by session: what a ledger fills and values them at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, get_args

import numpy as np

from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import as_day
from hedgebook.universes.chains.chain import Listed, MarkName
from hedgebook.universes.checks import COSTS, MARKET, Kind, check, many, maybe, one_of
from hedgebook.universes.exchanges.held import home_venues
from hedgebook.universes.market import Market

from ..arrays import Flags, Floats, Ints
from ..frictions.costs import Costs
from .american import american
from .contracts import Contracts
from .european import european
from .surface_model import NameSurface, SurfaceModel, load_surfaces

DAYS_A_YEAR = 365.0
# Borrow is charged for each calendar day over 360 of the value; a yield counts days over 365.
YIELD_OF_FEE = 365.0 / 360.0


@brief
@dataclass(frozen=True, eq=False)
class Quoted:
    """Marks of K contracts at one mark of T sessions, all (T, K), NaN where there is no spot or the contract is gone.

    mid and half_width: USD per share, a fill buys at mid + half_width and sells at mid - half_width, not below zero;
    vol_annual: its volatility; spot, years, rate_annual, carry_annual: what it was valued with; modelled: True where
    no quote of a chain stands behind it.
    """

    mid: Floats
    half_width: Floats
    vol_annual: Floats
    spot: Floats
    years: Floats
    rate_annual: Floats
    carry_annual: Floats
    modelled: Flags

    @property
    def bid(self) -> Floats:
        """(T, K) what a sale brings, USD per share."""
        return np.maximum(self.mid - self.half_width, 0.0)

    @property
    def ask(self) -> Floats:
        """(T, K) what a purchase costs, USD per share."""
        return self.mid + self.half_width


class Marks(Protocol):
    """Where marks of options come from; label: what every output says of them."""

    @property
    def label(self) -> str:
        """What every output says of these marks."""

    def marks(self, contracts: Sequence[Listed], sessions: Any, mark: MarkName = "close") -> Quoted:
        """Marks of `contracts` (K) at one `mark` of `sessions` (T days), (T, K) each."""


@dataclass(frozen=True, eq=False)
class ModelMarks:
    """Marks without any chain: the declared surface of each name, revalued at the spot of each session.

    market: spots are its opens and closes as quoted, so that strikes are in its prices; surfaces: a SurfaceModel, a
    name or a file; costs: their borrow fee of each session is the borrow in forwards, None = that of the surfaces.
    Raises ParameterError and CostsError for what is none of these.
    """

    market: Market
    surfaces: SurfaceModel | str | Path = "default"
    costs: Costs | None = None

    def __post_init__(self) -> None:
        check("market", self.market, MARKET)
        check("costs", self.costs, maybe(COSTS))
        object.__setattr__(self, "surfaces", load_surfaces(self.surfaces))
        if isinstance(self.costs, str | Path):
            from ..frictions.costs import load_costs

            object.__setattr__(self, "costs", load_costs(self.costs))

    @property
    def model(self) -> SurfaceModel:
        """The surfaces, read."""
        return load_surfaces(self.surfaces)

    @property
    def label(self) -> str:
        """That these are modelled quotes, and of which surfaces."""
        return self.model.label

    def of(self, ticker: str) -> NameSurface:
        """The modelled surface of a ticker of the market."""
        return self.model.of(ticker, self.market.bucket_of(ticker))

    def marks(self, contracts: Sequence[Listed], sessions: Any, mark: MarkName = "close") -> Quoted:
        """Marks of `contracts` (K) at one `mark` of `sessions` (T days), (T, K) each.

        At the close of its expiry a contract is worth what exercise gives, without a width; after it NaN. Raises
        ParameterError for a day that is no session of the market, and PriceDataError for a ticker without prices.
        """
        at = asked(self.market, contracts, sessions, mark)
        vol, width = np.full(at.spot.shape, np.nan), np.zeros(at.spot.shape)
        rate = np.full(at.spot.shape, self.model.rate_annual)
        carry = self.carry(contracts, at.rows)
        forward = at.spot * np.exp((rate - carry) * at.years)
        strikes = np.array([one.strike for one in contracts])
        expiries = np.array([one.expiry for one in contracts], dtype="datetime64[D]")
        mine = [(self.of(ticker), own) for ticker, own in by_ticker(contracts).items()]
        for surface, own in mine:
            vol[:, own] = surface.vol(strikes[own], forward[:, own], at.years[:, own])
        mid, vega = at.values(contracts, rate, carry, vol)
        for surface, own in mine:
            width[:, own] = surface.half_width(vega[:, own], expiries[own])
        width = np.where(at.years > 0.0, width, np.where(np.isnan(mid), np.nan, 0.0))
        return Quoted(mid, width, vol, at.spot, at.years, rate, carry, np.ones(mid.shape, dtype=np.bool_))

    def carry(self, contracts: Sequence[Listed], rows: Any) -> Floats:
        """(T, K): dividend yield and borrow fee of the stocks of `contracts`, continuous, at sessions number `rows`;
        never NaN."""
        out = np.empty((len(rows), len(contracts)))
        fees = None
        if self.costs is not None and len(rows):
            first, last = int(rows.min()), int(rows.max()) + 1
            fees = np.broadcast_to(
                self.costs.borrow_rates(self.market, first, last), (last - first, len(self.market.tickers))
            )[rows - first]
        for ticker, own in by_ticker(contracts).items():
            terms = self.of(ticker).terms
            borrow: Any = terms.borrow_annual
            if fees is not None:
                borrow = fees[:, self.market.column(ticker), None] * YIELD_OF_FEE
            out[:, own] = terms.dividend_yield_annual + borrow
        return out


@dataclass(frozen=True, eq=False)
class FreeMarks:
    """Other marks, bought and sold at mid: what `marks_under` makes of them where costs are none."""

    marks_at_mid: Marks

    @property
    def label(self) -> str:
        """That of the other marks."""
        return str(getattr(self.marks_at_mid, "label", "given quotes"))

    def marks(self, contracts: Sequence[Listed], sessions: Any, mark: MarkName = "close") -> Quoted:
        """Marks of `contracts` (K) at one `mark` of `sessions` (T days), (T, K) each, no half-width above zero."""
        found = self.marks_at_mid.marks(contracts, sessions, mark)
        return replace(found, half_width=np.where(np.isnan(found.half_width), np.nan, 0.0))


def marks_under(marks: Marks, costs: Costs) -> Marks:
    """Marks as `costs` have them: at mid where costs are none (`Costs.nothing`), else as they are."""
    return FreeMarks(marks) if costs.nothing else marks


@dataclass(frozen=True, eq=False)
class Asked:
    """Where and when marks are wanted: rows (T,) of the market; spot and years (T, K), years 0 at expiry, NaN after."""

    rows: Any
    spot: Floats
    years: Floats

    def values(self, contracts: Sequence[Listed], rate: Floats, carry: Floats, vol: Floats) -> tuple[Floats, Floats]:
        """(T, K) price, and vega per 1.00 of volatility, at given rates, carries and volatilities."""
        strike = np.broadcast_to([one.strike for one in contracts], self.spot.shape)
        calls = np.broadcast_to([one.right == "call" for one in contracts], self.spot.shape)
        early = np.broadcast_to([one.american for one in contracts], self.spot.shape)
        exercised = np.maximum(np.where(calls, 1.0, -1.0) * (self.spot - strike), 0.0)
        price = np.where(self.years == 0.0, exercised, np.nan)
        vega = np.where(self.years == 0.0, 0.0, np.nan)
        live = (self.years > 0.0) & np.isfinite(self.spot) & np.isfinite(vol)
        for kind, of in ((early, american_price), (~early, european_price)):
            if (now := live & kind).any():
                terms = (a[now] for a in (calls, self.spot, strike, self.years, rate, carry, vol))
                some = Contracts(*terms)
                price[now], vega[now] = of(some), european(some)["vega"].to_numpy()
        return price, vega


def by_ticker(contracts: Sequence[Listed]) -> dict[str, Ints]:
    """Places of the contracts on each ticker, in the order in which tickers first come."""
    found: dict[str, list[int]] = {}
    for k, one in enumerate(contracts):
        found.setdefault(one.ticker, []).append(k)
    return {ticker: np.array(own, dtype=np.int64) for ticker, own in found.items()}


def american_price(contracts: Contracts) -> Floats:
    """(n,) prices of American options."""
    return american(contracts, sensitivities=False)["price"].to_numpy()


def european_price(contracts: Contracts) -> Floats:
    """(n,) prices of European options."""
    return european(contracts)["price"].to_numpy()


CONTRACTS = many(
    # What has the five attributes of a Listed is one, whoever made it.
    Kind("contract", lambda one: all(hasattr(one, name) for name in Listed.__dataclass_fields__)),
    "a list of Listed(ticker, expiry, right, strike)",
)


def asked(market: Market, contracts: Sequence[Listed], sessions: Any, mark: MarkName) -> Asked:
    """Spot and years to expiry of contracts at one mark of sessions of a market. Raises as `ModelMarks.marks`."""
    check("contracts", contracts, CONTRACTS)
    check("mark", mark, one_of(*get_args(MarkName)))
    days = np.atleast_1d(np.asarray([as_day(day) for day in np.atleast_1d(sessions)], dtype="datetime64[D]"))
    rows = np.array([market.session_index(day) for day in days], dtype=np.int64)
    columns = np.array([market.column(one.ticker) for one in contracts], dtype=np.int64)
    spot = market.quoted(mark)[rows][:, columns].copy()
    expiry = np.array([np.datetime64(one.expiry, "D") for one in contracts], dtype="datetime64[D]")
    left = (expiry[None, :] - days[:, None]).astype(np.float64)
    if mark == "open":
        left += _session_days(market, rows, columns)
    years = np.where(left >= 0.0, left / DAYS_A_YEAR, np.nan)
    return Asked(rows, np.where(np.isnan(years), np.nan, spot), years)


def _session_days(market: Market, rows: Ints, columns: Ints) -> Floats:
    """(T, K) days from the open of each session to its close, which half days bring forward; 0 without a session."""
    venues = home_venues(market)
    own = venues.of[columns]
    length = venues.close_at[rows][:, own] - venues.open_at[rows][:, own]
    return np.where(np.isnat(length), 0.0, length / np.timedelta64(1, "D"))
