"""What a book is worth, and what its percentages are taken of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market

from .file import Book

# Longs of a book on full margin are worth twice its capital; one with less capital than that is not measured by it.
LEAST_CAPITAL_FRAC = 0.5


@dataclass(frozen=True)
class Capital:
    """USD at the close before a window. net, gross: of the holdings; cash: as given or assumed; usd: net and cash
    together, the NAV that the engine starts from; base: what percentages are taken of; unusual: whether that is
    the gross value."""

    net: float
    gross: float
    cash: float
    usd: float
    base: float
    note: str
    unusual: bool = False


def capital_of(
    book: Book, holdings: Holdings, market: Market, row: int, cash: float | None, options_usd: Sequence[float] = ()
) -> Capital:
    """The capital of a book whose shares are held at the close of a row; cash: USD, None = what the book says;
    options_usd: what each of its options is worth, negative where sold.

    A book whose net value and cash are less than half of its gross value is measured by its gross value. Where no
    cash is known, as much is assumed as makes the capital that large. Raises ParameterError for nothing or less.
    """
    prices = holdings.prices(market, row)
    values = [shares * prices[ticker] for ticker, shares in holdings.shares.items()]
    values += options_usd
    net, gross = math.fsum(values), math.fsum(map(abs, values))
    given = book.cash_usd if cash is None else cash
    usd = net + (given or 0.0)
    if usd >= LEAST_CAPITAL_FRAC * gross:
        kind = "net value" if given is None else "net value and cash"
        return Capital(net, gross, given or 0.0, usd, usd, f"the book's {kind}")
    if given is None:
        note = (
            f"longs and shorts net to {net:,.0f} USD, under half of the gross value, and no cash is given: cash of "
            f"{gross - net:,.0f} USD is assumed, so that the capital is the gross value; it earns the costs' interest"
        )
        return Capital(net, gross, gross - net, gross, gross, note, unusual=True)
    if usd <= 0.0:
        raise ParameterError(
            "holdings and cash together are worth nothing or less",
            where=book.source,
            value=f"{net:,.0f} USD net and {given:,.0f} USD cash",
            remedy="Give the cash of the whole account, the proceeds of shorts included.",
        )
    note = (
        f"net value and cash are {usd:,.0f} USD, under half of the gross value: percentages are taken of the gross "
        f"value, {gross:,.0f} USD"
    )
    return Capital(net, gross, given, usd, gross, note, unusual=True)
