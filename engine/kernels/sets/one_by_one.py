"""Many parameter sets one after another through the one simulation loop, their measures gathered on the way."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...arrays import Codes, Floats, Ints
from ..book.loop import simulate
from ..book.records import Conditions, Orders, Prices, State, Structs
from ..jit import inlined, kernel, uncounted
from ..series.metrics import historical_tail
from ..unowned import borrow_prices, borrowed
from .single import borrow_single, new_single
from .tally import TALLY, add_level, add_session, begin, finish, is_ruined

NAN = math.nan
TAIL = 0.05
# A block whose squared excess returns add up to less has none: what is left is rounding of interest taken off again.
NOTHING = 1e-18

# One parameter set. orders_from, orders_to: its rows of the orders; first, last: its sessions, both included; terms,
# legs, calendar: which row of each it has; capital: USD.
SET = np.dtype(
    [
        ("orders_from", "i8"),
        ("orders_to", "i8"),
        ("first", "i8"),
        ("last", "i8"),
        ("terms", "i8"),
        ("legs", "i8"),
        ("calendar", "i8"),
        ("capital", "f8"),
    ],
    align=True,
)


class BatchSets(NamedTuple):
    """The sets of a batch and what they choose from.

    sets: (S,) of SET; orders: (R,) of ORDER; bank: (K, N) weights; terms: (V,) of TERMS; tickers: (L, N) of TICKER;
    calendars: (C, T) 1 where a close decides to rebalance; vol: (K, T + 1) as in Conditions.
    """

    sets: Structs
    orders: Structs
    bank: Floats
    terms: Structs
    tickers: Structs
    calendars: Codes
    vol: Floats


class Stage(NamedTuple):
    """What all sets share. cells: (T or 1, N) of CELL; benchmark: (T,) returns, NaN = unknown; riskless: (T,) what cash
    earns over the nights before a session, a fraction; blocks: (T,) the block of each session that cross-validation
    cuts the sessions into, -1 = none."""

    prices: Prices
    cells: Structs
    benchmark: Floats
    riskless: Floats
    blocks: Ints


class Results(NamedTuple):
    """What is filled. rows: (S, 18) in the order of tally.MEASURES; totals, squares: (S, B) sums of returns in
    excess of riskless, and of their squares, by block, NaN for a set that was ruined; returns: (S, T), 0 outside a
    set's sessions and NaN after a ruin, or no rows where they are not kept; tails: whether VaR and ES are wanted, the
    only measures that look at every return twice."""

    rows: Floats
    totals: Floats
    squares: Floats
    returns: Floats
    tails: bool = True


@inlined
def borrow_stage(given: Stage) -> Stage:
    """A stage without owners."""
    return Stage(
        borrow_prices(given.prices),
        borrowed(given.cells),
        borrowed(given.benchmark),
        borrowed(given.riskless),
        borrowed(given.blocks),
    )


@inlined
def borrow_sets(given: BatchSets) -> BatchSets:
    """Sets without owners."""
    return BatchSets(
        borrowed(given.sets),
        borrowed(given.orders),
        borrowed(given.bank),
        borrowed(given.terms),
        borrowed(given.tickers),
        borrowed(given.calendars),
        borrowed(given.vol),
    )


@inlined
def borrow_results(given: Results) -> Results:
    """Results without owners."""
    return Results(
        borrowed(given.rows), borrowed(given.totals), borrowed(given.squares), borrowed(given.returns), given.tails
    )


@kernel
def run_sets(given_stage: Stage, given_sets: BatchSets, given_results: Results, start: int, stop: int) -> None:
    """Run sets start .. stop - 1, each exactly as a single run; one without orders is left as it is."""
    stage, sets, results = borrow_stage(given_stage), borrow_sets(given_sets), borrow_results(given_results)
    sessions, tickers = stage.prices.days.size, stage.cells.shape[1]
    own = new_single(sessions, tickers)
    own_tally, own_series = np.zeros(1, dtype=TALLY), np.empty((2, sessions))
    state, record = borrow_single(own)
    tally, series, scratch = borrowed(own_tally), borrowed(own_series[0]), borrowed(own_series[1])
    for s in range(start, stop):
        one = sets.sets[s]
        if one.orders_from == one.orders_to:
            continue
        reset(state, one.capital)
        orders = Orders(sets.orders[one.orders_from : one.orders_to], sets.bank)
        conditions = Conditions(
            sets.terms[one.terms : one.terms + 1],
            sets.tickers[one.legs],
            stage.cells,
            sets.calendars[one.calendar],
            sets.vol,
            one.last,
        )
        simulate(stage.prices, orders, conditions, state, record, one.first, one.last + 1)
        measure(stage, results, s, one, state.account[0], record.days, tally[0], series, scratch)
    # The last word on what was borrowed above: until here it must live.
    own.state.account[0].logged = own.record.days.size + own_tally.size + own_series.size


@uncounted
def reset(state: State, capital: float) -> None:
    """Make a portfolio hold nothing but cash."""
    for i in range(state.book.size):
        held = state.book[i]
        held.shares, held.price, held.pending, held.traded, held.earned = 0.0, NAN, NAN, 0.0, 0.0
        held.why, held.told, held.apart = 0, 0, 0
    account = state.account[0]
    account.cash, account.logged, account.active, account.derisked = capital, 0, 0, 0
    account.long_closed, account.short_closed, account.cuts = 0, 0, 0
    account.row, account.since, account.uncounted, account.over = 0, 0, 0, 0
    account.scale, account.base = 1.0, 1.0
    account.entry_nav, account.peak_nav, account.peak_pnl = 0.0, 0.0, 0.0
    account.traded, account.paid = 0.0, 0.0


@uncounted
def measure(
    stage: Stage,
    results: Results,
    s: int,
    one: Structs,
    account: Structs,
    days: Structs,
    tally: Structs,
    series: Floats,
    scratch: Floats,
) -> None:
    """Fill a set's row, blocks and returns from its NAV at closes, and at an open that ruins."""
    begin(tally, one.capital)
    row, count = results.rows[s], 0
    for t in range(one.first, one.last + 1):
        change, level, opened = NAN, days[t].nav_close, days[t].nav_open
        if opened <= 0.0:
            level = min(opened, level)
        if is_ruined(tally):
            add_level(tally, level)
        else:
            change = add_session(tally, level, stage.benchmark[t])
        block = stage.blocks[t]
        if block >= 0:
            # Nothing accrues over the night before a set's first session.
            excess = change - stage.riskless[t] if t > one.first else change
            results.totals[s, block] += excess
            results.squares[s, block] += excess * excess
        if results.returns.shape[0] > 0:
            results.returns[s, t] = change
        series[count] = change
        count += 1
    drop_rounding(results, s)
    # What is left at the end is that of the last close, even where the last open ruined the set.
    tally.nav = days[one.last].nav_close
    if is_ruined(tally):
        results.totals[s, :], results.squares[s, :] = NAN, NAN
    if finish(tally, one.capital, account.traded, account.paid, row) and results.tails:
        fill_tail(tally, series[:count], scratch, row)


@uncounted
def drop_rounding(results: Results, s: int) -> None:
    """Make blocks in which a set had no return but that of cash exactly zero."""
    for block in range(results.totals.shape[1]):
        if results.squares[s, block] < NOTHING:
            results.totals[s, block], results.squares[s, block] = 0.0, 0.0


@uncounted
def fill_tail(tally: Structs, series: Floats, scratch: Floats, row: Floats) -> None:
    """Fill VaR and ES of a tallied series."""
    if math.isfinite(tally.squares):
        mean = tally.total / series.size
        spread = math.sqrt(max(tally.squares / series.size - mean * mean, 0.0))
        row[16], row[17] = historical_tail(series, TAIL, mean - spread, scratch)
