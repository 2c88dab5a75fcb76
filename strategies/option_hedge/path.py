"""A hedge with options through time: what is decided at each close, as trades in the one ledger."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hedgebook.engine.arrays import Floats
from hedgebook.engine.option_ledger.result import OptionRun
from hedgebook.engine.option_ledger.run import Setting, run_between
from hedgebook.engine.option_ledger.trades import CONTRACT_SHARES, OptionTerms, OptionTrade
from hedgebook.engine.options.american import american
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.options.marks import Marks
from hedgebook.engine.rules import Rules
from hedgebook.errors import InputError, ParameterError
from hedgebook.universes.chains.chain import Chain, Listed, MarkName

from ..book.path import Decision, HedgePath
from .kind import WantedOption
from .pick import Picked, known_at, listing_of, pick

# What exercise opens is closed at the same close: the hedge ends with its option.
TERMS = OptionTerms(after_exercise="same_close")
NOTHING_SHARES = 1e-9


@dataclass(frozen=True)
class Bought:
    """What was decided of one option at a close.

    session: of the close; name: as asked for; picked: the contract, None where nothing is held; contracts: whole, to
    be held from the next open on; asked_shares: that the method wants held, negative is short.
    """

    session: np.datetime64
    name: str
    picked: Picked | None
    contracts: float
    asked_shares: float
    rolled: bool


@dataclass
class LedgerPath(HedgePath):
    """The decisions of one window whose hedges are trades: contracts of options, and shares of all other instruments.

    options: by the ticker whose place in the method they take; marks, chains: where they are quoted; roll_days:
    calendar days before expiry at which one is rolled; contracts: of the book; alone: the book without a hedge; trades:
    ordered so far; bought: what was decided of options; live: the contract of each ticker; misfits: what no option
    could do, with its sessions.
    Each decision sees only what was known at its close: book, holdings and quotes are those of the loop up to it.
    """

    options: dict[str, WantedOption] = field(default_factory=dict)
    marks: Marks | None = None
    chains: tuple[Chain, ...] = ()
    roll_days: int = 0
    contracts: Mapping[Listed, float] = field(default_factory=dict)
    trades: list[OptionTrade] = field(default_factory=list)
    bought: list[Bought] = field(default_factory=list)
    live: dict[str, Listed] = field(default_factory=dict)
    misfits: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    alone: OptionRun = field(init=False, repr=False)

    def follow(self) -> OptionRun:
        """Decide everything in order, and the run of it all. Raises ParameterError where no hedge exists at first."""
        self.alone = self._run()
        first = self.window.start - 1
        self._set(first, self._decide(first, self._values_at_start(), self.setting.account.capital_usd), None, False)
        run = self._run()
        while self._went_on(run):
            run = self._run()
        return run

    def _run(self) -> OptionRun:
        costs = self.setting.costs
        setting = Setting(costs, self.setting.account, Rules(), {}, TERMS.under(costs))
        assert self.marks is not None
        rows = (self.window.start, self.window.stop)
        return run_between(self.market, rows, self.trades, self.marks, setting, self.holdings, self.contracts)

    def _values_at_start(self) -> dict[str, float]:
        """USD of the book's shares, and of as many as its options move with, at the close before the window."""
        found = dict(super()._values_at_start())
        session = self.market.sessions[self.window.start - 1]
        assert self.marks is not None
        for one, count in self.contracts.items():
            known = known_at(one, self.marks, session)
            more = known.delta * known.spot_usd * count * CONTRACT_SHARES
            found[one.ticker] = found.get(one.ticker, 0.0) + more
        return found

    def _went_on(self, run: OptionRun) -> bool:
        """Make the next decision; False where there is none."""
        rule, start = self.asked.rehedge, self.window.start
        sessions = self.market.sessions[start : self.window.stop]
        calendar = rule.calendar.dates(sessions, self.market.next_session(sessions[-1]), 0)
        last = self.decisions[-1][0]
        drifted = None if rule.band is None else hedge_delta_usd(run, self.alone)
        for row in range(max(last + 1, start), self.window.stop - 1):
            t = row - start
            rolls = any(self._ends(one, row) for one in self.live.values())
            if not (calendar[t] or rolls or drifted is not None):
                continue
            nav = float(run.record.days["nav_close"][t])
            if nav <= 0.0:
                return False
            try:
                decision = self._decide(row, self._book(t), nav)
                if drifted is not None and not (rolls or self._due(decision, self._held_usd(run, t, drifted))):
                    continue
                self._set(row, decision, run, rolls)
            except InputError as problem:
                self.kept.setdefault(problem.what, []).append(str(self.market.sessions[row]))
                continue
            return True
        return False

    def _ends(self, contract: Listed, row: int) -> bool:
        """Whether a contract is to be rolled at the close of a row, or has ended at it."""
        expiry = np.datetime64(contract.expiry, "D")
        left = int((expiry - self.market.sessions[row]).astype(np.int64))
        return left <= self.roll_days or self.market.sessions[row + 1] > expiry

    def _book(self, t: int) -> dict[str, float]:
        """USD of the book's own shares, and of as many as its options move with, at close number t of the window."""
        record = self.alone.record
        columns = {ticker: self.market.column(ticker) for ticker in self.holdings.shares}
        found = {ticker: float(record.shares[t, i] * record.price[t, i]) for ticker, i in columns.items()}
        for k, one in enumerate(self.alone.contracts):
            # Where a close lacks a mark, the last one stands; what has ended is held no more.
            known = np.flatnonzero(np.isfinite(self._own_deltas[: t + 1, k]))
            held = self.alone.record.shares[t, len(self.market.tickers) + k] != 0.0
            if len(known) and held:
                found[one.ticker] = found.get(one.ticker, 0.0) + float(self._own_deltas[known[-1], k])
        return found

    @cached_property
    def _own_deltas(self) -> Floats:
        """(T, K) of the book's own contracts, USD, NaN without a mark."""
        marked = np.isfinite(self.alone.columns.close.mid)
        return np.where(marked, delta_usd(self.alone), np.nan)

    def _set(self, row: int, decision: Decision, run: OptionRun | None, rolled: bool) -> None:
        """Note a decision and order what it wants at the next open, or close where prices have no opens."""
        session, t = self.market.sessions[row + 1], row - self.window.start
        mark: MarkName = "open" if self.mark.label == "open" else "close"
        made, bought = [], []
        for ticker, usd in decision.target_usd.items():
            if ticker in self.options:
                one, orders = self._option(ticker, usd, row, run, rolled)
                bought.append(one)
                made += [OptionTrade(what, session, mark, size) for what, size in orders]
        shares = {ticker: usd for ticker, usd in decision.target_usd.items() if ticker not in self.options}
        for ticker in dict.fromkeys((*shares, *(name for name in self.names if name not in self.options))):
            i, ratio = self.market.column(ticker), self._split(ticker, row)
            wanted = shares.get(ticker, 0.0) / self._price(ticker, row) * ratio
            held = 0.0
            if run is not None:
                held = float(run.record.shares[t, i] - self.alone.record.shares[t, i]) * ratio
            if abs(wanted - held) > NOTHING_SHARES * max(1.0, abs(wanted)):
                made.append(OptionTrade(ticker, session, mark, wanted - held))
        self.decisions.append((row, decision))
        self.names += [ticker for ticker in decision.target_usd if ticker not in self.names]
        self.trades += made
        self.bought += bought
        self.live |= {one.picked.contract.ticker: one.picked.contract for one in bought if one.picked}
        for one in bought:
            if one.picked is None:
                self.live.pop(one.name.partition(":")[0], None)

    def _option(
        self, ticker: str, usd: float, row: int, run: OptionRun | None, rolled: bool
    ) -> tuple[Bought, list[tuple[Listed, float | None]]]:
        """What is held of an option from now on, and the orders that bring it about; usd: delta that is wanted."""
        wanted, session = self.options[ticker], self.market.sessions[row]
        ratio = self._split(ticker, row)
        asked = usd / self._price(ticker, row) * ratio
        held = {} if run is None else self._held(run, row - self.window.start, ticker)
        if usd * wanted.kind.sign < 0.0:
            self._misfit(wanted, usd, row)
            nothing = Bought(session, str(wanted), None, 0.0, asked, rolled)
            return nothing, [self._closing(contract, count) for contract, count in held.items()]
        assert self.marks is not None
        found = pick(wanted, self.marks, session, listing_of(self.chains, session), self.roll_days)
        contract = found.contract
        if ratio != 1.0:
            # Tomorrow's contract, as a split of the night makes it.
            contract = Listed(ticker, contract.expiry, contract.right, contract.strike / ratio, contract.american)
            found = Picked(**{**vars(found), "contract": contract})
        size = float(round(abs(asked) / (CONTRACT_SHARES * abs(found.delta))))
        orders = [self._closing(one, count) for one, count in held.items() if one != contract]
        more = size - held.get(contract, 0.0)
        if more:
            orders.append((contract, more))
        return Bought(session, str(wanted), found, size, asked, rolled), orders

    def _closing(self, contract: Listed, count: float) -> tuple[Listed, float | None]:
        """The order that closes a contract of the hedge; of one that the book holds too only what the hedge has."""
        return contract, -count if contract in self.contracts else None

    def _held(self, run: OptionRun, t: int, ticker: str) -> dict[Listed, float]:
        """Contracts on a ticker that hedge after a close, as they are called there."""
        held = np.round(beside(run.whole_contracts, run, self.alone.whole_contracts, self.alone)[t], 6)
        return {one: float(held[k]) for k, one in enumerate(run.contracts) if one.ticker == ticker and held[k] != 0.0}

    def _misfit(self, wanted: WantedOption, usd: float, row: int) -> None:
        """Note that nothing can be held. Raises ParameterError at the first decision."""
        does = "buy" if usd > 0.0 else "sell"
        other = "call" if wanted.kind.right == "put" else "put"
        if not self.decisions:
            raise ParameterError(
                f"{self.asked.method.value} asks to {does} {wanted.ticker}, and a bought {wanted.kind.right} does the "
                "opposite", where="instruments", value=f"{wanted}: {usd:,.0f} USD at the close of "
                f"{self.market.sessions[row]}",
                remedy=f"Hedge with {wanted.ticker}:{str(wanted.kind).replace(wanted.kind.right, other)}, or another "
                "ticker or method.",
            )  # fmt: skip
        self.misfits[f"{self.asked.method.value} asked to {does} {wanted.ticker}, so no {wanted} was held"].append(
            str(self.market.sessions[row])
        )

    def _price(self, ticker: str, row: int) -> float:
        """The last close as quoted up to a row."""
        closes = self.market.quoted("close")[: row + 1, self.market.column(ticker)]
        return float(closes[np.flatnonzero(np.isfinite(closes))[-1]])

    def _split(self, ticker: str, row: int) -> float:
        """Shares that one share of the close of a row is at the next open: a split is known before it."""
        changes, t = self.alone.prices.changes, row + 1 - self.window.start
        mine = changes[(changes["session"] == t) & (changes["ticker"] == self.market.column(ticker))]
        ratios = [float(keep) for keep in mine["keep"] if keep not in (0.0, 1.0)]
        return math.prod(ratios)

    def _held_usd(self, run: OptionRun, t: int, deltas: Floats) -> dict[str, float]:
        """Delta in USD by ticker that is held to hedge at a close."""
        out: dict[str, float] = {}
        for ticker in self.names:
            i = self.market.column(ticker)
            if ticker in self.options:
                out[ticker] = float(np.nansum(deltas[t, run.columns.under == i]))
            else:
                more = run.record.shares[t, i] - self.alone.record.shares[t, i]
                out[ticker] = float(more * run.record.price[t, i])
        return out


