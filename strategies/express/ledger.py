"""What an expression earned in the one ledger: shares and options in the same simulation and account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.engine.backtest.result import CAUSES, COST_CAUSES
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.frictions.financing import CashInterest
from hedgebook.engine.option_ledger.result import OptionRun
from hedgebook.engine.option_ledger.run import run_options
from hedgebook.engine.option_ledger.sets import TradeSets, option_sets
from hedgebook.engine.option_ledger.trades import OptionTerms, OptionTrade
from hedgebook.engine.options.marks import Marks
from hedgebook.engine.rules import Rules
from hedgebook.universes.chains.chain import MarkName

from ..strategy.setting import RunSetting
from .outcome import BORROW, Outcome
from .size import MULTIPLIER, Held, Yardstick

COMMISSION = "commission"


@dataclass(frozen=True, eq=False)
class LedgerTerms:
    """What expressions are simulated under; sessions: from the entry to the exit; mark: of the entry."""

    setting: RunSetting
    marks: Marks
    sessions: NDArray[np.datetime64]
    mark: MarkName
    commission_usd: float

    @property
    def costs(self) -> Costs:
        """Those of the setting without interest on cash, which is no part of what an expression earns."""
        return self.setting.costs.model_copy(update={"cash": CashInterest()})

    @property
    def options(self) -> OptionTerms:
        """Terms of the contracts: what exercise opens is closed at once."""
        return OptionTerms(self.commission_usd, "same_close")


def by_ledger(found: Outcome, held: Held, yard: Yardstick, terms: LedgerTerms) -> Outcome:
    """The outcome of a position with options with path, causes and costs of its simulation; interest is left out.

    Raises ParameterError for accounts that cannot hold options.
    """
    run = run_options(
        terms.setting.market, trades_of(held, yard, terms), terms.marks, terms.costs, terms.setting.account,
        terms=terms.options, rules=Rules(), until=terms.sessions[-1],
    )  # fmt: skip
    return _told(found, run)


def paths_by_ledger(many: Sequence[Held], yard: Yardstick, terms: LedgerTerms) -> Floats:
    """(H, S) cumulative P&L of positions with options at each close, each as its own simulation has it.

    A position that holds nothing earns nothing. Raises as `by_ledger`.
    """
    paths = np.zeros((len(many), len(terms.sessions)))
    lists = [trades_of(held, yard, terms) if held.options.any() else [] for held in many]
    used = [k for k, trades in enumerate(lists) if trades]
    if not used:
        return paths
    rows = [(s, trade) for s, k in enumerate(used) for trade in lists[k]]
    names = tuple(dict.fromkeys(trade.what for _, trade in rows))
    place = {name: n for n, name in enumerate(names)}
    sets = TradeSets(
        names,
        np.array([s for s, _ in rows]),
        np.array([place[trade.what] for _, trade in rows]),
        np.array([trade.session for _, trade in rows], dtype="datetime64[D]"),
        np.array([0 if trade.mark == "open" else 1 for _, trade in rows]),
        np.array([np.nan if trade.quantity is None else trade.quantity for _, trade in rows]),
    )
    run = option_sets(
        terms.setting.market, sets, terms.marks, terms.costs, terms.setting.account, terms=terms.options,
        until=terms.sessions[-1], keep_daily_pnl=True,
    )  # fmt: skip
    paths[used] = np.cumsum(run.daily_pnl, axis=1)
    return paths


def trades_of(held: Held, yard: Yardstick, terms: LedgerTerms) -> list[OptionTrade]:
    """What a position trades, in time order: all of it at the entry, and what has not expired at the exit."""
    first, last = terms.sessions[0], terms.sessions[-1]
    entry: list[OptionTrade] = []
    leave: list[OptionTrade] = []
    for contract, quantity in zip(yard.table.contracts, held.options, strict=True):
        if quantity == 0.0:
            continue
        entry.append(OptionTrade(contract, first, terms.mark, float(np.round(quantity / MULTIPLIER))))
        if np.datetime64(contract.expiry, "D") > last:
            leave.append(OptionTrade(contract, last, "close", None))
    for one, shares in zip(yard.underlyings, held.shares, strict=True):
        if shares != 0.0:
            entry.append(OptionTrade(one.ticker, first, terms.mark, float(shares)))
            leave.append(OptionTrade(one.ticker, last, "close", None))
    return [*entry, *leave]


def _told(found: Outcome, run: OptionRun) -> Outcome:
    pnl: Floats = np.asarray(run.record.pnl)
    shares, options = pnl[:, : len(run.market.tickers)], pnl[:, len(run.market.tickers) :]
    # Without cash flows a record lacks their causes.
    place = {cause: k for k, cause in enumerate(CAUSES[: pnl.shape[2]])}
    costs = [place[cause] for cause in COST_CAUSES if cause != BORROW and cause in place]
    held = [k for k in range(len(place)) if k not in (*costs, place[BORROW])]
    spread = [k for k in costs if k != place[COMMISSION]]
    explained = {
        "price of shares": float(shares[:, :, held].sum()),
        "options": float(options[:, :, held].sum()),
        "borrow": float(pnl[:, :, place[BORROW]].sum()),
        "spread of options": float(options[:, :, spread].sum()),
        "commission of options": float(options[:, :, place[COMMISSION]].sum()),
        "costs of shares": float(shares[:, :, costs].sum()),
    }
    path = np.cumsum(pnl.sum(axis=(1, 2)))
    paid = -sum(explained[name] for name in ("spread of options", "commission of options", "costs of shares"))
    return replace(found, path=np.asarray(path), explained=explained, cost=paid)
