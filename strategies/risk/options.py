"""The options of a book: what the whole book is worth where prices, volatilities and borrow move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.options.lines import CALL, GREEKS, MULTIPLIER, PUT, Lines, greeks, unit_values
from hedgebook.engine.options.marks import ModelMarks
from hedgebook.engine.stress.evaluate import StressResult
from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.market import Market

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
    come from.
    """

    contracts: Mapping[Listed, float]
    tickers: tuple[str, ...]
    buckets: tuple[str | None, ...]
    spots: Floats
    of: Ints
    lines: Lines
    session: np.datetime64
    label: str

    @cached_property
    def units(self) -> Floats:
        """(n,): what one share of each line is worth at the close, USD."""
        return np.asarray(unit_values(self.lines, self.spots[self.of][None, :], self.session)[0])

    @property
    def options_usd(self) -> float:
        """What the options are worth together, USD."""
        options = self.lines.options
        return float(self.units[options] @ self.lines.quantity[options])

    def changes(self, moves: Floats, vol_add: float = 0.0, borrow_add: float = 0.0) -> Floats:
        """(P,): change of the book's worth, every option revalued at once, after moves (P, U) of prices, fractions.

        vol_add: points added to every volatility; borrow_add: to the carry of every option, a year.
        """
        given = np.atleast_2d(np.asarray(moves, dtype=np.float64))
        lines = self.lines
        if borrow_add:
            lines = replace(lines, carry_annual=lines.carry_annual + borrow_add)
        spots = self.spots[self.of] * (1.0 + given[:, self.of])
        return np.asarray((unit_values(lines, spots, self.session, vol_add) - self.units) @ lines.quantity)

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

    def scenarios(self, results: Sequence[StressResult]) -> pd.DataFrame:
        """By scenario: P&L of its price moves by the slope of the book, and by full revaluation, USD."""
        rows = []
        for result in results:
            moves = result.tickers["move_frac"].reindex(list(self.tickers)).fillna(0.0).to_numpy()
            slope = float(self.by_line["delta_usd"].to_numpy() @ moves[self.of])
            rows.append((result.name, slope, float(self.changes(moves[None, :])[0])))
        return pd.DataFrame(rows, columns=["scenario", "linear_usd", "revalued_usd"])

    @cached_property
    def grid(self) -> pd.DataFrame:
        """P&L in USD by move of all prices (rows) under volatilities and borrow that move too (columns)."""
        moves = np.repeat(np.array(SPOT_MOVES)[:, None], len(self.tickers), axis=1)
        names = {added: f"vol {100 * added:+.0f} points" if added else "prices alone" for added in VOL_POINTS}
        found = {name: self.changes(moves, added) for added, name in names.items()}
        found[f"borrow {100 * BORROW_POINTS:+.0f} points"] = self.changes(moves, 0.0, BORROW_POINTS)
        return pd.DataFrame(found, index=pd.Index(SPOT_MOVES, name="move_frac"))


def held_options(
    market: Market, row: int, shares: Mapping[str, float], contracts: Mapping[Listed, float], source: str = "book"
) -> HeldOptions:
    """Shares by ticker and contracts at the close of a row, options by the modelled surfaces; source: whose they are.

    Raises ParameterError for a contract that has expired by then and for one without a price.
    """
    session = market.sessions[row]
    for contract in contracts:
        if np.datetime64(contract.expiry, "D") <= session:
            raise ParameterError(
                "this option has expired", where=source, value=str(contract), bound=f"an expiry after {session}",
                remedy="Remove it, or value the book at a close before its expiry.",
            )  # fmt: skip
    named = tuple(contracts)
    marks = ModelMarks(market)
    quoted = marks.marks(named, np.array([session]), "close")
    if not np.isfinite(np.asarray(quoted.mid)[0]).all():
        bad = named[int(np.flatnonzero(~np.isfinite(np.asarray(quoted.mid)[0]))[0])]
        raise ParameterError("this option has no price", where="book", value=str(bad))
    tickers = tuple(dict.fromkeys((*shares, *(one.ticker for one in named))))
    place = {ticker: k for k, ticker in enumerate(tickers)}
    rates = np.asarray(quoted.rate_annual)[0]
    options = Lines(
        tuple(one.ticker for one in named),
        np.array([CALL if one.right == "call" else PUT for one in named]),
        np.array([one.strike for one in named]),
        np.array([one.expiry for one in named], dtype="datetime64[D]"),
        MULTIPLIER * np.array([contracts[one] for one in named]),
        np.asarray(quoted.vol_annual)[0], np.asarray(quoted.carry_annual)[0], float(rates[0]),
    )  # fmt: skip
    stock = Lines.shares(tuple(shares), list(shares.values()), float(rates[0]))
    lines = Lines.joined([stock, options], float(rates[0]))
    known = {one.ticker: float(spot) for one, spot in zip(named, np.asarray(quoted.spot)[0], strict=True)}
    closes = market.close[: row + 1]
    for ticker in shares:
        column = closes[:, market.column(ticker)]
        known.setdefault(ticker, float(column[np.flatnonzero(np.isfinite(column))[-1]]))
    return HeldOptions(
        contracts=dict(contracts),
        tickers=tickers,
        buckets=tuple(market.bucket_of(ticker) for ticker in tickers),
        spots=np.array([known[ticker] for ticker in tickers]),
        of=np.array([place[ticker] for ticker in lines.tickers], dtype=np.int64),
        lines=lines,
        session=session,
        label=marks.label,
    )
