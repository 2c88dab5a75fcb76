"""The account before and after a ticket's orders, and the figures of its positions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.options.marks import Marks
from hedgebook.engine.stress.adverse import adverse_move
from hedgebook.engine.stress.held.margin import held_margin
from hedgebook.engine.stress.held.options import HeldOptions, held_options
from hedgebook.engine.stress.positions import MarginTerms, Positions, margin_terms, positions_of_shares
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.market import Market

from ..book.capital import capital_of
from ..book.file import Book
from ..book.with_options import book_of_options, delta_positions

NOTHING: Mapping[Listed, float] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Held:
    """An account at a close: its positions (None where it holds nothing) and its NAV in USD.

    options: its shares and options, None without options; the positions are then the shares of the same delta.
    """

    positions: Positions | None
    nav_usd: float
    options: HeldOptions | None = None

    @property
    def shares(self) -> dict[str, float]:
        """Shares held of each ticker, options left out."""
        if self.options is not None:
            return dict(zip(self.options.tickers, self.options.shares.tolist(), strict=True))
        if self.positions is None:
            return {}
        return dict(zip(self.positions.tickers, self.positions.shares.tolist(), strict=True))

    @property
    def weights(self) -> dict[str, float]:
        """Value of each ticker over NAV, options by their delta."""
        if self.positions is None:
            return {}
        return dict(zip(self.positions.tickers, self.positions.weights.tolist(), strict=True))


def before_and_after(
    book: Book | None, known: Market, orders: pd.DataFrame, capital_and_cost_usd: tuple[float, float],
    marks: Marks | None = None, bought: Mapping[Listed, float] = NOTHING,
) -> tuple[Held, Held, tuple[str, ...]]:  # fmt: skip
    """The account before the orders and after them, valued at the last known closes; and what is to be known of it.

    Its NAV is that of the book, or the capital in cash where there is none; the expected costs of the orders are paid
    from it. marks: of options, None = modelled; bought: contracts beside the orders. Raises ParameterError for a book
    that cannot be valued.
    """
    capital_usd, cost_usd = capital_and_cost_usd
    row = len(known.sessions) - 1
    shares: dict[str, float] = {}
    nav, notes = capital_usd, list[str]()
    contracts: Mapping[Listed, float] = {}
    if book is not None and book.options:
        valued = book_of_options(book, known, row, marks=marks)
        nav, notes, contracts = valued.nav_usd, list(valued.notes), book.options
        shares = {t: n for t, n in zip(valued.held.tickers, valued.held.shares.tolist(), strict=True) if n != 0.0}
    elif book is not None:
        holdings = book.holdings(known, row)
        capital = capital_of(book, holdings, known, row, None)
        shares, nav = dict(holdings.shares), capital.usd
        notes = [*book.notes, *((capital.note,) if capital.unusual else ())]
    ordered = orders[orders["shares"].notna()]
    after = dict(shares)
    for ticker, count in zip(ordered["ticker"].astype(str), ordered["shares"].tolist(), strict=True):
        after[ticker] = after.get(ticker, 0.0) + count
    left = nav - cost_usd
    both = {one: contracts.get(one, 0.0) + bought.get(one, 0.0) for one in (*contracts, *bought)}
    return (
        held_at(known, shares, nav, (contracts, marks)),
        held_at(known, after, left, ({one: count for one, count in both.items() if count}, marks)),
        tuple(notes),
    )


def held_at(
    known: Market, shares: Mapping[str, float], nav_usd: float, options: tuple[Mapping[Listed, float], Marks | None]
) -> Held:
    """Shares and contracts at the last close of a market; options: contracts, and the marks that value them."""
    contracts, marks = options
    kept = {ticker: count for ticker, count in shares.items() if count != 0.0}
    if contracts:
        row = len(known.sessions) - 1
        held = held_options(known, row, kept, contracts, marks=marks)
        return Held(delta_positions(held, known, row, nav_usd), nav_usd, held)
    if not kept:
        return Held(None, nav_usd)
    return Held(positions_of_shares(known, len(known.sessions) - 1, kept, nav_usd), nav_usd)


def sizes(held: Held) -> dict[str, dict[str, float]]:
    """gross, net, position, bucket and concentration, by what they are of; fractions of NAV, of gross for the last."""
    if held.positions is None:
        return {"gross": {"book": 0.0}, "net": {"book": 0.0}, "concentration": {"book": 0.0}}
    values = dict(zip(held.positions.tickers, held.positions.values_usd.tolist(), strict=True))
    return sizes_of(values, dict(zip(held.positions.tickers, held.positions.buckets, strict=True)), held.nav_usd)


def sizes_of(
    values_usd: Mapping[str, float], buckets: Mapping[str, str | None], nav_usd: float
) -> dict[str, dict[str, float]]:
    """The same of positions in USD, by ticker, and the bucket of each; a ticker without one is of "other"."""
    gross = math.fsum(map(abs, values_usd.values()))
    by_bucket: dict[str, list[float]] = {}
    for ticker, value in values_usd.items():
        by_bucket.setdefault(buckets[ticker] or "other", []).append(abs(value))
    return {
        "gross": {"book": gross / nav_usd},
        "net": {"book": abs(math.fsum(values_usd.values())) / nav_usd},
        "position": {ticker: abs(value) / nav_usd for ticker, value in values_usd.items()},
        "bucket": {bucket: math.fsum(parts) / nav_usd for bucket, parts in by_bucket.items()},
        "concentration": {"book": math.fsum((v / gross) ** 2 for v in values_usd.values()) if gross else 0.0},
    }


def margin_of(held: Held, account: Account, known: Market) -> dict[str, float]:
    """Maintenance and initial requirement, the headroom over each in USD and over NAV, and the moves that bring a call,
    fractions. The initial one is what all positions together would require if they were opened now.

    Of a book with options the requirement is what FINRA rule 4210 has NAV to be, shares and options together, and moves
    are against the delta of each ticker. A requirement is NaN where the account has no margin rules, a move inf where
    none up to 1,000 % brings a call.
    """
    if held.positions is None:
        off = not bool(account.margin.on_call.action)
        free = float("nan") if off else held.nav_usd
        nothing, whole = (float("nan"), float("nan")) if off else (0.0, 1.0)
        return {
            "nav_usd": held.nav_usd, "requirement_usd": nothing, "headroom_usd": free, "headroom_frac": whole,
            "initial_usd": nothing, "initial_headroom_usd": free, "initial_headroom_frac": whole,
            "call_move": math.inf, "call_move_longs": math.inf, "call_move_shorts": math.inf,
        }  # fmt: skip
    if held.options is not None:
        book = held_margin(held.options, held.nav_usd, account, known)
        moves = (book.adverse_move(), book.adverse_move(shorts=False), book.adverse_move(longs=False))
        return _margins(held.nav_usd, book.now_usd(), book.now_usd(initial=True), moves)
    terms = margin_terms(held.positions, account, known)
    required, opened = _requirement(held.positions, terms), _initial(held.positions, terms)
    moves = (
        adverse_move(held.positions, terms), adverse_move(held.positions, terms, shorts=False),
        adverse_move(held.positions, terms, longs=False),
    )  # fmt: skip
    return _margins(held.nav_usd, required, opened, moves)


def margin_of_each(
    after: Held, ordered: Mapping[Listed, float], account: Account, known: Market, marks: Marks
) -> list[float]:
    """By how much each of the contracts that are ordered raises what NAV must be to keep all of an account, the others
    in it; USD, NaN where the account has no margin rules."""
    if after.options is None or not account.margin.on_call.action:
        return [float("nan")] * len(ordered)
    own, shares = after.options.contracts, {t: n for t, n in after.shares.items() if n != 0.0}
    whole = _required(after, account, known)
    found = []
    for one, count in ordered.items():
        rest = {other: n - (count if other == one else 0.0) for other, n in own.items()}
        rest = {**{other: n for other, n in rest.items() if n}, **({} if one in own else {one: -count})}
        found.append(whole - _required(held_at(known, shares, after.nav_usd, (rest, marks)), account, known))
    return found


def _required(held: Held, account: Account, known: Market) -> float:
    if held.options is not None:
        return held_margin(held.options, held.nav_usd, account, known).now_usd()
    return 0.0 if held.positions is None else _requirement(held.positions, margin_terms(held.positions, account, known))


def _margins(nav_usd: float, required: float, opened: float, moves: tuple[float, float, float]) -> dict[str, float]:
    """What `margin_of` says; moves: of all, of longs alone and of shorts alone."""
    whole, longs, shorts = moves
    return {
        "nav_usd": nav_usd,
        "requirement_usd": required,
        "headroom_usd": nav_usd - required,
        "headroom_frac": 1.0 - required / nav_usd,
        "initial_usd": opened,
        "initial_headroom_usd": nav_usd - opened,
        "initial_headroom_frac": 1.0 - opened / nav_usd,
        "call_move": whole,
        "call_move_longs": longs,
        "call_move_shorts": shorts,
    }


def _requirement(positions: Positions, terms: MarginTerms) -> float:
    if not terms.enforced:
        return float("nan")
    return float(terms.requirement_usd(np.ascontiguousarray(positions.prices[None]))[0])


def _initial(positions: Positions, terms: MarginTerms) -> float:
    return terms.initial_usd(positions.prices) if terms.enforced else float("nan")
