"""What an expression earned in the one ledger: shares and options in the same simulation and account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.arrays import Floats
from hedgebook.engine.frictions.costs import Costs
from hedgebook.engine.frictions.financing import CashInterest
from hedgebook.engine.option_ledger.result import OptionRun
from hedgebook.engine.option_ledger.run import run_options
from hedgebook.engine.option_ledger.sets import TradeSets, option_sets
from hedgebook.engine.option_ledger.trades import OptionTerms
from hedgebook.engine.options.marks import Marks
from hedgebook.engine.recorded import CAUSES, COST_CAUSES
from hedgebook.universes.chains.chain import MarkName

from ..strategy.setting import RunSetting
from .choose import Boards
from .outcome import BORROW, Outcome
from .size import MULTIPLIER, Held

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


def by_ledger(found: Outcome, held: Held, boards: Boards, terms: LedgerTerms) -> Outcome:
    """The outcome of one position with options with path, causes and costs of its simulation; interest is left out.

    Raises ParameterError for accounts that cannot hold options.
    """
    run = run_options(
        terms.setting.market, trades_of([held], boards, terms).trades(0), terms.marks, terms.costs,
        terms.setting.account, terms=terms.options, until=terms.sessions[-1],
    )  # fmt: skip
    return _told(found, run)


def paths_by_ledger(many: Sequence[Held], boards: Boards, terms: LedgerTerms) -> Floats:
    """(H, S) cumulative P&L of positions with options at each close, each as its own simulation has it.

    A position that holds nothing earns nothing. Raises as `by_ledger`.
    """
    used = np.concatenate([(one.options != 0.0).any(axis=1) for one in many])
    paths = np.zeros((len(used), len(terms.sessions)))
    if not used.any():
        return paths
    edges = np.cumsum([0, *(one.count for one in many)])
    held = [
        one.some(np.flatnonzero(used[a:b]).astype(np.int64))
        for one, a, b in zip(many, edges[:-1], edges[1:], strict=True)
    ]
    run = option_sets(
        terms.setting.market, trades_of(held, boards, terms), terms.marks, terms.costs, terms.setting.account,
        terms=terms.options, until=terms.sessions[-1], keep_daily_pnl=True,
    )  # fmt: skip
    paths[used] = np.cumsum(run.daily_pnl, axis=1)
    return paths


def trades_of(many: Sequence[Held], boards: Boards, terms: LedgerTerms) -> TradeSets:
    """What positions trade, each in time order: all of it at the entry, and what has not expired at the exit.

    Every position must hold something.
    """
    quotes, tickers = boards.quotes, [one.ticker for one in boards.underlyings]
    stays = np.concatenate([quotes.expiry > terms.sessions[-1], np.ones(len(tickers), dtype=np.bool_)])
    stocks = len(quotes.contracts) + np.arange(len(tickers))
    rows: list[tuple[Any, ...]] = []
    first = 0
    for held in many:
        what = np.concatenate([held.places, np.tile(stocks, (held.count, 1))], axis=1)
        size = np.concatenate([np.round(held.options / MULTIPLIER), held.shares], axis=1)
        own = size != 0.0
        # What it enters, then what it leaves, position by position.
        kept = np.concatenate([own, own & stays[what]], axis=1)
        number = np.broadcast_to(first + np.arange(held.count)[:, None], kept.shape)
        late = np.broadcast_to(np.arange(kept.shape[1]) >= what.shape[1], kept.shape)
        sizes = np.concatenate([size, np.full(size.shape, np.nan)], axis=1)
        rows.append((number[kept], np.concatenate([what, what], axis=1)[kept], sizes[kept], late[kept]))
        first += held.count
    number, what, sizes, late = (np.concatenate(column) for column in zip(*rows, strict=True))
    traded, place = np.unique(what, return_inverse=True)
    names = [*quotes.contracts, *tickers]
    return TradeSets(
        tuple(names[k] for k in traded.tolist()),
        number,
        place,
        np.where(late, terms.sessions[-1], terms.sessions[0]),
        np.where(late, 1, 0 if terms.mark == "open" else 1),
        sizes,
    )


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
