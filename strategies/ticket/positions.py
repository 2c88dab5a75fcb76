"""The account before and after a ticket's orders, and the figures of its positions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.stress.adverse import adverse_move
from hedgebook.engine.stress.positions import MarginTerms, Positions, margin_terms, positions_of_shares
from hedgebook.universes.market import Market

from ..book.capital import capital_of
from ..book.file import Book


@dataclass(frozen=True, eq=False)
class Held:
    """An account at a close: its positions (None where it holds nothing) and its NAV in USD."""

    positions: Positions | None
    nav_usd: float

    @property
    def weights(self) -> dict[str, float]:
        """Value of each ticker over NAV."""
        if self.positions is None:
            return {}
        return dict(zip(self.positions.tickers, self.positions.weights.tolist(), strict=True))


def before_and_after(
    book: Book | None, known: Market, orders: pd.DataFrame, capital_usd: float, cost_usd: float
) -> tuple[Held, Held, tuple[str, ...]]:
    """The account before the orders and after them, valued at the last known closes; and what is to be known of it.

    Its NAV is that of the book, or `capital_usd` in cash where there is none; cost_usd, the expected costs of the
    orders, are paid from it. Raises ParameterError for a book that cannot be valued.
    """
    row = len(known.sessions) - 1
    shares: dict[str, float] = {}
    nav, notes = capital_usd, list[str]()
    if book is not None:
        holdings = book.holdings(known, row)
        capital = capital_of(book, holdings, known, row, None)
        shares, nav = dict(holdings.shares), capital.usd
        notes = [*book.notes, *((capital.note,) if capital.unusual else ())]
    ordered = orders[orders["shares"].notna()]
    after = dict(shares)
    for ticker, count in zip(ordered["ticker"].astype(str), ordered["shares"].tolist(), strict=True):
        after[ticker] = after.get(ticker, 0.0) + count
    return _held(known, shares, nav), _held(known, after, nav - cost_usd), tuple(notes)


def _held(known: Market, shares: Mapping[str, float], nav_usd: float) -> Held:
    kept = {ticker: count for ticker, count in shares.items() if count != 0.0}
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

    A requirement is NaN where the account has no margin rules, a move inf where none up to 1,000 % brings a call.
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
    terms = margin_terms(held.positions, account, known)
    required, opened = _requirement(held.positions, terms), _initial(held.positions, terms)
    return {
        "nav_usd": held.nav_usd,
        "requirement_usd": required,
        "headroom_usd": held.nav_usd - required,
        "headroom_frac": 1.0 - required / held.nav_usd,
        "initial_usd": opened,
        "initial_headroom_usd": held.nav_usd - opened,
        "initial_headroom_frac": 1.0 - opened / held.nav_usd,
        "call_move": adverse_move(held.positions, terms),
        "call_move_longs": adverse_move(held.positions, terms, shorts=False),
        "call_move_shorts": adverse_move(held.positions, terms, longs=False),
    }


def _requirement(positions: Positions, terms: MarginTerms) -> float:
    if not terms.enforced:
        return float("nan")
    return float(terms.requirement_usd(np.ascontiguousarray(positions.prices[None]))[0])


def _initial(positions: Positions, terms: MarginTerms) -> float:
    return terms.initial_usd(positions.prices) if terms.enforced else float("nan")
