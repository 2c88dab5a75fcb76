"""A book with options at a close: what it holds, what it is worth, and the shares that have the same delta."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hedgebook.engine.frictions.costs import Costs, load_costs
from hedgebook.engine.options.chain_marks import ChainMarks, not_quoted, quoted_marks
from hedgebook.engine.options.marks import Marks, ModelMarks
from hedgebook.engine.stress.held.options import HeldOptions, held_options
from hedgebook.engine.stress.positions import Positions, positions_of_shares
from hedgebook.errors import ParameterError
from hedgebook.universes.chains.chain import Chain, Listed
from hedgebook.universes.chains.folder import read_chains
from hedgebook.universes.counted import counted
from hedgebook.universes.market import Market

from .capital import LEAST_CAPITAL_FRAC
from .file import Book

# Contracts that a note names before it counts the rest.
MOST_NAMED = 5


@dataclass(frozen=True)
class BookOfOptions:
    """A book with options. held: its shares and contracts, valued; nav_usd: what percentages are taken of; notes: what
    a reader must know of both."""

    held: HeldOptions
    nav_usd: float
    notes: tuple[str, ...]


def chains_of_book(book: Book | None, chain: str | Path | None) -> tuple[Chain, ...]:
    """The quotes of a file or a folder for the options of a book, none for None.

    Raises an InputError for a chain that cannot be read, and for one where the book holds no option.
    """
    if chain is not None and (book is None or not book.options):
        what = "there is no book with options" if book is None else f"{book.source} holds no option"
        raise ParameterError(what, where="chain", value=str(chain), remedy="Leave the chain out.")
    return read_chains(chain)


def marks_of_options(market: Market, chains: Sequence[Chain], costs: Costs | str = "default") -> Marks:
    """What values options: the quotes of chains where there are any, else the modelled surfaces; costs:
    their borrow fee of each session is the borrow in the model's forwards, as in every simulation."""
    return quoted_marks(ModelMarks(market, costs=load_costs(costs)), chains)


def book_of_options(
    book: Book, market: Market, row: int, cash: float | None = None, marks: Marks | None = None
) -> BookOfOptions:
    """The book at the close of a row; cash: USD, None = what the book says; marks: of its options, None = modelled.

    A book that is worth less than half of the gross value of its shares and options with its cash is measured by that
    gross value. Raises ParameterError for nothing or less, and for what has no price.
    """
    stock = shares_alone(book).holdings(market, row).shares if book.amounts else {}
    held = held_options(market, row, stock, book.options, book.source, marks)
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
    return BookOfOptions(held, capital, (*book.notes, *note, *_quotes_said(held, marks)))


def _quotes_said(held: HeldOptions, marks: Marks | None) -> tuple[str, ...]:
    """Where the prices of options come from, and which of them are modelled though there is a chain."""
    said = [quotes_note(held)]
    if not isinstance(marks, ChainMarks):
        return tuple(said)
    for ticker in dict.fromkeys(one.ticker for one in held.modelled):
        own = [one for one in held.modelled if one.ticker == ticker]
        said.append(f"{_named(own)} modelled: {_why(ticker, held, marks)}")
    return tuple(said)


def quotes_note(held: HeldOptions) -> str:
    """Where the prices of options come from."""
    return f"options: {held.label}" if held.chain else f"options: {held.label}; no chain was given"


def _why(ticker: str, held: HeldOptions, marks: ChainMarks) -> str:
    chain = marks.by_ticker.get(ticker)
    if chain is None:
        return not_quoted(ticker, marks.by_ticker)
    if chain.at(held.session) is None:
        days = sorted({str(one.session) for one in chain.snapshots})
        span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        return f"the chain has no quotes at the close of {held.session}, its sessions are {span}"
    return f"the chain has no quote of them at the close of {held.session}"


def _named(contracts: Sequence[Listed]) -> str:
    shown = ", ".join(str(one) for one in contracts[:MOST_NAMED])
    more = len(contracts) - MOST_NAMED
    if more > 0:
        return f"{shown} and {counted(more, 'more is', 'more are')}"
    return f"{shown} {'is' if len(contracts) == 1 else 'are'}"


def shares_alone(book: Book) -> Book:
    """The book without its options."""
    return replace(book, options={}) if book.options else book


def delta_positions(held: HeldOptions, market: Market, row: int, nav_usd: float) -> Positions:
    """The shares of the same delta, a position of every ticker of the book in its order."""
    return positions_of_shares(market, row, held.delta_shares(), nav_usd)
