"""Own fills from a CSV file: everything that cannot be used is said at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.live.fills import OwnFill
from hedgebook.errors import InputError, ParameterError, did_you_mean, together
from hedgebook.universes.actions.so_far import as_quoted
from hedgebook.universes.calendar import EXCHANGE, as_day
from hedgebook.universes.counted import counted
from hedgebook.universes.exchanges.currencies import BASE
from hedgebook.universes.exchanges.usd import in_own_currencies
from hedgebook.universes.holdings import amount_of
from hedgebook.universes.market import FIELDS, Market
from hedgebook.universes.raw_file import csv_rows, read_or_name_near

COLUMNS = ("date", "ticker", "shares", "price", "commission")
NEEDED = COLUMNS[:4]
FORM = "Write a header and a row a fill, as in date,ticker,shares,price,commission and 2026-07-01,META,100,608.4,1.0."
# A price this far from a session's range is in another currency, of another day or of another share.
FAR_FRAC = 0.25
MOST_SHARES, MOST_BYTES = 1e12, 16_000_000


def read_fills(path: str | Path, market: Market, after: np.datetime64 | None = None) -> tuple[OwnFill, ...]:
    """The fills of a file, in its order; shares are negative where they were sold.

    Prices and commissions are in the currency that the ticker is quoted in, as quoted, and are brought into USD by the
    rate known at the open of their session. market: has to have each session and ticker, and a range that the price
    fits into; after: fills have to be of later sessions, None: of any. Raises ParameterError that names file, line and
    value of all that cannot be used.
    """
    place = Path(path)
    data = read_or_name_near(place, ".csv", error=ParameterError, what="there is no such file of fills", otherwise=FORM)
    small = len(data) <= MOST_BYTES
    rows = csv_rows(data, source=place.name, error=ParameterError, form=FORM) if small else []
    if not rows:
        what = "the file is empty" if small else "the file is too large"
        raise ParameterError(what, where=str(place), remedy=FORM)
    (_, header), *body = rows
    at = _columns(place.name, header)
    if not body:
        raise ParameterError("there is no fill in it", where=place.name, remedy=FORM)
    found: list[OwnFill] = []
    problems: list[InputError] = []
    quoted = Quoted(market, in_own_currencies(as_quoted(market)))
    for line, cells in body:
        made = _fill(f"{place.name}, line {line}", cells, at, len(header), quoted, after)
        if isinstance(made, OwnFill):
            found.append(made)
        else:
            problems += made
    if problems:
        raise together(problems)
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Quoted:
    """A market in USD, and the same as its exchanges quote it."""

    market: Market
    quoted: Market

    def currency(self, ticker: str) -> str:
        """What a ticker is quoted in; money in another currency is in USD."""
        rates = self.market.rates
        if rates is None or ticker in self.market.currency_columns:
            return BASE
        return rates.names[self.market.column(ticker)]

    def rate(self, day: np.datetime64, ticker: str) -> float:
        """USD of a unit of that currency at the open of a session, NaN where it is unknown."""
        if self.currency(ticker) == BASE:
            return 1.0
        assert self.market.rates is not None
        return float(self.market.rates.open[self.market.session_index(day), self.market.column(ticker)])

    def marks(self, day: np.datetime64, ticker: str) -> Floats:
        """(4,): open, high, low and close of a session as quoted."""
        market = self.market if ticker in self.market.currency_columns else self.quoted
        row, i = market.session_index(day), market.column(ticker)
        return np.array([getattr(market, name)[row, i] for name in FIELDS[:4]])

    def closed(self, day: np.datetime64, ticker: str) -> str | None:
        """The exchange of a ticker where it has no session on a day, else None."""
        venues = self.market.venues
        if venues is None:
            return None
        venue = venues.of[self.market.column(ticker)]
        open_then = venues.trades[self.market.session_index(day), venue]
        return None if open_then else venues.names[venue]


def _columns(name: str, header: Sequence[str]) -> dict[str, int]:
    names = [cell.strip().lower() for cell in header]
    problems: list[InputError] = []
    for column in names:
        if column not in COLUMNS:
            what = "there is no such column"
            problems.append(ParameterError(what, where=name, value=column, remedy=did_you_mean(column, COLUMNS)))
    problems += [
        ParameterError(f"the column {column} is missing", where=name, remedy=FORM)
        for column in NEEDED
        if column not in names
    ]
    problems += [
        ParameterError("this column stands twice", where=name, value=column)
        for column in sorted({one for one in names if names.count(one) > 1})
    ]
    if problems:
        raise together(problems)
    return {column: names.index(column) for column in names}


def _fill(
    where: str, cells: Sequence[str], at: dict[str, int], width: int, quoted: Quoted, after: np.datetime64 | None
) -> OwnFill | list[InputError]:
    market = quoted.market
    if len(cells) != width:
        return [
            ParameterError(f"the row has {counted(len(cells), 'cell')} for {counted(width, 'column')}", where=where)
        ]
    text = {column: cells[k].strip() for column, k in at.items()}
    problems: list[InputError] = []
    day = _day(where, text["date"], market, after, problems)
    shares = _number(where, "shares", text["shares"], problems)
    price = _number(where, "price", text["price"], problems)
    commission = _number(where, "commission", text.get("commission") or "0", problems)
    ticker = text["ticker"]
    if ticker not in market.columns:
        what, remedy = market.why_unpriced(ticker) if ticker else ("the ticker is missing", FORM)
        problems.append(ParameterError(what, where=where, remedy=remedy))
    if shares is not None and not 0.0 < abs(shares) <= MOST_SHARES:
        problems.append(ParameterError("no such number of shares", where=where, value=text["shares"], bound="not 0"))
    if price is not None and not price > 0.0:
        problems.append(ParameterError("a price is above zero", where=where, value=text["price"]))
    if commission is not None and commission < 0.0:
        problems.append(ParameterError("a commission is not below zero", where=where, value=text["commission"]))
    if day is not None and price is not None and price > 0.0 and ticker in market.columns:
        problems += _unfit(where, quoted, day, ticker, price)
    if problems:
        return problems
    assert day is not None
    assert shares is not None
    assert price is not None
    rate = quoted.rate(day, ticker)
    return OwnFill(day, ticker, shares, price * rate, (commission or 0.0) * rate)


def _day(
    where: str, text: str, market: Market, after: np.datetime64 | None, problems: list[InputError]
) -> np.datetime64 | None:
    try:
        day = as_day(text)
    except ParameterError:
        problems.append(ParameterError("this is no day", where=where, value=text, bound="one as in 2026-07-01"))
        return None
    at = int(np.searchsorted(market.sessions, day))
    if 0 < at < len(market.sessions) and market.sessions[at] != day:
        trading = EXCHANGE if market.venues is None else "any of " + ", ".join(market.venues.names)
        problems.append(
            ParameterError(
                f"{day} is no session of {trading}", where=where,
                bound=f"a session: {market.sessions[at - 1]} before it, {market.sessions[at]} after it",
                remedy="Date a fill by the session that it was made in.",
            )
        )  # fmt: skip
        return None
    if day not in market.sessions:
        bound = f"sessions from {market.sessions[0]} to {market.sessions[-1]}"
        what = f"{day} is not a session of these prices"
        problems.append(ParameterError(what, where=where, bound=bound, remedy="Give prices that reach it."))
        return None
    if after is not None and day <= after:
        problems.append(
            ParameterError(
                f"{day} has been marked already, and rows are never changed", where=where,
                bound=f"sessions after {after}", remedy="Open a journal of another name with all fills.",
            )
        )  # fmt: skip
        return None
    return day


def _number(where: str, column: str, text: str, problems: list[InputError]) -> float | None:
    found = amount_of(text, money=column != "shares")
    if found is None or not math.isfinite(found):
        remedy = "Write digits with a decimal point, as in 712.5."
        what = f"the {column} is not a number" if text else f"the {column} is missing"
        problems.append(ParameterError(what, where=where, value=text or None, remedy=remedy))
        return None
    return found


def _unfit(where: str, quoted: Quoted, day: np.datetime64, ticker: str, price: float) -> list[InputError]:
    """What is wrong with a price of a ticker on a day."""
    if closed := quoted.closed(day, ticker):
        what, remedy = f"{closed} has no session on {day}", "Date it by the day of the exchange that it was made at."
        return [ParameterError(what, where=where, value=ticker, remedy=remedy)]
    currency = quoted.currency(ticker)
    if math.isnan(quoted.rate(day, ticker)):
        what = f"no exchange rate of {currency} is known at the open of {day}"
        return [ParameterError(what, where=where, value=ticker, remedy="Give prices that have it.")]
    marks = quoted.marks(day, ticker)
    if not np.isfinite(marks).any():
        return []  # a halt: nothing to hold it against
    low, high = float(np.nanmin(marks)), float(np.nanmax(marks))
    if low * (1.0 - FAR_FRAC) <= price <= high * (1.0 + FAR_FRAC):
        return []
    bound = f"within 25% of {low:,.2f} to {high:,.2f} {currency}"
    remedy = f"Write {currency} a share, on the scale of these prices."
    return [
        ParameterError(
            f"the price of {ticker} is far from its session's", where=where, value=price, bound=bound, remedy=remedy
        )
    ]
