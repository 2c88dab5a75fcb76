"""Many sets of trades in options and stock, one after another through the one loop, each in its own columns."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...arrays import Floats, Ints
from ..book.listed import TRADE, WAIT, Listed
from ..book.loop import simulate
from ..book.records import (
    ACCOUNT,
    CELL,
    DAY,
    LINE,
    ORDER,
    POSITION,
    TICKER,
    Conditions,
    Orders,
    Prices,
    Record,
    State,
    Structs,
)
from ..jit import inlined, kernel
from .one_by_one import reset

NAN = math.nan
# What a set leaves: P&L, the deepest fall of NAV below its peak, costs paid and value traded, all in USD; the worst
# session's P&L; how many sessions it lived.
FIGURES = ("pnl", "drawdown", "worst_session", "costs", "traded", "sessions")

# One set: its rows of the trades, its first and last session, and which of the tickers' terms it has.
OPTION_SET = np.dtype(
    [("trades_from", "i8"), ("trades_to", "i8"), ("first", "i8"), ("last", "i8"), ("tickers", "i8")], align=True
)


class OptionStage(NamedTuple):
    """What all sets share. marks: (2, T, N) of all columns, stocks first; quotes: (T, N) of QUOTE; days: (T,); cells:
    (T or 1, stocks) of CELL; tickers: (V, N) of TICKER; under: (N,) the stock of each column, of a stock itself;
    flows, changes, exercises: as the loop takes them, of all columns, exercises by column; ends: (N + 1,) the first
    exercise of each column; terms: (1,) of TERMS; neutral: (1,) of CELL for contracts; capital and fee: USD; after: of
    AfterExercise."""

    marks: Floats
    quotes: Structs
    days: Floats
    cells: Structs
    tickers: Structs
    under: Ints
    flows: Structs
    changes: Structs
    exercises: Structs
    ends: Ints
    terms: Structs
    neutral: Structs
    capital: float
    fee: float
    after: int


@kernel
def run_option_sets(
    stage: OptionStage, sets: Structs, trades: Structs, figures: Floats, pnl: Floats, start: int, stop: int
) -> None:
    """Run sets start .. stop - 1, each exactly as a single run. trades: (R,) of TRADE, those of a set together and in
    time order, sessions and columns as in the stage; figures: (S, 6); pnl: (S, T) by session, or no rows."""
    columns, stocks = stage.marks.shape[2], stage.cells.shape[1]
    local, used = np.full(columns, -1), np.empty(columns, dtype=np.int64)
    for s in range(start, stop):
        one = sets[s]
        mine = trades[one.trades_from : one.trades_to]
        count = columns_used(mine, stage.under, stocks, local, used)
        days = run_one(stage, one, mine, used[:count], local)
        for c in range(count):
            local[used[c]] = -1
        note_figures(days, stage.capital, figures[s])
        if pnl.shape[0] > 0:
            before = stage.capital
            for t in range(days.size):
                pnl[s, one.first + t] = days[t].nav_close - before
                before = days[t].nav_close


@inlined
def columns_used(mine: Structs, under: Ints, stocks: int, local: Ints, used: Ints) -> int:
    """List the stocks of a set, ascending, then its contracts as they come; how many there are."""
    for n in range(mine.size):
        local[under[mine[n].ticker]] = 0
    count = 0
    for i in range(stocks):
        if local[i] == 0:
            local[i], used[count] = count, i
            count += 1
    for n in range(mine.size):
        i = mine[n].ticker
        if local[i] < 0:
            local[i], used[count] = count, i
            count += 1
    return count


@inlined
def run_one(stage: OptionStage, one: Structs, mine: Structs, used: Ints, local: Ints) -> Structs:
    """One set in its own columns and sessions; (L,) of DAY."""
    first, length, count = one.first, one.last + 1 - one.first, used.size
    marks, quotes = np.empty((2, length, count)), np.empty((length, count), dtype=stage.quotes.dtype)
    same = stage.cells.shape[0] == 1
    cells, tickers = np.empty((1 if same else length, count), dtype=CELL), np.empty(count, dtype=TICKER)
    for c in range(count):
        i = used[c]
        tickers[c] = stage.tickers[one.tickers, i]
        for t in range(length):
            marks[0, t, c], marks[1, t, c] = stage.marks[0, first + t, i], stage.marks[1, first + t, i]
            quotes[t, c] = stage.quotes[first + t, i]
        for t in range(cells.shape[0]):
            cells[t, c] = stage.cells[0 if same else first + t, i] if i < stage.cells.shape[1] else stage.neutral[0]
    own = np.empty(mine.size, dtype=TRADE)
    for n in range(mine.size):
        own[n] = mine[n]
        own[n].session -= first
        own[n].ticker = local[mine[n].ticker]
    exercises = exercises_of(stage, first, first + length, used, local)
    flows, changes = entries_of(stage.flows, first, length, local), entries_of(stage.changes, first, length, local)
    waiting, counts = np.zeros(2 * own.size + 2 * exercises.size + 2 * count, dtype=WAIT), np.zeros(1, dtype=np.int64)
    given = Listed(quotes, own, exercises, stage.fee, stage.after, waiting, counts)
    nights = stage.days[first : first + length].copy()
    nights[0] = 0.0
    prices = Prices(marks, nights, np.array([0, 1]), flows, changes)
    orders = Orders(np.zeros(0, dtype=ORDER), np.full((1, count), NAN))
    calendar = np.zeros(length, dtype=np.int8)
    conditions = Conditions(stage.terms, tickers, cells, calendar, np.full((1, length + 1), NAN), length - 1)
    state = State(np.zeros(count, dtype=POSITION), np.zeros(1, dtype=ACCOUNT))
    reset(state, stage.capital)
    nothing = np.zeros((0, count))
    record = Record(np.zeros(length, dtype=DAY), nothing, nothing, np.zeros((0, count, 0)), np.zeros(0, dtype=LINE))
    simulate(prices, orders, conditions, state, record, 0, length, given)
    stage_costs(record.days, state.account)
    return record.days


@inlined
def stage_costs(days: Structs, account: Structs) -> None:
    """Leave what was traded and paid where the figures find it: of a set's last day nobody asks for the requirement."""
    days[days.size - 1].requirement, days[days.size - 1].interest = account[0].traded, account[0].paid


