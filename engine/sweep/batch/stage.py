"""From a batch to what the kernel takes: only the sessions and tickers that any of its sets can touch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import CostsError
from hedgebook.universes.brief import brief
from hedgebook.universes.fingerprint import of_file
from hedgebook.universes.market import Market

from ...account import Account
from ...account.delisting import quiet_of, quiet_sessions
from ...actions.orders import follow, heirs_of, legs_after
from ...arrays import Floats, Ints
from ...backtest.conditions import cells_of, rebalance_days, terms_of, tickers_of
from ...backtest.kept import financed
from ...backtest.riskless import riskless_returns
from ...backtest.timeline import cut
from ...exchanges.financing import LocalMoney, check_paid_locally
from ...exchanges.parts import Cutter
from ...exchanges.timeline import Timeline
from ...frictions.costs import Costs
from ...kernels.book.records import TERMS, Prices, Structs
from ...kernels.sets.one_by_one import SET, BatchSets, Stage
from ...rules.volatility import ex_ante_volatility
from .batch import NO_PROBLEM, Batch


@brief
@dataclass(frozen=True, eq=False)
class SweepSetting:
    """What all sets of a sweep share: market, costs, account, benchmark (None: betas stay NaN)."""

    market: Market
    costs: Costs
    account: Account
    benchmark: str | None = None
    borrow_sha256: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.costs.borrow.file is not None:
            object.__setattr__(self, "borrow_sha256", of_file(self.costs.borrow.file)["sha256"])
        # As a single run does: a name that costs or account have and the universe has not is a slip of the pen.
        self.costs.check_names(self.market.universe, self.market.named)
        self.account.check_names(self.market.universe, self.market.named)

    @cached_property
    def prices(self) -> Prices:
        """The marks and days of the whole market."""
        return self._timed[0]

    @property
    def timeline(self) -> Timeline | None:
        """Where the marks of a market of several exchanges lie."""
        return self._timed[1]

    @cached_property
    def _timed(self) -> tuple[Prices, Timeline | None]:
        return financed(self.market, self.costs)

    @cached_property
    def cells(self) -> Any:
        """(T or 1, N) of CELL over the whole market.

        Raises CostsError where the file of borrow rates is not what it was when the sweep was set up, there or on
        another machine.
        """
        file = self.costs.borrow.file
        if file is not None and of_file(file)["sha256"] != self.borrow_sha256:
            raise CostsError(
                "the file of borrow rates has changed since the sweep began", where=str(file), remedy="Start anew."
            )
        return cells_of(self.market, (0, len(self.market.sessions)), self.costs, self.account)

    def read_files(self) -> None:
        """Read what costs need of files once and keep nothing of it. Raises CostsError for what cannot be used."""
        if self.costs.borrow.file is not None:
            self.costs.borrow_rates(self.market, 0, 1)

    @cached_property
    def silent_sessions(self) -> Ints:
        """(T, N) sessions in a row without a price, up to each session of the market."""
        if self.timeline is not None:
            return quiet_of(self.market)
        return quiet_sessions(self.prices.marks)

    @cached_property
    def benchmark_returns(self) -> Floats:
        """(T,) close-to-close returns of the benchmark, NaN where unknown."""
        if self.benchmark is None:
            return np.full(len(self.market.sessions), np.nan)
        return np.ascontiguousarray(self.market.close_returns((self.benchmark,))[:, 0])

    @property
    def riskless(self) -> Floats:
        """(T,) what cash earns over the nights before each session, a fraction."""
        return riskless_returns(self.market.sessions, self.costs)

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs; the rest it builds itself."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, eq=False)
class Reach:
    """What sets can touch of a market. on: (T,) sessions; held: (N,) tickers."""

    on: NDArray[np.bool_]
    held: NDArray[np.bool_]


def reach_of(market: Market, batch: Batch) -> Reach:
    """The sessions that any set of a batch is on in, and the tickers that it can hold."""
    turns = np.zeros(len(market.sessions) + 1, dtype=np.int64)
    np.add.at(turns, batch.first[batch.runs], 1)
    np.add.at(turns, batch.last[batch.runs] + 1, -1)
    return Reach(np.cumsum(turns[:-1]) > 0, np.asarray((np.abs(batch.bank) > 0.0).any(axis=0)))


def stage_batch(
    setting: SweepSetting, batch: Batch, blocks: Ints, sweep: Reach | None = None
) -> tuple[Stage, BatchSets, slice] | None:
    """What the kernel takes of a batch, and its sessions as rows of the market; None where no set can run.

    blocks: (T,) over the market's sessions; sweep: what more to take, so that each batch of a sweep is given the same:
    sets side by side add up over all tickers, and last digits must not depend on which others are in their batch.
    """
    if not batch.runs.any():
        return None
    batch = in_exchanges(followed(setting, batch), setting.timeline)
    own = reach_of(setting.market, batch)
    on, at = np.flatnonzero(own.on if sweep is None else own.on | sweep.on), staged_tickers(setting, batch, sweep)
    span = slice(int(on[0]), int(on[-1]) + 1)
    stage = Stage(
        prices=cut(setting.prices, span, at),
        cells=np.ascontiguousarray((setting.cells if len(setting.cells) == 1 else setting.cells[span])[:, at]),
        benchmark=setting.benchmark_returns[span],
        riskless=setting.riskless[span],
        blocks=blocks[span],
    )
    return stage, _sets(setting, batch, span, at), span


def staged_tickers(setting: SweepSetting, batch: Batch, sweep: Reach | None) -> Ints:
    """The tickers that the kernel is given of a batch: those that a set can hold, with what comes of their shares."""
    held = reach_of(setting.market, batch).held
    return np.flatnonzero(heirs_of(setting.prices.changes, held if sweep is None else held | sweep.held))


def followed(setting: SweepSetting, batch: Batch) -> Batch:
    """The batch with weights and legs that follow what became of their tickers, and with the money that the account
    owes and owns abroad; itself where there is neither."""
    changes, frac = setting.prices.changes, setting.account.currency_hedge_frac
    if (changes["into"] >= 0).any():
        orders, bank = follow(batch.orders, batch.bank, changes)
        legs = tuple(legs_after(changes, each, setting.market.tickers) for each in batch.legs)
        batch = replace(batch, orders=orders, bank=bank, legs=legs)
    if frac == 0.0 or not setting.market.currency_columns:
        return batch
    for rules in batch.rules:
        check_paid_locally(setting.market, frac, rules)
    money = LocalMoney(batch.bank, setting.market, frac)
    parts = [money.beside(batch.orders[a:b]) for a, b in pairwise(batch.offsets.tolist())]
    return replace(batch, orders=np.concatenate([batch.orders[:0], *parts]), bank=money.bank())


def in_exchanges(batch: Batch, timeline: Timeline | None) -> Batch:
    """The batch with orders at the marks of each ticker's exchange; itself where there is one exchange."""
    if timeline is None:
        return batch
    cutter = Cutter(batch.bank, timeline)
    parts = [cutter.cut(batch.orders[a:b]) for a, b in pairwise(batch.offsets.tolist())]
    counts = [len(part) for part in parts]
    return replace(
        batch,
        orders=np.concatenate([batch.orders[:0], *parts]),
        bank=cutter.bank(),
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )


