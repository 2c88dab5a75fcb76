"""Whether a strategy's decisions change when prices change that it could not know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import Any

import numpy as np

from hedgebook.engine.backtest.schedule import Schedule
from hedgebook.errors import HedgebookError, ParameterError
from hedgebook.universes.calendar import Mark
from hedgebook.universes.event import EventLibrary, event_calendar, load_events
from hedgebook.universes.market import Market

from ..strategy.given import GivenSchedule, planned
from ..strategy.strategy import Strategy
from ..strategy.weights import Signals, TargetWeights
from .futures import Unknown, cut_after, other_prices, silent_names, with_holes, without_later_listings
from .memory import Memory

DECISIONS = 24
TOLERANCE = 1e-9
# Sessions that stay after a decision in a market that is cut: the one in which it is filled.
AHEAD = 1
CUT = "the later sessions were cut off"
# Factors on later prices have these means of their logarithms: a rise or a fall that is looked at shows in one of them.
PRICES = {"later prices rose": 0.5, "later prices fell": -0.5}
FIXED = (
    "the orders are the same with every price changed, so this is a fixed plan; if it was worked out from prices "
    "elsewhere, audit what worked it out"
)


@dataclass(frozen=True)
class Leak:
    """A decision that knew what it could not know.

    decided_at: the moment, UTC; session, mark: where it is filled; ticker, weight, other_weight: the first weight that
    changed, NaN where the whole order came or went; future: what was changed after the decision; cause: the first
    number whose change alone, with those before it, was enough, None where it is not a number.
    """

    decided_at: np.datetime64
    session: str
    mark: str
    ticker: str
    weight: float
    other_weight: float
    future: str
    cause: str | None

    def told(self) -> str:
        """What was found, in a sentence."""
        moment = np.datetime_as_string(self.decided_at, unit="m").replace("T", " ")
        order = f"the order for the {self.mark} of {self.session}, decided {moment} UTC"
        weights = _weight_text(self.weight), _weight_text(self.other_weight)
        said = f"{self.ticker} {weights[0]} became {weights[1]}" if self.ticker else "it came or went"
        because = f" when the {self.cause} changed" if self.cause else f" when {self.future}"
        return f"{order}: {said}{because}"


@dataclass(frozen=True)
class StrategyAudit:
    """What an audit of a strategy found.

    name: of the strategy; decisions: how many moments were tried, of decisions_in_all; plans: how often it was planned;
    leak: the first decision that changed, None where none did; notes: what could not be tried, and why.
    """

    name: str
    decisions: int
    decisions_in_all: int
    plans: int
    leak: Leak | None
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no decision changed."""
        return self.leak is None


def audit_strategy(
    strategy: Strategy, market: Market, *, decisions: int = DECISIONS, seed: int = 0, events: EventLibrary | None = None
) -> StrategyAudit:
    """Plan a strategy again under other futures and compare every order that was decided before them.

    decisions: how many moments of decision are tried, the first, the last and some between. Each is tried with prices
    multiplied by random factors from then on, with tickers that fall silent, with nothing listed later, with no later
    news, and with the sessions after the fill cut off; all of it also on a market with prices missing here and there.
    What it keeps from one call to the next is looked at too. Raises what its plan raises on the market itself, and
    ParameterError for a table, and where planning twice gives two plans.
    """
    if isinstance(strategy, GivenSchedule | TargetWeights | Signals):
        raise ParameterError(
            "a table cannot be audited: it was made before, and planning it again under other prices changes nothing",
            where=strategy.name,
            remedy="Give the function of the market, or the class, that makes it.",
        )
    library = load_events() if events is None else events
    asked = _Asked(strategy, library)
    notes: list[str] = []
    memory = Memory(strategy)
    base = asked.rows(market)
    remembers = memory.changed()
    if (gap := _first_gap(base, asked.rows(market))) is not None:
        raise ParameterError(
            "the strategy plans differently on the same market, so nothing can be compared",
            where=strategy.name,
            value=gap.session,
            remedy="Give its random numbers a fixed seed.",
        )
    if (early := _filled_too_early(base.schedule, market)) is not None:
        return StrategyAudit(strategy.name, 1, 1, asked.plans, early)
    changed, leak = _all_changed(asked, market, base, memory if remembers else None, seed)
    if leak is not None:
        return StrategyAudit(strategy.name, 1, len(np.unique(base.schedule.decided_at)), asked.plans, leak)
    fixed = changed is not None and _first_gap(base, changed) is None
    moments = np.unique(base.schedule.decided_at)
    chosen = moments[np.unique(np.linspace(0, len(moments) - 1, min(decisions, len(moments))).round().astype(int))]
    worlds = [("", market, base)]
    holed = with_holes(market, seed)
    try:
        worlds.append((" in a market with prices missing here and there", holed, asked.rows(holed)))
    except HedgebookError as problem:
        notes.append(f"not tried with prices missing here and there: {_short(problem)}")
    leak = None
    for moment in chosen:
        for words, world, rows in worlds:
            leak = leak or _leak_at(asked, world, rows, moment, (seed, words), notes)
        if leak is not None:
            break
    if leak is None and fixed:
        notes.append(FIXED)
    if leak is None and len(chosen) < len(moments):
        every = f"--decisions {len(moments)}, in Python decisions={len(moments)}"
        notes.append(f"decisions that were not tried may look ahead all the same; to try all: {every}")
    return StrategyAudit(strategy.name, len(chosen), len(moments), asked.plans, leak, tuple(dict.fromkeys(notes)))


