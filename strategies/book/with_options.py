"""A book with options at a close: what it holds, what it is worth, and the shares that have the same delta."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.stress.held.options import HeldOptions, held_options
from hedgebook.engine.stress.positions import Positions, positions_of_shares
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market

from .capital import LEAST_CAPITAL_FRAC
from .file import Book


@dataclass(frozen=True)
class BookOfOptions:
    """A book with options. held: its shares and contracts, valued; nav_usd: what percentages are taken of; notes: what
    a reader must know of both."""

    held: HeldOptions
    nav_usd: float
    notes: tuple[str, ...]


def book_of_options(
    book: Book, market: Market, row: int, cash: float | None = None, costs: Costs | str = "default"
) -> BookOfOptions:
    """The book at the close of a row; cash: USD, None = what the book says; costs: whose borrow fees options carry.

    A book that is worth less than half of the gross value of its shares and options with its cash is measured by that
    gross value. Raises ParameterError for nothing or less, and for what has no price.
    """
    stock = shares_alone(book).holdings(market, row).shares if book.amounts else {}
    held = held_options(market, row, stock, book.options, book.source, costs)
    value = float(held.by_line["value_usd"].sum())
    gross = float(held.by_line["value_usd"].abs().sum())
    given = book.cash_usd if cash is None else cash
    capital = value + (given or 0.0)
    note: tuple[str, ...] = ()
    if capital < LEAST_CAPITAL_FRAC * gross or not capital > 0.0:
        if given is not None and not capital > 0.0:
            raise ParameterError(
                "holdings and cash together are worth nothing or less", where=book.source, value=f"{capital:,.0f} USD",
                remedy="Give the cash of the whole account, the proceeds of shorts included.",
            )  # fmt: skip
        capital, note = gross, (f"percentages are taken of the gross value of shares and options, {gross:,.0f} USD",)
    return BookOfOptions(held, capital, (*book.notes, *note, f"options: {held.label}; no chain was given"))


def shares_alone(book: Book) -> Book:
    """The book without its options."""
    return replace(book, options={}) if book.options else book


def delta_positions(held: HeldOptions, market: Market, row: int, nav_usd: float) -> Positions:
    """The shares of the same delta, a position of every ticker of the book in its order."""
    return positions_of_shares(market, row, held.delta_shares(), nav_usd)
