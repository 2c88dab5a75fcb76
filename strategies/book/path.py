"""Setting a hedge through time: what is decided at each close, from that close's book, NAV and prices."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from hedgebook.engine.backtest.holdings import Holdings
from hedgebook.engine.backtest.rehearsal import Rehearsal
from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.engine.exposure.freshness import FRESH_SESSIONS, is_fresh
from hedgebook.errors import InputError, ParameterError, PriceDataError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.market import Market

from ..strategy.setting import RunSetting
from .ask import AskedHedge, ask_hedge
from .capital import Capital
from .file import Book
from .request import HedgeBook
from .windows import HedgeWindow

IN_BOOK = "held in the book"
HELD = "Choose another one, or take it out of the book."


@dataclass(frozen=True)
class Decision:
    """A hedge as decided at a close, USD; negative positions are short.

    session: whose close it was, the last one that anything is known of; asked_usd: what the method wants held of
    each instrument; target_usd: what the cap leaves of it; book_usd: the book's gross value; nav: of book and hedge;
    in_sample: effectiveness over the lookback; left_out: instruments that could not be used, with the reason.
    """

    session: np.datetime64
    asked_usd: dict[str, float]
    target_usd: dict[str, float]
    book_usd: float
    nav: float
    in_sample: float
    sessions: int
    left_out: dict[str, str]

    @property
    def asked_gross(self) -> float:
        """Absolute USD that the method asks for."""
        return math.fsum(map(abs, self.asked_usd.values()))

    @property
    def target_gross(self) -> float:
        """Absolute USD after the cap."""
        return math.fsum(map(abs, self.target_usd.values()))

    @property
    def capped(self) -> bool:
        """Whether the cap left part of the book unhedged."""
        return self.target_gross < self.asked_gross


@dataclass
class HedgePath:
    """The decisions of one window as they are made; kept: sessions at which no hedge was found, by reason; also_held:
    instruments that the book may hold too."""

    asked: HedgeBook
    setting: RunSetting
    window: HedgeWindow
    holdings: Holdings
    decisions: list[tuple[int, Decision]] = field(default_factory=list)
    kept: dict[str, list[str]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    also_held: tuple[str, ...] = ()
    bank: NDArray[np.float64] = field(init=False, repr=False)

    @property
    def market(self) -> Market:
        """What it is hedged on."""
        return self.setting.market

    def __post_init__(self) -> None:
        self.bank = np.full((self.window.stop - self.window.start, len(self.market.tickers)), np.nan)

    def schedule(self) -> Schedule:
        """Decide everything in order; each decision sees only what was known at its close.

        Raises ParameterError where no hedge exists at the first decision.
        """
        window = self.window
        costs, account = self.setting.costs, self.setting.account
        rehearsal = Rehearsal(self.market, (window.start, window.stop), self.holdings, costs, account)
        first = self.window.start - 1
        self._keep(first, self._decide(first, self._values_at_start(), account.capital_usd))
        while self._next(rehearsal):
            pass
        return self._schedule()

    def _next(self, rehearsal: Rehearsal) -> bool:
        """Make the next decision; False where there is none."""
        rehearsal.run([row + 1 for row, _ in self.decisions], self.mark, self.bank[: len(self.decisions)])
        for row in self._candidates():
            nav = rehearsal.nav(row)
            if nav <= 0.0:
                return False
            try:
                decision = self._decide(row, rehearsal.held(row, tuple(self.holdings.shares)), nav)
            except InputError as problem:
                self.kept.setdefault(problem.what, []).append(str(self.market.sessions[row]))
                continue
            if self._due(decision, rehearsal.held(row, tuple(self.names))):
                self._keep(row, decision)
                return True
        return False

    def _candidates(self) -> Iterator[int]:
        """Closes after the last decision at which the rule may set the hedge anew."""
        window, rule = self.window, self.asked.rehedge
        sessions = self.market.sessions[window.start : window.stop]
        wanted = rule.calendar.dates(sessions, self.market.next_session(sessions[-1]), 0)
        if rule.band is not None:
            wanted[:] = 1
        last = self.decisions[-1][0]
        # What is decided at the last close of a window would be filled after it.
        return (window.start + int(t) for t in np.flatnonzero(wanted[:-1]) if window.start + int(t) > last)

    def _due(self, decision: Decision, held: dict[str, float]) -> bool:
        band = self.asked.rehedge.band
        if band is None:
            return True
        names = {*held, *decision.target_usd}
        gap = math.fsum(abs(held.get(n, 0.0) - decision.target_usd.get(n, 0.0)) for n in names)
        return gap > band * decision.target_gross

    def _decide(self, row: int, values: dict[str, float], nav: float) -> Decision:
        names, left_out = self._instruments(row)
        values = {ticker: usd for ticker, usd in values.items() if usd != 0.0}
        if not values:
            asked = AskedHedge(dict.fromkeys(names, 0.0), math.nan, 0)
        else:
            asked = ask_hedge(self.market, row, values, names, self.asked.request)
        book = math.fsum(map(abs, values.values()))
        wanted = {ticker: 0.0 - usd for ticker, usd in asked.short_usd.items()}
        total = math.fsum(map(abs, wanted.values()))
        most = math.inf if self.asked.cap is None else self.asked.cap * book
        scale = most / total if total > most else 1.0
        return Decision(
            session=self.market.sessions[row],
            asked_usd=wanted,
            target_usd={ticker: usd * scale for ticker, usd in wanted.items()},
            book_usd=book,
            nav=nav,
            in_sample=asked.effectiveness,
            sessions=asked.sessions,
            left_out=left_out,
        )

    def _instruments(self, row: int) -> tuple[tuple[str, ...], dict[str, str]]:
        """Instruments that can be used at the close of a row, and why others of their buckets cannot.

        A ticker that is named itself must be usable at the first decision.
        """
        market, universe = self.market, self.market.universe
        on: date = market.sessions[row].item()
        usable: list[str] = []
        left_out: dict[str, str] = {}
        for name in self.asked.instruments:
            bucket = name in universe.bucket_names
            listed = market.resolve([name], on)
            if bucket:
                later = [m.ticker for m in universe.bucket(name).members if m.ticker not in listed]
                left_out |= dict.fromkeys(later, "not listed yet")
            for ticker in listed:
                reason = self._unusable(ticker, row)
                if reason is None:
                    usable.append(ticker)
                elif bucket or (row >= self.window.start and reason != IN_BOOK):
                    left_out[ticker] = reason
                else:
                    raise PriceDataError(
                        f"{ticker} cannot hedge this book: {reason}",
                        where="instruments",
                        value=str(market.sessions[row]),
                        remedy=HELD if reason == IN_BOOK else "Leave it out, begin later or use another lookback.",
                    )
        if not usable:
            reasons = "; ".join(f"{ticker}: {reason}" for ticker, reason in left_out.items())
            raise ParameterError(
                f"none of the instruments can be used at the close of {market.sessions[row]} ({reasons})",
                where="instruments",
                value=", ".join(self.asked.instruments),
                remedy="Choose others, or begin later.",
            )
        return tuple(dict.fromkeys(usable)), left_out

    def _unusable(self, ticker: str, row: int) -> str | None:
        if ticker in self.holdings.shares and ticker not in self.also_held:
            return IN_BOOK
        if ticker not in self.market.columns:
            return "no prices"
        request = self.asked.request
        returns = self.market.close_returns([ticker])[max(0, row - request.lookback) + 1 : row + 1]
        if not is_fresh(self.market, ticker, row):
            return f"no close in the last {FRESH_SESSIONS} sessions"
        if np.isfinite(returns).sum() < request.min_sessions:
            return f"fewer than {request.min_sessions} returns in the lookback"
        return None

    def _values_at_start(self) -> dict[str, float]:
        prices = self.holdings.prices(self.market, self.window.start - 1)
        return {ticker: shares * prices[ticker] for ticker, shares in self.holdings.shares.items()}

    def _keep(self, row: int, decision: Decision) -> None:
        """Note a decision and its weights of NAV: an instrument that falls away goes to zero, a new one joins."""
        k = len(self.decisions)
        self.decisions.append((row, decision))
        if k:
            self.bank[k] = np.where(np.isnan(self.bank[k - 1]), np.nan, 0.0)
        for ticker, usd in decision.target_usd.items():
            self.bank[k, self.market.column(ticker)] = usd / decision.nav
            if ticker not in self.names:
                self.names.append(ticker)

    @property
    def mark(self) -> Mark:
        """Where hedges are filled: at opens, or at closes where the prices have no opens at all."""
        return self.market.first_mark

    def _schedule(self) -> Schedule:
        rows = np.array([row for row, _ in self.decisions])
        columns = [self.market.column(name) for name in self.names]
        return Schedule(
            tickers=tuple(self.names),
            decided_at=self.market.close_at[rows] + np.timedelta64(1, "s"),
            session=self.market.sessions[rows + 1],
            mark=np.full(len(rows), self.mark, dtype=np.int64),
            weights=self.bank[: len(rows), columns],
        )


def path_notes(asked: HedgeBook, book: Book, capital: Capital, path: HedgePath) -> list[str]:
    """What a reader must know of how a hedge was set."""
    notes = [capital.note] if capital.unusual else []
    decisions = [decision for _, decision in path.decisions]
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for decision in decisions:
        for ticker, reason in decision.left_out.items():
            reasons[reason, ticker].append(str(decision.session))
    for (reason, ticker), days in reasons.items():
        span = f"at {len(days)} of {len(decisions)} decisions, last {days[-1]}"
        if len(days) == len(decisions):
            span = "at every decision" if len(days) > 1 else "at its only decision"
        notes.append(f"{ticker} left out of the hedge {span}: {reason}")
    capped = [decision for decision in decisions if decision.capped]
    if asked.cap is not None and capped:
        most = max(1.0 - d.target_gross / d.asked_gross for d in capped)
        notes.append(
            f"the cap of {100.0 * asked.cap:.10g}% of the book's gross value bound at {len(capped)} of "
            f"{len(decisions)} decisions: up to {most:.1%} of the hedge that {asked.method.value} asks for was not set"
        )
    if path.mark is Mark.CLOSE:
        notes.append("the prices have no opens, so hedges were filled at the close of the session after the decision")
    if book.unit == "shares":
        notes.append("shares are valued at prices adjusted for dividends and splits, which lie below those of the day")
    for reason, days in path.kept.items():
        when = f"at {len(days)} closes, last {days[-1]}" if len(days) > 1 else f"at the close of {days[0]}"
        notes.append(f"no hedge was found {when}, and the one before was kept: {reason}")
    return notes
