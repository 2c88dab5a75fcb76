"""A book run alone, with options that hedge it, and with shares in their place, in one ledger each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.backtest import Booked
from hedgebook.engine.option_ledger.explain import TRADING
from hedgebook.engine.option_ledger.result import OptionRun
from hedgebook.engine.option_ledger.run import opening_marks
from hedgebook.engine.option_ledger.trades import CONTRACT_SHARES
from hedgebook.engine.options.chain_marks import not_quoted
from hedgebook.engine.options.marks import Marks, marks_under
from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.chains.chain import Chain
from hedgebook.universes.chains.folder import read_chains
from hedgebook.universes.counted import counted

from ..book.capital import capital_of
from ..book.file import Book
from ..book.path import path_notes
from ..book.request import HedgeBook, Period
from ..book.result import BookRun, WindowRun
from ..book.windows import HedgeWindow, every_window
from ..book.with_options import marks_of_options
from ..strategy.setting import RunSetting
from .kept import KeptMarks
from .path import Bought, LedgerPath, beside, hedge_delta_usd

Asked = tuple[Period, tuple[HedgeWindow, ...], tuple[str, ...]]
# What ends a contract is no trade of anybody's.
OF_PREMIUM = "premium_"
ENDS = ("expired", "exercised", "assigned", "settled", "stale", "delisted")


@brief
@dataclass(frozen=True, eq=False)
class LedgerWindow(WindowRun):
    """One window in the ledger of options: alone and hedged are OptionRun; names: of the options by their tickers;
    bought: what was decided of options, none of a hedge in shares."""

    names: dict[str, str]
    bought: tuple[Bought, ...]

    @cached_property
    def _both(self) -> tuple[OptionRun, OptionRun]:
        assert isinstance(self.alone, OptionRun)
        assert isinstance(self.hedged, OptionRun)
        return self.alone, self.hedged

    @property
    def contracts_bought(self) -> int:
        """How many different contracts were bought, one after another or beside each other."""
        return len({one.picked.contract for one in self.bought if one.picked and one.contracts})

    @property
    def modelled(self) -> bool:
        """Whether a held close of a contract comes from a model."""
        hedged = self._both[1]
        held = hedged.record.shares[:, len(hedged.market.tickers) :] != 0.0
        return bool((held & hedged.modelled).any()) or any(one.picked and one.picked.modelled for one in self.bought)

    @cached_property
    def pnl(self) -> pd.DataFrame:
        """P&L by session in USD, negative for costs; the columns before `together` add up to it.

        book: the book alone; what the hedged run has beside it: hedge: price moves and cash flows; trading: what fills
        cost, premium spreads among it; borrow; interest.
        """
        alone, hedged = self._both

        def more(kind: Booked) -> Floats:
            return np.asarray(hedged.record.of(kind).sum(axis=(1, 2)) - alone.record.of(kind).sum(axis=(1, 2)))

        changes = [np.diff(run.record.days["nav_close"], prepend=self.capital.usd) for run in self._both]
        parts = {
            "book": changes[0],
            "hedge": more(Booked.GROSS),
            "trading": more(Booked.TRADING),
            "borrow": more(Booked.CARRY),
            "interest": hedged.record.interest - alone.record.interest,
            "together": changes[1],
            "alone": changes[0],
        }
        return pd.DataFrame(parts, index=self.sessions) + 0.0

    @cached_property
    def explained(self) -> pd.Series[float]:
        """P&L of the hedge in USD by what moved it: `OptionRun.explain` hedged less alone, costs of options apart."""
        alone, hedged = self._both
        more: pd.Series[float] = (hedged.explain() - alone.explain()).sum()
        options = hedged.pnl("ticker").reindex(hedged.columns.names).fillna(0.0)
        for cost in TRADING:
            more[f"{OF_PREMIUM}{cost}"] = float(options[cost].sum())
            more[cost] = more[cost] - more[f"{OF_PREMIUM}{cost}"]
        return more

    @cached_property
    def premium_usd(self) -> float:
        """What bought contracts cost, at mid, USD."""
        hedged = self._both[1]
        fills = hedged.fills[hedged.fills["ticker"].isin(hedged.columns.names)]
        opened = fills[(fills["shares"] > 0.0) & ~fills["reason"].isin(ENDS)]
        return float((opened["shares"] * opened["reference"]).sum())

    @cached_property
    def hedge_values(self) -> pd.DataFrame:
        """USD that is held of each instrument at each close, of options their value."""
        return self._held(np.asarray(self._values[1]), np.asarray(self._values[0]))

    @cached_property
    def hedge_deltas(self) -> pd.DataFrame:
        """Delta of each instrument at each close, USD; of shares their value, negative for shorts."""
        return self._held(hedge_delta_usd(self._both[1], self._both[0]), np.asarray(self._values[0]))

    @property
    def _values(self) -> tuple[Floats, Floats]:
        """(T, N) of shares that hedge, (T, K) of contracts, USD."""
        alone, hedged = (run.record for run in self._both)
        stocks = len(self._both[0].market.tickers)
        whole = hedged.shares * hedged.price
        own = (hedged.shares[:, :stocks] - alone.shares[:, :stocks]) * hedged.price[:, :stocks]
        of_book = np.nan_to_num(alone.shares * alone.price)[:, stocks:]
        return np.nan_to_num(own), beside(np.nan_to_num(whole[:, stocks:]), self._both[1], of_book, self._both[0])

    def _held(self, options: Floats, shares: Floats) -> pd.DataFrame:
        hedged = self._both[1]
        columns: dict[str, Floats] = {}
        for ticker in self.instruments:
            i = hedged.market.column(ticker)
            if ticker in self.names:
                columns[self.names[ticker]] = options[:, hedged.columns.under == i].sum(axis=1)
            else:
                columns[ticker] = shares[:, i]
        return pd.DataFrame(columns, index=self.sessions)

    @cached_property
    def traded_usd(self) -> float:
        """Value of every trade in options, at their premium, and in shares, those that exercise brings among them."""
        alone, hedged = self._both

        def traded(run: OptionRun) -> float:
            fills = run.fills[~run.fills["reason"].isin(ENDS)]
            return float((fills["shares"].abs() * fills["reference"]).sum())

        return traded(hedged) - traded(alone)


def run_with_options(asked: HedgeBook, book: Book, when: Asked, setting: RunSetting) -> BookRun:
    """Run a book alone, with the options that are asked for, and with shares of their tickers in their place.

    A book that holds options itself is run alone and with its hedge, where no options are asked for.

    when: period, windows and notes on them. Raises as `run_hedge_book`.
    """
    period, windows, notes = when
    for one in asked.options:
        if one.ticker not in setting.market.columns:
            members = setting.market.resolve([one.ticker], setting.market.sessions[-1].item())
            raise ParameterError(
                f"an option is on a ticker, and {one.ticker} is a bucket", where="instruments", value=str(one),
                remedy=f"Name its tickers, as in {[*members, 'CRWV'][0]}:{one.kind}.",
            )  # fmt: skip
    chains = read_chains(asked.chain)
    marks = marks_under(marks_of_options(setting.market, chains, setting.costs), setting.costs)

    def both(window: HedgeWindow) -> tuple[LedgerWindow, LedgerWindow]:
        kept = KeptMarks(marks)
        return (
            _window(asked, book, window, setting, (kept, chains), in_shares=False),
            _window(asked, book, window, setting, (kept, chains), in_shares=True),
        )

    made = partial(BookRun, setting.market, book=book, period=period, costs=setting.costs, account=setting.account)
    if not asked.options:
        alone, left_out = every_window(
            windows, notes, lambda one: _window(asked, book, one, setting, (KeptMarks(marks), chains), in_shares=True)
        )
        told = (*left_out, *_chain_notes(asked, book, chains))
        return made(asked=asked, windows=alone, notes=told, quotes=marks.label)
    runs, left_out = every_window(windows, notes, both)
    shares = made(asked=asked.in_shares, windows=tuple(two[1] for two in runs), notes=left_out)
    notes = (*left_out, *_chain_notes(asked, book, chains), *_sized_apart(runs))
    return made(asked=asked, windows=tuple(two[0] for two in runs), notes=notes, in_shares=shares, quotes=marks.label)


def _chain_notes(asked: HedgeBook, book: Book, chains: Sequence[Chain]) -> list[str]:
    """That a chain has nothing of a ticker, so that all quotes of its options are modelled."""
    quoted = {one.ticker for one in chains}
    held = [(one.ticker, str(one)) for one in asked.options] + [(one.ticker, str(one)) for one in book.options]
    return [
        f"{not_quoted(ticker, quoted)}: {name} is modelled" for ticker, name in held if chains and ticker not in quoted
    ]


def _sized_apart(runs: Sequence[tuple[LedgerWindow, LedgerWindow]]) -> list[str]:
    """That options were sized anew at rolls at which the shares in their place were not."""
    count = 0
    for options, shares in runs:
        decided = {one.session for one in shares.decisions}
        count += len({one.session for one in options.bought if one.rolled} - decided)
    if not count:
        return []
    return [
        f"options were sized anew at {counted(count, 'roll')}, where the shares in their place were not: from "
        "the first of them on the two hedges differ in size, and not by their instrument alone"
    ]


def _window(
    asked: HedgeBook, book: Book, window: HedgeWindow, setting: RunSetting, quoted: tuple[Marks, tuple[Chain, ...]],
    *, in_shares: bool,
) -> LedgerWindow:  # fmt: skip
    market, before = setting.market, window.start - 1
    holdings = replace(book, options={}).holdings(market, before)
    mids = opening_marks(market, before, tuple(book.options), quoted[0])
    worth = [CONTRACT_SHARES * book.options[one] * mid for one, mid in mids.items()]
    capital = capital_of(book, holdings, market, before, asked.cash, worth)
    held = replace(setting.funded(capital.usd), holdings=holdings)
    options = {} if in_shares else {one.ticker: one for one in asked.options}
    under = (*(one.ticker for one in asked.options), *(one.ticker for one in book.options))
    path = LedgerPath(
        asked.in_shares, held, window, holdings, also_held=under,
        options=options, contracts=dict(book.options), marks=quoted[0], chains=quoted[1], roll_days=asked.roll_days,
    )  # fmt: skip
    hedged = path.follow()
    benchmark = asked.benchmark or market.universe.benchmark
    closes = market.close[before : window.stop, market.column(benchmark)]
    return LedgerWindow(
        window=window,
        capital=capital,
        alone=path.alone,
        hedged=hedged,
        decisions=tuple(decision for _, decision in path.decisions),
        book_tickers=book.tickers,
        instruments=tuple(path.names),
        opening=market.sessions[before],
        benchmark=closes[1:] / closes[:-1] - 1.0,
        notes=tuple(dict.fromkeys((*path_notes(asked, book, capital, path), *_notes(path, hedged)))),
        names={ticker: str(one) for ticker, one in options.items()},
        bought=tuple(path.bought),
    )


def _notes(path: LedgerPath, hedged: OptionRun) -> list[str]:
    notes = list(hedged.warnings)
    for what, days in path.misfits.items():
        notes.append(f"{what}: at {len(days)} of {counted(len(path.decisions), 'decision')}, last {days[-1]}")
    small = [one for one in path.bought if one.picked and not one.contracts and one.asked_shares]
    for name in dict.fromkeys(one.name for one in small):
        count = sum(one.name == name for one in small)
        notes.append(
            f"{name}: less than half a contract was asked for at {counted(count, 'decision')}, and none was held"
        )
    for one in path.options.values():
        if one.kind.strike is not None:
            notes.append(f"{one}: {one.kind.strike:g} is a strike in USD; a delta of 0.25 is written 25d")
    return notes