def beside(values: Floats, run: OptionRun, own: Floats, alone: OptionRun) -> Floats:
    """(T, K) of the contracts of a run, less what the book alone has of the same contracts."""
    out = np.array(values)
    place = {name: k for k, name in enumerate(run.columns.names)}
    for k, name in enumerate(alone.columns.names):
        out[:, place[name]] -= own[:, k]
    return out


def hedge_delta_usd(run: OptionRun, alone: OptionRun) -> Floats:
    """(T, K): delta of the contracts that hedge at each close, USD."""
    return beside(delta_usd(run), run, delta_usd(alone), alone)


def delta_usd(run: OptionRun) -> Floats:
    """(T, K): value of as many shares as each contract moves with at each close, USD; 0 where none is held."""
    close, held = run.columns.close, run.record.shares[:, len(run.market.tickers) :]
    out = np.zeros(held.shape)
    t, k = np.nonzero((held != 0.0) & np.isfinite(close.vol_annual) & np.isfinite(close.spot) & (close.years > 0.0))
    if len(t):
        terms = Contracts(
            (run.columns.signs > 0.0)[k], close.spot[t, k], run.columns.strike[t, k], close.years[t, k],
            close.rate_annual[t, k], close.carry_annual[t, k], close.vol_annual[t, k],
        )  # fmt: skip
        out[t, k] = american(terms)["delta"].to_numpy() * close.spot[t, k] * held[t, k]
    return out