@inlined
def exercises_of(stage: OptionStage, start: int, stop: int, used: Ints, local: Ints) -> Structs:
    """The ends of a set's contracts in its sessions, by session, stock and column."""
    room = 0
    for c in range(used.size):
        room += stage.ends[used[c] + 1] - stage.ends[used[c]]
    out, count = np.zeros(room, dtype=stage.exercises.dtype), 0
    for c in range(used.size):
        for e in range(stage.ends[used[c]], stage.ends[used[c] + 1]):
            if start <= stage.exercises[e].session < stop:
                session, under, n = stage.exercises[e].session - start, local[stage.exercises[e].under], count
                while n > 0 and after(out[n - 1], session, under, c):
                    out[n] = out[n - 1]
                    n -= 1
                out[n] = stage.exercises[e]
                out[n].session, out[n].ticker, out[n].under = session, c, under
                count += 1
    return out[:count]


@inlined
def after(one: Structs, session: int, under: int, column: int) -> bool:
    """Whether an end comes after one of a session, a stock and a column."""
    if one.session != session:
        return bool(one.session > session)
    if one.under != under:
        return bool(one.under > under)
    return bool(one.ticker > column)


@inlined
def entries_of(entries: Structs, first: int, length: int, local: Ints) -> Structs:
    """Cash flows or changes of shares that reach a set's columns in its sessions, counted from its first."""
    out, count = np.empty(entries.size, dtype=entries.dtype), 0
    for f in range(entries.size):
        if first <= entries[f].session < first + length and local[entries[f].ticker] >= 0:
            out[count] = entries[f]
            out[count].session -= first
            out[count].ticker = local[entries[f].ticker]
            count += 1
    return out[:count]


@inlined
def note_figures(days: Structs, capital: float, figures: Floats) -> None:
    """Fill the figures of a set from its NAV at closes."""
    peak, fall, worst, before = capital, 0.0, np.inf, capital
    last = days.size - 1
    for t in range(days.size):
        level = days[t].nav_close
        worst = min(worst, level - before)
        peak = max(peak, level)
        fall = max(fall, peak - level)
        before = level
    figures[0], figures[1], figures[2] = days[last].nav_close - capital, fall, worst
    figures[3], figures[4], figures[5] = days[last].interest, days[last].requirement, days.size