def _sets(setting: SweepSetting, batch: Batch, span: slice, at: Ints) -> BatchSets:
    market, runs = setting.market, batch.runs
    sets = np.zeros(len(batch), dtype=SET)
    sets["orders_from"], sets["orders_to"] = batch.offsets[:-1], batch.offsets[1:]
    sets["first"], sets["last"] = batch.first - span.start, batch.last - span.start
    sets["terms"], sets["capital"] = batch.rules_of, batch.capital
    sets["legs"], tickers = _tickers(setting, batch)
    sets["calendar"][runs], calendars = _calendars(market, batch, span)
    orders = batch.orders.copy()
    orders["session"] -= span.start
    rows, bank, vol = _volatilities(market, batch, span)
    cut = orders["whole"] > 0
    orders["row"], orders["whole"] = np.where(cut, orders["row"], rows), np.where(cut, rows + 1, 0)
    terms = [terms_of(setting.costs, setting.account, rules) for rules in batch.rules]
    return BatchSets(
        sets=sets,
        orders=orders,
        bank=bank if len(at) == bank.shape[1] else np.ascontiguousarray(bank[:, at]),
        terms=np.concatenate([np.zeros(0, dtype=TERMS), *terms]),
        tickers=np.ascontiguousarray(tickers[:, at]),
        calendars=calendars,
        vol=vol,
    )


