"""Own fills from a CSV file: everything that cannot be used is said at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hedgebook.engine.live.fills import OwnFill
from hedgebook.errors import InputError, ParameterError, did_you_mean, together
from hedgebook.universes.calendar import as_day
from hedgebook.universes.counted import counted
from hedgebook.universes.holdings import amount_of
from hedgebook.universes.market import Market
from hedgebook.universes.raw_file import csv_rows, read_or_name_near

COLUMNS = ("date", "ticker", "shares", "price", "commission")
NEEDED = COLUMNS[:4]
FORM = "Write a header and a row a fill, as in date,ticker,shares,price,commission and 2026-07-01,META,100,712.5,1.0."
# A price this far from a session's range is in another currency, of another day or of another share.
FAR_FRAC = 0.25
MOST_SHARES, MOST_BYTES = 1e12, 16_000_000


def read_fills(path: str | Path, market: Market, after: np.datetime64 | None = None) -> tuple[OwnFill, ...]:
    """The fills of a file, in its order; shares are negative where they were sold.

    market: has to have each session and ticker, and a range that the price fits into; after: fills have to be of later
    sessions, None: of any. Raises ParameterError that names file, line and value of all that cannot be used.
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
    for line, cells in body:
        made = _fill(f"{place.name}, line {line}", cells, at, len(header), market, after)
        if isinstance(made, OwnFill):
            found.append(made)
        else:
            problems += made
    if problems:
        raise together(problems)
    return tuple(found)


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
    where: str, cells: Sequence[str], at: dict[str, int], width: int, market: Market, after: np.datetime64 | None
) -> OwnFill | list[InputError]:
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
        problems += _far(where, market, day, ticker, price)
    if problems:
        return problems
    assert day is not None
    assert shares is not None
    assert price is not None
    return OwnFill(day, ticker, shares, price, commission or 0.0)


def _day(
    where: str, text: str, market: Market, after: np.datetime64 | None, problems: list[InputError]
) -> np.datetime64 | None:
    try:
        day = as_day(text)
    except ParameterError:
        problems.append(ParameterError("this is no day", where=where, value=text, bound="one as in 2026-07-01"))
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


def _far(where: str, market: Market, day: np.datetime64, ticker: str, price: float) -> list[InputError]:
    row, i = market.session_index(day), market.column(ticker)
    marks = np.array([getattr(market, name)[row, i] for name in ("open", "high", "low", "close")])
    if not np.isfinite(marks).any():
        return []  # a halt: nothing to hold it against
    low, high = float(np.nanmin(marks)), float(np.nanmax(marks))
    if low * (1.0 - FAR_FRAC) <= price <= high * (1.0 + FAR_FRAC):
        return []
    bound = f"within 25% of {low:,.2f} to {high:,.2f} USD"
    remedy = "Write USD a share, on the scale of these prices."
    return [
        ParameterError(
            f"the price of {ticker} is far from its session's", where=where, value=price, bound=bound, remedy=remedy
        )
    ]
