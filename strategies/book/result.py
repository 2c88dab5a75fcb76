"""A book run alone and with its hedge, and what follows from the two."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.engine.account import Account
from hedgebook.engine.backtest import Booked
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.option_ledger.result import OptionRun
from hedgebook.engine.risk.drawdowns import underwater
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import takes, whole
from hedgebook.universes.market import Market

from .capital import Capital
from .effect import HedgeEffect, effect_of
from .file import Book
from .path import Decision
from .request import HedgeBook, Period
from .windows import HedgeWindow

PARTS = ("book", "hedge", "trading", "borrow", "interest")
RUINED_MEANS = "so P&L and drawdown stand and figures made of returns are undefined"


@brief
@dataclass(frozen=True, eq=False)
class WindowRun:
    """One window: the book alone, the same book with its hedge, and the decisions behind the hedge."""

    window: HedgeWindow
    capital: Capital
    alone: Backtest | OptionRun
    hedged: Backtest | OptionRun
    decisions: tuple[Decision, ...]
    book_tickers: tuple[str, ...]
    instruments: tuple[str, ...]
    benchmark: NDArray[np.float64]
    opening: np.datetime64
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The event's identifier, or "window"."""
        return self.window.name

    @property
    def sessions(self) -> pd.DatetimeIndex:
        """The simulated sessions."""
        return self.alone.sessions

    @cached_property
    def pnl(self) -> pd.DataFrame:
        """P&L by session in USD, negative for costs; the columns before `together` add up to it.

        book: moves, borrow fees and interest of the book itself; hedge: price moves of the instruments and
        what they pay beside them; trading: what the hedge's fills cost; borrow: fees of its shorts; interest: on the
        cash that the hedge brings or needs.
        """
        own = [self.hedged.market.column(ticker) for ticker in self.book_tickers]
        others = [i for i in range(len(self.hedged.market.tickers)) if i not in own]
        record, alone = self.hedged.record, self.alone.record
        parts = {
            "book": record.pnl[:, own].sum(axis=(1, 2)) + alone.interest,
            "hedge": record.of(Booked.GROSS)[:, others].sum(axis=(1, 2)),
            "trading": record.of(Booked.TRADING)[:, others].sum(axis=(1, 2)),
            "borrow": record.of(Booked.CARRY)[:, others].sum(axis=(1, 2)),
            "interest": record.interest - alone.interest,
        }
        frame = pd.DataFrame(parts, index=self.sessions) + 0.0
        frame["together"] = np.diff(self.hedged.record.days["nav_close"], prepend=self.capital.usd)
        frame["alone"] = np.diff(self.alone.record.days["nav_close"], prepend=self.capital.usd)
        return frame

    @cached_property
    def levels(self) -> pd.DataFrame:
        """Value of the book alone and hedged at closes, USD, from the base of the percentages on."""
        shift = self.capital.base - self.capital.usd
        opening = pd.DatetimeIndex([self.opening.astype("datetime64[ns]")])
        columns = {
            name: np.concatenate([[self.capital.base], run.record.days["nav_close"] + shift])
            for name, run in (("book", self.alone), ("hedged", self.hedged))
        }
        return pd.DataFrame(columns, index=opening.append(self.sessions))

    @cached_property
    def returns(self) -> pd.DataFrame:
        """P&L of each session over the value of the book alone at the close before: book, hedged, benchmark.

        Of several exchanges the sessions are those of the first, from one of its days to the next. NaN after a ruin,
        the hedged ones also after that of the book alone, whose value they are measured by. Where NAV was lost at an
        open, the return of that session ends there.
        """
        rows = self.counted_rows
        before = self.levels["book"].to_numpy()[rows[:-1]]
        sessions = self.sessions[rows[1:] - 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            book, hedged = (np.diff(run.levels[rows]) / before for run in (self.alone, self.hedged))
        for lost, series in ((self.alone.ruined_on, (book, hedged)), (self.hedged.ruined_on, (hedged,))):
            if lost is not None:
                after = sessions > pd.Timestamp(lost)
                for values in series:
                    values[after] = np.nan
        columns = {"book": book, "hedged": hedged, "benchmark": self.benchmark}
        return pd.DataFrame(columns, index=sessions)

    @property
    def counted_rows(self) -> NDArray[np.int64]:
        """Rows of `levels` at which returns begin and end: the opening, and each session of the first exchange."""
        market = self.alone.market
        days = self.sessions.to_numpy().astype("datetime64[D]")
        if market.venues is None:
            return np.arange(len(days) + 1, dtype=np.int64)
        counted_days = market.sessions[market.venues.counted]
        return np.concatenate([np.zeros(1, dtype=np.int64), np.flatnonzero(np.isin(days, counted_days)) + 1])

    @cached_property
    def counted_pnl(self) -> pd.DataFrame:
        """`pnl` by the sessions of `returns`."""
        rows = self.counted_rows
        summed = np.add.reduceat(self.pnl.to_numpy()[: rows[-1]], rows[:-1], axis=0)
        return pd.DataFrame(summed, index=self.returns.index, columns=self.pnl.columns)

    @property
    def measured(self) -> NDArray[np.float64]:
        """(n, 3) returns after the first session, whose night was not hedged yet: book, hedged, benchmark.

        What was ruined is NaN as a whole: as in Metrics, only its P&L and its drawdown are known.
        """
        found = self.returns.iloc[1:].to_numpy(dtype=np.float64, copy=True)
        if self.alone.ruined_on is not None:
            found[:, :2] = np.nan
        if self.hedged.ruined_on is not None:
            found[:, 1] = np.nan
        return found

    @cached_property
    def effect(self) -> HedgeEffect:
        """The hedge's effect on the returns that are measured."""
        return effect_of(*self.measured.T)

    @property
    def worst_sessions(self) -> tuple[float, float]:
        """The worst return of the book alone and hedged, NaN for what was ruined."""
        worst = self.returns[["book", "hedged"]].min()
        alone = self.alone.ruined_on is not None
        hedged = alone or self.hedged.ruined_on is not None
        return math.nan if alone else float(worst["book"]), math.nan if hedged else float(worst["hedged"])

    @cached_property
    def drawdowns(self) -> tuple[float, float]:
        """Largest drawdown at closes, and at an open that ruins, of the book alone and hedged, negative fractions."""
        base, shift = self.capital.base, self.capital.base - self.capital.usd
        alone, hedged = (
            float(underwater(np.concatenate([[base], run.levels[1:] + shift])).min())
            for run in (self.alone, self.hedged)
        )
        return alone, hedged

    @cached_property
    def hedge_values(self) -> pd.DataFrame:
        """USD held of each instrument at each close, negative for shorts."""
        names = list(self.instruments)
        at = [self.hedged.market.column(name) for name in names]
        record = self.hedged.record
        return pd.DataFrame(record.shares[:, at] * record.price[:, at], index=self.sessions, columns=names)

    @cached_property
    def hedge_weights(self) -> pd.DataFrame:
        """The same as fractions of the NAV of book and hedge; NaN from a ruin on."""
        nav = self.hedged.record.days["nav_close"].copy()
        if self.hedged.ruined_on is not None:
            nav[self.sessions >= pd.Timestamp(self.hedged.ruined_on)] = np.nan
        return self.hedge_values.div(nav, axis=0)

    @cached_property
    def traded_usd(self) -> float:
        """Value of every trade in the instruments."""
        fills = self.hedged.fills
        fills = fills[~fills["ticker"].isin(self.book_tickers) & ~fills["reason"].isin(("stale", "delisted"))]
        return float((fills["shares"].abs() * fills["reference"]).sum())


@brief
@dataclass(frozen=True, eq=False)
class BookRun:
    """A hedged book over one window or several, one after the other.

    market, asked, period, costs, account: what was run; book: the holdings as read; windows: one run each; notes: what
    a reader must know; in_shares: where options hedge, the same with shares in their place; quotes: where the marks of
    options come from. P&L is in USD, effects are fractions, NaN where undefined.
    """

    market: Market
    asked: HedgeBook
    book: Book
    period: Period
    costs: Costs
    account: Account
    windows: tuple[WindowRun, ...]
    notes: tuple[str, ...]
    in_shares: BookRun | None = None
    quotes: str = ""

    @property
    def modelled(self) -> bool:
        """Whether any close of an option that was held comes from a model."""
        return any(getattr(window, "modelled", False) for window in self.windows)

    @cached_property
    def pnl(self) -> dict[str, float]:
        """P&L in USD over all windows by part; the parts add up to `together`; `alone` is the book unhedged."""
        columns = (*PARTS, "together", "alone")
        return {name: math.fsum(float(w.pnl[name].sum()) for w in self.windows) for name in columns}

    @cached_property
    def effect(self) -> HedgeEffect:
        """The hedge's effect over the sessions of all windows together."""
        return effect_of(*np.vstack([w.measured for w in self.windows]).T)

    @property
    def worst_sessions(self) -> tuple[float, float]:
        """The worst return of the book alone and hedged in any window, NaN where one was ruined."""
        alone, hedged = np.min([w.worst_sessions for w in self.windows], axis=0)
        return float(alone), float(hedged)

    @property
    def ruined(self) -> tuple[str, ...]:
        """What was ruined, in words, a part for each window and series."""
        several = len(self.windows) > 1
        return tuple(
            f"{what} on {run.ruined_on}{f' ({w.name})' if several else ''}"
            for w in self.windows
            for what, run in (("the book alone", w.alone), ("the book with its hedge", w.hedged))
            if run.ruined_on is not None
        )

    @property
    def base_usd(self) -> float:
        """What percentages of P&L are taken of: the mean base of the windows."""
        return math.fsum(w.capital.base for w in self.windows) / len(self.windows)

    @property
    def cost_usd(self) -> float:
        """What hedging cost in trading, borrow and interest; negative when the interest earned is larger."""
        return -math.fsum(self.pnl[name] for name in ("trading", "borrow", "interest")) + 0.0

    @property
    def traded_usd(self) -> float:
        """Value of every trade in the instruments."""
        return math.fsum(w.traded_usd for w in self.windows)

    @takes(count=whole(0))
    def worst_days(self, count: int = 10) -> pd.DataFrame:
        """The `count` worst sessions of the book alone: window, session, book, hedge net of its costs, together; USD.

        Sessions after a ruin of the book have no return and are not among them. Raises ParameterError for a count that
        is no whole number of 0 or more.
        """
        frames = [
            pd.DataFrame(
                {
                    "window": w.name,
                    "session": w.returns.index,
                    "book": w.counted_pnl["book"].to_numpy(),
                    "hedge": (w.counted_pnl["together"] - w.counted_pnl["book"]).to_numpy(),
                    "together": w.counted_pnl["together"].to_numpy(),
                    "book_return": w.returns["book"].to_numpy(),
                    "together_return": w.returns["hedged"].to_numpy(),
                }
            )
            for w in self.windows
        ]
        # Around overlapping events a session would stand twice.
        days = pd.concat(frames, ignore_index=True).drop_duplicates("session").dropna(subset="book_return")
        return days.sort_values("book_return", kind="stable", ignore_index=True).head(count)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything a reader must know before trusting the figures."""
        notes: dict[str, list[str]] = defaultdict(list)
        for window in self.windows:
            for note in window.notes:
                notes[note].append(window.name)
        several = len(self.windows) > 1
        said = (f"{note} ({', '.join(names)})" if several else note for note, names in notes.items())
        lost = (f"NAV was zero or below, {RUINED_MEANS}: {'; '.join(self.ruined)}",) if self.ruined else ()
        return (*lost, *self.market.warnings, *self.book.notes, *self.notes, *said)