def _all_changed(
    asked: _Asked, market: Market, base: _Rows, memory: Memory | None, seed: int
) -> tuple[_Rows | None, Leak | None]:
    """The orders where every price is another one, None where there are none; and what a memory makes of them.

    memory: of a strategy that keeps something from one call to the next, None for one that does not.
    """
    other = other_prices(market, market.open_at[0] - np.timedelta64(1, "D"), seed, spread=1.0)
    try:
        found = asked.rows(other)
    except HedgebookError:
        found = None
    if memory is None:
        return found, None
    names = " and ".join(memory.changed())
    memory.restored()
    try:
        forgotten = asked.rows(other)
    except HedgebookError:
        return found, None
    gap = _Gap(*_last_order(base, base.schedule.decided_at[-1])) if found is None else _first_gap(found, forgotten)
    memory.restored()
    if gap is None:
        return found, None
    said = f"what an earlier call left behind was forgotten (in {names}), on other prices than that call was given"
    mark = "close" if gap.mark else "open"
    return found, Leak(gap.decided_at, gap.session, mark, gap.ticker, gap.weight, gap.other, said, None)


def _filled_too_early(schedule: Schedule, market: Market) -> Leak | None:
    """The first order that is filled at or before its decision, None where none is."""
    for k, (decided, session, mark) in enumerate(
        zip(schedule.decided_at, schedule.session, schedule.mark, strict=True)
    ):
        if market.mark_time(market.session_index(session), Mark(int(mark))) <= decided:
            ticker = schedule.tickers[int(np.argmax(np.abs(np.nan_to_num(schedule.weights[k]))))]
            weight = float(np.nan_to_num(schedule.weights[k]).max())
            said = "nothing was changed: it is filled before it was decided"
            return Leak(decided, str(session), Mark(int(mark)).label, ticker, weight, float("nan"), said, None)
    return None