def _tickers(setting: SweepSetting, batch: Batch) -> tuple[Ints, Structs]:
    """(S,) which row each set has, and (C, N) of TICKER the distinct rows.

    What a tier of liquidity costs follows from what was known before a set's first session, so that sets with the same
    legs have rows of their own where their tiers differ.
    """
    market, costs, account = setting.market, setting.costs, setting.account
    if not costs.tiered(market).any():
        return batch.legs_of, np.stack([tickers_of(market, 0, costs, account, legs) for legs in batch.legs])
    runs = batch.runs
    starts, which = np.unique(batch.first[runs], return_inverse=True)
    tiers = np.stack([costs.liquidity.at(market, int(row)) for row in starts])
    _, like, kind = np.unique(tiers, axis=0, return_index=True, return_inverse=True)
    keys = np.column_stack([batch.legs_of[runs], kind.ravel()[which.ravel()]])
    distinct, of = np.unique(keys, axis=0, return_inverse=True)
    out = np.zeros(len(batch), dtype=np.int64)
    out[runs] = of.ravel()
    rows = [tickers_of(market, int(starts[like[k]]), costs, account, batch.legs[leg]) for leg, k in distinct]
    return out, np.stack(rows)


def _calendars(market: Market, batch: Batch, span: slice) -> tuple[Ints, NDArray[np.int8]]:
    """(runs,) which calendar each set that runs has, and (C, T) the distinct calendars.

    Rebalancing every so many sessions counts from a set's first session, so it has a calendar for each of them.
    """
    kinds = [rules.rebalance for rules in batch.rules]
    counted = np.array([kind.kind == "every" for kind in kinds], dtype=np.bool_)
    rules_of, first = batch.rules_of[batch.runs], batch.first[batch.runs] - span.start
    keys = np.column_stack([rules_of, np.where(counted[rules_of], first, 0)])
    distinct, which = np.unique(keys, axis=0, return_inverse=True)
    tables = [rebalance_days(market, kinds[rule], span.start, span.stop, int(entry)) for rule, entry in distinct]
    return which.ravel().astype(np.int64), np.stack(tables)


def _volatilities(market: Market, batch: Batch, span: slice) -> tuple[Ints, Floats, Floats]:
    """The bank row of each order, of all of its trade where it is a part, the bank and its volatilities.

    The volatility of a row of weights begins with a history that ends before a set's first session, so where a rule
    has a volatility target a row stands in the bank once for each first session and half-life. Any other has
    none that counts: 0, which takes no memory until it is written, is as unknown as NaN.
    """
    length = span.stop - span.start
    cut = batch.orders["whole"] > 0
    rows = np.where(cut, batch.orders["whole"] - 1, batch.orders["row"])
    targeted = np.array([rules.target_vol is not None for rules in batch.rules], dtype=np.bool_)
    of = np.repeat(np.arange(len(batch)), np.diff(batch.offsets))
    aimed = np.flatnonzero(targeted[batch.rules_of[of]]) if targeted.any() else np.zeros(0, dtype=np.int64)
    if not len(aimed):
        return rows, batch.bank, np.zeros((len(batch.bank), length + 1))
    halflives = np.array([rules.vol_halflife for rules in batch.rules])
    keys = np.column_stack(
        [batch.first[of[aimed]], batch.last[of[aimed]], halflives[batch.rules_of[of[aimed]]], rows[aimed]]
    )
    distinct, which = np.unique(keys, axis=0, return_inverse=True)
    rows[aimed] = len(batch.bank) + which.ravel()
    vol = np.zeros((len(batch.bank) + len(distinct), length + 1))
    cuts = np.flatnonzero((np.diff(distinct[:, :3], axis=0) != 0).any(axis=1)) + 1
    for a, b in pairwise([0, *cuts.tolist(), len(distinct)]):
        first, last, halflife = int(distinct[a, 0]), int(distinct[a, 1]), float(distinct[a, 2])
        bank = batch.bank[distinct[a:b, 3].astype(np.int64)]
        found = ex_ante_volatility(market, bank, first, last + 1, halflife)
        vol[len(batch.bank) :][a:b, first - span.start : last + 2 - span.start] = found
    extra = batch.bank[distinct[:, 3].astype(np.int64)]
    return rows, np.concatenate([batch.bank, extra]), vol


def problems_of(batch: Batch) -> tuple[str | None, ...]:
    """(S,) why a set cannot run, None where it can."""
    return tuple(None if k == NO_PROBLEM else batch.problems[k] for k in batch.problem_of.tolist())
