"""What an expression earned in the one ledger: shares and options in the same simulation and account."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.engine.backtest.result import CAUSES, COST_CAUSES
from hedgebook.engine.option_ledger.result import OptionRun
from hedgebook.engine.option_ledger.run import run_options
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


def by_ledger(found: Outcome, held: Held, yard: Yardstick, terms: LedgerTerms) -> Outcome:
    """The outcome of a position with options with path, causes and costs of its simulation; interest is left out.

    Raises ParameterError for accounts that cannot hold options.
    """
    first, last = terms.sessions[0], terms.sessions[-1]
    trades: list[OptionTrade] = []
    for contract, quantity in zip(yard.table.contracts, held.options, strict=True):
        if quantity == 0.0:
            continue
        trades.append(OptionTrade(contract, first, terms.mark, float(np.round(quantity / MULTIPLIER))))
        if np.datetime64(contract.expiry, "D") > last:
            trades.append(OptionTrade(contract, last, "close", None))
    for one, shares in zip(yard.underlyings, held.shares, strict=True):
        if shares != 0.0:
            trades.append(OptionTrade(one.ticker, first, terms.mark, float(shares)))
            trades.append(OptionTrade(one.ticker, last, "close", None))
    setting = terms.setting
    run = run_options(
        setting.market, trades, terms.marks, setting.costs, setting.account,
        terms=OptionTerms(terms.commission_usd, "same_close"), rules=Rules(), until=last,
    )  # fmt: skip
    return _told(found, run)


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
