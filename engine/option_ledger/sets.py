"""Sweeps of options: many sets of trades, every distinct contract priced once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import ACCOUNT, COSTS, DAY, FLAG, MARKET, as_array, maybe, takes
from hedgebook.universes.market import Market

from ..account import Account, load_account
from ..arrays import Floats, Ints
from ..backtest.conditions import cells_of, terms_of, tickers_of
from ..backtest.kept import kept_span
from ..backtest.neutral import neutral_cells, neutral_tickers
from ..frictions.costs import Costs, load_costs
from ..kernels.book.listed import TRADE, AfterExercise
from ..kernels.book.records import CHANGE, Structs
from ..kernels.sets.options import FIGURES, OPTION_SET, OptionStage, run_option_sets
from ..options.marks import Marks
from ..parallel import in_parallel
from ..rules import Rules
from .columns import Columns, Span, columns_of, contract_changes, exercises_of, quotes_of, wide
from .run import Setting, span_between
from .trades import MARKS, TERMS, OptionTerms, OptionTrade

GRAIN = 256
ARRAYS = {"set_of": np.int64, "what": np.int64, "session": "datetime64[D]", "mark": np.int64, "quantity": np.float64}


@brief
@dataclass(frozen=True, eq=False)
class TradeSets:
    """S sets of trades as one table of R rows, those of a set together and in time order.

    names: contracts and tickers that are traded anywhere; set_of: (R,) number of the set, ascending from 0; what: (R,)
    row of names; session: (R,) datetime64[D]; mark: (R,) 0 = open, 1 = close; quantity: (R,) whole contracts or shares,
    signed, NaN = close what is held. Raises ParameterError for columns of unequal length, sets out of order, trades of
    a set out of time order and what is no whole number of contracts.
    """

    names: tuple[Any, ...]
    set_of: Any
    what: Any
    session: Any
    mark: Any
    quantity: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        for name, kind in ARRAYS.items():
            object.__setattr__(self, name, as_array(getattr(self, name), kind, name))
            if getattr(self, name).shape != (len(self.set_of),):
                raise ParameterError("one entry a row is needed", where=name, value=str(getattr(self, name).shape))
        steps = np.diff(self.set_of, prepend=-1)
        if not len(self.set_of) or not np.isin(steps, (0, 1)).all() or steps[0] != 1:
            raise ParameterError("sets count from 0 upwards, without gaps", where="set_of")
        if ((self.what < 0) | (self.what >= len(self.names))).any():
            raise ParameterError("no such name", where="what", bound=f"0 to {len(self.names) - 1}")
        if not np.isin(self.mark, (0, 1)).all():
            raise ParameterError("there is no such mark", where="mark", bound="0 = open, 1 = close")
        moments = self.session.astype(np.int64) * 2 + self.mark
        if ((np.diff(moments) < 0) & (steps[1:] == 0)).any():
            raise ParameterError("trades of a set come in time order", where="session")
        listed = np.array([not isinstance(one, str) for one in self.names])[self.what]
        known = ~np.isnan(self.quantity)
        whole = self.quantity[listed & known]
        if np.isinf(self.quantity).any() or (self.quantity[known] == 0.0).any() or (whole != np.round(whole)).any():
            raise ParameterError(
                "contracts are traded whole", where="quantity", bound="a whole number but zero, or NaN"
            )

    @property
    def count(self) -> int:
        """How many sets there are."""
        return int(self.set_of[-1]) + 1

    def trades(self, number: int) -> list[OptionTrade]:
        """The trades of set `number`, as a single run takes them."""
        rows = np.flatnonzero(self.set_of == number)
        return [
            OptionTrade(
                self.names[self.what[r]], self.session[r], "open" if self.mark[r] == 0 else "close",
                None if np.isnan(self.quantity[r]) else float(self.quantity[r]),
            )
            for r in rows
        ]  # fmt: skip


@brief
@dataclass(frozen=True, eq=False)
class OptionSetsRun:
    """What sets of trades would have earned.

    sessions: (T,) from the first of all; figures: (S, 6) by FIGURES, USD but sessions; first, last: (S,) numbers of the
    sessions that each lived; daily_pnl: (S, T) change of NAV of each session in USD, 0 where a set did not live, or no
    rows; marks_label: where the marks come from. Nothing is NaN.
    """

    sessions: Any
    figures: Floats
    first: Ints
    last: Ints
    daily_pnl: Floats
    marks_label: str

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a set: pnl, drawdown, worst_session, costs, traded (USD), sessions, first and until."""
        frame = pd.DataFrame(self.figures, columns=list(FIGURES), index=pd.RangeIndex(len(self.figures), name="set"))
        frame["sessions"] = frame["sessions"].astype(np.int64)
        frame["first"], frame["until"] = self.sessions[self.first], self.sessions[self.last]
        return frame