class _Rows:
    """The orders of a plan, by decision."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def by(self, moment: np.datetime64) -> dict[tuple[str, int], tuple[np.datetime64, dict[str, float]]]:
        """Weights by ticker of each order that was decided by a moment, those left alone left out.

        A zero for a ticker that nothing was wanted of before leaves it alone too.
        """
        s = self.schedule
        found, wanted = {}, np.zeros(len(s.tickers), dtype=np.bool_)
        for k in np.flatnonzero(s.decided_at <= moment):
            told = s.weights[k] == s.weights[k]
            wanted |= told & (s.weights[k] != 0.0)
            row = {s.tickers[i]: float(s.weights[k, i]) for i in np.flatnonzero(told & wanted)}
            found[str(s.session[k]), int(s.mark[k])] = (s.decided_at[k], row)
        return found


class _Asked:
    """A strategy that is planned again and again, and how often it was."""

    def __init__(self, strategy: Strategy, events: EventLibrary) -> None:
        self.strategy, self.events, self.plans = strategy, events, 0

    def rows(self, market: Market, events: EventLibrary | None = None) -> _Rows:
        self.plans += 1
        return _Rows(planned(self.strategy, market, self.events if events is None else events).schedule)


@dataclass(frozen=True)
class _Gap:
    session: str
    mark: int
    decided_at: np.datetime64
    ticker: str = ""
    weight: float = float("nan")
    other: float = float("nan")


def _first_gap(one: _Rows, two: _Rows, moment: np.datetime64 | None = None, *, both: bool = False) -> _Gap | None:
    """The first order by a moment that is not the same in both; both: of those alone that both have."""
    until = np.datetime64("2262-01-01", "ns") if moment is None else moment
    first, second = one.by(until), two.by(until)
    for key in sorted({*first} & {*second} if both else {*first, *second}):
        session, mark = key
        if key not in first or key not in second:
            return _Gap(session, mark, (first.get(key) or second[key])[0])
        (when, weights), (other_when, others) = first[key], second[key]
        if when != other_when:
            return _Gap(session, mark, when)
        for ticker in dict.fromkeys((*weights, *others)):
            a, b = weights.get(ticker, float("nan")), others.get(ticker, float("nan"))
            if not (abs(a - b) <= TOLERANCE or (a != a and b != b)):
                return _Gap(session, mark, when, ticker, a, b)
    return None


def _leak_at(
    asked: _Asked, market: Market, base: _Rows, moment: np.datetime64, how: tuple[int, str], notes: list[str]
) -> Leak | None:
    """The first decision by a moment that changes under another future, None where none does."""
    seed, words = how
    for future, make, may_fail in _futures(asked, moment, seed):
        try:
            # Which closes a strategy looks at may depend on where the prices end, what it sees there must not.
            gap = _first_gap(base, make(market), moment, both=future == CUT)
        except HedgebookError as problem:
            if not may_fail:
                # Only values after the decision were changed, and none of them went missing.
                gap = _Gap(*_last_order(base, moment))
                future = f"{future}: {_short(problem)}"
            else:
                notes.append(f"not tried when {future}: {_short(problem)}")
                continue
        if gap is not None:
            drift = PRICES.get(future.partition(":")[0], 0.0)
            cause, gap = (None, gap) if may_fail else _cause(asked, market, base, moment, (seed, drift), gap)
            mark = "close" if gap.mark else "open"
            said = f"{future}{words}"
            return Leak(gap.decided_at, gap.session, mark, gap.ticker, gap.weight, gap.other, said, cause)
    return None


def _futures(asked: _Asked, moment: np.datetime64, seed: int) -> Iterator[tuple[str, Callable[[Market], _Rows], bool]]:
    """What is changed after a moment, a function that plans under it, and whether that plan may be impossible."""
    for future, drift in PRICES.items():
        yield future, partial(_moved_rows, asked, moment, seed, drift), False
    yield "some tickers had no later price", lambda m: asked.rows(silent_names(m, moment, seed)), True
    yield "nothing was listed later", lambda m: _unlisted_rows(asked, m, moment), True
    yield "there was no later news", lambda m: asked.rows(m, _known_events(asked.events, moment)), True
    yield CUT, lambda m: asked.rows(cut_after(m, moment, AHEAD)), True


def _moved_rows(asked: _Asked, moment: np.datetime64, seed: int, drift: float, market: Market) -> _Rows:
    """The orders where later prices rose or fell."""
    return asked.rows(other_prices(market, moment, seed, drift=drift))


def _unlisted_rows(asked: _Asked, market: Market, moment: np.datetime64) -> _Rows:
    """The orders where what is listed later is in no bucket; of a strategy that names it, where it is never listed."""
    try:
        return asked.rows(without_later_listings(market, moment, named=False))
    except HedgebookError:
        return asked.rows(without_later_listings(market, moment))


def _known_events(events: EventLibrary, moment: np.datetime64) -> EventLibrary:
    known = []
    for event in events.events:
        at = np.datetime64(event.known_by(event_calendar(event)).astimezone(UTC).replace(tzinfo=None), "ns")
        if at <= moment:
            known.append(event)
    return events.model_copy(update={"events": tuple(known)})


def _cause(
    asked: _Asked, market: Market, base: _Rows, moment: np.datetime64, how: tuple[int, float], gap: _Gap
) -> tuple[str | None, _Gap]:
    """The number after a moment that changes a decision by then once those before it have changed, and what it changes.

    gap: what changes with all of them.
    """
    (seed, drift), cells = how, Unknown(market, moment)
    low, high = 0, len(cells)
    while high - low > 1:
        middle = (low + high) // 2
        other = other_prices(market, moment, seed, partial(cells.among, count=middle), drift=drift)
        try:
            found = _first_gap(base, asked.rows(other), moment)
        except HedgebookError:
            found = gap
        low, high, gap = (middle, high, gap) if found is None else (low, middle, found)
    return (cells.told(high - 1) if high else None), gap


def _last_order(base: _Rows, moment: np.datetime64) -> tuple[Any, ...]:
    session, mark = max(base.by(moment))
    return session, mark, base.by(moment)[session, mark][0]


def _weight_text(weight: float) -> str:
    """A weight as text; NaN is a ticker that the order leaves alone."""
    return "no order" if weight != weight else f"{weight:.6g}"


def _short(problem: Exception) -> str:
    return str(problem).splitlines()[0]
