"""Markets with the same past and another future, to see who knew of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.universes.market import FIELDS, Field, Market
from hedgebook.universes.universe import Universe

# A field is known from its own mark on: an open at the open, everything else at the close.
NEVER = date(2900, 1, 1)
SPREAD = 0.25
SILENT_FRAC = 0.3
HOLES_FRAC = 0.04


def first_unknown(market: Market, field: Field, moment: np.datetime64) -> int:
    """The first row whose value of a field was not known at a moment."""
    at = market.open_at if field == "open" else market.close_at
    return int(np.searchsorted(at, np.asarray(moment), side="right"))


class Unknown:
    """The numbers of a market that were not known at a moment, in the order in which they came to be."""

    def __init__(self, market: Market, moment: np.datetime64) -> None:
        parts = []
        for number, field in enumerate(FIELDS):
            first = first_unknown(market, field, moment)
            rows, columns = np.nonzero(np.isfinite(getattr(market, field)[first:]))
            late = np.full(len(rows), field != "open", dtype=np.int64)
            parts.append(np.stack([rows + first, late, np.full(len(rows), number), columns]))
        cells = np.concatenate(parts, axis=1)
        self._market = market
        self._cells = cells[:, np.lexsort(cells[::-1])]

    def __len__(self) -> int:
        return int(self._cells.shape[1])

    def told(self, k: int) -> str:
        """The k-th of them, as a reader is told of it."""
        row, _, number, column = self._cells[:, k].tolist()
        return f"{FIELDS[number]} of {self._market.tickers[column]} on {self._market.sessions[row]}"

    def among(self, number: int, count: int) -> NDArray[np.bool_]:
        """(T, N): which numbers of a field are among the first `count`."""
        found = np.zeros(self._market.close.shape, dtype=np.bool_)
        rows, _, fields, columns = self._cells[:, :count]
        own = fields == number
        found[rows[own], columns[own]] = True
        return found


def other_prices(
    market: Market,
    moment: np.datetime64,
    seed: int,
    among: Callable[[int], NDArray[np.bool_]] | None = None,
    *,
    drift: float = 0.0,
    spread: float = SPREAD,
) -> Market:
    """Every price and volume after a moment multiplied by a factor of its own; what is missing stays so.

    among: by the number of a field, (T, N), which of its values are changed, None = all. The factor of a number depends
    on the seed and its place alone; drift, spread: mean and deviation of its logarithm.
    """
    tables = {}
    for number, field in enumerate(FIELDS):
        values = getattr(market, field).copy()
        first = first_unknown(market, field, moment)
        draw = np.random.default_rng((seed, number))
        factors = np.exp(draw.normal(drift, spread, values.shape))
        if among is not None:
            factors[~among(number)] = 1.0
        values[first:] *= factors[first:]
        tables[field] = values
    return replace(market, **tables)


def silent_names(market: Market, moment: np.datetime64, seed: int) -> Market:
    """Some tickers have no price any more after a moment."""
    draw = np.random.default_rng((seed, 101))
    gone = draw.random(len(market.tickers)) < SILENT_FRAC
    return replace(market, **_silenced(market, moment, gone))


def _silenced(market: Market, moment: np.datetime64, gone: NDArray[np.bool_] | list[int]) -> dict[str, Any]:
    """The prices and volumes of a market, without those of some columns after a moment."""
    tables: dict[str, Any] = {}
    for field in FIELDS:
        values = getattr(market, field).copy()
        values[first_unknown(market, field, moment) :, gone] = np.nan
        tables[field] = values
    return tables


def without_later_listings(market: Market, moment: np.datetime64, *, named: bool = True) -> Market:
    """What was not listed by a moment never is: it has no price, and in the universe a listing that never comes.

    named: whether the universe still has its name.
    """
    day = moment.astype("datetime64[D]").item()
    universe, later = market.universe, set()
    for ticker, (_, member) in universe.by_ticker.items():
        if not member.listed_on(day):
            later.add(ticker)
    columns = [market.columns[ticker] for ticker in later if ticker in market.columns]
    known = max(first_unknown(market, "close", moment), 1)
    columns += [i for i in range(len(market.tickers)) if not np.isfinite(market.close[:known, i]).any()]
    silenced = _silenced(market, moment, columns)
    return replace(market, universe=_unlisted(universe, later, named=named), **silenced)


def _unlisted(universe: Universe, later: set[str], *, named: bool) -> Universe:
    """The universe with some members listed on a day that never comes, or without them."""
    if not later:
        return universe
    buckets = tuple(
        bucket.model_copy(
            update={
                "members": tuple(
                    member.model_copy(update={"first_session": NEVER, "earlier": False, "delisted": None})
                    if member.ticker in later
                    else member
                    for member in bucket.members
                    if named or member.ticker not in later
                )
            }
        )
        for bucket in universe.buckets
    )
    # Not a copy: that would keep what the universe has looked up in its old buckets.
    fields = {name: getattr(universe, name) for name in type(universe).model_fields}
    return type(universe).model_construct(**{**fields, "buckets": buckets})


def cut_after(market: Market, moment: np.datetime64, ahead: int) -> Market:
    """The market without the sessions later than `ahead` ones after a moment."""
    return market.rows(0, min(len(market.sessions), first_unknown(market, "open", moment) + ahead))


def with_holes(market: Market, seed: int) -> Market:
    """The market with some prices missing here and there, in its past and its future."""
    draw = np.random.default_rng((seed, 202))
    gone = draw.random(market.close.shape) < HOLES_FRAC
    tables = {}
    for field in FIELDS:
        values = getattr(market, field).copy()
        values[gone] = np.nan
        tables[field] = values
    return replace(market, **tables)