@takes(market=MARKET, marks=MARKS, costs=COSTS, account=ACCOUNT, terms=TERMS, until=maybe(DAY), keep_daily_pnl=FLAG)
def option_sets(
    market: Market,
    sets: TradeSets,
    marks: Marks,
    costs: Costs | str | Path = "default",
    account: Account | str | Path = "plain",
    *,
    terms: OptionTerms = OptionTerms(),  # noqa: B008 - frozen
    until: Any = None,
    keep_daily_pnl: bool = False,
) -> OptionSetsRun:
    """Run each set of trades as `run_options` would, from its first trade to the session after its last contract ends.

    market, marks, costs, account, terms: as in `run_options`; sets: trades of S sets in columns; until: at most this
    session; keep_daily_pnl: also the P&L of each session. A contract that a set closes with its last trade ends there;
    what is left at the end counts at its last mark, and nothing is NaN. Raises the errors of `run_options`.
    """
    if not isinstance(sets, TradeSets):
        raise ParameterError("no sets of trades", where="sets", bound="TradeSets(...)")
    setting = Setting(load_costs(costs), load_account(account), Rules(), {}, terms)
    setting.check(market, None)
    start = market.session_index(sets.session.min())
    stop = len(market.sessions) if until is None else market.session_index(until) + 1
    session = _rows(market, sets.session, start, stop)
    span = span_between(market, start, stop)
    columns, ticker, size = _columns(span, sets, session, marks)
    _refuse_other_shares(span, ticker)
    rows = np.zeros(len(session), dtype=TRADE)
    rows["session"], rows["mark"], rows["ticker"], rows["shares"] = session, sets.mark, ticker, sets.quantity * size
    lives = _lives(sets, rows, columns, len(span.window.tickers), stop - start, terms)
    stage, lives["tickers"] = _stage(market, (start, stop), span, columns, marks, setting, lives["first"])
    figures = np.empty((sets.count, len(FIGURES)))
    pnl = np.zeros((sets.count if keep_daily_pnl else 0, stop - start))
    in_parallel(lambda a, b: run_option_sets(stage, lives, rows, figures, pnl, a, b), sets.count, GRAIN)
    label = str(getattr(marks, "label", "given quotes"))
    return OptionSetsRun(span.window.sessions, figures, lives["first"], lives["last"], pnl, label)


def _refuse_other_shares(span: Span, ticker: Ints) -> None:
    """Raise ParameterError for a traded stock that becomes another or is spun off from: a set holds its own alone."""
    changed = span.changes["ticker"][span.changes["into"] >= 0]
    if (found := np.intersect1d(changed, ticker)).size:
        what = "a stock of a set becomes or brings other shares in these sessions"
        raise ParameterError(
            what, where=span.window.tickers[int(found[0])], remedy="Run such a set by itself: options.run_options(...)."
        )


def _rows(market: Market, days: Any, start: int, stop: int) -> Ints:
    """Sessions of days, counted from `start`. Raises ParameterError for a day without one or after the last."""
    distinct, back = np.unique(days, return_inverse=True)
    at = np.array([market.session_index(day) for day in distinct], dtype=np.int64)
    if (at >= stop).any():
        bound = f"from {distinct[-1]}"
        raise ParameterError("the simulation would stop before the last trade", where="until", bound=bound)
    return np.asarray(at[back] - start)


