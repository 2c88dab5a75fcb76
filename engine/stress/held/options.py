"""The options of a book: what the whole book is worth where prices, volatilities and borrow move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.market import Market

from ...arrays import Floats, Ints
from ...backtest.holdings import Holdings
from ...frictions.costs import load_costs
from ...options.chain_marks import ChainMarks, quotes_label
from ...options.lines import CALL, GREEKS, MULTIPLIER, PUT, Lines, greeks, unit_values
from ...options.marks import Marks, ModelMarks, Quoted

# Moves of all prices together, added points of volatility, added borrow fee a year.
SPOT_MOVES = (-0.4, -0.2, -0.1, 0.0, 0.1, 0.2, 0.4)
VOL_POINTS = (-0.2, 0.0, 0.2)
BORROW_POINTS = 0.5


@brief
@dataclass(frozen=True, eq=False)
class HeldOptions:
    """Shares and options of one book at a close, valued together.

    contracts: bought (above 0) or sold by contract; tickers: (U,) of the book; buckets: of each; spots: (U,) USD; of:
    (n,) place of each line's ticker; lines: shares first, then options; session: of the close; label: where quotes
    come from; modelled: contracts that no quote of a chain stands behind; chain: whether one was given.
    """

    contracts: Mapping[Listed, float]
    tickers: tuple[str, ...]
    buckets: tuple[str | None, ...]
    spots: Floats
    of: Ints
    lines: Lines
    session: np.datetime64
    label: str
    modelled: tuple[Listed, ...]
    chain: bool

    @cached_property
    def units(self) -> Floats:
        """(n,): what one share of each line is worth at the close, USD."""
        return np.asarray(unit_values(self.lines, self.spots[self.of][None, :], self.session)[0])

    @property
    def names(self) -> tuple[str, ...]:
        """(n,) of the lines: tickers of shares, then contracts as they are written."""
        stock = self.lines.tickers[: len(self.lines) - len(self.contracts)]
        return (*stock, *(str(one) for one in self.contracts))

    @property
    def options_usd(self) -> float:
        """What the options are worth together, USD."""
        options = self.lines.options
        return float(self.units[options] @ self.lines.quantity[options])

    @cached_property
    def shares(self) -> Floats:
        """(U,) shares held of each ticker, those of its options left out."""
        stock = ~self.lines.options
        held = np.bincount(self.of[stock], self.lines.quantity[stock], len(self.tickers))
        return np.asarray(held, dtype=np.float64)

    @cached_property
    def values_usd(self) -> Floats:
        """(U,) what shares and options of each ticker are worth together, USD."""
        worth = np.bincount(self.of, self.units * self.lines.quantity, len(self.tickers))
        return np.asarray(worth, dtype=np.float64)

    def unit_values(self, moves: Floats, vol_add: Floats | float = 0.0, borrow_add: Floats | float = 0.0) -> Floats:
        """(P, n): what one share of each line is worth after moves; arguments as of `changes`."""
        given = np.atleast_2d(np.asarray(moves, dtype=np.float64))
        lines, added = self.lines, self._by_line(vol_add)
        if np.any(borrow_add):
            lines = replace(lines, carry_annual=lines.carry_annual + self._by_line(borrow_add))
        return unit_values(lines, self.spots[self.of] * (1.0 + given[:, self.of]), self.session, added)

    def changes(self, moves: Floats, vol_add: Floats | float = 0.0, borrow_add: Floats | float = 0.0) -> Floats:
        """(P,): change of the book's worth, every option revalued at once, after moves (P, U) of prices, fractions.

        vol_add: points added to volatilities, one number, (U,) or (P, U) by ticker; borrow_add: to the carry of
        options, a year, one number or (U,) by ticker. No time passes.
        """
        return np.asarray((self.unit_values(moves, vol_add, borrow_add) - self.units) @ self.lines.quantity)

    def line_changes(self, moves: Floats, vol_add: Floats | float = 0.0, borrow_add: Floats | float = 0.0) -> Floats:
        """(P, n): the same line by line, USD."""
        return np.asarray((self.unit_values(moves, vol_add, borrow_add) - self.units) * self.lines.quantity)

    def ticker_changes(self, moves: Floats, vol_add: Floats | float = 0.0, borrow_add: Floats | float = 0.0) -> Floats:
        """(P, U): the same by ticker, shares and options together, USD."""
        return self.by_ticker(self.line_changes(moves, vol_add, borrow_add))

    def by_ticker(self, lines: Floats) -> Floats:
        """(P, U): sums of (P, n) by ticker."""
        out = np.zeros((len(lines), len(self.tickers)))
        for k, at in enumerate(self.of.tolist()):
            out[:, at] += lines[:, k]
        return out

    def _by_line(self, added: Floats | float) -> Floats | float:
        """A number for each ticker, (U,) or (P, U), as one for each line."""
        given = np.asarray(added, dtype=np.float64)
        return float(given) if given.ndim == 0 else np.asarray(given[..., self.of])

    @cached_property
    def by_line(self) -> pd.DataFrame:
        """Value and greeks of each line, USD."""
        return greeks(self.lines, self.spots[self.of], self.session)

    def greeks_by(self, names: Sequence[str | None]) -> pd.DataFrame:
        """Sums of the greeks in USD by a name for each ticker (U,)."""
        own = [names[int(k)] or "other" for k in self.of]
        return self.by_line[list(GREEKS)].groupby(pd.Index(own, name="name"), sort=False).sum()

    def delta_shares(self) -> dict[str, float]:
        """Shares by ticker that gain and lose at once what shares and options do together."""
        by_ticker = np.bincount(self.of, self.by_line["delta_usd"].to_numpy(), len(self.tickers)) / self.spots
        return {ticker: float(n) for ticker, n in zip(self.tickers, by_ticker, strict=True)}

    @cached_property
    def grid(self) -> pd.DataFrame:
        """P&L in USD by move of all prices (rows) under volatilities and borrow that move too (columns)."""
        moves = np.repeat(np.array(SPOT_MOVES)[:, None], len(self.tickers), axis=1)
        names = {added: f"vol {100 * added:+.0f} points" if added else "prices alone" for added in VOL_POINTS}
        found = {name: self.changes(moves, added) for added, name in names.items()}
        found[f"borrow {100 * BORROW_POINTS:+.0f} points"] = self.changes(moves, 0.0, BORROW_POINTS)
        return pd.DataFrame(found, index=pd.Index(SPOT_MOVES, name="move_frac"))


def held_options(
    market: Market, row: int, shares: Mapping[str, float], contracts: Mapping[Listed, float], source: str = "book",
    marks: Marks | None = None,
) -> HeldOptions:  # fmt: skip
    """Shares by ticker and contracts at the close of a row; source: whose they are; marks: of options, None = of the
    modelled surfaces with the borrow fees of the default costs, as in every simulation.

    A contract is worth its mark. Where a quote implies no volatility it moves by that of the surface, and the distance
    of the two stands still. Raises ParameterError for a contract that has expired by then and for one without a price.
    """
    session = market.sessions[row]
    for contract in contracts:
        if np.datetime64(contract.expiry, "D") <= session:
            raise ParameterError(
                "this option has expired", where=source, value=str(contract), bound=f"an expiry after {session}",
                remedy="Remove it, or value the book at a close before its expiry: --as-of, as_of=.",
            )  # fmt: skip
    named = tuple(contracts)
    marks = ModelMarks(market, costs=load_costs()) if marks is None else marks
    quoted = marks.marks(named, np.array([session]), "close")
    modelled = tuple(one for one, by in zip(named, np.asarray(quoted.modelled)[0], strict=True) if by)
    if not np.isfinite(np.asarray(quoted.mid)[0]).all():
        bad = named[int(np.flatnonzero(~np.isfinite(np.asarray(quoted.mid)[0]))[0])]
        raise ParameterError(
            "this option has no price", where="book", value=str(bad), bound=f"a close of {bad.ticker} on {session}",
            remedy="Give a session on which it closed: --as-of, as_of=.",
        )  # fmt: skip
    tickers = tuple(dict.fromkeys((*shares, *(one.ticker for one in named))))
    place = {ticker: k for k, ticker in enumerate(tickers)}
    options = _option_lines(contracts, quoted, session)
    rate = options.rate_annual
    stock = Lines.shares(tuple(shares), list(shares.values()), rate)
    lines = Lines.joined([stock, options], rate)
    known = {one.ticker: float(spot) for one, spot in zip(named, np.asarray(quoted.spot)[0], strict=True)}
    known = {**Holdings(dict(shares)).prices(market, row), **known}
    return HeldOptions(
        contracts=dict(contracts),
        tickers=tickers,
        buckets=tuple(market.bucket_of(ticker) for ticker in tickers),
        spots=np.array([known[ticker] for ticker in tickers]),
        of=np.array([place[ticker] for ticker in lines.tickers], dtype=np.int64),
        lines=lines,
        session=session,
        label=quotes_label(marks, modelled=bool(modelled)),
        modelled=modelled,
        chain=isinstance(marks, ChainMarks),
    )


def _option_lines(contracts: Mapping[Listed, float], quoted: Quoted, session: np.datetime64) -> Lines:
    """Contracts as lines that are worth their marks at the close of a session."""
    named, rate = tuple(contracts), float(np.asarray(quoted.rate_annual)[0, 0])
    lines = Lines(
        tuple(one.ticker for one in named),
        np.array([CALL if one.right == "call" else PUT for one in named]),
        np.array([one.strike for one in named]),
        np.array([one.expiry for one in named], dtype="datetime64[D]"),
        MULTIPLIER * np.array([contracts[one] for one in named]),
        np.asarray(quoted.vol_annual)[0], np.asarray(quoted.carry_annual)[0], rate,
    )  # fmt: skip
    by_quotes = ~np.asarray(quoted.modelled)[0]
    if not by_quotes.any():
        return lines
    own = unit_values(lines, np.asarray(quoted.spot)[:1], session)[0]
    return replace(lines, above_usd=np.where(by_quotes, np.asarray(quoted.mid)[0] - own, 0.0))