def _columns(span: Span, sets: TradeSets, session: Ints, marks: Marks) -> tuple[Columns, Ints, Floats]:
    """The distinct contracts, the column of each trade and the shares of its contract.

    A strike is as quoted when a set first trades it: between two splits it is another contract than after them.
    """
    stocks, stock_of = len(span.window.tickers), []
    splits = [(int(x["session"]), int(x["ticker"])) for x in span.changes if x["keep"] not in (0.0, 1.0)]
    for one in sets.names:
        stock_of.append(span.window.column(one if isinstance(one, str) else one.ticker))
    listed = np.array([not isinstance(one, str) for one in sets.names])
    first = _first_of_each(sets, session)
    epoch = np.zeros(len(session), dtype=np.int64)
    for t, i in splits:
        epoch += (np.array(stock_of)[sets.what] == i) & (first >= t)
    keys = sets.what * (len(splits) + 1) + epoch
    distinct, back = np.unique(keys, return_inverse=True)
    earliest = np.full(len(distinct), len(span.window.sessions))
    np.minimum.at(earliest, back, first)
    name = distinct // (len(splits) + 1)
    own = np.flatnonzero(listed[name])
    contracts = tuple(sets.names[n] for n in name[own])
    columns = columns_of(span, contracts, earliest[own], marks)
    column = np.array(stock_of)[name]
    column[own] = stocks + np.arange(len(own))
    ticker = column[back]
    size = np.ones(len(session))
    mine = ticker >= stocks
    size[mine] = columns.size[session[mine], ticker[mine] - stocks]
    late = np.flatnonzero(mine)[session[mine] > columns.last[ticker[mine] - stocks]]
    if len(late):
        k = int(ticker[late[0]] - stocks)
        bound = f"up to {span.window.sessions[columns.last[k]]}"
        what = "a trade in a contract that has ended"
        raise ParameterError(what, where=columns.names[k], value=sets.session[late[0]], bound=bound)
    return columns, ticker, size


def _first_of_each(sets: TradeSets, session: Ints) -> Ints:
    """(R,): the session in which the set of each trade first trades the same name."""
    keys = sets.set_of * len(sets.names) + sets.what
    _, back = np.unique(keys, return_inverse=True)
    first = np.full(int(back.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, back, session)
    return np.asarray(first[back])


def _lives(sets: TradeSets, rows: Structs, columns: Columns, stocks: int, sessions: int, terms: OptionTerms) -> Structs:
    """(S,) of OPTION_SET: rows of trades, first and last session."""
    out = np.zeros(sets.count, dtype=OPTION_SET)
    edges = np.searchsorted(sets.set_of, np.arange(sets.count + 1))
    out["trades_from"], out["trades_to"] = edges[:-1], edges[1:]
    out["first"] = rows["session"][edges[:-1]]
    # The last trade of each contract of a set: where it closes it, nothing is left to expire.
    keys = sets.set_of * (stocks + len(columns.names)) + rows["ticker"]
    order = np.argsort(keys, kind="stable")
    final = np.zeros(len(rows), dtype=np.bool_)
    final[order] = np.append(keys[order][1:] != keys[order][:-1], True)
    expires = final & (rows["ticker"] >= stocks) & ~np.isnan(rows["shares"])
    until = rows["session"].copy()
    after = 1 if terms.after_exercise == "next_open" else 0
    until[expires] = columns.last[rows["ticker"][expires] - stocks] + after
    np.maximum.at(out["last"], sets.set_of, np.minimum(until, sessions - 1))
    return out


def _stage(
    market: Market, rows: tuple[int, int], span: Span, columns: Columns, marks: Marks, setting: Setting, first: Ints
) -> tuple[OptionStage, Ints]:
    """What all sets share, and which row of tickers' terms each set has: tiers of liquidity are as its start knows."""
    start, stop = rows
    kept, stocks = kept_span(market, start, stop), len(market.tickers)
    exercises = exercises_of(span, columns, marks, setting.terms)
    exercises = exercises[np.lexsort((exercises["session"], exercises["ticker"]))]
    ends = np.searchsorted(exercises["ticker"], np.arange(stocks + len(columns.names) + 1))
    changes = np.concatenate([span.changes, contract_changes(span, columns)])
    changes = changes[np.argsort(changes["session"], kind="stable")]
    starts, which = np.unique(first, return_inverse=True)
    contracts = neutral_tickers(len(columns.names))
    contracts["house"] = 0.0
    own = [tickers_of(market, start + int(t), setting.costs, setting.account, {}) for t in starts]
    stage = OptionStage(
        marks=wide(kept.prices.marks, columns),
        quotes=quotes_of(columns, stocks),
        days=kept.prices.days,
        cells=cells_of(market, rows, setting.costs, setting.account),
        tickers=np.stack([np.concatenate([x, contracts]) for x in own]),
        under=np.concatenate([np.arange(stocks), columns.under]),
        flows=span.flows,
        changes=changes.astype(CHANGE),
        exercises=exercises,
        ends=ends.astype(np.int64),
        terms=terms_of(setting.costs, setting.account, setting.rules),
        neutral=neutral_cells(1, 1)[0],
        capital=setting.account.capital_usd,
        fee=setting.terms.per_contract_usd,
        after=int(AfterExercise[setting.terms.after_exercise.upper()]),
    )
    return stage, which
